#!/usr/bin/env python3
"""docs/rules.md: every rule of the kubelet has a test that exists and is run."""
import os
import re
import sys
import traceback

ROOT = os.environ["SOURCE_ROOT"]
ROW = re.compile(r"^\| (\d+(?:\.\d+)*) \| ([^|]+) \| ([^|]+) \|$")

# Sections of the reference: none may be without a test.  (11 is of workloads, which pidlet does not run; 12 and 14 have no rules.)
SECTIONS = (["1.%d" % n for n in range(1, 9)] + ["2.%d" % n for n in range(1, 11)] + ["3.1", "3.2", "3.3"]
            + ["4.%d" % n for n in range(1, 8)] + ["5.%d" % n for n in range(1, 5)] + ["6.1", "6.2", "6.3"]
            + ["7.%d" % n for n in range(1, 9)] + ["8.1", "8.2", "8.3"] + ["9.%d" % n for n in range(1, 8)]
            + ["10.%d" % n for n in range(1, 7)] + ["13"])
# The steps of one attempt have numbers of their own.
STEPS = ["2.3.%d" % n for n in range(1, 14)]


def read(name):
    with open(os.path.join(ROOT, name)) as f:
        return f.read()


def rows():
    """(rule, what it says, {file: [test]}) of the page's table."""
    for line in read("docs/rules.md").splitlines():
        if not line.startswith("| ") or line.startswith("| rule "):
            continue
        m = ROW.match(line)
        assert m, "no row: " + line
        held = {}
        for part in m[3].split(";"):
            name, _, tests = part.strip().removeprefix("`").partition("` ")
            held[name] = tests.split(", ")
            assert held[name] and all(re.fullmatch(r"\w+", t) for t in held[name]), part
        yield m[1], m[2].strip(), held


def is_run(source, name, test):
    if name.endswith(".py"):
        return re.search(rf"^def {test}\(\):$", source, re.M)
    return f"TEST({test})\n" in source and f"RUN({test})" in source


def test_every_rule_names_tests_that_exist_and_are_run():
    for rule, says, held in rows():
        for name, tests in held.items():
            source = read(name)
            for test in tests:
                assert is_run(source, name, test), f"{rule} ({says}): {name} has no test {test}"


def test_no_section_is_without_a_rule():
    have = {".".join(rule.split(".")[:2]) for rule, _, _ in rows()}
    have |= {rule for rule, _, _ in rows()}
    missing = [s for s in SECTIONS + STEPS if s not in have]
    assert not missing, f"no rule of {', '.join(missing)}"


def test_rules_stand_in_order():
    order = [tuple(map(int, rule.split(".")[:2])) for rule, _, _ in rows()]
    assert order == sorted(order)


def main():
    tests = [(n, f) for n, f in sorted(globals().items()) if n.startswith("test_")]
    failed = 0
    print(f"1..{len(tests)}")
    for number, (name, test) in enumerate(tests, 1):
        try:
            test()
            print(f"ok {number} - {name.removeprefix('test_')}")
        except Exception:
            traceback.print_exc()
            failed += 1
            print(f"not ok {number} - {name.removeprefix('test_')}")
    return 1 if failed else 0


sys.exit(main())
