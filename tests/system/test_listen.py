#!/usr/bin/env python3
"""Sockets that a service manager passes to pidlet, handed on to containers: pidlet.dev/listen."""
import os
import socket
import sys
import tempfile
import threading

from pidlet import BOUND, Pidlet, main, pod, sh

# As a service manager does between fork and exec: descriptors from 3 on, and for whom they are.
PASS = """import os, sys
names, fds, command = sys.argv[1], [int(fd) for fd in sys.argv[2].split(",")], sys.argv[3:]
fds = [os.dup(os.dup2(fd, 100 + i)) for i, fd in enumerate(fds)]
for i, fd in enumerate(fds): os.dup2(fd, 3 + i, inheritable=True)
os.closerange(3 + len(fds), 300)
os.environ.update(LISTEN_FDS=str(len(fds)), LISTEN_PID=str(os.getpid()), LISTEN_FDNAMES=names)
os.execvp(command[0], command)
"""

# Answers with its pid, up to so many times, and then crashes between two connections.
SERVER = """import os, socket, sys
assert os.environ["LISTEN_PID"] == str(os.getpid()), os.environ
assert os.environ["LISTEN_FDS"] == "1"
s = socket.socket(fileno=3)
for i in range(int(sys.argv[1])):
    c, _ = s.accept()
    c.sendall(b"%d" % os.getpid())
    c.close()
sys.exit(1)
"""


def listening():
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.bind(("127.0.0.1", 0))
    s.listen(512)
    return s


class Passed(Pidlet):
    """A pidlet that was passed sockets, by name."""

    def __init__(self, sockets, *manifests, names=None, **more):
        fds = [s.fileno() for s in sockets.values()]
        super().__init__(*manifests, prefix=[sys.executable, "-c", PASS, names or ":".join(sockets), ",".join(map(str, fds))],
                         pass_fds=fds, **more)


def ask(address):
    with socket.create_connection(address, BOUND) as c:
        return c.recv(100)


def test_connections_made_while_a_container_restarts_are_all_served():
    with listening() as web, tempfile.NamedTemporaryFile("w", prefix="pidlet-test-", suffix=".py") as server:
        server.write(SERVER)
        server.flush()
        with Passed({"web": web}, pod("a", f'[{{name: x, command: [python3, {server.name}, "7"]}}]', annotations='pidlet.dev/listen: web, pidlet.dev/backoff: "initial=0s"')) as p:
            address = web.getsockname()
            web.close()                 # pidlet's are all that is left
            answers = []

            def client():
                for _ in range(25):
                    answers.append(ask(address))

            clients = [threading.Thread(target=client) for _ in range(4)]
            for c in clients:
                c.start()
            for c in clients:
                c.join()
            assert len(answers) == 100 and all(answers), answers
            assert len(set(answers)) > 10, "it has not restarted"
            p.wait_for("Exited +a/x +exit code 1", 10)


def test_each_container_is_given_those_that_it_names_and_no_other():
    script = "echo $LISTEN_FDS $LISTEN_FDNAMES $((LISTEN_PID == $$)); for i in 3 4 5 6; do readlink /proc/$$/fd/$i || echo none; done"
    with listening() as a, listening() as b, listening() as c:
        inodes = {name: f"socket:[{os.fstat(s.fileno()).st_ino}]" for name, s in (("a", a), ("b", b), ("c", c))}
        # Two sockets of one name, as a unit with two ListenStream= has them.
        with Passed({"a": a, "b": b, "c": c}, pod("p", f"[{sh('x', script)}, {sh('o', 'echo ${LISTEN_FDS-none} ${LISTEN_PID-none}; ls /proc/$$/fd')}]",
                                                  spec="restartPolicy: Never", annotations="pidlet.dev/listen.x: 'two,one'"),
                    names="one:two:two") as p:
            assert p.wait() == 0, p.output()
            got = [line.partition("| ")[2] for line in p.lines if line.startswith("p/x | ")]
            assert got == ["3 two:two:one 1", inodes["b"], inodes["c"], inodes["a"], "none"], (got, inodes)
            got = [line.partition("| ")[2] for line in p.lines if line.startswith("p/o | ")]
            assert got[0] == "none none" and "3" not in [f for f in got[1:] if f not in ("0", "1", "2")], got


def test_a_name_that_is_not_there_is_told_with_those_that_are():
    with listening() as a, listening() as b:
        with Passed({"http": a, "https": b}, pod("a", f"[{sh('x', 'true')}]", annotations="pidlet.dev/listen: web")) as p:
            p.wait_for(r'Failed +a/x +Error: pidlet.dev/listen: no socket named "web" was passed to pidlet; '
                       r'there are "http" and "https"')
    with Pidlet(pod("a", f"[{sh('x', 'true')}]", annotations="pidlet.dev/listen: web"),
                env={"LISTEN_FDS": "1", "LISTEN_PID": "1", "LISTEN_FDNAMES": "web"}) as p:     # not for us
        p.wait_for(r'no socket named "web" was passed to pidlet, nor any other')


def test_probes_and_hooks_are_given_none():
    probe = "readinessProbe: {exec: {command: [sh, -c, '! test -S /dev/fd/3 && test -z \"$LISTEN_FDS\"']}, periodSeconds: 1}"
    with listening() as a:
        with Passed({"web": a}, pod("a", f"[{sh('x', 'exec sleep 1000', probe)}]", annotations="pidlet.dev/listen: web")) as p:
            p.wait_for(r"Ready +a/x ")


def test_names_at_fault_are_found():
    with Pidlet(pod("a", f"[{sh('x', 'true')}]", annotations="pidlet.dev/listen: 'a,,b'")) as p:
        assert p.wait() == 3
        assert ("annotations[pidlet.dev/listen]: Invalid value: \"a,,b\": must be names of sockets (FileDescriptorName= of "
                "their unit), commas between") in p.output(), p.output()


main(globals())
