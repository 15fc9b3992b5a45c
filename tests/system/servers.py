"""Servers on loopback that behave, and servers that do not."""
import os
import socket
import ssl
import subprocess
import tempfile
import threading


class Server:
    """Listens on a port of its own; `talk(connection)` answers each connection in a thread."""

    def __init__(self, talk, family=socket.AF_INET, tls=None, host=None, port=0, backlog=512):
        self.talk = talk
        self.tls = tls
        self.connections = []
        self.closing = False
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((host or ("::1" if family == socket.AF_INET6 else "127.0.0.1"), port))
        self.socket.listen(backlog)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while not self.closing:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            self.talk(connection)
        except (OSError, ValueError):
            pass                        # the client has gone, or the test is over
        finally:
            try:
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            connection.close()

    def close(self):
        self.closing = True
        self.socket.close()
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def read_request(connection):
    """The head of an HTTP request, as bytes."""
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(4096)
        if not piece:
            break
        head += piece
    return head


def hang(connection):
    """Says nothing more until the client goes."""
    while connection.recv(4096):
        pass


def saying(*pieces):
    """A talk that reads a request and sends these bytes; hangs if the last is None."""
    def talk(connection):
        read_request(connection)
        for piece in pieces:
            if piece is None:
                hang(connection)
            else:
                connection.sendall(piece)
    return talk


def answering(status, body=b"", headers=()):
    """A talk that is HTTP."""
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return saying("\r\n".join(head).encode() + b"\r\n\r\n" + body)


HELD = []


def closed_port():
    """A port that nobody listens on, nor will: only who names it, with SO_REUSEADDR, is given it."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", 0))
    HELD.append(s)
    return s.getsockname()[1]


def write_certificate(folder, bits=2048):
    """folder/key and folder/cert, which nobody would trust."""
    key, cert = os.path.join(folder, "key"), os.path.join(folder, "cert")
    subprocess.run(["openssl", "req", "-x509", "-newkey", f"rsa:{bits}", "-nodes", "-keyout", key, "-out", cert,
                    "-days", "2", "-subj", "/CN=elsewhere.invalid"], check=True, capture_output=True)
    return cert, key


def self_signed(bits=2048):
    """A TLS context for a server, with such a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with tempfile.TemporaryDirectory() as folder:
        context.load_cert_chain(*write_certificate(folder, bits))
    return context
