#!/usr/bin/env python3
"""The ranks of docs/design: a lower one never includes a higher one, and the pure ones stay pure."""
import os
import re
import subprocess
import sys
import tempfile
import traceback

ROOT = os.environ["SOURCE_ROOT"]
CORE = os.environ["PIDLET_CORE"]

# Prefix of a path -> rank; the longest prefix counts.
RANKS = {
    "base/": 0,
    "config/": 1,
    "probes/": 2,
    "daemon/core/": 3,
    "daemon/runtime/": 4,
    "daemon/api/": 5,
    "daemon/": 6,
    "client/": 6,
}
# What is linked without the loop: these may include the ranks below and each other alone.
PURE = ("base/", "config/", "probes/worker.", "probes/outcome.", "probes/gotext.", "probes/url.", "probes/http_request.",
        "probes/grpc_message.", "daemon/core/")
FORBIDDEN_IN_PURE = {"ev.h"}
# Decisions: no clock, no descriptor, no heap, no output.
STEPS = ("probes/worker.", "probes/outcome.", "daemon/core/backoff.", "daemon/core/chaos.", "daemon/core/container.", "daemon/core/moves.",
         "daemon/core/pod.", "daemon/core/step.", "daemon/core/status.", "daemon/core/conditions.", "daemon/core/reconcile.")
FORBIDDEN_IN_STEPS = {"ev.h", "time.h", "unistd.h", "stdio.h", "stdlib.h", "errno.h", "fcntl.h", "sys/time.h"}
FORBIDDEN_SYMBOLS = re.compile(
    r"(malloc|calloc|realloc|reallocarray|free|clock_\w+|time|gettimeofday|ev_\w+|printf|f?puts|write|read|open"
    r"|log_\w+|arena_\w+|buf_\w+|random|rand)")
# The client reads manifests and runs the core; it never meets the loop.
CLIENT_MAY = (0, 1, 3, 6)


def rank(path):
    best = max((p for p in RANKS if path.startswith(p)), key=len, default=None)
    return None if best is None else RANKS[best]


def sources(root):
    for folder in ("base", "config", "probes", "daemon", "client"):
        for path, _, names in os.walk(os.path.join(root, folder)):
            for name in names:
                if name.endswith((".c", ".h")):
                    yield os.path.relpath(os.path.join(path, name), root)


def faults(root):
    found = []
    for path in sorted(sources(root)):
        with open(os.path.join(root, path)) as f:
            for number, line in enumerate(f, 1):
                m = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
                if not m:
                    continue
                name, where = m.group(1), f"{path}:{number}"
                other = rank(name)
                if other is not None and other > rank(path):
                    found.append(f"{where}: rank {rank(path)} includes rank {other}: {name}")
                if path.startswith(PURE) and other is not None and not name.startswith(PURE):
                    found.append(f"{where}: what is pure includes what is not: {name}")
                if path.startswith(PURE) and name in FORBIDDEN_IN_PURE:
                    found.append(f"{where}: what is pure includes {name}")
                if path.startswith(STEPS) and name in FORBIDDEN_IN_STEPS:
                    found.append(f"{where}: a step includes {name}")
                if path.startswith("client/") and other is not None and other not in CLIENT_MAY:
                    found.append(f"{where}: the client includes rank {other}: {name}")
    return found


def undefined_symbols(archive):
    """Object of the archive -> the symbols it wants from elsewhere."""
    out = subprocess.run(["nm", "-A", "--undefined-only", archive], capture_output=True, text=True, check=True).stdout
    wants = {}
    for line in out.splitlines():
        m = re.match(r".*[:/]([\w.]+\.o):\s+U (\S+)", line)
        if m:
            wants.setdefault(m.group(1), set()).add(m.group(2))
    return wants


def test_no_rank_includes_a_higher_one():
    found = faults(ROOT)
    assert not found, "\n".join(found)


def test_the_check_itself_finds_what_is_wrong():
    with tempfile.TemporaryDirectory() as root:
        def put(path, text):
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w") as f:
                f.write(text)
        put("base/a.c", '#include "config/tree.h"\n')
        put("daemon/core/pod.c", '#include <ev.h>\n#include "probes/attempt.h"\n#include <time.h>\n')
        put("client/x.c", '#include "daemon/runtime/output.h"\n')
        put("probes/tcp.c", '#include "base/fd.h"\n')
        found = faults(root)
        assert len(found) == 6, found
        assert not [f for f in found if "tcp.c" in f]


def test_steps_want_no_clock_no_heap_and_no_output():
    wants = undefined_symbols(CORE)
    seen = 0
    for step in STEPS:
        name = step.replace("/", "_") + "c.o"
        if name not in wants and not any(o.startswith(name[:-3]) for o in wants):
            continue
        seen += 1
        bad = {s for s in wants.get(name, ()) if FORBIDDEN_SYMBOLS.fullmatch(s)}
        assert not bad, f"{step}c wants {bad}"
    assert seen >= 5, f"found the objects of {seen} steps only: {sorted(wants)}"


def test_the_core_library_wants_nothing_of_the_loop():
    bad = {(o, s) for o, names in undefined_symbols(CORE).items() for s in names if s.startswith("ev_")}
    assert not bad, bad


def test_files_and_functions_stay_small():
    for path in sources(ROOT):
        with open(os.path.join(ROOT, path)) as f:
            lines = f.read().split("\n")
        assert len(lines) <= 650, f"{path} has {len(lines)} lines: split it by idea"
        start = None
        for number, line in enumerate(lines, 1):
            if line == "{":
                start = number
            elif line == "}" and start is not None:
                assert number - start <= 80, f"{path}:{start}: a function of {number - start} lines"
                start = None


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
