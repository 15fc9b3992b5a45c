#!/usr/bin/env python3
"""A container's PID 1: `pidlet run -- COMMAND` beside tini and dumb-init, and what only it does."""
import os
import pty
import select
import signal
import subprocess
import tempfile
import time

from pidlet import BOUND, PIDLET, WRAPPER, Pidlet, Skip, main, pod, sh, wait_until

NAMESPACES = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child=KILL"]
if os.geteuid() != 0:
    NAMESPACES = ["unshare", "--user", "--map-root-user", *NAMESPACES[1:]]

INITS = {
    "pidlet": [*WRAPPER, PIDLET, "run", "--no-socket", "--"],
    "tini": ["tini", "--"],
    "dumb-init": ["dumb-init", "--"],
}


def need_namespaces():
    if subprocess.run([*NAMESPACES, "true"], capture_output=True).returncode != 0:
        raise Skip("no PID namespace can be made here")


def child_of(pid):
    def look():
        try:
            with open(f"/proc/{pid}/task/{pid}/children") as f:
                return [int(word) for word in f.read().split()]
        except FileNotFoundError:
            return []
    return wait_until(look, "a child")[0]


class Init:
    """A command under an init that is PID 1 of a namespace of its own."""

    def __init__(self, init, script, prefix=(), **popen):
        self.process = subprocess.Popen([*NAMESPACES, *prefix, *INITS[init], "sh", "-c", script],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **popen)
        self.output = b""

    def wait_for(self, text):
        while text not in self.output:
            chunk = os.read(self.process.stdout.fileno(), 4096)
            assert chunk, (self.output, self.process.stderr.read())
            self.output += chunk

    def signal(self, number):
        os.kill(child_of(self.process.pid), number)

    def wait(self):
        out, err = self.process.communicate(timeout=BOUND)
        return self.process.returncode, (self.output + out).decode(), err.decode()


def trap(name, action):
    """Says `up`, takes one signal, and says so."""
    return f"trap '{action}' {name}; echo up; while :; do sleep 0.02; done"


DRAIN = ("sh -c 'trap \"sleep 0.2; echo drained; exit 0\" TERM; echo up; while :; do sleep 0.02; done' & wait")

# What happens, the signal when it is up, and (exit code, output) of each.
SAME, ANY = "as pidlet", "not told: a race"
TABLE = [
    ("exit code 0", "exit 0", None, (0, ""), SAME, SAME),
    ("exit code 3", "exit 3", None, (3, ""), SAME, SAME),
    ("output and error are the command's own", "echo out; echo err >&2", None, (0, "out\n"), SAME, SAME),
    ("killed by SIGKILL", "kill -9 $$", None, (137, ""), SAME, SAME),
    ("killed by SIGSEGV", "kill -SEGV $$", None, (139, ""), SAME, SAME),
    ("SIGTERM, not caught", "echo up; exec sleep 1000", signal.SIGTERM, (143, "up\n"), SAME, SAME),
    ("SIGINT, not caught", "echo up; exec sleep 1000", signal.SIGINT, (130, "up\n"), SAME, SAME),
    *((f"{number.name}, caught", trap(number.name[3:], "echo got; exit 5"), number, (5, "up\ngot\n"), SAME, SAME)
      for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2,
                     signal.SIGWINCH)),
    # The others end with their child, and the kernel then kills the rest.
    ("a child is left behind", "(sleep LATE; echo late) & exit 4", None, (4, "late\n"), (4, ""), (4, "")),
    ("it drains after its parent is gone", DRAIN, signal.SIGTERM, (143, "up\ndrained\n"), (143, "up\n"), ANY),
    ("no such command", None, None, (127, ""), SAME, (2, "")),
]


def run_case(init, script, number):
    if script is None:
        done = subprocess.run([*NAMESPACES, *INITS[init], "/no/such"], capture_output=True, text=True, timeout=BOUND)
        assert "/no/such" in done.stderr, done
        return done.returncode, done.stdout
    i = Init(init, script)
    if number is not None:
        i.wait_for(b"up\n")
        i.signal(number)
    return i.wait()[:2]


def compare(init, column):
    need_namespaces()
    for what, script, number, *wanted in TABLE:
        expected = wanted[0] if wanted[column] is SAME else wanted[column]
        # Whoever does not wait for it must not have to be quick.
        got = run_case(init, script and script.replace("LATE", "0.2" if column == 0 else "1000"), number)
        if expected is not ANY:
            assert got == expected, f"{init}, {what}: {got}, not {expected}"


def test_pidlet_in_the_table_of_cases():
    compare("pidlet", 0)


def test_tini_in_the_table_of_cases():
    compare("tini", 1)


def test_dumb_init_in_the_table_of_cases():
    compare("dumb-init", 2)


def test_a_thousand_orphans_are_reaped():
    need_namespaces()
    done = subprocess.run([*NAMESPACES, *INITS["pidlet"], os.environ["ORPHANS"], "1000"], capture_output=True, text=True,
                          timeout=100)
    assert (done.returncode, done.stdout) == (0, "left 0 0\n"), done


def test_a_grace_period_ends_what_does_not_end_by_itself():
    need_namespaces()
    done = subprocess.Popen([*NAMESPACES, *WRAPPER, PIDLET, "run", "--no-socket", "--grace", "1s", "--", "sh", "-c",
                             "(trap '' TERM; echo up; while :; do sleep 0.02; done) & wait"], stdout=subprocess.PIPE)
    assert done.stdout.readline() == b"up\n"
    os.kill(child_of(done.pid), signal.SIGTERM)
    assert done.wait(BOUND) == 143
    done.stdout.close()


def test_the_essential_container_ends_all_with_its_exit_code():
    for code in (0, 7):
        with tempfile.TemporaryDirectory() as folder:
            script = f"until test -e {folder}/go; do sleep 0.02; done; exit {code}"
            with Pidlet(pod("web", f"[{sh('app', script)}, {sh('helper', 'exec sleep 1000')}]"),
                        args=["--essential", "app"]) as p:
                p.wait_for("Started +web/helper")
                open(folder + "/go", "w").close()
                assert p.wait() == code, p.output()
                assert p.count("Started +web/app") == 1
                p.wait_for("Killing +web/helper")


def test_signals_of_users_go_to_the_essential_container():
    script = "trap 'echo one' USR1; trap 'echo two' USR2; trap 'echo window' WINCH; echo up; while :; do sleep 0.02; done"
    with Pidlet(pod("web", f"[{sh('app', script)}, {sh('helper', script)}]"), args=["--essential", "web/app"]) as p:
        p.wait_for(r"\| up", times=2)
        for number, word in ((signal.SIGUSR1, "one"), (signal.SIGUSR2, "two"), (signal.SIGWINCH, "window")):
            p.signal(number)
            p.wait_for(rf"web/app +\| {word}")
        p.signal(signal.SIGTERM)
        p.wait()
        assert p.count(r"web/helper +\| (one|two|window)") == 0
    with Pidlet(pod("web", f"[{sh('app', script)}]")) as p:
        p.wait_for(r"\| up")
        p.signal(signal.SIGUSR1)            # to nobody, and no end of pidlet
        p.signal(signal.SIGTERM)
        assert p.wait() == 0 and p.count(r"\| one") == 0


def test_what_is_essential_must_be_there_once():
    for name, words in (("none", "there is no such container"), ("x", "there are several: write POD/CONTAINER")):
        with Pidlet(pod("a", f"[{sh('x', 'exit 0')}]"), pod("b", f"[{sh('x', 'exit 0')}]"), args=["--essential", name]) as p:
            assert p.wait() == 3
            p.wait_for(f"--essential {name}: {words}")


def test_a_run_may_end_with_all_that_it_has_started():
    for ends, late, times in (("tree", "0.2", 1), ("main", "1000", 0)):
        script = f"(sleep {late}; echo late; exit 9) & exit 0"
        with Pidlet(pod("a", f"[{sh('x', script)}]", spec="restartPolicy: Never",
                        annotations=f'"pidlet.dev/ends-with": {ends}')) as p:
            assert p.wait() == 0
            assert p.count(r"\| late") == times


def restricted(script, command, text=None):
    """Runs a command in a mount namespace that `script` makes bare; "$@" is the command."""
    return subprocess.run([*NAMESPACES[:1], "--mount", *NAMESPACES[1:], "sh", "-c", script, "sh", *command],
                          input=text, capture_output=True, text=True, timeout=BOUND)


def test_it_needs_no_proc_no_writable_path_and_no_user_of_its_own():
    need_namespaces()
    if WRAPPER:
        raise Skip("valgrind itself needs /proc and a writable path")
    with open(PIDLET, "rb") as f:
        if b"__asan_init" in f.read():
            raise Skip("LeakSanitizer itself needs /proc")
    with tempfile.TemporaryDirectory() as root:
        # The host's root, read-only, and of what is mounted below it nothing but /dev: no /proc, no /sys.
        bare = f"mount --bind / {root} && mount --bind /dev {root}/dev && mount -o remount,bind,ro {root} && exec chroot {root} \"$@\""
        program = PIDLET
        if not program.startswith("/") or os.stat(program).st_dev != os.stat("/").st_dev:
            raise Skip("pidlet is not on the root file system")
        say = "test ! -e /proc/self && ! touch /x 2>/dev/null && ! touch /tmp/x 2>/dev/null && echo bare"
        users = [[]]
        if os.geteuid() == 0:
            users.append(["--userspec=54321:54321"])
        for user in users:
            script = bare.replace("chroot", "chroot " + " ".join(user))
            done = restricted(script, [program, "run", "--", "/bin/sh", "-c", f"{say}; (sleep 0.1; echo late) & exit 3"])
            assert (done.returncode, done.stdout) == (3, "bare\nlate\n"), done
            done = restricted(script, [program, "run", "--no-socket", "-f", "-"],
                              pod("a", f"[{sh('x', say + '; exit 4')}]", spec="restartPolicy: Never"))
            assert done.returncode == 4 and "a/x | bare\n" in done.stdout, done


def test_a_terminal_is_the_commands_own():
    need_namespaces()
    if os.geteuid() != 0:
        raise Skip("only root can give PID 1 a terminal of its own here")
    pid, master = pty.fork()
    if pid == 0:
        os.execvp(NAMESPACES[0], [*NAMESPACES, "setsid", "--ctty", *INITS["pidlet"], "sh", "-c",
                                  "trap 'echo got; exit 6' INT; : </dev/tty && echo mine; while :; do sleep 0.02; done"])
    data = b""

    def read_until(word):
        nonlocal data
        end = time.monotonic() + BOUND
        while word not in data and time.monotonic() < end:
            if select.select([master], [], [], 0.1)[0]:
                data += os.read(master, 4096)
        assert word in data, data

    read_until(b"mine")
    os.write(master, b"\x03")
    read_until(b"got")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 6, data
    os.close(master)


main(globals())
