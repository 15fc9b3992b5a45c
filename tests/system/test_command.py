#!/usr/bin/env python3
"""`pidlet run -- CMD` and `-f Procfile`: pods without a manifest."""
import contextlib
import os
import signal
import subprocess
import tempfile

from pidlet import BOUND, PIDLET, WRAPPER, Pidlet, main, processes_with, stat_of, wait_until


def run(*args, **more):
    return subprocess.run([*WRAPPER, PIDLET, "run", *args], capture_output=True, text=True, timeout=BOUND, **more)


def test_a_command_runs_to_its_end_and_gives_its_exit_status():
    done = run("--no-socket", "--", "sh", "-c", "printf '%s\\n' \"$0 $1\"; echo '$(HOME) $$'; exit 3", "a b", "c\"d\\e\nf")
    assert done.returncode == 3, done
    assert "sh/sh | a b c\"d\\e\n" in done.stdout and "sh/sh | f\n" in done.stdout, done.stdout
    assert "sh/sh | $(HOME) $$\n" in done.stdout, done.stdout
    own = [line for line in done.stderr.splitlines() if not line.startswith("--")]    # valgrind's are not
    assert not own, own
    assert run("--no-socket", "--", "true").returncode == 0
    assert run("--no-socket", "--", "sh", "-c", "kill -9 $$").returncode == 137
    assert run("--no-socket", "--", "/nowhere/at/all").returncode == 127
    assert run("--no-socket", "--", "no-such-command").returncode == 127
    assert run("--no-socket", "--", "/etc/passwd/x").returncode == 127
    assert run("--no-socket", "--", "/etc/passwd").returncode == 126
    assert run("--no-socket", "--", "/").returncode == 126
    assert run("--no-socket", "--", "sh", "-c", "exit 128").returncode == 128


def test_options_after_the_separator_are_the_command_s():
    done = run("--no-socket", "--name", "mine", "--", "echo", "--name", "-f", "--", "-h")
    assert done.returncode == 0 and "mine/mine | --name -f -- -h\n" in done.stdout, done


def is_child(p, pid):
    """And not a probe's that is still a copy of pidlet, whose command line has the same word."""
    with contextlib.suppress(OSError, TypeError), open(f"/proc/{pid}/cmdline", "rb") as f:
        return f.read() == b"sleep\0" b"1000.7\0" and stat_of(pid)[1] == p.process.pid
    return False


def kill_child(p):
    """SIGKILL to the container's process, which has pidlet's own last words."""
    # Started is said when exec has taken place, which /proc may show a moment later.
    child, = wait_until(lambda: [pid for pid in processes_with("1000.7") if is_child(p, pid)], "the child")
    os.kill(child, signal.SIGKILL)


def test_flags_make_the_pod():
    with tempfile.TemporaryDirectory() as folder:
        flag = os.path.join(folder, "ready")
        with Pidlet(args=("--name", "api", "--restart", "Always", "--grace", "1s", "--backoff", "initial=100ms,max=200ms",
                          "--readiness", f"exec:test -e {flag}", "--liveness", "tcp:1", "--startup", "exec:true",
                          "--", "sleep", "1000.7")) as p:
            p.wait_for("Started +api/api")
            p.wait_for("Unhealthy +api/api +Readiness probe failed")
            open(flag, "w").close()
            p.wait_for("Normal +Ready +api/api")
            kill_child(p)
            p.wait_for("Started +api/api", 2)
            kill_child(p)
            p.wait_for("BackOff +api/api +back-off 100ms restarting")
            p.signal(signal.SIGINT)
            assert p.wait() == 0
    assert not processes_with("1000.7")


def test_wrong_flags_say_what_would_be_right():
    for args, words in ((["--"], "there is no command after --"), (["--name", "x"], "--name goes with a command"),
                        (["sleep", "3"], "a command after --"), (["-f", "x.yaml", "--", "true"], "goes without -f"),
                        (["--restart", "always", "--", "true"], "must be Always, OnFailure or Never"),
                        (["--liveness", "tcp:0", "--", "true"], "must be tcp:PORT"),
                        (["--liveness", "tcp:65536", "--", "true"], "must be tcp:PORT"),
                        (["--readiness", "http:/x", "--", "true"], "http:PORT/PATH"),
                        (["--startup", "exec:", "--", "true"], "exec:'COMMAND'"),
                        (["--liveness", "8080", "--", "true"], "as in tcp:80"),
                        (["--grace", "1.5s", "--", "true"], "in whole seconds"),
                        (["--grace", "-1s", "--", "true"], "in whole seconds"),
                        (["--backoff", "max=1", "--", "true"], "is no duration such as"),
                        (["--backoff", "", "--", "true"], "KEY=VALUE")):
        done = run(*args)
        assert done.returncode == 2 and done.stdout == "" and words in done.stderr, (args, done)
    done = run("--name", "A_b", "--", "true")
    assert done.returncode == 3 and "command line:1:" in done.stderr and "metadata.name: Invalid value" in done.stderr, done


PROCFILE = """\
# what the app is made of

web: echo "web in $PWD, $((20 + 3))"; exec sleep 1000.8
Work_er :  exec sh -c 'echo working: $0; exec sleep 1000.8'\r
"""


def test_a_procfile_is_a_pod_with_a_container_for_each_line():
    with tempfile.TemporaryDirectory() as folder:
        app = os.path.join(os.path.realpath(folder), "My App")
        os.mkdir(app)
        name = os.path.join(app, "Procfile")
        with open(name, "w", newline="") as f:
            f.write(PROCFILE)
        with Pidlet(args=("-f", name)) as p:
            p.wait_for(r"^my-app/web +\| web in " + app + ", 23$")
            p.wait_for(r"^my-app/work-er +\| working: sh$")
            p.signal(signal.SIGINT)
            assert p.wait() == 0
        done = subprocess.run([*WRAPPER, PIDLET, "simulate", "-f", "Procfile", "-c", "web", "--runs", "5"], cwd=app,
                              capture_output=True, text=True)
        assert done.returncode == 0 and done.stdout.startswith("pod my-app: container web"), done
    assert not processes_with("1000.8")


def test_a_faulty_procfile_is_told_with_its_lines():
    with tempfile.TemporaryDirectory() as folder:
        def check(text):
            with open(os.path.join(folder, "Procfile.dev"), "wb") as f:
                f.write(text)
            return subprocess.run([*WRAPPER, PIDLET, "check", "Procfile.dev"], cwd=folder, capture_output=True, text=True)
        done = check(b"web\n\n: x\nb:\n")
        assert done.returncode == 3, done
        for line in ("Procfile.dev:1:1: ", "Procfile.dev:3:1: ", "Procfile.dev:4:2: there is no command"):
            assert line in done.stderr, (line, done.stderr)
        done = check(b"a: x\n# no\nA: y\n")
        assert done.returncode == 3 and 'Procfile.dev:3:' in done.stderr and 'Duplicate value: "a"' in done.stderr, done
        for text in (b"", b"# nothing\n\n"):
            done = check(text)
            assert done.returncode == 3 and "at least one line" in done.stderr, done
        done = check(b"!!: x\n")
        assert done.returncode == 3 and "Procfile.dev:1:" in done.stderr, done
        assert check(b"a: \xff\xfe\n").returncode == 3


main(globals())
