#!/usr/bin/env python3
"""Clients that keep a connection of the API without using it, for as long as it takes until they are cut off: half a minute and more."""
import socket

from api import Served
from pidlet import main

BOUND = 240


def unix(s, data):
    c = socket.socket(socket.AF_UNIX)
    c.settimeout(BOUND)
    c.connect(s.socket)
    c.sendall(data)
    return c


def answer(c):
    data = c.recv(1 << 16)
    assert data.startswith(b"HTTP/1.1 200 OK"), data
    return data


def test_who_sends_no_body_or_no_next_request_is_cut_off():
    with Served() as s:
        nothing = unix(s, b"")
        head = unix(s, b"GET /version HTTP/1.1\r\nHost: x\r\nX: ")
        body = unix(s, b"POST /api/v1/namespaces/default/pods HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
        idle = unix(s, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        answer(idle)
        watch = unix(s, b"GET /api/v1/pods?watch=1 HTTP/1.1\r\nHost: x\r\n\r\n")
        answer(watch)
        for c in (nothing, head, body, idle):
            assert c.recv(1) == b""             # closed by the daemon
            c.close()
        assert s.get(s.pods()).json["items"] == []
        watch.setblocking(False)                # which only waits, is still there
        try:
            assert watch.recv(1) != b""
        except BlockingIOError:
            pass
        watch.close()


main(globals())
