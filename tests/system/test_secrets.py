#!/usr/bin/env python3
"""Secrets' values: where they must not be found."""
import base64
import glob
import os
import resource
import signal
import stat
import subprocess
import tempfile

from api import KUBECTL, Served
from pidlet import BOUND, PIDLET, WRAPPER, Skip, main, pod, processes_with, sh, wait_until

VALUE = "sesam-oeffne-dich-4711"
NUMBER = "47114711"
FORMS = (VALUE, NUMBER, base64.b64encode(VALUE.encode()).decode())
SECRETS = "/api/v1/namespaces/default/secrets"
# Runs, fails its probe, and has the value in its environment.
READER = f"""\
apiVersion: v1
kind: Pod
metadata: {{name: reader}}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - name: app
    command: [sh, -c, 'test "$PASSWORD" = {VALUE[:5]}*; echo got ${{#PASSWORD}} bytes; exec sleep 1000']
    env: [{{name: PASSWORD, valueFrom: {{secretKeyRef: {{name: key, key: password}}}}}}]
    readinessProbe: {{periodSeconds: 1, exec: {{command: [sh, -c, 'exit 1']}}}}
  - name: broken
    command: [/no/such/program, "$(PASSWORD)"]
    envFrom: [{{secretRef: {{name: key}}}}]
"""
SECRET = f"""\
apiVersion: v1
kind: Secret
metadata: {{name: key, namespace: default}}
stringData: {{password: {VALUE}}}
"""


def leaks(where, text):
    for form in FORMS:
        assert form not in text, f"{where} tells a secret:\n{text}"


def own(s, *args):
    done = subprocess.run([*WRAPPER, PIDLET, *args], capture_output=True, text=True, timeout=BOUND,
                          env={**os.environ, "PIDLET_SOCKET": s.socket})
    return done.stdout + done.stderr


def test_nothing_that_pidlet_says_has_a_secret_in_it():
    with Served(READER, args=["-v"], tcp=True) as s:
        file = s.write("secret.yaml", SECRET)
        assert "created" in own(s, "apply", "-f", file)
        s.wait_for("got %d bytes" % len(VALUE))
        wait_until(lambda: "Unhealthy" in s.get("/api/v1/events").text and "/no/such/program" in s.get("/api/v1/events").text,
                   "Events of what went wrong")
        assert VALUE not in s.get(SECRETS + "/key").json["data"].values()
        for words in (["describe", "secret", "key"], ["describe", "pod", "reader"], ["events"], ["get", "secrets"],
                      ["get", "pods", "-o", "yaml"], ["logs", "reader", "-c", "app"]):
            leaks("pidlet " + " ".join(words), own(s, *words))
            if KUBECTL is not None and words != ["events"]:
                leaks("kubectl " + " ".join(words), s.kubectl(*words))
        leaks("/api/v1/events", s.get("/api/v1/events").text)
        leaks("/metrics", s.get("/metrics").text)
        leaks("the log", s.output())
        for path in glob.glob(os.path.join(s.home, "**"), recursive=True):      # what is kept is its owner's alone
            if os.path.isfile(path) and any(form in open(path, errors="replace").read() for form in FORMS):
                assert "/secrets/" in path and stat.S_IMODE(os.stat(path).st_mode) == 0o600, path


def test_what_is_wrong_with_a_secret_is_told_without_its_value():
    bad = [f'{{"metadata":{{"name":"a"}},"data":{{"password":"{VALUE}"}}}}',                  # no base64
           f'{{"metadata":{{"name":"a"}},"data":{{"password":["{VALUE}"]}}}}',
           f'{{"metadata":{{"name":"a"}},"data":"{VALUE}"}}',
           f'{{"metadata":{{"name":"a"}},"stringData":{{"password":{{"x":"{VALUE}"}}}}}}',
           f'{{"metadata":{{"name":"a"}},"stringData":["{VALUE}"]}}',
           f'{{"metadata":{{"name":"a"}},"stringData":{{"password":{NUMBER}}}}}',
           f'{{"metadata":{{"name":"a"}},"stringData":{{"password":"{VALUE}"']
    with Served(args=["-v"]) as s:
        for body in bad:
            answer = s.request("POST", SECRETS, body)
            assert answer.code in (400, 422), (answer.code, body)
            leaks(body, answer.text)
            for kind in ("json", "yaml"):
                text = body[:1] + '"kind":"Secret","apiVersion":"v1",' + body[1:]
                leaks(body, subprocess.run([*WRAPPER, PIDLET, "check", s.write("bad." + kind, text)], capture_output=True,
                                           text=True, timeout=BOUND).stdout)
        leaks("the log", s.output())


def dumps_core(folder):
    """Whether a process that crashes in that folder leaves a core there, on this machine."""
    subprocess.run(["sh", "-c", "kill -SEGV $$"], cwd=folder, preexec_fn=unlimited)
    found = cores(folder)
    for path in found:
        os.unlink(path)
    return bool(found)


def unlimited():
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def cores(folder):
    return glob.glob(os.path.join(folder, "core*"))


def test_pidlet_dumps_no_core_and_what_it_starts_does():
    with open(PIDLET, "rb") as f:
        if b"__asan_init" in f.read():
            raise Skip("ASan takes the limit of cores away, and the crash for itself")
    with tempfile.TemporaryDirectory() as folder:
        if resource.getrlimit(resource.RLIMIT_CORE)[1] != resource.RLIM_INFINITY and os.getuid() != 0:
            raise Skip("cores may not be dumped here: ulimit -H -c")
        if not dumps_core(folder):
            raise Skip("cores go elsewhere here: /proc/sys/kernel/core_pattern")
        crashing = pod("crashing", f'[{sh("app", "kill -SEGV $$")}]', "restartPolicy: Never")
        with Served(crashing, SECRET, READER, cwd=folder, preexec_fn=unlimited) as s:
            s.wait_for("got %d bytes" % len(VALUE))
            wait_until(lambda: cores(folder), "the container's core")
            for path in cores(folder):
                os.unlink(path)
            s.signal(signal.SIGSEGV)
            status = s.process.wait(BOUND)
            assert status == -signal.SIGSEGV or status > 0, status     # a sanitizer or valgrind ends by itself
            assert cores(folder) == [], cores(folder)
            s.process.returncode = 0    # it was we who crashed it


main(globals())
