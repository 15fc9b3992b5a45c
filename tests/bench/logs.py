#!/usr/bin/env python3
"""Throughput of log capture with time stamps: MB/s, and CPU seconds a GiB of pidlet itself.

    logs.py PIDLET LINES-BENCH [MIB] [LENGTH] [LOG-DIR]

Beside it what `cat >FILE` takes for the same lines, without time stamps: what the kernel alone costs.
Figures are of this machine, now.  Logs go to LOG-DIR (a folder of its own is made in it).
"""
import os
import signal
import subprocess
import sys
import tempfile
import time

PIDLET, LINES = (os.path.abspath(p) for p in sys.argv[1:3])
MIB = int(sys.argv[3]) if len(sys.argv) > 3 else 2048
LENGTH = int(sys.argv[4]) if len(sys.argv) > 4 else 100
WHERE = sys.argv[5] if len(sys.argv) > 5 else None


def cpu(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rpartition(")")[2].split()
    return [int(f) / os.sysconf("SC_CLK_TCK") for f in fields[11:13]]


def say(what, seconds, user, system):
    gib = MIB / 1024
    print(f"{what}: {MIB * 1.048576 / seconds:6.0f} MB/s, {(user + system) / gib:.2f} CPU s/GiB "
          f"({user / gib:.2f} user, {system / gib:.2f} system)")


def cat(folder):
    done = f"{folder}/cat-done"
    with open(f"{folder}/cat", "wb") as f:
        begin = time.monotonic()
        lines = subprocess.Popen([LINES, str(MIB), str(LENGTH), done], stdout=subprocess.PIPE)
        reader = subprocess.Popen(["cat"], stdin=lines.stdout, stdout=f)
    lines.stdout.close()
    _, _, used = os.wait4(reader.pid, 0)        # it ends when the lines do
    seconds = time.monotonic() - begin
    lines.kill()
    lines.wait()
    say("cat >FILE" + " " * 17, seconds, used.ru_utime, used.ru_stime)

with tempfile.TemporaryDirectory(dir=WHERE) as folder:
    manifest, done, logs = f"{folder}/pod.yaml", f"{folder}/done", f"{folder}/logs"
    with open(manifest, "w") as f:
        f.write("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {restartPolicy: Never, containers: [{name: x, "
                f"command: [{LINES}, '{MIB}', '{LENGTH}', {done}]}}]}}\n")
    begin = time.monotonic()
    p = subprocess.Popen([PIDLET, "run", "-q", "--log-dir", logs, "-f", manifest], stdout=subprocess.DEVNULL)
    while not os.path.exists(done):
        time.sleep(0.001)
    while True:                         # until it has nothing left to read
        before = cpu(p.pid)
        time.sleep(0.03)
        if cpu(p.pid) == before:
            break
    seconds = time.monotonic() - begin - 0.03
    user, system = cpu(p.pid)
    p.send_signal(signal.SIGQUIT)
    p.wait()
    say(f"lines of {LENGTH:3} bytes, {MIB / 1024:4.1f} GiB", seconds, user, system)
    cat(folder)
