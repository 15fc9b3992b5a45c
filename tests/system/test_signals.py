#!/usr/bin/env python3
"""Ctrl-C, SIGTERM, SIGHUP; PID 1."""
import os
import re
import shutil
import signal
import subprocess

from pidlet import WRAPPER, Pidlet, Skip, alive, main, pod, sh, wait_until

FOREVER = "echo pid $$; exec sleep 1000"


def pid_of(p, name, times=1):
    return int(p.wait_for(rf"^{name} +\| pid (\d+)", times=times).group(1))


def test_an_interrupt_stops_gracefully():
    with Pidlet(pod("a", f"[{sh('x', FOREVER)}, {sh('z', FOREVER)}]")) as p:
        pids = [pid_of(p, "a/x"), pid_of(p, "a/z")]
        p.signal(signal.SIGINT)
        assert p.wait() == 0
        p.wait_for(r"^Normal   Killing  a/x  Stopping container x$")
        p.wait_for(r"^Normal   Deleted  a  ")
        assert not any(alive(pid) for pid in pids)


def test_a_second_interrupt_kills():
    with Pidlet(pod("a", "[" + sh("x", "trap 'echo TERM' TERM; echo up; while :; do sleep 0.05; done") + "]",
                    spec="terminationGracePeriodSeconds: 1000")) as p:
        p.wait_for(r"\| up")
        p.signal(signal.SIGINT)
        p.wait_for("TERM")
        p.signal(signal.SIGINT)
        p.wait_for("killed by signal 9")
        assert p.wait() == 0


def catches(pid, number):
    """Whether it does; None: it is gone."""
    try:
        with open(f"/proc/{pid}/status") as f:
            mask = re.search(r"^SigCgt:\s*(\w+)", f.read(), re.M)
    except (FileNotFoundError, ProcessLookupError):
        return None
    return mask and bool(int(mask.group(1), 16) >> (number - 1) & 1)


def test_an_interrupt_at_the_very_end_does_not_take_the_exit_status():
    if WRAPPER:
        raise Skip("valgrind catches every signal itself: when pidlet no longer does cannot be seen")
    read, write = os.pipe()             # nobody reads: pidlet waits a moment for its last lines to go
    script = "i=0; while [ $i -lt 2000 ]; do echo a line that fills the pipe, sooner or later; i=$((i + 1)); done; exit 3"
    with Pidlet(pod("a", f"[{sh('x', script)}]", spec="restartPolicy: Never"), stdout=write) as p:
        os.close(write)
        wait_until(lambda: catches(p.process.pid, signal.SIGINT), "the begin")
        wait_until(lambda: not catches(p.process.pid, signal.SIGINT), "the end to begin")
        p.signal(signal.SIGINT)
        assert p.wait() == 3
    os.close(read)


def test_a_stop_does_not_wait_for_a_back_off():
    with Pidlet(pod("a", f"[{sh('x', 'exit 1')}]")) as p:
        p.wait_for("back-off 10s")
        p.signal(signal.SIGTERM)
        assert p.wait() == 0


def test_a_stop_does_not_wait_for_post_start():
    with Pidlet(pod("a", "[" + sh("x", FOREVER, "lifecycle: {postStart: {exec: {command: [sleep, \"1000\"]}}}")
                    + f", {sh('z', FOREVER)}]")) as p:
        pid_of(p, "a/x")
        p.signal(signal.SIGTERM)
        assert p.wait() == 0
        assert p.count("a/z") == 0      # it was held back, and never started


def test_a_pod_that_had_failed_counts_after_a_stop():
    with Pidlet(pod("a", f"[{sh('x', 'exit 5')}]", spec="restartPolicy: Never"),
                pod("b", f"[{sh('z', FOREVER)}]")) as p:
        p.wait_for(r"^Warning  Failed  a  ")
        pid_of(p, "b/z")
        p.signal(signal.SIGTERM)
        assert p.wait() == 1


def test_a_reload_touches_only_the_difference():
    keep, change = pod("keep", f"[{sh('x', FOREVER)}]"), pod("change", f"[{sh('x', FOREVER)}]")
    with Pidlet(keep, change, pod("go", f"[{sh('x', FOREVER)}]")) as p:
        kept, changed = pid_of(p, "keep/x"), pid_of(p, "change/x")
        gone = pid_of(p, "go/x")
        p.write("0.yaml", "# a comment is no change\n" + keep)
        p.write("1.yaml", change.replace("1000", "1001"))
        p.write("2.yaml", pod("new", f"[{sh('x', FOREVER)}]"))
        p.signal(signal.SIGHUP)
        assert pid_of(p, "change/x", times=2) != changed
        pid_of(p, "new/x")
        wait_until(lambda: not alive(gone), "the pod that is not wanted to go")
        assert alive(kept) and p.count(r"^keep/x +\| pid") == 1
        assert not alive(changed)


def test_a_broken_manifest_leaves_the_pods_alone_and_says_why():
    with Pidlet(pod("a", f"[{sh('x', FOREVER)}]")) as p:
        pid = pid_of(p, "a/x")
        p.write("0.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers: [\n")
        p.signal(signal.SIGHUP)
        p.wait_for(r"^! .*0\.yaml:\d+:\d+: ")
        p.wait_for(r"^! pidlet: the manifests have errors; the running pods stay as they are$")
        assert alive(pid)
        os.unlink(p.files[0])
        p.signal(signal.SIGHUP)
        p.wait_for(r"^! .*0\.yaml: No such file or directory$")
        assert alive(pid)


def test_a_pod_that_is_wanted_again_starts_after_its_end():
    slow = "trap 'sleep 0.5; exit 0' TERM; echo pid $$; while :; do sleep 0.05; done"
    with Pidlet(pod("a", f"[{sh('x', slow)}]"), pod("b", f"[{sh('x', FOREVER)}]")) as p:
        first = pid_of(p, "a/x")
        text = open(p.files[0]).read()
        p.write("0.yaml", pod("c", f"[{sh('x', FOREVER)}]"))
        p.signal(signal.SIGHUP)
        p.wait_for("Killing  a/x")
        p.write("0.yaml", text)
        p.signal(signal.SIGHUP)
        second = pid_of(p, "a/x", times=2)
        assert not alive(first) and alive(second)
        p.wait_for(r"^Normal   Deleted  c")


def test_as_pid_1_it_reaps_orphans_and_heeds_sigterm():
    if os.geteuid() != 0 or not shutil.which("unshare"):
        raise Skip("needs root, for a PID namespace")
    # The shell is alone below PID 1 once the orphan has ended and was reaped; it is left to PID 1 at once.
    script = ("(sh -c 'sleep 0.2 & exit 0' &) ; until [ $(ps -o pid= --ppid 1 | wc -l) = 1 ]; do sleep 0.05; done; "
              "echo zombies $(ps -eo stat= | grep -c '^Z'); exec sleep 1000")
    with Pidlet(pod("a", f"[{sh('x', script)}]"),
                prefix=["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]) as p:
        p.wait_for("zombies 0$")
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(p.process.pid)],
                                  capture_output=True, text=True).stdout.split()
        os.kill(int(children[0]), signal.SIGTERM)
        assert p.wait() == 0
        assert re.search("Deleted  a", p.output())


main(globals())
