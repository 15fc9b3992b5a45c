#!/usr/bin/env python3
"""Start and stop of N pods, memory a container, wake-ups when idle.

    crowd.py PIDLET [N] [SECONDS]

Times are of this machine, now: compare them within one run only.  The floor is a loop of posix_spawn with two pipes a
process, and of kill and waitpid, before and after: what the kernel takes for it, and hardly more.
"""
import os
import signal
import subprocess
import sys
import tempfile
import time

PIDLET = sys.argv[1]
N = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
SECONDS = float(sys.argv[3]) if len(sys.argv) > 3 else 5


def status(pid, key):
    with open(f"/proc/{pid}/status") as f:
        return int(next(line for line in f if line.startswith(key + ":")).split()[1])


def cpu(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return len(f.read().split())


def run(n):
    """(seconds to start, to stop, RSS KiB, wake-ups and CPU seconds while idle)"""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "pods.yaml")
        with open(path, "w") as f:
            for i in range(n):
                f.write(f"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p{i}}}\n"
                        "spec: {containers: [{name: x, command: [sleep, infinity]}]}\n")
        begin = time.monotonic()
        p = subprocess.Popen([PIDLET, "run", "-q", "-f", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while children(p.pid) < n:
            time.sleep(0.0005)
        started = time.monotonic() - begin
        time.sleep(1)
        switches, used = status(p.pid, "voluntary_ctxt_switches"), cpu(p.pid)
        time.sleep(SECONDS)
        switches, used = status(p.pid, "voluntary_ctxt_switches") - switches, cpu(p.pid) - used
        rss = status(p.pid, "VmRSS")
        begin = time.monotonic()
        p.send_signal(signal.SIGTERM)
        p.wait()
        return started, time.monotonic() - begin, rss, switches, used


def floor(n):
    """(seconds to start, to stop) for a program that does nothing else."""
    pids, ends = [], []
    begin = time.monotonic()
    for _ in range(n):
        out, err = os.pipe(), os.pipe()
        pids.append(os.posix_spawnp("sleep", ["sleep", "infinity"], os.environ, setsid=True, file_actions=[
            (os.POSIX_SPAWN_DUP2, out[1], 1), (os.POSIX_SPAWN_DUP2, err[1], 2)]))
        os.close(out[1])
        os.close(err[1])
        ends += [out[0], err[0]]
    started = time.monotonic() - begin
    begin = time.monotonic()
    for pid in pids:
        os.kill(pid, signal.SIGTERM)
    for pid in pids:
        os.waitpid(pid, 0)
    stopped = time.monotonic() - begin
    for fd in ends:
        os.close(fd)
    return started, stopped


one = run(1)
before = floor(N)
many = run(N)
after = floor(N)
print(f"start of {N} pods   {many[0] * 1000:7.0f} ms (with reading their manifests)")
print(f"stop of {N} pods    {many[1] * 1000:7.0f} ms")
for i, what in enumerate(("start", "stop")):
    least = min(before[i], after[i])
    print(f"floor of the {what:<5}  {before[i] * 1000:7.0f} and {after[i] * 1000:.0f} ms; pidlet / floor {many[i] / least:.2f}")
print(f"memory, one pod     {one[2]:7d} KiB")
print(f"memory a container  {(many[2] - one[2]) / max(N - 1, 1):7.2f} KiB")
print(f"idle for {SECONDS:g} s       {many[3]:7d} wake-ups, {many[4]:.2f} s CPU")
