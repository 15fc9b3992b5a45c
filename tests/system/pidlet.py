"""Starts `pidlet run` for a test, reads what it says, and leaves nothing behind."""
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import traceback

PIDLET = os.environ["PIDLET"]
WRAPPER = shlex.split(os.environ.get("PIDLET_WRAPPER", ""))
BOUND = 180 if WRAPPER else 60  # seconds to wait for a condition; never a sleep
# A sanitizer keeps what was freed, and valgrind is a program of its own: their memory is not pidlet's.
with open(PIDLET, "rb") as program:
    OWN_MEMORY = not WRAPPER and b"__asan_init" not in program.read()
# What sanitizers say, and what nobody ends by who is not killed.
WRONG = re.compile(r"^! .*(?:ERROR: \w+Sanitizer|: runtime error: )")
CRASHES = (signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSEGV)
VALGRIND_STATUS = 99
# What this test starts is known by it, whatever other tests start at the same time.
RUN = b"PIDLET_TEST_RUN=%d" % os.getpid()
os.environ["PIDLET_TEST_RUN"] = str(os.getpid())
# Whoever runs the tests has wishes of its own: a language, a service manager, colours, pidlet's places.
for variable in ("NO_COLOR", "LANGUAGE", "PIDLET_SOCKET", "KUBECONFIG", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "NOTIFY_SOCKET",
                 "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "JOURNAL_STREAM"):
    os.environ.pop(variable, None)
os.environ.update(LC_ALL="C.UTF-8", TERM="xterm")
os.umask(0o022)


def wait_until(condition, what, bound=BOUND):
    """Waits for a condition, looking often, and fails by its name."""
    end = time.monotonic() + bound
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {bound} s for: {what}")
        time.sleep(0.005)


def stat_of(pid):
    """(state, parent, group, session) of a process, or None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            fields = f.read().rpartition(")")[2].split()
        return fields[0], int(fields[1]), int(fields[2]), int(fields[3])
    except (FileNotFoundError, ProcessLookupError):
        return None


def alive(pid):
    stat = stat_of(pid)
    return stat is not None and stat[0] not in "ZX"


def all_pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def of_another_test(pid):
    try:
        with open(f"/proc/{pid}/environ", "rb") as f:
            run = [word for word in f.read().split(b"\0") if word.startswith(b"PIDLET_TEST_RUN=")]
    except OSError:
        return False                    # gone, or not ours to read: its command line must do
    return bool(run) and run[0] != RUN


def processes_with(text):
    """Processes of this test that have `text` as a word of their command line."""
    found = []
    for pid in all_pids():
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                words = f.read().split(b"\0")
        except OSError:
            continue
        if text.encode() in words and alive(pid) and not of_another_test(pid):
            found.append(pid)
    return found


def state_of(pid):
    s = stat_of(pid)
    return s and s[0]


def zombies_of(parent):
    return [pid for pid in all_pids() if (s := stat_of(pid)) and s[0] == "Z" and s[1] == parent]


class Follower(subprocess.Popen):
    """A client that goes on until it is stopped, at the latest when its test fails."""

    def __exit__(self, kind, *error):
        if kind is not None:
            self.kill()
        super().__exit__(kind, *error)


class Pidlet:
    """One `pidlet run`; use it with `with`."""

    def __init__(self, *manifests, args=(), prefix=(), program=PIDLET, env=None, stdin=subprocess.DEVNULL, **popen):
        self.folder = tempfile.TemporaryDirectory(prefix="pidlet-test-")
        os.chmod(self.folder.name, 0o755)       # pidlet may run as another user
        self.files = []
        for i, text in enumerate(manifests):
            self.files.append(self.write(f"{i}.yaml", text))
        sources = [word for name in self.files for word in ("-f", name)]
        if "--socket" not in args and "--no-socket" not in args:
            args = ["--no-socket", *args]       # the default one is not a test's to take
        self.lines = []
        self.cond = threading.Condition()
        popen.setdefault("stdout", subprocess.PIPE)
        popen.setdefault("stderr", subprocess.PIPE)
        self.process = subprocess.Popen(
            [*prefix, *WRAPPER, program, "run", *sources, *args], stdin=stdin,
            start_new_session=True, env={**os.environ, **(env or {})}, **popen)
        self.threads = []
        for stream, mark in ((self.process.stdout, ""), (self.process.stderr, "! ")):
            if stream is not None:
                thread = threading.Thread(target=self._read, args=(stream, mark), daemon=True)
                thread.start()
                self.threads.append(thread)

    def write(self, name, text):
        path = os.path.join(self.folder.name, name)
        with open(path, "w") as f:
            f.write(textwrap.dedent(text))
        return path

    def _read(self, stream, mark):
        for line in stream:
            with self.cond:
                self.lines.append(mark + line.decode(errors="replace").rstrip("\n"))
                self.cond.notify_all()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, tb):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)    # kills its pods, then ends
            try:
                self.process.wait(BOUND)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for thread in self.threads:
            thread.join(BOUND)
        wrong = self.wrongs()
        if error is not None or wrong:
            print("\n".join("# " + line for line in self.lines[-90:]), file=sys.stderr)
        self.folder.cleanup()
        if wrong and error is None:
            raise AssertionError(f"pidlet itself went wrong: {wrong}")

    def wrongs(self):
        """What a sanitizer or valgrind has found, and the signal of a crash: seen also at its end."""
        found = [line for line in self.lines if WRONG.search(line)]
        status = self.process.returncode
        if status is not None and -status in CRASHES:
            found.append(f"ended by {signal.Signals(-status).name}")
        if WRAPPER and status == VALGRIND_STATUS:
            found.append("valgrind found errors")
        return found

    def output(self):
        with self.cond:
            return "\n".join(self.lines)

    def count(self, pattern):
        with self.cond:
            return sum(1 for line in self.lines if re.search(pattern, line))

    def wait_for(self, pattern, times=1, bound=BOUND):
        """Waits for a line, the Nth of its kind; returns the match of the last."""
        end = time.monotonic() + bound
        with self.cond:
            while True:
                found = [m for line in self.lines if (m := re.search(pattern, line))]
                if len(found) >= times:
                    return found[times - 1]
                left = end - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"waited {bound} s for line {times} of: {pattern}")
                self.cond.wait(left)

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, bound=BOUND):
        """Its exit status, once it has ended by itself."""
        try:
            status = self.process.wait(bound)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"waited {bound} s for pidlet to end") from None
        for thread in self.threads:
            thread.join(BOUND)
        return status


def pod(name, containers, spec="", annotations=""):
    """A manifest; `containers` is a YAML list in flow style."""
    return (f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, annotations: {{{annotations}}}}}\n"
            f"spec: {{{spec}{', ' if spec else ''}containers: {containers}}}\n")


def sh(name, script, more=""):
    """A container that runs a shell script."""
    script = script.replace("$", "$$").replace("\\", "\\\\").replace('"', '\\"')
    return f'{{name: {name}, command: [sh, -c, "{script}"]{", " if more else ""}{more}}}'


class Skip(Exception):
    """Raised by a test that cannot be had here, with the reason."""


def main(tests):
    """Runs the functions named test_… and prints TAP; an argument picks by name."""
    # What a background job or nohup ignores, a shell that we start could not trap.
    for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    chosen = [(n, f) for n, f in tests.items() if n.startswith("test_")]
    chosen = [(n, f) for n, f in chosen if not sys.argv[1:] or n in sys.argv[1:]]
    print(f"1..{len(chosen)}", flush=True)
    bad = 0
    for number, (name, test) in enumerate(chosen, 1):
        note = ""
        try:
            test()
            verdict = "ok"
        except Skip as reason:
            verdict, note = "ok", f" # SKIP {reason}"
        except Exception:
            traceback.print_exc()
            verdict = "not ok"
            bad += 1
        print(f"{verdict} {number} - {name.removeprefix('test_')}{note}", flush=True)
    sys.exit(1 if bad else 0)
