#!/usr/bin/env python3
"""grpc probes against a real server, and against frames made by hand (kubelet-semantics 2.4)."""
import os
import signal
import socket
import struct
import sys

sys.path.insert(0, os.path.dirname(__file__))
from pidlet import Pidlet, main, pod  # noqa: E402
from servers import Server, closed_port, hang  # noqa: E402

PYTHON = "/usr/bin/python3"             # Debian's, which has python3-grpcio
SERVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "grpc_server.py")

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7
END_STREAM, END_HEADERS = 1, 4
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def headers(*pairs, end=False):
    """HPACK without tables or Huffman."""
    block = b"".join(b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
                     for name, value in pairs)
    return frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), 1, block)


OK = (":status", "200"), ("content-type", "application/grpc")
HELLO = frame(SETTINGS)


def reply(status, prefix=b"\0"):
    message = b"\x08" + bytes([status])
    return frame(DATA, 0, 1, prefix + struct.pack(">I", len(message)) + message)


def trailers(status="0", message=""):
    return headers(("grpc-status", status), *([("grpc-message", message)] if message else []), end=True)


HEALTHY = headers(*OK) + reply(1) + trailers()


def read_exactly(connection, count):
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise OSError("closed")
        data += piece
    return data


def read_frame(connection):
    head = read_exactly(connection, 9)
    return head[3], read_exactly(connection, int.from_bytes(head[:3], "big"))


def after_the_call(answer, hello=HELLO, slowly=False, then_close=False):
    """A talk: SETTINGS, then these bytes once the request's message is there."""
    def send(connection, data):
        for piece in ([bytes([b]) for b in data] if slowly else [data]):
            connection.sendall(piece)

    def talk(connection):
        assert read_exactly(connection, len(PREFACE)) == PREFACE
        send(connection, hello)
        while read_frame(connection)[0] != DATA:
            pass
        send(connection, answer)
        if not then_close:
            hang(connection)
    return talk


PATIENT = "periodSeconds: 1, timeoutSeconds: 60"        # where a timeout is not what is tested
HASTY = "periodSeconds: 1, timeoutSeconds: 1"


def probe(port, more="", timing=PATIENT):
    return f"grpc: {{port: {port}{more}}}, {timing}"


def probing(probes):
    return Pidlet(pod("p", "[" + ", ".join(
        f"{{name: {name}, command: [sleep, '1000'], readinessProbe: {{{p}}}}}" for name, p in probes.items()) + "]"))


def expect(ready=(), unhealthy=(), timing=PATIENT):
    """{name: talk} that make their containers ready, and {name: (talk, text)} that do not."""
    ready, unhealthy = dict(ready), dict(unhealthy)
    servers = {name: Server(talk) for name, talk in ready.items()}
    servers.update({name: Server(talk) for name, (talk, _) in unhealthy.items()})
    with probing({name: probe(s.port, timing=timing) for name, s in servers.items()}) as p:
        for name in ready:
            p.wait_for(rf"Ready  p/{name}  ")
            assert p.count(rf"Unhealthy  p/{name} ") == 0
        for name, (_, text) in unhealthy.items():
            p.wait_for(rf"p/{name}  Readiness probe failed: {text}$")
    for s in servers.values():
        s.close()


def test_a_real_health_server_is_asked_by_service():
    port = closed_port()
    services = {"whole": "", "good": ", service: good", "bad": ", service: bad", "none": ", service: nobody"}
    hasty = probe(port, ", service: late", HASTY)
    with Pidlet(pod("p", "[" + ", ".join(
            [f"{{name: late, command: [sleep, '1000'], readinessProbe: {{{hasty}}}}}",
             f"{{name: server, command: [{PYTHON}, {SERVER}, '{port}'], readinessProbe: {{{probe(port)}}}}}"]
            + [f"{{name: {name}, command: [sleep, '1000'], readinessProbe: {{{probe(port, more)}}}}}"
               for name, more in services.items()]) + "]")) as p:
        for name in ("server", "whole", "good"):
            p.wait_for(rf"Ready  p/{name}  ")
        p.wait_for(r'p/bad  Readiness probe failed: service unhealthy \(responded with "NOT_SERVING"\)$')
        p.wait_for(r"p/none  Readiness probe failed: error: health rpc probe failed: rpc error: code = NotFound desc = "
                   r"no “nobody” here$")
        p.wait_for(r"p/late  Readiness probe failed: timeout: health rpc did not complete within 1s$")
        p.wait_for(r"p/server \| asked for 'good' by kube-probe/1.36 pidlet/")
        p.signal(signal.SIGTERM)
        p.wait()


def test_a_server_without_health_is_told_of_as_such():
    port = closed_port()
    with Pidlet(pod("p", f"[{{name: server, command: [{PYTHON}, {SERVER}, '{port}', bare], "
                         f"readinessProbe: {{{probe(port)}}}}}]")) as p:
        p.wait_for(r"Readiness probe failed: error: this server does not implement the grpc health protocol "
                   r"\(grpc.health.v1.Health\): Method not found!$")


def test_a_server_behind_a_proxy_is_reached():
    port, front = closed_port(), closed_port()
    with Pidlet(pod("p", f"[{{name: server, command: [{PYTHON}, {SERVER}, '{port}']}}, "
                         f"{{name: proxy, command: [nghttpx, --no-ocsp, '-f127.0.0.1,{front};no-tls', "
                         f"'-b127.0.0.1,{port};;proto=h2', '--workers=1', '--conf=/dev/null', '--errorlog-file=/dev/null'], "
                         f"readinessProbe: {{{probe(front)}}}}}]")) as p:
        p.wait_for(r"Ready  p/proxy  ")


def test_a_port_that_nobody_serves_is_tried_until_the_timeout():
    with probing({"x": probe(closed_port(), timing="periodSeconds: 1, timeoutSeconds: 2")}) as p:
        p.wait_for(r'failed: timeout: failed to connect service "127.0.0.1:\d+" within 2s: context deadline exceeded$')


def test_a_server_that_comes_up_is_found_within_one_attempt():
    calls = []

    def talk(connection):
        calls.append(1)
        if len(calls) > 1:
            after_the_call(HEALTHY)(connection)

    with Server(talk) as s, probing({"x": probe(s.port, timing="periodSeconds: 1, timeoutSeconds: 30")}) as p:
        p.wait_for("Ready  p/x")
        assert p.count("Unhealthy") == 0 and len(calls) > 1


def test_what_speaks_no_http_2_is_no_connection():
    def http_1(connection):
        connection.recv(1)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    late = r'timeout: failed to connect service "127.0.0.1:\d+" within 1s: context deadline exceeded'
    expect(unhealthy={"silent": (hang, late), "old": (http_1, late), "garbage": (lambda c: c.sendall(b"x" * 100), late),
                      "closes": (lambda c: None, late)}, timing=HASTY)


def test_frames_may_come_in_any_pieces():
    expect(ready={"whole": after_the_call(HEALTHY), "bytes": after_the_call(HEALTHY, slowly=True),
                  "closes": after_the_call(HEALTHY, then_close=True),
                  "ping": after_the_call(frame(PING, payload=b"12345678") + HEALTHY),
                  "json": after_the_call(headers((":status", "200"), ("content-type", "application/grpc+proto"))
                                         + reply(1) + trailers())})


def test_replies_that_are_not_serving_are_failures():
    def unhealthy(status):
        return rf'service unhealthy \(responded with "{status}"\)'

    def internal(text):
        return "error: health rpc probe failed: rpc error: code = Internal desc = " + text

    empty = frame(DATA, 0, 1, b"\0\0\0\0\0")
    expect(unhealthy={
        "unknown": (after_the_call(headers(*OK) + empty + trailers()), unhealthy("UNKNOWN")),
        "gone": (after_the_call(headers(*OK) + reply(3) + trailers()), unhealthy("SERVICE_UNKNOWN")),
        "odd": (after_the_call(headers(*OK) + reply(7) + trailers()), unhealthy("7")),
        "none": (after_the_call(headers(*OK) + trailers()), internal("cardinality violation: received no response "
                                                                    "message from non-streaming RPC")),
        "two": (after_the_call(headers(*OK) + reply(1) + reply(1) + trailers()), internal(
            "cardinality violation: received multiple response messages from non-streaming RPC")),
        "packed": (after_the_call(headers(*OK) + reply(1, b"\1") + trailers()),
                   internal("grpc: compressed flag set with identity or empty encoding")),
        "torn": (after_the_call(headers(*OK) + frame(DATA, 0, 1, b"\0\0\0\0\x09\x08") + trailers()),
                 internal("unexpected EOF")),
        "broken": (after_the_call(headers(*OK) + frame(DATA, 0, 1, b"\0\0\0\0\x02\x0f\x01") + trailers()),
                   internal("grpc: failed to unmarshal the received message: .*")),
        "cut": (after_the_call(headers(*OK) + reply(1)[:4] + b"\1" + reply(1)[5:]),
                internal("server closed the stream without sending trailers")),
    })


def test_errors_of_the_call_are_told_with_their_code():
    def error(code, text):
        return f"error: health rpc probe failed: rpc error: code = {code} desc = {text}"

    huge = b"".join(frame(DATA, 0, 1, b"\0" * 8000) for _ in range(3))
    expect(unhealthy={
        "trailers-only": (after_the_call(headers(*OK, ("grpc-status", "7"), ("grpc-message", "go%20away%21 100%"), end=True)),
                          error("PermissionDenied", "go away! 100%")),
        "own-code": (after_the_call(headers(*OK) + trailers("77", "what")), error(r"Code\(77\)", "what")),
        "no-code": (after_the_call(headers(*OK) + trailers("x")), error("Unknown", "")),
        "deadline": (after_the_call(headers(*OK) + trailers("4", "own")), "timeout: health rpc did not complete within 1m0s"),
        "reset": (after_the_call(frame(RST_STREAM, 0, 1, struct.pack(">I", 8))),
                  error("Canceled", "stream terminated by RST_STREAM with error code: CANCEL")),
        "eof": (after_the_call(b"", then_close=True), error("Unavailable", "error reading from server: EOF")),
        "half": (after_the_call(headers(*OK), then_close=True), error("Unavailable", "error reading from server: EOF")),
        "refused": (after_the_call(frame(RST_STREAM, 0, 1, struct.pack(">I", 7))),
                    error("Unavailable", "stream terminated by RST_STREAM with error code: REFUSED_STREAM")),
        "html": (after_the_call(headers((":status", "404"), ("content-type", "text/html"), end=True)),
                 r"error: this server does not implement the grpc health protocol \(grpc.health.v1.Health\): unexpected HTTP "
                 r'status code received from server: 404 \(Not Found\); transport: received unexpected content-type "text/html"'),
        "busy": (after_the_call(headers((":status", "503"), end=True)),
                 error("Unavailable", r"unexpected HTTP status code received from server: 503 \(Service Unavailable\); "
                                      "malformed header: missing HTTP content-type")),
        "large": (after_the_call(headers(*OK) + huge),
                  error("ResourceExhausted", r"grpc: received message larger than max \(10240\)")),
    })
    expect(unhealthy={"dumb": (after_the_call(headers(*OK)), "timeout: health rpc did not complete within 1s")}, timing=HASTY)


def test_a_call_that_was_not_looked_at_is_made_again_elsewhere():
    def second_time(first):
        calls = []

        def talk(connection):
            calls.append(1)
            (after_the_call(first, then_close=True) if len(calls) == 1 else after_the_call(HEALTHY))(connection)
        return talk

    goaway = frame(GOAWAY, 0, 0, struct.pack(">II", 0, 0))
    expect(ready={"goaway": second_time(goaway), "refused": second_time(frame(RST_STREAM, 0, 1, struct.pack(">I", 7))),
                  "last": after_the_call(frame(GOAWAY, 0, 0, struct.pack(">II", 1, 0)) + HEALTHY)})


def test_a_reset_connection_is_told_with_its_ends():
    def slam(connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    def talk(connection):
        after_the_call(b"", then_close=True)(connection)
        slam(connection)

    expect(unhealthy={"x": (talk, r"error: health rpc probe failed: rpc error: code = Unavailable desc = error reading from "
                                  r"server: read tcp 127.0.0.1:\d+->127.0.0.1:\d+: read: connection reset by peer")})


main(globals())
