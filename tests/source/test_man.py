#!/usr/bin/env python3
"""The man pages are right for their readers, mandoc and groff, and tell of all that the program knows."""
import os
import re
import subprocess
import sys
import traceback

PIDLET = os.environ["PIDLET"]
PAGES = os.environ["MAN_PAGES"].split(":")


def run(*args):
    return subprocess.run(args, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C.UTF-8"})


def pidlet(*args):
    return run(PIDLET, *args).stdout


def page(name):
    """As it is read."""
    path = next(p for p in PAGES if os.path.basename(p) == name)
    done = run("mandoc", "-T", "utf8", "-O", "width=400", path)
    assert done.returncode == 0, done
    return re.sub(r".\x08", "", done.stdout)     # bold is a letter, a backspace, and the letter


def test_mandoc_has_nothing_to_say():
    for path in PAGES:
        done = run("mandoc", "-T", "lint", "-W", "style", path)
        assert done.returncode == 0 and done.stdout == "", done


def test_groff_has_nothing_to_say():
    for path in PAGES:
        done = run("groff", "-man", "-ww", "-z", "-K", "utf8", "-T", "utf8", path)
        assert done.returncode == 0 and done.stderr == "", done


def test_every_verb_and_every_option_is_in_the_page():
    text = page("pidlet.1")
    sections = dict(re.findall(r"^ {3}(\w+)\n(.*?)(?=^ {3}\w|^\w)", text, re.M | re.S))
    verbs = re.findall(r"^  pidlet (\w+)", pidlet("help"), re.M)
    assert len(verbs) > 6, verbs
    for verb in verbs:
        shown = pidlet(verb, "--help")
        for letter, name in re.findall(r"^ +(?:(-\w), )?(--[\w-]+)", shown, re.M):
            if name != "--help":
                assert re.search(rf"^ +{letter + ', ' if letter else ''}{name}\b", sections[verb], re.M), (verb, name)


def test_every_annotation_is_in_the_page():
    text = page("pidlet.annotations.7")
    for key in re.findall(r"^### (pidlet\.dev/\S+)$", pidlet("schema", "-o", "markdown"), re.M):
        assert re.search(rf"^ {{3}}{re.escape(key)}$", text, re.M), key


def test_every_honoured_field_is_in_the_page():
    text = page("pidlet.yaml.5")
    sections = {name: body for name, body in re.findall(r"^ {3}(\w+)\n(.*?)(?=^ {3}\w|^\w)", text, re.M | re.S)}
    objects = re.findall(r"^### (\w+)\n(.*?)(?=^##)", pidlet("schema", "-o", "markdown") + "\n##", re.M | re.S)
    of_workloads = {name for name, _ in objects if name not in sections}
    assert {"Pod", "PodSpec", "Container", "Probe", "KubeletConfiguration", "Scenario"} <= set(sections)
    assert len(of_workloads) < len(objects) / 2 or len(sections) > 30, of_workloads
    for name, body in objects:
        for field in re.findall(r"^\| `(\w+)`.*\| honoured \|$", body, re.M) if name in sections else ():
            assert re.search(rf"^ {{7}}{field} \(", sections[name], re.M), (name, field)


def test_the_source_has_no_long_lines_and_no_placeholder():
    for path in PAGES:
        with open(path) as f:
            for number, line in enumerate(f, 1):
                assert len(line) <= 200 and not line.startswith("@"), f"{path}:{number}: {line}"


tests = [(n, f) for n, f in list(globals().items()) if n.startswith("test_")]
print(f"1..{len(tests)}")
bad = 0
for number, (name, test) in enumerate(tests, 1):
    try:
        test()
        print(f"ok {number} - {name.removeprefix('test_')}")
    except Exception:
        traceback.print_exc()
        bad += 1
        print(f"not ok {number} - {name.removeprefix('test_')}")
sys.exit(1 if bad else 0)
