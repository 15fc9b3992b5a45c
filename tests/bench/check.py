#!/usr/bin/env python3
"""How long `pidlet check` takes for N manifests, a file each.

    check.py PIDLET [N]

Times are of this machine, now: compare them within one run only.
"""
import os
import resource
import subprocess
import sys
import tempfile
import time

PIDLET = sys.argv[1]
N = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
ROUNDS = 5
MANIFEST = """\
apiVersion: v1
kind: Pod
metadata:
  name: web-%d
  labels: {app: web, instance: "%d"}
spec:
  containers:
  - name: web
    image: web:1
    command: [/opt/web, --port, "8080"]
    env: [{name: MODE, value: prod}]
    ports: [{name: http, containerPort: 8080}]
    resources: {limits: {memory: 256Mi}, requests: {cpu: 100m}}
    livenessProbe: {tcpSocket: {port: http}, periodSeconds: 5}
    readinessProbe: {exec: {command: [/opt/check]}}
"""


def seconds(*args):
    """The best of some rounds: (elapsed, CPU)."""
    best = None
    for _ in range(ROUNDS):
        before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        subprocess.run([PIDLET, "check", *args], stdout=subprocess.DEVNULL, check=True)
        after, end = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        took = (end - begin, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        best = took if best is None else min(best, took)
    return best


with tempfile.TemporaryDirectory() as folder:
    for i in range(N):
        with open(os.path.join(folder, f"{i:05}.yaml"), "w") as f:
            f.write(MANIFEST % (i, i))
    for name, args in (("findings", ["-q"]), ("with the field report", ["--report"]), ("in JSON", ["--report", "-o", "json"])):
        elapsed, cpu = seconds(*args, folder)
        print(f"{N} manifests, {name:22} {elapsed * 1000:6.0f} ms, {cpu * 1000:6.0f} ms CPU")
