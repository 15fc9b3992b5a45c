#!/usr/bin/env python3
"""200 pods crash and are probed for a while: what the daemon holds afterwards is what it held before.

For SOAK_SECONDS (8); packaging/soak runs it for ten minutes.
"""
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time

from pidlet import OWN_MEMORY, PIDLET, Pidlet, main, pod, sh, wait_until

SECONDS = float(os.environ.get("SOAK_SECONDS", "8"))
PODS = 200
EXPLAINED = subprocess.run([PIDLET, "explain", "pod.spec.containers.livenessProbe.httpGet"], capture_output=True, text=True).stdout
HTTP = "refused" not in EXPLAINED
API = "\n  pidlet get " in subprocess.run([PIDLET, "help"], capture_output=True, text=True).stdout


class Listener:
    """Takes connections of TCP and HTTP probes, and answers all of them."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.socket.getsockname()[1]
        self.taken = 0
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            connection, _ = self.socket.accept()
            self.taken += 1
            connection.settimeout(0.2)
            try:
                if connection.recv(4096):
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
            except OSError:
                pass
            connection.close()


def manifest(i, port, runs):
    back_off = f'pidlet.dev/backoff: "initial=200ms,max={min(4.0, SECONDS / 8):.1f}s"'
    crash = f"echo x >>{runs}; sleep 0.2; exit 3"
    if i % 4 == 0:                      # hangs: its liveness probe kills it
        probe = "livenessProbe: {exec: {command: [sh, -c, exit 1]}, periodSeconds: 1, failureThreshold: 1}"
        app = sh("app", f"echo x >>{runs}; trap : TERM; while :; do sleep 1; done", probe)
    elif i % 4 == 1 and HTTP:
        app = sh("app", crash, f"readinessProbe: {{httpGet: {{port: {port}}}, periodSeconds: 1}}")
    elif i % 4 == 2:                    # leaves processes behind
        app = sh("app", f"sleep 1000 & {crash}", 'readinessProbe: {exec: {command: ["true"]}, periodSeconds: 1}')
    else:
        app = sh("app", crash, f"readinessProbe: {{tcpSocket: {{port: {port}}}, periodSeconds: 1}}")
    return pod(f"p{i}", f"[{app}]", "terminationGracePeriodSeconds: 1", back_off)


class Held:
    """What a process holds."""

    def __init__(self, pid, whole):
        with open(f"/proc/{pid}/status") as f:
            lines = dict(line.split(":", 1) for line in f)
        self.rss = int(lines["VmRSS"].split()[0])
        self.threads = int(lines["Threads"])
        self.descriptors = os.listdir(f"/proc/{pid}/fd")
        if whole:                       # by what they are, not by their numbers
            self.descriptors = sorted(os.readlink(f"/proc/{pid}/fd/{n}").partition(":")[0] for n in self.descriptors)
        self.children = []
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as f:
                self.children += f.read().split()

    def __str__(self):
        return f"{len(self.descriptors)} descriptors, {len(self.children)} processes, {self.threads} threads, {self.rss} KiB"


def held(p, whole=True):
    while True:
        try:
            return Held(p.process.pid, whole)
        except FileNotFoundError:
            pass                        # a descriptor or a thread that is gone: look again


class Crowd:
    """200 pods, in a folder that is read anew at SIGHUP."""

    def __init__(self, p, folder, port):
        self.p, self.folder, self.port, self.runs = p, folder, port, f"{p.folder.name}/runs"

    def start(self):
        for i in range(PODS):
            with open(f"{self.folder}/p{i}.yaml", "w") as f:
                f.write(manifest(i, self.port, self.runs))
        self.p.signal(signal.SIGHUP)

    def stop(self):
        for i in range(PODS):
            os.unlink(f"{self.folder}/p{i}.yaml")
        self.p.signal(signal.SIGHUP)

    def run_count(self):
        return os.path.getsize(self.runs) // 2 if os.path.exists(self.runs) else 0


def steady(p):
    """What it holds with the quiet pod alone, once that has not changed for a second."""
    last, since = None, time.monotonic()

    def look():
        nonlocal last, since
        now = held(p)
        if last is None or len(now.children) != 1 or now.descriptors != last.descriptors:
            last, since = now, time.monotonic()
        return now if time.monotonic() - since > 1 else None

    return wait_until(look, "the quiet pod to run, and no more to happen")


def wait_until_as(before, p, what):
    """Until it holds what it held before; returns that."""
    def look():
        now = held(p)
        same = (len(now.children), now.descriptors) == (len(before.children), before.descriptors) and now.threads <= before.threads
        return now if same else None

    try:
        return wait_until(look, f"{what} to hold what it held before: {before}")
    except AssertionError as error:
        now = held(p)
        raise AssertionError(f"{error};\nit holds {now}: {now.descriptors}, not {before.descriptors}; {now.children}") from None


def test_a_crowd_that_crashes_and_is_probed_leaves_nothing_behind():
    listener = Listener()
    with tempfile.TemporaryDirectory(prefix="pidlet-test-") as folder:
        manifests = f"{folder}/manifests"
        os.mkdir(manifests)
        with open(f"{manifests}/quiet.yaml", "w") as f:
            f.write(pod("quiet", f'[{sh("app", "exec sleep 100000")}]'))
        with Pidlet(args=["-f", manifests, "--quiet", "--event-ttl", "2s", "--log-dir", f"{folder}/logs",
                          *(["--socket", f"{folder}/socket"] if API else [])],
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as p:
            crowd = Crowd(p, manifests, listener.port)
            first = steady(p)
            crowd.start()               # a round before, so that heap and caches have their size
            wait_until(lambda: crowd.run_count() > PODS * 5 / 4, "every pod to have run, and some again")
            crowd.stop()
            before = steady(p)          # libcurl's own two sockets come with the first HTTP probe

            probed, runs = listener.taken, crowd.run_count()
            crowd.start()
            during, end = [], time.monotonic() + SECONDS
            while time.monotonic() < end:       # how long is what is tested
                time.sleep(min(1, SECONDS / 8))
                during.append(held(p, whole=False))
            crowd.stop()
            after = wait_until_as(before, p, "the daemon, after the soak,")
            probed, runs = listener.taken - probed, crowd.run_count() - runs
            print(f"# {SECONDS:.0f} s: {runs} runs, {probed} connections of probes\n# first:  {first}\n# before: {before}\n"
                  f"# midway: {during[len(during) // 2]}\n# most:   {max(d.rss for d in during)} KiB, "
                  f"{max(len(d.descriptors) for d in during)} descriptors\n# after:  {after}", flush=True)
            assert runs > PODS and probed > PODS / 4, (runs, probed)
            assert not OWN_MEMORY or after.rss <= before.rss * 1.1 + 512, (before.rss, after.rss)


main(globals())
