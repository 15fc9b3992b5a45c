#!/usr/bin/env python3
"""Clients of another kind: Debian's python3-kubernetes, and whoever should not come in."""
import contextlib
import errno
import grp
import json
import os
import re
import shutil
import socket
import ssl
import stat
import subprocess
import sys
import tempfile
import urllib.request

from api import Served
from pidlet import BOUND, OWN_MEMORY, Skip, main, pod, sh, wait_until

WEB = pod("web", f'[{sh("app", "echo hello; exec sleep 1000")}]', "terminationGracePeriodSeconds: 1")

PYTHON_CLIENT = r"""
import sys
from kubernetes import client, config, watch
config.load_kube_config(sys.argv[1])
v1 = client.CoreV1Api()
print([p.metadata.name for p in v1.list_namespaced_pod("default").items])
print(client.VersionApi().get_code().git_version.split("+")[0])
body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "py", "labels": {"a": "1"}},
        "spec": {"terminationGracePeriodSeconds": 1,
                 "containers": [{"name": "app", "command": ["sh", "-c", "echo from python; exec sleep 1000"]}]}}
print(v1.create_namespaced_pod("default", body).metadata.name)
for event in watch.Watch().stream(v1.list_namespaced_pod, "default", timeout_seconds=60):
    o = event["object"]
    if o.metadata.name == "py" and o.status.phase == "Running":
        print("running")
        break
print(v1.patch_namespaced_pod("py", "default", {"metadata": {"labels": {"b": "2"}}}).metadata.labels)
while "from python" not in v1.read_namespaced_pod_log("py", "default"):
    pass
print([e.reason for e in v1.list_namespaced_event("default", field_selector="involvedObject.name=py").items])
print(v1.list_node().items[0].status.node_info.operating_system)
try:
    v1.read_namespaced_pod("nope", "default")
except client.ApiException as e:
    print(e.status, e.reason)
v1.delete_namespaced_pod("py", "default", grace_period_seconds=0)
while any(p.metadata.name == "py" for p in v1.list_namespaced_pod("default").items):
    pass
print("gone")
"""


def python_with_kubernetes():
    for python in ("/usr/bin/python3", sys.executable):
        if os.path.exists(python) and subprocess.run([python, "-c", "import kubernetes"], capture_output=True).returncode == 0:
            return python
    raise Skip("there is no python3-kubernetes")


def test_python_lists_watches_and_applies():
    python = python_with_kubernetes()
    with Served(WEB, tcp=True) as s:
        run = subprocess.run([python, "-c", PYTHON_CLIENT, s.kubeconfig()], capture_output=True, text=True, timeout=4 * BOUND)
        assert run.returncode == 0, run.stdout + run.stderr
        assert run.stdout == ("['web']\nv1.32.0\npy\nrunning\n{'a': '1', 'b': '2'}\n['Created', 'Started']\nlinux\n"
                              "404 Not Found\ngone\n"), run.stdout


# ---- TLS, tokens ----

def port_of(s):
    return int(s.wait_for(r"the API is served on https?://127\.0\.0\.1:(\d+)")[1])


def secrets_of(s):
    text = open(s.kubeconfig()).read()
    import base64
    ca = base64.b64decode(re.search(r"certificate-authority-data: (\S+)", text)[1]).decode()
    return ca, re.search(r"token: (\S+)", text)[1]


def ask(s, token, ca, path="/version", host="127.0.0.1", context=None):
    context = context or ssl.create_default_context(cadata=ca)
    request = urllib.request.Request(f"https://{host}:{port_of(s)}{path}")
    if token is not None:
        request.add_header("Authorization", token)
    try:
        with urllib.request.urlopen(request, timeout=BOUND, context=context) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as e:
        return e.code, json.load(e)


def test_tcp_wants_the_token():
    with Served(tcp=True) as s:
        ca, token = secrets_of(s)
        assert ask(s, "Bearer " + token, ca)[0] == 200
        assert ask(s, "bearer " + token, ca, host="localhost")[0] == 200
        for wrong in (None, "Bearer ", "Bearer " + token[:-1], "Bearer " + token + "x", "Basic " + token, token,
                      "Bearer " + token[:-1] + ("0" if token[-1] != "0" else "1")):
            code, status = ask(s, wrong, ca)
            assert code == 401 and status["reason"] == "Unauthorized", (wrong, code, status)
        assert ask(s, "Bearer " + token, ca, "/pidlet/kubeconfig")[0] == 404     # by the socket alone
        pki = os.path.join(s.socket + ".state", "pki")
        assert stat.S_IMODE(os.stat(pki).st_mode) == 0o700
        assert {stat.S_IMODE(os.stat(os.path.join(pki, name)).st_mode) for name in os.listdir(pki)} == {0o600}


def test_a_kubeconfig_outlives_the_daemon():
    with Served(tcp=True) as s:
        before = secrets_of(s)
        s.process.kill()
        s.process.wait()
        with Served(tcp=True, folder=s.home) as t:
            assert secrets_of(t) == before


def test_a_client_certificate_of_our_ca_will_do():
    if shutil.which("openssl") is None:
        raise Skip("there is no openssl")
    with Served(tcp=True) as s:
        ca, _ = secrets_of(s)
        pki, folder = os.path.join(s.socket + ".state", "pki"), s.folder.name
        for name, signer in (("good", pki), ("bad", folder)):
            key, request, crt = (os.path.join(folder, f"{name}.{x}") for x in ("key", "csr", "crt"))
            if signer == folder:
                subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                                "/CN=pidlet-ca", "-keyout", f"{folder}/ca.key", "-out", f"{folder}/ca.crt"], check=True,
                               capture_output=True)
            subprocess.run(["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=me",
                            "-keyout", key, "-out", request], check=True, capture_output=True)
            subprocess.run(["openssl", "x509", "-req", "-in", request, "-CA", f"{signer}/ca.crt", "-CAkey", f"{signer}/ca.key",
                            "-CAcreateserial", "-CAserial", f"{folder}/serial", "-days", "2", "-out", crt], check=True,
                           capture_output=True)
            context = ssl.create_default_context(cadata=ca)
            context.load_cert_chain(crt, key)
            try:
                code = ask(s, None, ca, context=context)[0]
            except (ssl.SSLError, urllib.error.URLError, ConnectionError):
                code = 401                              # refused by the handshake, as well
            assert code == (200 if name == "good" else 401), (name, code)


# ---- plain HTTP ----

def plain(port, head):
    with socket.create_connection(("127.0.0.1", port), timeout=BOUND) as c:
        c.sendall(head.encode())
        c.settimeout(BOUND)
        data = b""
        while part := c.recv(65536):
            data += part
    return data.decode(errors="replace")


def test_plain_http_is_for_the_loopback_and_its_names_alone():
    with Served(args=["--listen", "127.0.0.1:0", "--plain-http"]) as s:
        port = port_of(s)
        def get(host):
            return plain(port, f"GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").split("\r\n")[0]
        assert get(f"127.0.0.1:{port}") == "HTTP/1.1 200 OK"
        assert get(f"localhost:{port}") == "HTTP/1.1 200 OK"
        for name in ("evil.example", f"evil.example:{port}", "127.0.0.1.evil.example", "localhost.evil.example"):
            assert get(name) == "HTTP/1.1 403 Forbidden", name
        text = plain(port, "OPTIONS /api/v1/pods HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n"
                           "Access-Control-Request-Method: POST\r\nConnection: close\r\n\r\n")
        assert " 405 " in text and "access-control" not in text.lower(), text
    with Served() as s:
        run = subprocess.run([os.environ["PIDLET"], "run", "--no-socket", "--listen", "0.0.0.0:0", "--plain-http"],
                             capture_output=True, text=True, timeout=BOUND)
        assert run.returncode == 1 and "only on a loopback address" in run.stderr, run.stderr


def test_plain_http_is_for_this_user_alone():
    if os.geteuid() != 0:
        raise Skip("only root can become somebody else")
    with Served(args=["--listen", "127.0.0.1:0", "--plain-http"]) as s:
        code = ("import socket,sys\nc=socket.create_connection(('127.0.0.1', int(sys.argv[1])))\n"
                "c.sendall(b'GET /healthz HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n')\n"
                "print(c.recv(4096).decode().split('\\r\\n')[0])")
        run = subprocess.run(["/usr/bin/python3", "-c", code, str(port_of(s))], capture_output=True, text=True, timeout=BOUND,
                             user=65534, group=65534, extra_groups=[], cwd="/")
        assert run.stdout.strip() == "HTTP/1.1 403 Forbidden", run.stdout + run.stderr


# ---- the socket ----

def status_as(s, user, group):
    """How the daemon answers such a user on its socket: the status, or the errno of what the file refuses."""
    code = ("import socket,sys\nc = socket.socket(socket.AF_UNIX)\ntry:\n    c.connect(sys.argv[1])\nexcept OSError as e:\n"
            "    print(e.errno)\n    raise SystemExit\n"
            "c.sendall(b'GET /version HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n')\n"
            "print(c.recv(4096).decode().split()[1])")
    return int(subprocess.run(["/usr/bin/python3", "-c", code, s.socket], capture_output=True, text=True, timeout=BOUND, user=user,
                              group=group, extra_groups=[], cwd="/", check=True).stdout)


def test_the_socket_is_for_its_owner_and_a_group_that_was_named():
    if os.getuid() != 0:
        raise Skip("only root can be somebody else")
    members = grp.getgrnam("daemon").gr_gid
    with Served(args=["--socket-group", "daemon"]) as s:
        os.chmod(s.home, 0o711)
        assert stat.S_IMODE(os.stat(s.socket).st_mode) == 0o660 and os.stat(s.socket).st_gid == members
        assert status_as(s, 65534, members) == 200
        assert status_as(s, 65534, 65534) == errno.EACCES
        os.chmod(s.socket, 0o666)                       # whoever gets by the file is looked at, too
        assert status_as(s, 65534, 65534) == 403
    with Served() as s:
        os.chmod(s.home, 0o711)
        os.chmod(s.socket, 0o666)
        assert status_as(s, 65534, 65534) == 403 and status_as(s, 65534, members) == 403


# ---- abuse, while a container crashes again and again ----

LOOP = pod("loop", f'[{sh("app", "exit 1")}]', "terminationGracePeriodSeconds: 0",
           "pidlet.dev/backoff: 'initial=100ms,max=100ms'")


def restarts(s):
    return s.pod("loop")["status"]["containerStatuses"][0]["restartCount"]


def unix(s, data=b""):
    c = socket.socket(socket.AF_UNIX)
    c.settimeout(BOUND)
    c.connect(s.socket)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):        # it may have heard enough before the end
        c.sendall(data)
    return c


def tcp(s, data=b""):
    """To the port, past its TLS."""
    port = re.search(r"server: https://127\.0\.0\.1:(\d+)", s.get("/pidlet/kubeconfig").text)[1]
    c = socket.create_connection(("127.0.0.1", int(port)), timeout=BOUND)
    c.sendall(data)
    return c


def test_nobody_who_misbehaves_holds_anything_up():
    post = b"POST /api/v1/namespaces/default/pods HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    with Served(LOOP, tcp=True) as s:
        wait_until(lambda: restarts(s) > 2, "the loop to be under way")
        held = []
        for _ in range(100):
            held.append(unix(s))                                                    # says nothing
            held.append(unix(s, b"GET /api/v1/pods HTTP/1.1\r\nHost:"))             # slowloris
            held.append(unix(s, post + b"Content-Length: 1000\r\n\r\n{"))          # and a slow body
            held.append(unix(s, post + b"Transfer-Encoding: chunked\r\n\r\nZZZ\r\n{"))   # a malformed one
            half = unix(s, b"GET /api/v1/pods?watch=true HTTP/1.1\r\nHost: x\r\n\r\n")
            half.shutdown(socket.SHUT_WR)                                           # half closed
            held.append(half)
            held.append(unix(s, b"GET /api/v1/pods?watch=true HTTP/1.1\r\nHost: x\r\n\r\n"))     # reads nothing
            held.append(unix(s, b"GET /" + b"x" * 200000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"[:60]))  # oversized
            held.append(unix(s, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 not http\r\n\r\n"))  # malformed
        for _ in range(10):
            held.append(unix(s, post + b"Content-Length: 3000000\r\n\r\n" + b"x" * 3000000))  # oversized
            held.append(tcp(s))                                                     # no handshake
            held.append(tcp(s, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"))   # half of one
            held.append(tcp(s, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"))                # none
        before = restarts(s)
        wait_until(lambda: restarts(s) > before + 5, "restarts to go on")
        assert s.get("/healthz").text == "ok"
        assert b" 413 " in held[-4].recv(4096) and s.get(s.pods()).json["items"][0]["metadata"]["name"] == "loop"
        answer = unix(s, b"GET /" + b"y" * 40000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer.recv(4096).split(b" ")[1] in (b"414", b"431", b"400", b"413")
        for c in held:
            c.close()
        before = restarts(s)
        wait_until(lambda: restarts(s) > before + 5, "restarts to go on afterwards")


def test_who_sends_no_request_is_cut_off():
    with Served() as s:
        slow = unix(s, b"GET /version HTTP/1.1\r\nHost:")
        slow.settimeout(2 * BOUND)
        assert slow.recv(100) == b""                    # closed by the daemon: 10 s after it connected


def descriptors(s):
    return len(os.listdir(f"/proc/{s.process.pid}/fd"))


def resident(s):
    """Of the daemon, in bytes."""
    with open(f"/proc/{s.process.pid}/status") as f:
        return 1024 * int(next(line for line in f if line.startswith("VmRSS:")).split()[1])


def rest_of(c):
    """What a client that was cut off still finds in its socket."""
    data = b""
    try:
        while piece := c.recv(1 << 16):
            data += piece
    except ConnectionResetError:
        pass
    return data


MAPS = "/api/v1/namespaces/default/configmaps"


def put_map(s, i, text):
    body = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": f"big-{i}"}, "data": {"text": text}}
    answer = s.request("PUT", f"{MAPS}/big-{i}", body)
    if answer.code == 404:
        answer = s.request("POST", MAPS, body)
    assert answer.code in (200, 201), answer.text


def impatient(folder):
    """A daemon's settings: a client has two seconds to take something."""
    path = os.path.join(folder, "config.yaml")
    with open(path, "w") as f:
        f.write("{apiVersion: kubelet.config.k8s.io/v1beta1, kind: KubeletConfiguration, streamingConnectionIdleTimeout: 2s}")
    return ["--config", path]


def test_who_takes_nothing_of_an_answer_is_cut_off():
    talks = pod("talks", f'[{sh("app", "yes $(printf %03999d 0) | head -n 1000; exec sleep 1000")}]', "terminationGracePeriodSeconds: 0")
    with tempfile.TemporaryDirectory() as folder, Served(talks, args=impatient(folder), tcp=True) as s:
        for i in range(8):
            put_map(s, i, "x" * 500_000)
        log = s.pods("talks") + "/log"
        wait_until(lambda: len(s.get(log).body) >= 4000000, "the log to be there")
        before = descriptors(s)
        quiet = s.watch(s.pods(watch="1", resourceVersion=s.get(s.pods()).json["metadata"]["resourceVersion"]))
        # Each has more to take than the sockets between hold: 4 MB.
        slow = {what: unix(s, f"GET {what} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                for what in (MAPS, MAPS + "?limit=4", MAPS + "?watch=1", log, log + "?follow=1")}
        for c in slow.values():
            assert c.recv(15) == b"HTTP/1.1 200 OK"
        assert descriptors(s) > before + len(slow)
        wait_until(lambda: descriptors(s) <= before + 1, "all but the quiet one to be cut off")
        for what, c in slow.items():
            rest = rest_of(c)
            assert len(rest) < 1_900_000 and not rest.endswith(b"0\r\n\r\n"), (what, len(rest))
        # Who waits for what does not come is no slow reader.
        assert s.request("PATCH", s.pods("talks"), {"metadata": {"labels": {"a": "b"}}}, "application/merge-patch+json").code == 403
        assert s.request("POST", s.pods(), {"metadata": {"name": "new"}, "spec": {"containers": [
            {"name": "app", "command": ["sleep", "1000"]}]}}).code == 201
        assert quiet.next()["object"]["metadata"]["name"] == "new"
        quiet.close()


def test_what_slow_readers_do_not_take_is_not_kept_for_them():
    if not OWN_MEMORY:
        raise Skip("the memory of a sanitizer or of valgrind is not pidlet's")
    with Served() as s:
        put_map(s, 0, "x" * 500_000)
        slow = [unix(s, f"GET {MAPS}?watch=1 HTTP/1.1\r\nHost: x\r\n\r\n".encode()) for _ in range(40)]
        for c in slow:
            assert c.recv(15) == b"HTTP/1.1 200 OK"
        before = resident(s)
        for i in range(40):                             # 20 MB for each of them
            put_map(s, i % 2, chr(ord("a") + i % 26) * 500_000)
        # A document of each is under way, which is 20 MB; and 16 MB of history.
        assert resident(s) - before < 60_000_000, (before, resident(s))
        assert s.get("/healthz").text == "ok"
        for c in slow:
            c.close()


def test_a_client_that_leaves_a_watch_is_noticed():
    with Served(tcp=True) as s:
        before = descriptors(s)
        held = [unix(s, b"GET /api/v1/pods?watch=true HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(20)]
        for c in held:
            assert b"200 OK" in c.recv(4096)
        for c in held:
            c.close()
        wait_until(lambda: descriptors(s) <= before, "the connections to be closed")


def test_metrics_are_prometheus_text():
    probed = pod("probed", '[{name: app, command: [sleep, "1000"], readinessProbe: {periodSeconds: 1, exec: {command: ["true"]}}}]',
                 "terminationGracePeriodSeconds: 0")
    with Served(LOOP, probed) as s:
        wait_until(lambda: restarts(s) > 1, "the loop to be under way")
        def value(pattern):
            m = re.search("^" + pattern + r" (\S+)$", s.get("/metrics").text, re.M)
            return m and float(m[1])
        wait_until(lambda: value(r'prober_probe_total\{container="app",namespace="default",pod="probed",pod_uid="\w+",'
                                 r'probe_type="Readiness",result="successful"\}'), "a probe to be counted")
        assert value("kubelet_running_pods") >= 1
        assert value(r'kubelet_started_containers_total\{container_type="container"\}') >= 3
        assert value(r'kube_pod_container_status_restarts_total\{container="app",namespace="default",pod="loop"\}') >= 2
        text = s.get("/metrics").text
        assert 'prober_probe_duration_seconds_bucket{container="app",namespace="default",pod="probed",probe_type="Readiness",le="+Inf"}' in text
        names = set(re.findall(r"^# TYPE (\S+)", text, re.M))
        for line in text.splitlines():
            m = re.fullmatch(r'([a-z_]+)(\{([a-z_]+="[^"]*",?)+\})? [0-9.e+-]+', line)
            assert line.startswith("#") or m, line
            assert line.startswith("#") or re.sub("_(bucket|sum|count)$", "", m[1]) in names or m[1] in names, line
        promtool = shutil.which("promtool")
        if promtool is not None:
            run = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, timeout=BOUND)
            assert run.returncode == 0 or "no help text" not in run.stderr, run.stderr


main(globals())
