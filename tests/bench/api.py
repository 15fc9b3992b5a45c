#!/usr/bin/env python3
"""How long a list of 10 000 pods takes, and a change until 1000 watches have seen it; and
whether restarts that are due meanwhile are late.

    tests/bench/api.py build/pidlet [PODS [WATCHES]]
"""
import json
import os
import resource
import select
import socket
import subprocess
import sys
import tempfile
import time

PIDLET = sys.argv[1]
PODS = int(sys.argv[2]) if len(sys.argv) > 2 else 10000
WATCHES = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


def connect(path):
    c = socket.socket(socket.AF_UNIX)
    c.connect(path)
    return c


def request(path, method, target, body=None, accept="application/json", kind="application/json"):
    with connect(path) as c:
        data = b"" if body is None else json.dumps(body).encode()
        c.sendall(f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept: {accept}\r\n"
                  f"Content-Type: {kind}\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data)
        answer, room = bytearray(), bytearray(1 << 18)
        while n := c.recv_into(room):
            answer += memoryview(room)[:n]
    return bytes(answer)


def whole(answer):
    """Its body, without the borders of chunks."""
    head, _, body = answer.partition(b"\r\n\r\n")
    if b"Transfer-Encoding: chunked" not in head:
        return body
    text = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        text, body = text + body[:int(size, 16)], body[int(size, 16) + 2:]
    return text


def resident():
    with open(f"/proc/{daemon.pid}/status") as f:
        return f"resident {int(next(line for line in f if line.startswith('VmRSS')).split()[1]) / 1000:.0f} MB"


def manifest(i):
    return (f"apiVersion: v1\nkind: Pod\nmetadata: {{name: pod-{i}, labels: {{app: web, number: '{i}'}}}}\n"
            "spec: {restartPolicy: Never, containers: [{name: app, command: ['true']}]}\n")


resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
with tempfile.TemporaryDirectory() as folder:
    os.mkdir(folder + "/pods")
    for start in range(0, PODS, 1000):
        with open(f"{folder}/pods/{start:06}.yaml", "w") as f:
            f.write("---\n".join(manifest(i) for i in range(start, min(start + 1000, PODS))))
    with open(f"{folder}/pods/stays.yaml", "w") as f:
        f.write("{apiVersion: v1, kind: Pod, metadata: {name: stays}, spec: {containers: [{name: app, command: [sleep, '100000']}]}}")
    sock = folder + "/s"
    daemon = subprocess.Popen([PIDLET, "run", "-q", "-f", folder + "/pods", "--socket", sock], stdout=subprocess.DEVNULL,
                              stderr=None)
    started = time.monotonic()
    try:
        while True:
            try:
                answer = request(sock, "POST", "/api/v1/namespaces/default/pods", {
                    "metadata": {"name": "changing"}, "spec": {"containers": [{"name": "app", "command": ["sleep", "100000"]}]}})
                assert b" 201 " in answer, answer
                break
            except OSError:
                time.sleep(0.05)
        while whole(request(sock, "GET", "/api/v1/pods", accept=TABLE)).count(b'"Completed"') < PODS:
            time.sleep(0.5)
        print(f"{PODS} pods have run, and are shown: {time.monotonic() - started:.1f} s after the start; {resident()}")
        for name, accept in (("JSON", "application/json"), ("Table", TABLE)):
            best = 1e9
            for _ in range(5):
                begin = time.monotonic()
                size = len(request(sock, "GET", "/api/v1/pods?limit=0", accept=accept))
                best = min(best, time.monotonic() - begin)
            print(f"list of {PODS} pods as {name}: {best * 1000:.1f} ms, {size / 1e6:.1f} MB")
        watches = []
        for _ in range(WATCHES):
            c = connect(sock)
            c.sendall(b"GET /api/v1/namespaces/default/pods?watch=true&fieldSelector=metadata.name%3Dchanging HTTP/1.1\r\nHost: x\r\n\r\n")
            watches.append(c)
        for c in watches:
            data = b""
            while b'"ADDED"' not in data:
                data += c.recv(65536)
        poll = select.epoll()
        left = {c.fileno(): c for c in watches}
        for fd, c in left.items():
            c.setblocking(False)
            try:
                while c.recv(65536):
                    pass
            except BlockingIOError:
                pass
            poll.register(fd, select.EPOLLIN)
        begin = time.monotonic()
        answer = request(sock, "PATCH", "/api/v1/namespaces/default/pods/changing", {"metadata": {"labels": {"a": str(begin)}}},
                kind="application/merge-patch+json")
        assert b" 200 " in answer, answer
        while left:
            for fd, _ in poll.poll():
                if fd in left and b"MODIFIED" in left[fd].recv(65536):
                    poll.unregister(fd)
                    del left[fd]
        print(f"a change seen by {WATCHES} watches: {(time.monotonic() - begin) * 1000:.1f} ms; {resident()}")
        # A container that ends at once and starts again 100 ms later: what lies between its starts.
        answer = request(sock, "POST", "/api/v1/namespaces/default/pods", {
            "metadata": {"name": "ticking", "annotations": {"pidlet.dev/backoff": "initial=100ms,max=100ms"}},
            "spec": {"containers": [{"name": "app", "command": ["sh", "-c", f"date +%s.%N >> {folder}/ticks"]}]}})
        assert b" 201 " in answer, answer
        def gaps(work):
            with open(folder + "/ticks") as f:
                begin = len(f.readlines())
            end = time.monotonic() + 5
            while time.monotonic() < end:
                work()
            with open(folder + "/ticks") as f:
                stamps = [float(line) for line in f.readlines()[begin:]]
            found = sorted((b - a) * 1000 for a, b in zip(stamps, stamps[1:]))
            return f"median {found[len(found) // 2]:.1f} ms, longest {found[-1]:.1f} ms of {len(found)}"
        def busy():
            request(sock, "GET", "/api/v1/pods")
            request(sock, "PATCH", "/api/v1/namespaces/default/pods/changing", {"metadata": {"labels": {"a": str(time.time())}}},
                    kind="application/merge-patch+json")
            for c in watches:
                try:
                    while c.recv(65536):
                        pass
                except BlockingIOError:
                    pass
            held.append(connect(sock))
            held[-1].sendall(b"POST /api/v1/namespaces/default/pods HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
            with connect(sock) as bad:
                try:
                    bad.sendall(b"GET /" + b"x" * 60000)
                except OSError:                         # it is cut off before its end
                    pass
        held = []
        time.sleep(1)
        print("restarts, 100 ms after each end, while it is quiet: " + gaps(lambda: time.sleep(0.1)))
        print("while lists, changes and bad requests go on:        " + gaps(busy))
        print("at the end: " + resident())
    finally:
        daemon.kill()
        daemon.wait()
