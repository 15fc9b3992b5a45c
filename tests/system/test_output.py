#!/usr/bin/env python3
"""The terminal and the log files."""
import fcntl
import glob
import os
import pty
import re
import select
import signal
import struct
import tempfile
import termios
import time

from pidlet import BOUND, PIDLET, Pidlet, alive, main, pod, sh, wait_until


def waiting(fd):
    """Bytes in a pipe."""
    return struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, b"\0" * 4))[0]


def test_lines_carry_their_pod_and_container():
    with Pidlet(pod("api", f"[{sh('app', 'echo out; echo err >&2; printf last')}]", spec="restartPolicy: Never")) as p:
        assert p.wait() == 0
        for line in (r"^api/app \| out$", r"^api/app ! err$", r"^api/app \| last$"):
            p.wait_for(line)
        lines = p.output().splitlines()
        assert lines.index("api/app | last") < [i for i, l in enumerate(lines) if "Exited" in l][0]


def test_log_files_are_in_cri_format_one_a_run():
    with tempfile.TemporaryDirectory() as logs, Pidlet(
            pod("api", f"[{sh('app', 'echo one; echo two >&2; head -c 40000 /dev/zero | tr -c x y; echo; exit 1')}]",
                annotations='"pidlet.dev/backoff": "initial=200ms,factor=1000"'), args=["--log-dir", logs, "--quiet"]) as p:
        uid = p.wait_for(r"pod=api_default\(([0-9a-f]+)\)").group(1)
        p.wait_for("Container started", times=3)
        folder = f"{logs}/default_api_{uid}/app"
        wait_until(lambda: sorted(os.listdir(folder)) == ["1.log", "2.log"], "the third run's log, and the second's")
        p.signal(signal.SIGTERM)
        assert p.wait() == 0
        with open(f"{folder}/1.log") as f:
            lines = f.read().splitlines()
        stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z"
        assert any(re.fullmatch(stamp + " stdout F one", line) for line in lines)
        assert any(re.fullmatch(stamp + " stderr F two", line) for line in lines)
        pieces = [m.groups() for line in lines if (m := re.fullmatch(stamp + " stdout ([FP]) (y+)", line))]
        assert [(kind, len(text)) for kind, text in pieces] == [("P", 16384), ("P", 16384), ("F", 7232)], \
            [(kind, len(text)) for kind, text in pieces]
        assert p.count(r"\| one") == 0      # --quiet


def test_a_slow_reader_loses_nothing_and_holds_up_nobody():
    script = "i=0; while [ $i -lt 60000 ]; do echo line-$i-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; i=$((i+1)); done"
    with Pidlet(pod("a", f"[{sh('x', script)}, {sh('z', 'exit 0')}]", spec="restartPolicy: Never")) as p:
        assert p.wait(4 * BOUND) == 0
        numbers = [int(m.group(1)) for m in re.finditer(r"line-(\d+)-", p.output())]
        assert numbers == list(range(60000)), len(numbers)
    r, w = os.pipe()
    with Pidlet(pod("a", f"[{sh('x', script)}]", spec="restartPolicy: Never"), stdout=w) as p:
        os.close(w)
        # Nobody reads: the writer waits in its pipe, pidlet does not wait at all.
        wait_until(lambda: waiting(r) >= 60000, "the pipe to fill up")
        p.signal(signal.SIGHUP)
        p.wait_for("^! pidlet: manifests read again")
        p.signal(signal.SIGTERM)
        data = b""
        while chunk := os.read(r, 65536):
            data += chunk
        assert p.wait() == 0
        numbers = [int(n) for n in re.findall(rb"line-(\d+)-", data)]
        assert numbers == list(range(len(numbers)))
    os.close(r)


def test_a_reader_that_goes_away_stops_nobody():
    r, w = os.pipe()
    with Pidlet(pod("a", f"[{sh('x', 'while :; do echo pid $$; sleep 0.02; done')}]"), stdout=w) as p:
        os.close(w)
        data = b""
        while not (m := re.search(rb"pid (\d+)\n", data)):
            data += os.read(r, 4096)
        pid = int(m.group(1))
        os.close(r)
        p.wait_for(r"^! pidlet: standard output is gone \(Broken pipe\)")
        assert alive(pid)
        p.signal(signal.SIGTERM)
        assert p.wait() == 0


def test_a_full_disk_stops_nobody():
    script = "i=0; while :; do i=$((i+1)); echo $i; test $i -gt 3000 && sleep 0.05; done"
    with tempfile.TemporaryDirectory() as logs, Pidlet(
            pod("a", f"[{sh('x', script)}]"), prefix=["sh", "-c", 'trap "" XFSZ; ulimit -f 8; exec "$@"', "sh"],
            args=["--quiet", "--log-dir", logs]) as p:
        p.wait_for(r"^Warning  LogsDropped  a/x  writing the log: File too large; lines are dropped until there is room$")
        assert p.process.poll() is None
        log, = glob.glob(glob.escape(logs) + "/*/x/0.log")
        p.signal(signal.SIGTERM)
        assert p.wait() == 0
        resumed = p.wait_for(r"^Warning  LogsResumed  a/x  the log takes lines again; (\d+) (was|were) dropped$")
        with open(log) as f:
            text = f.read()
        assert int(resumed.group(1)) > 0
        assert text.endswith("\n")
        assert all(re.fullmatch(r"\S+ stdout F \d+", line) for line in text.splitlines())


def on_terminal(env):
    """What `pidlet run` shows on a terminal."""
    with Pidlet(pod("api", f"[{sh('app', 'echo hello; exit 1')}]", spec="restartPolicy: Never")) as p:
        p.wait()
        path = p.write("again.yaml", open(p.files[0]).read())
        pid, master = pty.fork()
        if pid == 0:
            os.environ.update(env)
            os.execv(PIDLET, [PIDLET, "run", "--no-socket", "-f", path])
        data = b""
        end = time.monotonic() + BOUND
        while time.monotonic() < end:
            if select.select([master], [], [], 0.1)[0]:
                try:
                    chunk = os.read(master, 4096)
                except OSError:
                    break
                if not chunk:
                    break
                data += chunk
        os.close(master)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        return data.decode(), status


def test_a_terminal_gets_colour_unless_it_asks_for_none():
    text, status = on_terminal({"NO_COLOR": ""})
    assert status == 1
    assert re.search(r"\x1b\[\d+mapi/app \|\x1b\[0m hello", text), text
    text, status = on_terminal({"NO_COLOR": "1"})
    assert "\x1b" not in text.replace("\x1b[J", "") and "api/app | hello" in text, text   # the status line is erased


def test_ctrl_c_on_a_terminal_stops_once_and_kills_twice():
    with Pidlet(pod("a", "[" + sh("x", "trap '' TERM; echo up; while :; do sleep 0.05; done") + "]",
                    spec="terminationGracePeriodSeconds: 1000")) as p:
        p.wait_for(r"\| up")
        path = p.files[0]
        pid, master = pty.fork()
        if pid == 0:
            os.execv(PIDLET, [PIDLET, "run", "--no-socket", "-f", path])
        data = b""

        def read_until(what):
            nonlocal data
            end = time.monotonic() + BOUND
            while what not in data and time.monotonic() < end:
                if select.select([master], [], [], 0.1)[0]:
                    data += os.read(master, 4096)
            assert what in data, data

        read_until(b" up\x1b")
        os.write(master, b"\x03")
        read_until(b"Stopping container x")
        os.write(master, b"\x03")
        read_until(b"killed by signal 9")
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        os.close(master)


main(globals())
