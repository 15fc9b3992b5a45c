#!/usr/bin/env python3
"""`pidlet run` on a developer's terminal: what stands on the screen, in tmux."""
import os
import pty
import re
import shlex
import subprocess
import tempfile
import time

from pidlet import BOUND, PIDLET, WRAPPER, main, pod, sh, wait_until

CRASHING = pod("web", "[" + sh("app", "echo up; sleep 0.2; exit 1") + ", {name: db, command: [sleep, '1000']}]",
               annotations='pidlet.dev/backoff.app: "initial=60s"')
STUBBORN = pod("api", "[" + sh("app", "trap '' TERM; echo deaf; while :; do sleep 0.05; done") + "]",
               spec="terminationGracePeriodSeconds: 600")


class Screen:
    """pidlet in a tmux of its own."""

    def __init__(self, manifest, columns=80, args="", env=None):
        self.folder = tempfile.TemporaryDirectory(prefix="pidlet-tmux-")
        files = {"pod.yaml": manifest, "conf": "set -g remain-on-exit on\nset -g status off\nset -g history-limit 100\n"}
        for name, text in files.items():
            with open(self.path(name), "w") as f:
                f.write(text)
        # What valgrind says belongs on no screen.
        wrapper = [*WRAPPER[:1], "--log-file=" + self.path("valgrind"), *WRAPPER[1:]] if WRAPPER else []
        command = " ".join([*map(shlex.quote, [*wrapper, PIDLET]), "run --no-socket -f", self.path("pod.yaml"), args])
        self.env = {**os.environ, "LC_ALL": "C.UTF-8", **(env or {})}
        self.env.pop("TMUX", None)
        self.tmux("-f", self.path("conf"), "-u", "new-session", "-d", "-x", str(columns), "-y", "24",
                  f"exec {command}")

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def tmux(self, *args):
        return subprocess.run(["tmux", "-S", self.path("socket"), *args], env=self.env, capture_output=True,
                              text=True, check=True, timeout=BOUND).stdout

    def lines(self, *how):
        text = [line.rstrip() for line in self.tmux("capture-pane", "-p", *how).split("\n")]
        while text and not text[-1]:
            text.pop()
        return text

    def wait_for(self, pattern, last=False):
        """Waits until a line of the screen (the last one) matches; returns the screen."""
        def look():
            lines = self.lines()
            return lines if any(re.search(pattern, line) for line in (lines[-1:] if last else lines)) else None
        try:
            return wait_until(look, f"on the screen: {pattern}")
        except AssertionError:
            raise AssertionError(f"not on the screen: {pattern}\n" + "\n".join(self.lines())) from None

    def ended(self):
        return self.tmux("display-message", "-p", "#{pane_dead}").strip() == "1"

    def keys(self, *names):
        self.tmux("send-keys", *names)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, tb):
        pid = int(self.tmux("display-message", "-p", "#{pane_pid}") or 0)
        if not self.ended():
            subprocess.run(["kill", "-QUIT", str(pid)], check=False)
            wait_until(self.ended, "pidlet to end")
        self.tmux("kill-server")
        if WRAPPER:
            with open(self.path("valgrind")) as f:
                assert "==" not in (text := f.read()), text
        self.folder.cleanup()


def test_a_header_aligned_prefixes_and_the_status_at_the_bottom():
    with Screen(CRASHING) as s:
        lines = s.wait_for(r"^0 of 1 pod ready · web/app starts in (1m0s|5\ds)$", last=True)
        assert any(re.match(r"pidlet \d.*: 1 pod, 2 containers; Ctrl-C stops, twice kills$", line) for line in lines), lines
        assert sum(line == "web/app | up" for line in lines) == 2, lines
        assert sum("starts in" in line for line in lines) == 1, lines      # drawn in place
        assert any(line.startswith("Warning  BackOff  web/app  back-off 1m0s") for line in lines), lines


def test_it_counts_down_in_place():
    with Screen(CRASHING) as s:
        s.wait_for(r"starts in (1m0s|5\ds)$", last=True)
        lines = s.wait_for(r"starts in 5[0-7]s$", last=True)
        assert sum("starts in" in line for line in lines) == 1, lines


def test_an_interrupt_shows_what_is_waited_for_and_a_second_one_kills():
    with Screen(STUBBORN) as s:
        s.wait_for(r"^1 of 1 pod ready$", last=True)
        s.wait_for("deaf")
        s.keys("C-c")
        lines = s.wait_for(r"^stopping, Ctrl-C kills; waiting for api/app \(SIGKILL in (10m0s|9m5\d?s)", last=True)
        assert "pidlet: interrupt (once more kills): stopping" in lines, lines
        s.keys("C-c")
        wait_until(s.ended, "pidlet to end")
        lines = s.lines()
        assert any("second interrupt: killing" in line for line in lines), lines
        assert not any("waiting for" in line for line in lines), lines     # nothing of the line is left behind


def test_the_line_is_cut_to_the_terminal_s_width_and_follows_it():
    long = "a" * 60
    text = pod(long, f"[{{name: {long}, command: [sh, -c, 'exit 1']}}]", annotations='pidlet.dev/backoff: "initial=60s"')
    with Screen(text, columns=80) as s:
        lines = s.wait_for("^0 of 1 pod ready · aaa", last=True)
        assert len(lines[-1]) == 79, lines[-1]
        s.tmux("resize-window", "-x", "200")
        lines = s.wait_for(f"^0 of 1 pod ready · {long}/{long} starts in ", last=True)
        s.tmux("resize-window", "-x", "40")
        wait_until(lambda: len(s.lines()[-1]) == 39 and s.lines()[-1].startswith("0 of 1 pod"), "the line to be cut anew")
    with Screen(text, columns=200) as s:
        s.wait_for(f"^0 of 1 pod ready · {long}/{long} starts in ", last=True)


def test_a_terminal_that_becomes_narrower_keeps_nothing_of_the_line():
    with Screen(CRASHING, columns=80) as s:
        s.wait_for("^0 of 1 pod ready · web/app starts in ", last=True)
        for columns, line in ((40, "0 of 1 pod ready · web/app starts in [0-9ms]*$"), (20, "0 of 1 pod ready ·$"), (2, "0$")):
            s.tmux("resize-window", "-x", str(columns))
            s.wait_for("^" + line, last=True)

        def nothing_at_the_cursor():
            row = int(s.tmux("display-message", "-p", "#{cursor_y}"))
            return s.tmux("capture-pane", "-p").split("\n")[row] == ""
        s.tmux("resize-window", "-x", "1")
        wait_until(nothing_at_the_cursor, "no line where there is no room for any")
        s.tmux("resize-window", "-x", "80")
        lines = s.wait_for("^0 of 1 pod ready · web/app starts in ", last=True)
        assert sum(line.startswith("0") for line in lines) == 1, lines


def test_colours_stand_on_prefixes_and_not_under_no_color():
    with Screen(CRASHING) as s:
        s.wait_for("starts in", last=True)
        lines = s.lines("-e")
        assert any("\x1b[" in line and "web/app |" in line for line in lines), lines
    with Screen(CRASHING, env={"NO_COLOR": "1"}) as s:
        s.wait_for("starts in", last=True)
        lines = s.lines("-e")
        assert not any("\x1b[" in line for line in lines), lines


def test_a_quiet_pod_costs_no_wake_ups():
    with Screen(pod("api", "[{name: app, command: [sleep, '1000']}]")) as s:
        s.wait_for("^1 of 1 pod ready$", last=True)
        pid = s.tmux("display-message", "-p", "#{pane_pid}").strip()

        def switches():
            with open(f"/proc/{pid}/status") as f:
                return int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", f.read(), re.M).group(1))
        wait_until(lambda: open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0] == "S", "pidlet to sleep")
        before = switches()
        time.sleep(1.5)                 # no condition is waited for: that nothing happens is what is measured
        assert switches() - before <= 2, switches() - before


def output_of(env, on_terminal):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "pod.yaml")
        with open(path, "w") as f:
            f.write(pod("web", "[" + sh("app", "echo up; exit 0") + "]", spec="restartPolicy: Never"))
        words = [*WRAPPER, PIDLET, "run", "--no-socket", "-f", path]
        if not on_terminal:
            return subprocess.run(words, env={**os.environ, **env}, capture_output=True, timeout=BOUND).stdout
        ours, theirs = pty.openpty()
        p = subprocess.Popen(words, env={**os.environ, **env}, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs,
                             start_new_session=True)
        os.close(theirs)
        got = b""
        try:
            while chunk := os.read(ours, 65536):
                got += chunk
        except OSError:
            pass                                            # the other end is closed
        p.wait(BOUND)
        os.close(ours)
        return got


def test_without_a_terminal_or_on_a_dumb_one_lines_are_plain():
    for env, on_terminal in (({"TERM": "xterm"}, False), ({"TERM": "dumb", "NO_COLOR": "1"}, True)):
        got = output_of(env, on_terminal)
        assert b"web/app | up" in got and b"\x1b" not in got and b"Ctrl-C stops" not in got and b"of 1 pod ready" not in got, got
    assert b"\x1b[J" in output_of({"TERM": "xterm"}, True)


main(globals())
