#!/usr/bin/env python3
"""httpGet probes against servers that behave, and servers that do not (kubelet-semantics 2.4)."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(__file__))
from api import Served  # noqa: E402
from pidlet import BOUND, PIDLET, WRAPPER, Pidlet, Skip, main, pod, sh, wait_until  # noqa: E402
from servers import (Server, answering, closed_port, hang, read_request, saying,  # noqa: E402
                     self_signed, write_certificate)

RETRIES = 3


def probing(probes, spec=""):
    """One pod that has a container for each of {name: readiness probe}."""
    return Pidlet(pod("p", "[" + ", ".join(
        f"{{name: {name}, command: [sleep, '1000'], readinessProbe: {{{probe}}}}}" for name, probe in probes.items())
        + "]", spec=spec))


PATIENT = "timeoutSeconds: 60"          # where a timeout is not what is tested


def get(port, more="", path="/", probe=f"periodSeconds: 1, {PATIENT}"):
    return f"httpGet: {{port: {port}, path: '{path}'{', ' if more else ''}{more}}}, {probe}"


def expect_unhealthy(cases):
    """{name: (server, probe of its port, what the Event says)}, all at once."""
    with probing({name: probe(server.port if server else closed_port()) for name, (server, probe, _) in
                  cases.items()}) as p:
        for name, (server, _, said) in cases.items():
            try:
                p.wait_for(rf"p/{name}  Readiness probe {said}$")
            finally:
                if server:
                    server.close()


def test_a_status_from_200_to_399_is_success():
    codes = [200, 204, 299, 300, 302, 304, 399]
    servers = {f"s{code}": Server(answering(f"{code} Whatever")) for code in codes}
    with probing({name: get(s.port) for name, s in servers.items()}) as p:
        for name in servers:
            p.wait_for(rf"Ready  p/{name}  ")
        p.wait_for(r"^Warning  ProbeWarning  p/s302  Readiness probe warning: Probe terminated redirects, Response body: $")
        assert p.count("ProbeWarning  p/s2") == 0 and p.count("Unhealthy") == 0
    for s in servers.values():
        s.close()


def test_other_statuses_are_failures_and_show_no_body():
    expect_unhealthy({f"s{code}": (Server(answering(f"{code} Whatever", b"secret")), get,
                                   f"failed: HTTP probe failed with statuscode: {code}")
                      for code in (101, 400, 404, 500, 503, 599)})


def test_the_request_on_the_wire_is_go_s():
    seen = {}

    def server(name):
        def talk(connection):
            seen.setdefault(name, read_request(connection).decode().split("\r\n")[:-2])
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            if connection.recv(1) == b"":
                seen[name + " closed"] = True
        return Server(talk)

    headers = ("httpHeaders: [{name: x-two-words, value: ' blank '}, {name: Host, value: web.test}, "
               "{name: X-Same, value: '1'}, {name: X-Same, value: '2'}, {name: x-empty, value: ''}, "
               "{name: Content-Length, value: '7'}, {name: Accept, value: text/plain}, {name: User-Agent, value: me}]")
    paths = {"slash": "/", "relative": "healthz", "query": "/a?b=c&d=%20e", "escapes": "/a b%2Fc/[x]", "broken": "/100%",
             "absolute": "http://elsewhere.invalid/there", "fragment": "/x#y", "dots": "/a/../b"}
    servers = {name: server(name) for name in ["plain", "given", "none", *paths]}
    probes = {name: get(servers[name].port, path=path) for name, path in paths.items()}
    probes["plain"] = get(servers["plain"].port)
    probes["given"] = get(servers["given"].port, headers)
    probes["none"] = get(servers["none"].port, "httpHeaders: [{name: Accept, value: ''}, {name: user-agent, value: ''}]")
    with probing(probes) as p:
        wait_until(lambda: all(f"{name} closed" in seen for name in servers), "requests")
        for s in servers.values():
            s.close()
    port = {name: s.port for name, s in servers.items()}
    assert seen["plain"] == ["GET / HTTP/1.1", f"Host: 127.0.0.1:{port['plain']}", "User-Agent: kube-probe/1.36",
                             "Accept: */*", "Connection: close"], seen["plain"]
    assert seen["given"] == ["GET / HTTP/1.1", "Host: web.test", "User-Agent: me", "X-Two-Words: blank", "X-Same: 1",
                             "X-Same: 2", "X-Empty:", "Accept: text/plain", "Connection: close"], seen["given"]
    assert seen["none"] == ["GET / HTTP/1.1", f"Host: 127.0.0.1:{port['none']}", "Connection: close"], seen["none"]
    targets = {name: seen[name][0].split(" ")[1] for name in paths}
    assert targets == {"slash": "/", "relative": "/healthz", "query": "/a?b=c&d=%20e", "escapes": "/a%20b/c/%5Bx%5D",
                       "broken": "/100%25", "absolute": "/there", "fragment": "/x", "dots": "/a/../b"}, targets


def test_headers_may_not_smuggle_lines():
    with Server(answering("200 OK")) as s:
        with probing({"x": get(s.port, 'httpHeaders: [{name: X-A, value: "b\\r\\nX-C: d"}]')}) as p:
            p.wait_for(r'probe failed: Get "http://127.0.0.1:\d+/": net/http: invalid header field value for "X-A"$')
            assert not s.connections


def test_what_is_no_answer_is_a_failure_in_go_s_words():
    def slam(connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        read_request(connection)
        connection.close()

    broken = "net/http: HTTP/1.x transport connection broken: "
    wanted = {
        "refused": (None, r"dial tcp 127.0.0.1:\d+: connect: connection refused"),
        "closes": (saying(), "EOF"),
        "resets": (slam, r"read tcp 127.0.0.1:\d+->127.0.0.1:\d+: read: connection reset by peer"),
        "garbage": (saying(b"220 mail.test ESMTP\r\n", None), broken + 'malformed HTTP response "220 mail.test ESMTP"'),
        "binary": (saying(b"\x15\x03\x01\x00\x02\x02\x16"), broken + r'malformed HTTP response "\\x15\\x03\\x01\\x00\\x02\\x02\\x16"'),
        "part": (saying(b"HTTP/1.1 200 OK\r\nContent-"), "unexpected EOF"),
    }
    expect_unhealthy({name: (Server(talk) if talk else None, get, rf'failed: Get "http://127.0.0.1:\d+/": {text}')
                      for name, (talk, text) in wanted.items()})


def test_one_deadline_covers_everything_before_the_body():
    slow = "periodSeconds: 1, timeoutSeconds: 1"

    def trickle(connection):
        read_request(connection)
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    late = r'failed: Get "https?://127.0.0.1:\d+/": context deadline exceeded \(Client.Timeout exceeded while awaiting headers\)'
    expect_unhealthy({
        "silent": (Server(lambda c: hang(c)), lambda port: get(port, probe=slow), late),
        "trickles": (Server(trickle), lambda port: get(port, probe=slow), late),
        "deaf-tls": (Server(lambda c: hang(c)), lambda port: get(port, "scheme: HTTPS", probe=slow), late),
        "interim": (Server(saying(b"HTTP/1.1 100 Continue\r\n\r\n", None)), lambda port: get(port, probe=slow), late),
    })


def test_a_body_that_cannot_be_read_is_an_error_and_tried_three_times():
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
    stalls, stops = Server(saying(head + b"abc", None)), Server(saying(head + b"abc"))
    chunks = Server(saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"))
    slow = "periodSeconds: 60, timeoutSeconds: 3"
    with probing({"stalls": get(stalls.port, probe=slow), "stops": get(stops.port, probe=slow),
                  "chunks": get(chunks.port, probe=slow)}) as p:
        p.wait_for(r"Unhealthy  p/stops  Readiness probe errored and resulted in failure state: unexpected EOF$")
        p.wait_for(r"Unhealthy  p/chunks  Readiness probe errored and resulted in failure state: ")
        p.wait_for(r"Unhealthy  p/stalls  Readiness probe errored and resulted in failure state: context deadline exceeded "
                   r"\(Client.Timeout or context cancellation while reading body\)$")
        assert p.count("probe failed") == 0
        assert len(stops.connections) == RETRIES and len(stalls.connections) == RETRIES
    for s in (stalls, stops, chunks):
        s.close()


def test_only_10240_bytes_of_a_body_are_read():
    def endless(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 4096)

    exact, longer = Server(answering("200 OK", b"x" * 10240)), Server(endless)
    moved = Server(answering("302 Found", b"y" * 20000))
    with probing({"exact": get(exact.port), "longer": get(longer.port), "moved": get(moved.port)}) as p:
        for name in ("exact", "longer", "moved"):
            p.wait_for(rf"Ready  p/{name}  ")
        p.wait_for(r"ProbeWarning  p/moved  Readiness probe warning: Probe terminated redirects, Response body: y+$")
        assert p.count("Unhealthy") == 0
    for s in (exact, longer, moved):
        s.close()


def test_redirects_are_followed_on_the_same_host_alone():
    seen = []

    def answer(connection):
        request = read_request(connection).decode()
        seen.append(request)
        path = request.split(" ")[1]
        if path.startswith("/loop"):
            to = f"/loop{int(path[5:] or 0) + 1}"
        else:
            to = {"/relative": "there?x", "/port": f"http://127.0.0.1:{other.port}/there",
                  "/host": f"http://localhost:{other.port}/there", "/scheme": "ftp://127.0.0.1/x", "/bad": "http://a:b/",
                  "/lost": ""}.get(path)
        if to is None:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        else:
            location = f"Location: {to}\r\n" if to else ""
            connection.sendall(f"HTTP/1.1 302 Found\r\n{location}Content-Length: 4\r\n\r\nmove".encode())

    other, first = Server(answer), Server(answer)
    with probing({name: get(first.port, "httpHeaders: [{name: Host, value: web.test}]" if name == "relative" else "",
                            path=f"/{name}", probe=f"periodSeconds: 60, {PATIENT}")
                  for name in ("relative", "port", "host", "scheme", "bad", "lost", "loop")}) as p:
        p.wait_for(r"Ready  p/relative  ")
        p.wait_for(r"Ready  p/port  ")
        for name in ("host", "lost"):
            p.wait_for(rf"ProbeWarning  p/{name}  Readiness probe warning: Probe terminated redirects, Response body: move$")
        p.wait_for(r'p/scheme  Readiness probe failed: Get "ftp://127.0.0.1/x": unsupported protocol scheme "ftp"$')
        p.wait_for(r'p/bad  Readiness probe failed: Get "http://127.0.0.1:\d+/bad": failed to parse Location header '
                   r'"http://a:b/": parse "http://a:b/": invalid port ":b" after host$')
        p.wait_for(r'p/loop  Readiness probe failed: Get "/loop10": stopped after 10 redirects$')
    for s in (other, first):
        s.close()
    assert sum(1 for request in seen if "GET /loop" in request) == 10, seen
    there = [request for request in seen if "GET /there?x " in request][0]
    assert "\r\nHost: web.test\r\n" in there
    assert f"\r\nReferer: http://127.0.0.1:{first.port}/relative\r\n" in there
    assert any(f"GET /there HTTP/1.1\r\nHost: 127.0.0.1:{other.port}\r\n" in request for request in seen)


def test_https_does_not_verify_certificates():
    good, short = Server(answering("200 OK"), tls=self_signed()), Server(answering("200 OK"), tls=self_signed(1024))
    probes = {"good": get(good.port, "scheme: HTTPS"), "short": get(short.port, "scheme: HTTPS"),
              "named": get(good.port, "scheme: HTTPS, host: localhost")}
    with probing(probes) as p:
        for name in probes:
            p.wait_for(rf"Ready  p/{name}  ")
        assert p.count("Unhealthy") == 0
    for s in (good, short):
        s.close()


def test_https_failures_are_told_apart():
    def bad_hello(connection):
        connection.recv(1)
        connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
        hang(connection)

    def alert(connection):
        connection.recv(1)
        connection.sendall(b"\x15\x03\x03\x00\x02\x02\x28")
        hang(connection)

    def plain(connection):              # a ClientHello is no request with an end
        connection.recv(1)
        connection.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")
        hang(connection)

    def tls(port):
        return get(port, "scheme: HTTPS")

    wanted = {
        "plain": (plain, "http: server gave HTTP response to HTTPS client"),
        "odd": (bad_hello, "tls: first record does not look like a TLS handshake"),
        "alert": (alert, "tls: .*handshake failure.*"),
        "closes": (lambda c: c.recv(1), "EOF|read tcp .*: read: connection reset by peer"),
    }

    expect_unhealthy({name: (Server(talk), tls, rf'failed: Get "https://127.0.0.1:\d+/": ({text})')
                      for name, (talk, text) in wanted.items()})


def test_names_are_looked_up_beside_the_loop():
    with Server(answering("200 OK")) as s:
        with probing({"here": get(s.port, "host: localhost"),
                      "nowhere": get(80, "host: nosuchhost.invalid", probe="periodSeconds: 1, timeoutSeconds: 30")}) as p:
            p.wait_for(r"Ready  p/here  ")
            p.wait_for(r'probe failed: Get "http://nosuchhost.invalid:80/": dial tcp: lookup nosuchhost.invalid: ')


def test_ipv6_addresses_stand_in_brackets():
    try:
        server = Server(answering("500 No"), socket.AF_INET6)
    except OSError as e:
        raise Skip(f"no IPv6 on loopback: {e}") from None
    with server, probing({"x": get(server.port, "host: '::1'"), "none": get(closed_port(), "host: '::1'")}) as p:
        p.wait_for(r"p/x  Readiness probe failed: HTTP probe failed with statuscode: 500")
        p.wait_for(r'p/none  Readiness probe failed: Get "http://\[::1\]:(\d+)/": dial tcp \[::1\]:\d+: connect: connection refused')


def test_a_proxy_of_the_environment_is_not_used():
    with Server(answering("200 OK")) as s, Server(answering("500 Proxy")) as proxy:
        url = f"http://127.0.0.1:{proxy.port}"
        with Pidlet(pod("p", f"[{{name: x, command: [sleep, '1000'], readinessProbe: {{{get(s.port)}}}}}]"),
                    env={"http_proxy": url, "HTTP_PROXY": url, "all_proxy": url}) as p:
            p.wait_for("Ready  p/x  ")
            assert not proxy.connections


def test_an_attempt_goes_on_with_the_definition_that_it_was_begun_with():
    if "\n  pidlet get " not in subprocess.run([PIDLET, "help"], capture_output=True, text=True).stdout:
        raise Skip("this build is without the API, which changes a pod while it runs")
    seen = []
    hold, holds, go_on = threading.Event(), threading.Event(), threading.Event()

    def talk(connection):
        request = read_request(connection)
        seen.append(request)
        if not hold.is_set() or b"GET /there" in request:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        else:
            holds.set()
            go_on.wait(BOUND)
            connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n")

    def container(name, **more):
        return {"name": name, "command": ["sleep", "1000"], **more}

    with Server(talk) as server, Served() as s:
        probe = {"httpGet": {"port": server.port, "httpHeaders": [{"name": "Host", "value": "web.test"}]}, "periodSeconds": 1,
                 "timeoutSeconds": BOUND}
        assert s.request("POST", s.pods(), {
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "db"},
            "spec": {"terminationGracePeriodSeconds": 0,
                     "containers": [container("app", readinessProbe=probe), container("other")]}}).code == 201
        for number in range(1, 4):
            change = {"spec": {"containers": [{"name": "other", "env": [{"name": "N", "value": str(number)}]}]}}
            assert s.request("PATCH", s.pods("db"), change, "application/strategic-merge-patch+json").code == 200
            s.wait_for("Started +db/other", number + 1)
            if number == 1:             # an attempt with a definition that is neither the first nor the last
                hold.set()
                wait_until(holds.is_set, "an attempt under way")
        go_on.set()
        wait_until(lambda: any(b"GET /there HTTP/1.1\r\nHost: web.test\r\n" in request for request in seen), "the redirect")


def test_a_liveness_probe_restarts_what_answers_badly():
    with Server(answering("500 No")) as s:
        probe = get(s.port, probe=f"periodSeconds: 1, failureThreshold: 1, {PATIENT}")
        with Pidlet(pod("p", f"[{{name: x, command: [sleep, '1000'], livenessProbe: {{{probe}}}}}]")) as p:
            p.wait_for(r"Killing  p/x  Container x failed liveness probe, will be restarted$")
            p.wait_for(r"Started  p/x", times=2)


WAITS = "trap 'echo got TERM; exit 0' TERM; echo up; while :; do sleep 0.02; done"
QUICK = "pidlet.dev/backoff: 'initial=100ms,max=100ms'"


def with_hook(when, port, more="", script="exec sleep 1000"):
    hook = f"lifecycle: {{{when}: {{httpGet: {{port: {port}{more}}}}}}}"
    return Pidlet(pod("p", f"[{sh('x', script, hook)}]", annotations=QUICK))


def test_any_answer_makes_a_hook_succeed():
    seen = []

    def talk(connection):
        seen.append(read_request(connection).decode())
        connection.sendall(b"HTTP/1.1 500 No\r\nContent-Length: 100\r\n\r\nshort")

    with Server(talk) as s, with_hook("preStop", s.port, ", path: /bye", WAITS) as p:
        p.wait_for(r"\| up")
        p.signal(signal.SIGTERM)
        assert p.wait() == 0
        assert p.count("FailedPreStopHook") == 0 and p.count("got TERM") == 1
        assert len(seen) == 1 and seen[0].startswith("GET /bye HTTP/1.1\r\n"), seen
        assert "\r\nUser-Agent: kube-lifecycle/1.36\r\n" in seen[0]


def test_a_hook_that_reaches_nobody_fails():
    with with_hook("postStart", closed_port(), ", path: /hi") as p:
        p.wait_for(r'p/x: postStart hook: HTTP lifecycle hook \(/hi\) for Container "x" in Pod "p_default\(.*\)" failed - '
                   r'error: Get "http://127.0.0.1:\d+/hi": dial tcp 127.0.0.1:\d+: connect: connection refused$')
        p.wait_for(r"^Warning  FailedPostStartHook  p/x  PostStartHook failed$")


def test_a_hook_waits_for_its_answer_however_long_and_a_deletion_ends_it():
    with Server(hang) as s, with_hook("postStart", s.port, script=WAITS) as p:
        wait_until(lambda: s.connections, "the hook's request")
        p.wait_for(r"\| up")
        assert p.count("Ready") == 0
        p.signal(signal.SIGTERM)
        assert p.wait() == 0 and p.count("got TERM") == 1


def plain_where_tls_is_meant(seen, second):
    """Answers a ClientHello in plain HTTP, and what comes then with `second`."""
    def talk(connection):
        if connection.recv(1, socket.MSG_PEEK) == b"G":
            seen.append(read_request(connection).decode())
            connection.sendall(second)
        else:
            connection.recv(1)
            connection.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")
            hang(connection)
    return Server(talk)


TLS_HOOK = ", scheme: HTTPS, httpHeaders: [{name: Authorization, value: secret}, {name: X-Y, value: z}]"


def test_a_hook_over_https_falls_back_to_http_without_its_authorization():
    seen = []
    with plain_where_tls_is_meant(seen, b"HTTP/1.0 404 Not Found\r\n\r\n") as s, with_hook("postStart", s.port, TLS_HOOK) as p:
        p.wait_for(rf"^Warning  LifecycleHTTPFallback  p/x  request to HTTPS lifecycle hook 127.0.0.1:{s.port} got HTTP "
                   r"response, retry with HTTP succeeded$")
        p.wait_for("Ready  p/x")
        assert "X-Y: z" in seen[0] and "secret" not in seen[0] and "Authorization" not in seen[0], seen


def test_a_fall_back_that_fails_is_told_by_its_first_failure():
    with plain_where_tls_is_meant([], b"") as s, with_hook("postStart", s.port, TLS_HOOK) as p:
        p.wait_for(r'failed - error: Get "https://127.0.0.1:\d+/": http: server gave HTTP response to HTTPS client$')
        p.wait_for("FailedPostStartHook")
        assert p.count("LifecycleHTTPFallback") == 0


NGINX = """
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 64; }}
http {{
    access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{
        listen 127.0.0.1:{http}; listen 127.0.0.1:{https} ssl;
        ssl_certificate {folder}/cert; ssl_certificate_key {folder}/key;
        location /ok {{ return 200 "fine"; }}
        location /bad {{ return 503; }}
        location /moved {{ return 301 /ok; }}
        location /up {{ return 302 https://127.0.0.1:{https}/ok; }}
        location /away {{ return 302 http://elsewhere.invalid/; }}
        location /agent {{ if ($http_user_agent = "kube-probe/1.36") {{ return 200; }} return 400; }}
    }}
}}
"""


def test_nginx_is_probed_over_http_and_https():
    nginx = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
    assert nginx, "packaging/install-deps --tests installs nginx"
    with tempfile.TemporaryDirectory() as folder:
        http, https = closed_port(), closed_port()
        write_certificate(folder)
        os.chmod(folder, 0o755)
        config = os.path.join(folder, "nginx.conf")
        with open(config, "w") as f:
            f.write(NGINX.format(folder=folder, http=http, https=https))
        tls = "scheme: HTTPS"
        probes = {"ok": get(http, path="/ok"), "tls": get(https, tls, "/ok"), "moved": get(https, tls, "/moved"),
                  "up": get(http, path="/up"), "agent": get(http, path="/agent")}
        bad = {"bad": (get(http, path="/bad"), "failed: HTTP probe failed with statuscode: 503"),
               "tls-bad": (get(https, tls, "/bad"), "failed: HTTP probe failed with statuscode: 503"),
               "away": (get(http, path="/away"), "warning: Probe terminated redirects, Response body: <html>"),
               # nginx knows plain HTTP on a port for HTTPS when it sees it, and says 400.
               "no-tls": (get(https, path="/ok"), "failed: HTTP probe failed with statuscode: 400")}
        # nginx is the container: its probes see it come up.
        containers = [f"{{name: nginx, command: [{nginx}, -c, {config}, -e, {folder}/error.log], "
                      f"readinessProbe: {{{probes['ok']}}}}}"]
        containers += [f"{{name: {name}, command: [sleep, '1000'], readinessProbe: {{{probe}}}}}"
                       for name, probe in [*probes.items(), *((name, probe) for name, (probe, _) in bad.items())]]
        with Pidlet(pod("p", "[" + ", ".join(containers) + "]")) as p:
            for name in ("nginx", *probes, "away"):
                p.wait_for(rf"Ready  p/{name}  ")
            for name, (_, said) in bad.items():
                p.wait_for(rf"p/{name}  Readiness probe {said}")


def test_a_thousand_probes_at_once_find_their_ports_and_descriptors():
    many = 100 if WRAPPER else 1000
    hits = []
    with Server(lambda c: (read_request(c), hits.append(1), c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))) as s:
        probe = get(s.port, probe="periodSeconds: 1000, timeoutSeconds: 60")
        pods = "---\n".join(pod(f"p{i}", f"[{{name: x, command: [sleep, '1000'], readinessProbe: {{{probe}}}}}]")
                            for i in range(many))
        # pidlet takes what the hard limit gives; a container has three descriptors.
        with Pidlet(pods, args=["-q"], prefix=["prlimit", "--nofile=1024:4000"]) as p:
            p.wait_for(r"Normal   Ready  p\d+/x", times=many)
            assert p.count("Unhealthy") == 0


main(globals())
