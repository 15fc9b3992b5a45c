#!/usr/bin/env python3
"""Probes over a network that fails, in a network namespace of the test's own."""
import ctypes
import os
import signal
import socket
import subprocess
import sys

sys.path.insert(0, os.path.dirname(__file__))
from pidlet import WRAPPER, Pidlet, Skip, main, pod, sh, wait_until  # noqa: E402
from servers import Server, answering, hang, read_request  # noqa: E402

CLONE_NEWNET, CLONE_NEWUSER = 0x40000000, 0x10000000
LIBC = ctypes.CDLL(None, use_errno=True)


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True,
                   env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"})


def enter_a_network_of_our_own():
    """This process, and all that it starts, in a namespace with loopback and a link that leads nowhere."""
    uid, gid = os.getuid(), os.getgid()
    if LIBC.unshare(CLONE_NEWNET | (CLONE_NEWUSER if uid else 0)) != 0:
        raise Skip(f"no network namespace to be had: {os.strerror(ctypes.get_errno())}")
    if uid:
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
            with open(f"/proc/self/{name}", "w") as f:
                f.write(text)
    ip("link", "set", "lo", "up")
    # The far end of the link takes nothing that is not its own: who is asked behind it never answers.
    try:
        ip("link", "add", "void", "type", "veth", "peer", "name", "far")
        ip("link", "set", "far", "up")
        ip("link", "set", "void", "up")
        ip("address", "add", "10.99.0.1/24", "dev", "void")
        ip("route", "add", "10.98.0.0/24", "via", "10.99.0.2")
        ip("neighbour", "add", "10.99.0.2", "lladdr", "02:00:00:00:00:02", "dev", "void")
        ip("neighbour", "add", "10.99.0.3", "lladdr", "02:00:00:00:00:03", "dev", "void")
    except subprocess.CalledProcessError as e:
        raise Skip(f"no veth link to be had: {e.stderr.strip()}") from None


REASON = None
try:
    enter_a_network_of_our_own()
except Skip as reason:
    REASON = reason


def in_our_network():
    if REASON is not None:
        raise REASON


def probing(probes, kind="readinessProbe"):
    return Pidlet(pod("p", "[" + ", ".join(
        f"{{name: {name}, command: [sleep, '1000'], {kind}: {{{probe}}}}}" for name, probe in probes.items()) + "]"))


TIMING = "periodSeconds: 1, timeoutSeconds: 1"


def test_a_syn_that_nobody_answers_times_out():
    in_our_network()
    with probing({"tcp": f"tcpSocket: {{host: 10.99.0.3, port: 80}}, {TIMING}",
                  "routed": f"tcpSocket: {{host: 10.98.0.5, port: 80}}, {TIMING}",
                  "http": f"httpGet: {{host: 10.99.0.3, port: 80}}, {TIMING}",
                  "https": f"httpGet: {{host: 10.99.0.3, port: 443, scheme: HTTPS}}, {TIMING}"}) as p:
        p.wait_for(r"p/tcp  Readiness probe failed: dial tcp 10.99.0.3:80: i/o timeout$")
        p.wait_for(r"p/routed  Readiness probe failed: dial tcp 10.98.0.5:80: i/o timeout$")
        for name, url in (("http", "http://10.99.0.3:80/"), ("https", "https://10.99.0.3:443/")):
            p.wait_for(rf'p/{name}  Readiness probe failed: Get "{url}": context deadline exceeded '
                       r"\(Client.Timeout exceeded while awaiting headers\)$")


def test_a_backlog_that_is_full_times_out():
    in_our_network()
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen(0)
        port = s.getsockname()[1]
        fill = [socket.socket() for _ in range(4)]
        for c in fill:                  # nobody accepts: the kernel drops what comes then
            c.setblocking(False)
            c.connect_ex(("127.0.0.1", port))
        with probing({"tcp": f"tcpSocket: {{port: {port}}}, {TIMING}", "grpc": f"grpc: {{port: {port}}}, {TIMING}"}) as p:
            p.wait_for(r"p/tcp  Readiness probe failed: dial tcp 127.0.0.1:\d+: i/o timeout$")
            p.wait_for(r'p/grpc  Readiness probe failed: timeout: failed to connect service "127.0.0.1:\d+" within 1s: '
                       r"context deadline exceeded$")
        for c in fill:
            c.close()


def test_what_cannot_be_reached_fails_at_once_with_the_reason():
    in_our_network()
    ip("route", "add", "blackhole", "10.97.1.0/24")
    ip("route", "add", "unreachable", "10.97.2.0/24")
    ip("route", "add", "prohibit", "10.97.3.0/24")
    try:
        # Timeouts of a minute: that these are told at all shows that they were not waited for.
        long = "periodSeconds: 1, timeoutSeconds: 60"
        with probing({"hole": f"tcpSocket: {{host: 10.97.1.1, port: 80}}, {long}",
                      "gone": f"httpGet: {{host: 10.97.2.1, port: 80}}, {long}",
                      "barred": f"tcpSocket: {{host: 10.97.3.1, port: 80}}, {long}",
                      "nowhere": f"tcpSocket: {{host: 192.0.2.1, port: 80}}, {long}"}) as p:
            p.wait_for(r"p/hole  Readiness probe failed: dial tcp 10.97.1.1:80: connect: invalid argument$")
            p.wait_for(r'p/gone  Readiness probe failed: Get "http://10.97.2.1:80/": dial tcp 10.97.2.1:80: connect: '
                       r"no route to host$")
            p.wait_for(r"p/barred  Readiness probe failed: dial tcp 10.97.3.1:80: connect: permission denied$")
            p.wait_for(r"p/nowhere  Readiness probe failed: dial tcp 192.0.2.1:80: connect: network is unreachable$")
    finally:
        for net in ("10.97.1.0/24", "10.97.2.0/24", "10.97.3.0/24"):
            ip("route", "delete", net)


class OnAddress(Server):
    """A server on an address of the void link, which can be taken away."""

    def __init__(self, talk, address):
        self.address = address
        ip("address", "add", f"{address}/32", "dev", "lo")
        super().__init__(talk, host=address)

    def take_address_away(self):
        ip("address", "delete", f"{self.address}/32", "dev", "lo")
        ip("neighbour", "replace", self.address, "lladdr", "02:00:00:00:00:09", "dev", "void")


def test_an_address_that_goes_makes_a_container_unready_and_its_return_ready():
    in_our_network()
    server = OnAddress(answering("200 OK"), "10.99.0.50")
    with probing({"x": f"httpGet: {{host: 10.99.0.50, port: {server.port}}}, failureThreshold: 1, periodSeconds: 1, timeoutSeconds: 3"}) as p:
        p.wait_for("Normal   Ready  p/x")
        server.take_address_away()
        p.wait_for(r"p/x  Readiness probe failed: Get .*context deadline exceeded")
        p.wait_for("NotReady  p/x")
        ip("address", "add", "10.99.0.50/32", "dev", "lo")
        p.wait_for("Normal   Ready  p/x", times=2)
    server.close()
    ip("address", "delete", "10.99.0.50/32", "dev", "lo")


def test_a_connection_whose_peer_vanishes_times_out():
    in_our_network()
    here = []

    def talk(connection):               # the request is here; the answer will not get through
        read_request(connection)
        here.append(1)
        hang(connection)

    server = OnAddress(talk, "10.99.0.51")
    with probing({"x": f"httpGet: {{host: 10.99.0.51, port: {server.port}}}, periodSeconds: 1, timeoutSeconds: 3"}) as p:
        wait_until(lambda: here, "the request")
        server.take_address_away()
        p.wait_for(r"p/x  Readiness probe failed: Get .*context deadline exceeded \(Client.Timeout exceeded while awaiting headers\)")
    server.close()


def test_resets_are_told_as_such():
    in_our_network()

    def slam(connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()

    patient = "periodSeconds: 1, timeoutSeconds: 60"
    with Server(slam) as s, probing({"http": f"httpGet: {{port: {s.port}}}, {patient}",
                                     "tcp": f"tcpSocket: {{port: {s.port}}}, {patient}"}) as p:
        p.wait_for(r'p/http  Readiness probe failed: Get "http://127.0.0.1:\d+/": (read|write) tcp .*: (read|write): '
                   r"(connection reset by peer|broken pipe)$")
        p.wait_for("Normal   Ready  p/tcp")     # it was connected: that is all it asks


def test_a_post_start_hook_to_the_void_ends_with_its_deletion():
    in_our_network()
    hook = "lifecycle: {postStart: {httpGet: {host: 10.99.0.3, port: 80}}}"
    script = "trap 'echo got TERM; exit 0' TERM; echo up; while :; do sleep 0.02; done"
    with Pidlet(pod("p", f"[{sh('x', script, hook)}]")) as p:
        p.wait_for(r"\| up")
        p.signal(signal.SIGTERM)
        assert p.wait() == 0 and p.count("got TERM") == 1


def test_ten_thousand_probes_do_not_exhaust_the_ports():
    in_our_network()
    wanted = 500 if WRAPPER else 10000
    ports = "/proc/sys/net/ipv4/ip_local_port_range"
    with open(ports) as f:
        before = f.read()
    with open(ports, "w") as f:
        f.write("40000 41999")          # each probe takes one of 2000, which must come back
    try:
        for kind in ("tcp", "http"):
            done = subprocess.run([*WRAPPER, os.environ["PROBES_BENCH"], kind, str(wanted), "200"],
                                  capture_output=True, text=True)
            assert done.returncode == 0 and done.stdout == f"{wanted} ok\n", done.stdout + done.stderr
    finally:
        with open(ports, "w") as f:
            f.write(before)


main(globals())
