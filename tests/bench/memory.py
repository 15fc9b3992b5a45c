#!/usr/bin/env python3
"""Memory of the idle daemon: alone with one pod, and for each pod more.

    memory.py PIDLET [N] [RUN-OPTION...]

RSS counts what other processes share too (libc, the program's own text), PSS its share of that, private dirty what is
its alone.  Pages are counted by the kernel, so that the figures hardly vary from run to run; 0 libraries are loaded
later than the daemon's start unless something asks for them.
"""
import os
import subprocess
import sys
import tempfile
import time

PIDLET = os.path.abspath(sys.argv[1])
N = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
OPTIONS = sys.argv[3:]
KEYS = ["Rss", "Pss", "Private_Dirty"]


def rollup(pid):
    with open(f"/proc/{pid}/smaps_rollup") as f:
        lines = dict(line.split(":", 1) for line in f if ":" in line and "-" not in line.split()[0])
    return [int(lines[key].split()[0]) for key in KEYS]


def libraries(pid):
    with open(f"/proc/{pid}/maps") as f:
        return len({line.split()[-1] for line in f if ".so" in line})


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return len(f.read().split())


def measure(n):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "pods.yaml")
        with open(path, "w") as f:
            for i in range(n):
                f.write(f"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p{i}}}\n"
                        "spec: {containers: [{name: x, command: [sleep, infinity]}]}\n")
        options = OPTIONS or ["--socket", f"{folder}/s"]
        p = subprocess.Popen([PIDLET, "run", "-q", "--log-dir", f"{folder}/logs", "-f", path] + options,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while children(p.pid) < n:
                assert p.poll() is None, "pidlet has ended"
                time.sleep(0.01)
            time.sleep(1)
            return rollup(p.pid), libraries(p.pid)
        finally:
            p.terminate()
            p.wait()


one, loaded = measure(1)
many, _ = measure(N)
print(f"{'':20}" + "".join(f"{key.replace('_', ' ').lower():>16}" for key in KEYS))
print(f"{'one pod':20}" + "".join(f"{kib:12} KiB" for kib in one) + f"   {loaded} libraries")
print(f"{f'{N} pods':20}" + "".join(f"{kib:12} KiB" for kib in many))
print(f"{'each pod more':20}" + "".join(f"{(b - a) / max(N - 1, 1):12.2f} KiB" for a, b in zip(one, many)))
