#!/usr/bin/env python3
"""What bash, zsh and fish complete: verbs, options, values, files, and what the running daemon knows."""
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time

from api import Served
from pidlet import BOUND, PIDLET, Skip, main, pod, sh

SCRIPTS = os.environ["COMPLETIONS"]
HAS_API = "\n  pidlet get " in subprocess.run([PIDLET, "help"], capture_output=True, text=True).stdout

# What is typed, and what the line is after the tabulator.
OFFLINE = {
    "pidlet simu": "pidlet simulate ",
    "pidlet help vers": "pidlet help version ",
    "pidlet check --rep": "pidlet check --report ",
    "pidlet check -o js": "pidlet check -o json ",
    "pidlet check --output=js": "pidlet check --output=json ",
    "pidlet check --report manif": "pidlet check --report manifest.yaml ",
    "pidlet simulate --scenario=manif": "pidlet simulate --scenario=manifest.yaml ",
    "pidlet run --log-dir fol": "pidlet run --log-dir folder/",
    "pidlet run --restart OnF": "pidlet run --restart OnFailure ",
    "pidlet run --liveness exe": "pidlet run --liveness exec:",
    "pidlet run --restart Never -- zzcom": "pidlet run --restart Never -- zzcommand ",
    "pidlet explain pod.spec.termi": "pidlet explain pod.spec.terminationGracePeriodSeconds",
    "pidlet explain stateful": "pidlet explain statefulset",
    "pidlet schema conf": "pidlet schema configmap ",
}
ONLINE = {
    "pidlet restart we": "pidlet restart web ",
    "pidlet logs web -c sid": "pidlet logs web -c sidecar ",
    "pidlet logs web --container=sid": "pidlet logs web --container=sidecar ",
    "pidlet describe pods we": "pidlet describe pods web ",
    "pidlet describe pod/we": "pidlet describe pod/web ",
    "pidlet get conf": "pidlet get configmaps ",
    "pidlet get pods -n kube-s": "pidlet get pods -n kube-system ",
    "pidlet wait --for=condition=Rea": "pidlet wait --for=condition=Ready ",
    "pidlet wait pod/we": "pidlet wait pod/web ",
    "pidlet backoff ret": "pidlet backoff retry ",
    "pidlet backoff reset web -c sid": "pidlet backoff reset web -c sidecar ",
}
WEB = pod("web", f'[{sh("server", "exec sleep 1000")}, {sh("sidecar", "exec sleep 1000")}]', "terminationGracePeriodSeconds: 0")


class Shell:
    """One on a terminal of its own; a key prints its line, between marks."""

    def __init__(self, folder, args, setup, env):
        self.seen = b""
        self.pid, self.tty = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(args[0], args, env)
        self.type("\n".join(setup) + "\necho re''ady\n")
        self.wait_for(rb"ready\r?\n")

    def type(self, text):
        os.write(self.tty, text.encode())

    def wait_for(self, pattern):
        end = time.monotonic() + BOUND
        while not (found := re.search(pattern, self.seen)):
            assert time.monotonic() < end, f"waited {BOUND} s for {pattern}: {self.seen!r}"
            if select.select([self.tty], [], [], 1)[0]:
                self.seen += os.read(self.tty, 65536)
        self.seen = self.seen[found.end():]
        return found

    def line_after_tab(self, typed):
        self.type(typed + "\t\x18p")
        line = self.wait_for(rb"<<(.*?)>>").group(1).decode()
        self.type("\x15")
        return line

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.tty)


class Bash(Shell):
    def __init__(self, folder, env):
        super().__init__(folder, ["bash", "--norc", "--noprofile", "-i"], [
            "stty -echo", ". /usr/share/bash-completion/bash_completion", f". {SCRIPTS}/pidlet.bash",
            r"""show() { printf '<<%s>>\n' "$READLINE_LINE"; }; bind -x '"\C-xp": show'"""], env)


class Zsh(Shell):
    def __init__(self, folder, env):
        super().__init__(folder, ["zsh", "-f", "-i"], [
            f"fpath=({SCRIPTS} $fpath); autoload -Uz compinit && compinit -u -D",
            r"show() { print -rn -- '<<'; print -rn -- $BUFFER; print -r -- '>>' }; zle -N show; bindkey '^Xp' show; bindkey '^U' kill-whole-line"],
            env)


class Fish:
    """Has a command for that: candidates, one a line.  It is asked for all cases at once, as it starts slowly."""

    def __init__(self, folder, env):
        done = subprocess.run(["fish", "--no-config", "-c", f"source {SCRIPTS}/pidlet.fish\n"
                               "for line in $argv; echo @$line; complete -C $line; end", *OFFLINE, *ONLINE],
                              capture_output=True, text=True, cwd=folder, env=env)
        self.found = {part.partition("\n")[0]: part.splitlines()[1:] for part in ("\n" + done.stdout).split("\n@")[1:]}

    def line_after_tab(self, typed):
        candidates = [line.partition("\t")[0] for line in self.found[typed]]
        assert len(candidates) == 1, (typed, candidates)
        return typed[:typed.rindex(" ") + 1] + candidates[0]

    def close(self):
        pass


def expect(kind, name, cases, socket=None):
    if shutil.which(name) is None:
        raise Skip(f"there is no {name}")
    with tempfile.TemporaryDirectory(prefix="pidlet-test-") as folder:
        os.makedirs(os.path.join(folder, "bin"))
        os.makedirs(os.path.join(folder, "folder"))
        open(os.path.join(folder, "manifest.yaml"), "w").close()
        os.symlink(PIDLET, os.path.join(folder, "bin", "pidlet"))
        command = os.path.join(folder, "bin", "zzcommand")
        with open(command, "w") as f:
            f.write("#!/bin/sh\n")
        os.chmod(command, 0o755)
        env = {**os.environ, "PATH": f"{folder}/bin:{os.environ['PATH']}", "HOME": folder, "TERM": "dumb", "PS1": "$ ",
               "PIDLET_SOCKET": socket or f"{folder}/none.sock"}
        shell = kind(folder, env)
        try:
            for typed, wanted in cases.items():
                # fish tells candidates, and not whether a blank follows
                got = shell.line_after_tab(typed)
                assert got.rstrip(" ") == wanted.rstrip(" "), (typed, got, wanted)
                assert kind is Fish or got == wanted, (typed, got, wanted)
        finally:
            shell.close()


def expect_all(kind, name):
    if not HAS_API:
        expect(kind, name, OFFLINE)
        return
    with Served(WEB) as s:
        s.wait_for("Started  web/sidecar")
        expect(kind, name, {**OFFLINE, **ONLINE}, s.socket)


def test_bash_completes_what_pidlet_and_the_daemon_know():
    expect_all(Bash, "bash")


def test_zsh_completes_what_pidlet_and_the_daemon_know():
    expect_all(Zsh, "zsh")


def test_fish_completes_what_pidlet_and_the_daemon_know():
    expect_all(Fish, "fish")


def test_without_a_daemon_nothing_is_offered_and_nothing_is_said():
    for words in (["restart", ""], ["get", "pods", ""], ["logs", "web", "-c", ""], ["nonsense", ""], ["check", "--nonsense=x"]):
        done = subprocess.run([PIDLET, "__complete", *words], capture_output=True, text=True,
                              env={**os.environ, "PIDLET_SOCKET": "/nowhere"})
        assert done.returncode == 0 and done.stdout == ":\n", (words, done)


def test_every_verb_and_option_is_offered():
    def offered(*words):
        lines = subprocess.run([PIDLET, "__complete", *words], capture_output=True, text=True).stdout.splitlines()
        return [line.partition("\t")[0] for line in lines[:-1]]

    shown = subprocess.run([PIDLET, "help"], capture_output=True, text=True).stdout
    verbs = re.findall(r"^  pidlet (\w+)", shown, re.M)
    assert offered("") == verbs
    for verb in verbs:
        shown = subprocess.run([PIDLET, "help", verb], capture_output=True, text=True).stdout
        assert offered(verb, "--") == re.findall(r"^ +(?:-\w, )?(--[\w-]+)", shown, re.M), verb


main(globals())
