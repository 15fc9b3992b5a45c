#!/usr/bin/env python3
"""pidlet's own verbs over the socket, beside the real kubectl's where there is one."""
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios

from api import KUBECTL, Served, normal
from pidlet import BOUND, PIDLET, WRAPPER, Follower, main, pod, sh, wait_until

CRASH = pod("crash", f'[{sh("app", "echo run; exit 2", "ports: [{name: http, containerPort: 8080}]")}]',
            "terminationGracePeriodSeconds: 1", "pidlet.dev/backoff: initial=5m")
DB = """\
apiVersion: v1
kind: Pod
metadata:
  name: db
  labels: {app: db}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: app
    command: [sh, -c, "echo one; echo two; exec sleep 1000"]
    env: [{name: A, value: "1"}, {name: NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
    readinessProbe: {exec: {command: ["true"]}, periodSeconds: 1}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: conf}
data: {a: "1", b: "two\\nlines", c: "yes"}
---
apiVersion: v1
kind: Secret
metadata: {name: key}
stringData: {password: geheim}
"""


def run(s, *args, code=0, stdin=None, socket=None):
    done = subprocess.run([*WRAPPER, PIDLET, *args], capture_output=True, text=True, timeout=4 * BOUND, input=stdin,
                          env={**os.environ, "PIDLET_SOCKET": socket or s.socket})
    assert done.returncode == code, f"pidlet {' '.join(args)}: exit status {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def crashed(s):
    p = s.pod("crash")
    return p and p["status"]["containerStatuses"][0]["state"].get("waiting", {}).get("reason") == "CrashLoopBackOff" \
        and p["status"]["containerStatuses"][0]["restartCount"] == 1


def ready(s, name):
    p = s.pod(name)
    return p and any(c["type"] == "Ready" and c["status"] == "True" for c in p["status"]["conditions"])


def test_what_is_shown_is_what_kubectl_shows():
    with Served(CRASH, tcp=KUBECTL is not None) as s:
        run(s, "apply", "-f", s.write("db.yaml", DB))
        wait_until(lambda: ready(s, "db"), "db to be ready")
        wait_until(lambda: crashed(s), "crash to be in back-off")
        table = run(s, "get", "pods")
        assert normal(table) == normal("""
NAME  READY  STATUS  RESTARTS  AGE
crash  0/1  CrashLoopBackOff  1 (0s ago)  0s
db  1/1  Running  0  0s"""), table
        if KUBECTL is None:
            return
        for words in (("get", "pods", "-o", "wide", "-A"), ("get", "all", "--show-labels"), ("get", "cm,secrets"), ("get", "nodes"),
                      ("get", "ns"), ("get", "pod", "db", "-o", "yaml"), ("get", "cm", "conf", "-o", "yaml"),
                      ("get", "pods", "-o", "name"), ("get", "pods", "-l", "app=nope"), ("get", "pod", "nope"),
                      ("get", "events", "-o", "wide", "--field-selector", "reason=BackOff")):
            theirs = s.kubectl(*words, code=None)
            ours = run(s, *words, code=1 if "nope" == words[-1] else 0)
            assert normal(ours) == normal(theirs), f"{words}\nours:\n{ours}\ntheirs:\n{theirs}"
        assert json.loads(run(s, "get", "pod", "db", "-o", "json")) == s.pod("db")
        theirs = normal(s.kubectl("describe", "pod", "db"))
        ours = normal(run(s, "describe", "pod", "db"))
        before_events = re.split(r"\nBack-off:", ours)[0]
        assert theirs.startswith(before_events), f"ours:\n{before_events}\ntheirs:\n{theirs}"


def test_describe_tells_of_the_back_off():
    with Served(CRASH) as s:
        wait_until(lambda: crashed(s), "crash to be in back-off")
        text = re.sub(" {2,}", "  ", run(s, "describe", "pod/crash"))
        assert re.search("Waiting:  5m0s, next start in [1-5]m", text) and "Series:  0s, 5m0s, times 2, up to 5m0s" in text, text
        assert "Reset By:  a run of more than 10m0s" in text and "Warning  BackOff" in text, text


def test_apply_changes_and_takes_back():
    with Served() as s:
        f = s.write("db.yaml", DB)
        assert run(s, "apply", "-f", f) == "pod/db created\nconfigmap/conf created\nsecret/key created\n"
        assert run(s, "apply", "-f", f).startswith("pod/db unchanged\nconfigmap/conf unchanged\n")
        g = s.write("db.yaml", DB.replace("labels: {app: db}", "labels: {tier: back}").replace('a: "1", ', ""))
        assert run(s, "apply", "-f", g).startswith("pod/db configured\nconfigmap/conf configured\n")
        assert s.pod("db")["metadata"]["labels"] == {"tier": "back"}
        assert s.get("/api/v1/namespaces/default/configmaps/conf").json["data"] == {"b": "two\nlines", "c": "yes"}
        bad = DB.split("---")[0].replace("name: app", "name: App")
        text = run(s, "apply", "-f", "-", stdin=bad, code=1)
        assert text.startswith('The Pod "db" is invalid: spec.containers[0].name: Invalid value: "App"'), text
        secret = run(s, "describe", "secret", "key")
        assert "6 bytes" in secret and "geheim" not in secret and "Z2VoZWlt" not in secret, secret


def test_a_pod_that_goes_while_it_is_looked_for_is_not_waited_for():
    with Served() as s:
        name = s.write("db.yaml", DB.split("---")[0])
        for _ in range(15):
            run(s, "apply", "-f", name)
            assert run(s, "delete", "pod", "db", "--now") == 'pod "db" deleted\n'


def test_logs_wait_and_delete():
    with Served() as s:
        run(s, "apply", "-f", s.write("db.yaml", DB))
        assert run(s, "wait", "--for=condition=Ready", "pod/db", f"--timeout={BOUND}s") == "pod/db condition met\n"
        assert run(s, "wait", "--for=jsonpath={.status.phase}=Running", "pod", "db") == "pod/db condition met\n"
        wait_until(lambda: "two" in run(s, "logs", "db"), "db to have said all")
        assert run(s, "logs", "db", "--tail=1") == "two\n"
        assert run(s, "logs", "pod/db", "--all-containers", "--limit-bytes", "5") == "one\nt"
        with Follower([*WRAPPER, PIDLET, "logs", "-f", "db", "--socket", s.socket], stdout=subprocess.PIPE) as follower:
            assert follower.stdout.readline() == b"one\n"
            assert run(s, "delete", "pod", "db", "--now") == 'pod "db" deleted\n'
            assert follower.wait(BOUND) == 0
        assert s.pod("db") is None
        assert run(s, "delete", "pod/db", code=1) == 'Error from server (NotFound): pods "db" not found\n'
        assert run(s, "delete", "pod/db", "--ignore-not-found") == ""
        assert "timed out" in run(s, "wait", "--for=condition=Nope", "node/" + s.get("/api/v1/nodes").json["items"][0]
                                  ["metadata"]["name"], "--timeout=1s", code=1)
        run(s, "apply", "-f", s.write("db.yaml", DB))
        for what, code in (("condition=Nope", 1), ("delete", 1), ("jsonpath={.metadata.name}=db", 0),
                           ("jsonpath={.status.containerStatuses[0}=x", 1)):
            run(s, "wait", "--for=" + what, "pod/db", "--timeout=0s", code=code)         # without waiting
        assert run(s, "wait", "--for=condition=Ready", "pod/db", "--timeout=-1s") == "pod/db condition met\n"
        assert "no duration" in run(s, "wait", "--for=condition=Ready", "pod/db", "--timeout=-x", code=2)
        assert run(s, "delete", "pod/db", "--timeout=0s") == 'pod "db" deleted\n' and s.pod("db") is None
        assert run(s, "delete", "-f", s.write("db.yaml", DB), "--ignore-not-found") == \
            'configmap "conf" deleted\nsecret "key" deleted\n'


def test_back_off_is_shown_cut_short_and_forgotten():
    with Served(CRASH) as s:
        wait_until(lambda: crashed(s), "crash to be in back-off")
        shown = json.loads(run(s, "backoff", "crash", "-o", "json"))["containers"][0]
        assert shown["delay"] == "5m0s" and shown["container"] == "app" and shown["nextStart"], shown
        run(s, "backoff", "retry", "crash")
        wait_until(lambda: s.pod("crash")["status"]["containerStatuses"][0]["restartCount"] == 2, "the retry")
        wait_until(lambda: "nextStart" in json.loads(run(s, "backoff", "show", "crash", "-o", "json"))["containers"][0],
                   "the series to go on")
        run(s, "backoff", "reset", "crash", "-c", "app")
        wait_until(lambda: s.pod("crash")["status"]["containerStatuses"][0]["restartCount"] >= 3, "the reset")
        assert "container nope is not valid" in run(s, "backoff", "crash", "-c", "nope", code=1)


def test_restart_stops_and_starts_a_pod_of_a_manifest_too():
    script = "echo started; trap 'echo stopped; exit 0' TERM; while :; do sleep 0.05; done"
    web = pod("web", f'[{sh("app", script)}]')
    with Served(web) as s:
        s.wait_for("started")
        uid = s.pod("web")["metadata"]["uid"]
        assert run(s, "restart", "web") == "pod/web restarting\n"
        s.wait_for("stopped")
        s.wait_for("started", times=2)
        assert s.pod("web")["metadata"]["uid"] == uid
        wait_until(lambda: "restart of the pod requested" in run(s, "events", "--for", "pod/web"), "the Event")
        assert 'pods "nope" not found' in run(s, "restart", "nope", code=1)


def test_no_container_of_a_pod_that_is_being_stopped_is_restarted():
    script = "trap 'echo asked' TERM; echo up; while :; do sleep 0.05; done"
    with Served(pod("slow", f'[{sh("app", script)}]', "terminationGracePeriodSeconds: 1000")) as s:
        s.wait_for(r"^slow/app +\| up")
        run(s, "restart", "slow")
        s.wait_for(r"^slow/app +\| asked")
        assert "all of the pod is being stopped" in run(s, "restart", "slow", "-c", "app", code=1)
        s.signal(signal.SIGQUIT)


def reasons(s, name):
    return [line.split()[2] for line in run(s, "events", "--for", f"pod/{name}").splitlines()[1:]]


def test_restart_of_one_container_leaves_the_others_alone():
    script = "echo started; trap 'echo stopped; exit 0' TERM; while :; do sleep 0.05; done"
    two = pod("two", f'[{sh("a", script)}, {sh("b", script)}]', f'restartPolicy: Never, initContainers: [{sh("i", "echo init")}]')
    once = pod("once", f'[{sh("app", "exit 3")}]', "restartPolicy: Never")
    with Served(two, once) as s:
        s.wait_for(r"^two/a +\| started")
        s.wait_for(r"^two/b +\| started")
        assert run(s, "restart", "two", "-c", "a") == "pod/two container a restarting\n"
        s.wait_for(r"^two/a +\| stopped")
        s.wait_for(r"^two/a +\| started", times=2)
        wait_until(lambda: {c["name"]: c["restartCount"] for c in s.pod("two")["status"]["containerStatuses"]} == {"a": 1, "b": 0},
                   "the restart to be shown")
        assert s.count(r"^two/b +\| stopped") == 0 and s.count(r"^two/i +\| init") == 1
        told = run(s, "events", "--for", "pod/two")
        assert "Container a restart requested, will be restarted" in told
        wait_until(lambda: reasons(s, "two")[-4:] == ["RestartRequested", "Killing", "Created", "Started"], "the Events, the latest last")
        assert "container nope is not valid" in run(s, "restart", "two", "-c", "nope", code=1)
        assert "container i cannot be restarted: it has done its work" in run(s, "restart", "two", "-c", "i", code=1)
        wait_until(lambda: s.pod("once")["status"]["phase"] == "Failed", "the other pod to end")
        assert "the pod has ended: restart all of it" in run(s, "restart", "once", "-c", "app", code=1)
        run(s, "restart", "once")
        s.wait_for(r"Started +once/app", times=2)


TOP = (pod("idle", '[{name: app, command: [sleep, "1000"]}]', "terminationGracePeriodSeconds: 0").replace("{name: idle,", "{name: idle, labels: {a: b},")
       + "---\n" + pod("busy", f'[{sh("app", "while :; do :; done & wait")}, {{name: side, command: [sleep, "1000"]}}]',
                       "terminationGracePeriodSeconds: 0"))


def test_top_shows_what_is_used_and_when_it_starts_again():
    with Served(TOP, CRASH) as s:
        wait_until(lambda: crashed(s) and ready(s, "busy") and ready(s, "idle"), "all to be under way")
        rows = [line.split() for line in run(s, "top", "--once").splitlines()]
        assert rows[0] == ["POD", "CONTAINER", "STATUS", "CPU%", "RSS", "RESTARTS", "NEXT", "START"], rows
        assert [row[:3] for row in rows[1:]] == [["busy", "app", "Running"], ["busy", "side", "Running"],
                                                 ["crash", "app", "CrashLoopBackOff"], ["idle", "app", "Running"]], rows
        # What a child of the main process uses is the container's, too.
        assert float(rows[1][3]) > 1 and float(rows[2][3]) < 1 and float(rows[1][4][:-2]) > 0.1, rows
        assert rows[3][3:7] == ["-", "-", "1", "in"] and rows[3][7].startswith(("4m", "5m0s")), rows
        by_cpu = [line.split() for line in run(s, "top", "-A", "--sort-by", "cpu", "--no-headers").splitlines()]
        assert by_cpu[0][:3] == ["default", "busy", "app"] and len(by_cpu) == 4, by_cpu
        assert run(s, "top", "-l", "a=b", "--no-headers").split()[:2] == ["idle", "app"]
        assert run(s, "top", "-n", "nope") == "No resources found in nope namespace.\n"
        assert "unknown order" in run(s, "top", "--sort-by", "size", code=2)


def read_some(fd, seen):
    assert select.select([fd], [], [], BOUND)[0], f"waited {BOUND} s for more than {seen}"
    return os.read(fd, 4096)


def test_top_is_live_on_a_terminal_and_leaves_it_as_it_was():
    with Served(TOP) as s:
        wait_until(lambda: ready(s, "busy") and ready(s, "idle"), "all to be under way")
        for key, code in ((b"q", 0), (b"\x03", 0)):        # and Ctrl-C
            ours, theirs = pty.openpty()
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 5, 40, 0, 0))
            before = termios.tcgetattr(theirs)
            process = subprocess.Popen([*WRAPPER, PIDLET, "top"], stdin=theirs, stdout=theirs, start_new_session=True,
                                       env={**os.environ, "PIDLET_SOCKET": s.socket, "TERM": "xterm"},
                                       preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
            seen = b""
            while seen.count(b"3 containers") < 2:          # a second picture in place of the first
                seen += read_some(ours, seen)
            assert b"\x1b[?1049h" in seen and b"1049l" not in seen
            picture = [re.sub(b"\x1b\\[[?0-9;]*[A-Za-z]", b"", line) for line in seen.split(b"\x1b[H")[1].split(b"\r\n")]
            assert len(picture) <= 5 and all(len(line) <= 40 for line in picture), picture
            assert picture[3].split()[:3] == [b"busy", b"app", b"Running"], picture
            os.write(ours, key)
            assert process.wait(BOUND) == code
            while b"\x1b[?1049l" not in seen:
                seen += read_some(ours, seen)
            assert termios.tcgetattr(theirs) == before
            os.close(ours)
            os.close(theirs)


def test_a_daemon_that_is_not_there_is_told():
    with Served() as s:
        text = run(s, "get", "pods", socket=s.socket + "x", code=1)
        assert "there is no such socket: is pidlet running?" in text, text
        assert "listens on no TCP address" in run(s, "kubeconfig", code=1)
        assert "unknown option: --bogus" in run(s, "get", "pods", "--bogus", code=2)
        assert "doesn't have a resource type \"bogus\"" in run(s, "get", "bogus", code=1)


main(globals())
