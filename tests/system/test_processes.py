#!/usr/bin/env python3
"""What only a kernel can show: groups, daemons, orphans, zombies, descriptors, masks."""
import os
import resource
import shutil
import signal
import subprocess
import tempfile

from pidlet import (PIDLET, WRAPPER, Pidlet, Skip, alive, all_pids, main, pod, processes_with, sh, stat_of,
                    state_of, wait_until, zombies_of)

FOREVER = "echo pid $$; exec sleep 1000"


def unique(n):
    return str(100000 + os.getpid() % 100000 * 10 + n)


def test_each_container_has_its_own_session_and_group():
    with Pidlet(pod("a", f"[{sh('x', FOREVER)}]")) as p:
        pid = int(p.wait_for(r"pid (\d+)").group(1))
        _, _, group, session = stat_of(pid)
        assert (group, session) == (pid, pid)


def test_nothing_of_pidlets_leaks_into_a_container():
    script = ("echo fds $(ls /proc/self/fd | tr '\\n' ' '); grep -E 'Sig(Blk|Ign|Cgt)' /proc/self/status; "
              "readlink /proc/self/fd/0; echo done")
    r, w = os.pipe()
    os.set_inheritable(w, True)         # a descriptor that whoever starts pidlet has forgotten

    def ignore():
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])

    with Pidlet(pod("a", f"[{sh('x', script)}]", spec="restartPolicy: Never"), pass_fds=(w,),
                preexec_fn=ignore) as p:
        assert p.wait() == 0
        p.wait_for(r"fds 0 1 2 3$")    # 3 is ls's own
        for mask in ("SigBlk", "SigIgn"):
            p.wait_for(rf"{mask}:\t0000000000000000")
        p.wait_for(r"\| /dev/null$")
    os.close(r)
    os.close(w)


def test_a_background_process_dies_with_its_container():
    word = unique(1)
    with Pidlet(pod("a", f"[{sh('x', f'sleep {word} & exit 0')}]", spec="restartPolicy: Never")) as p:
        assert p.wait() == 0
        assert not processes_with(word)


def test_a_daemon_that_left_session_and_group_dies_with_its_container():
    word = unique(2)
    script = f"setsid sh -c '(setsid sleep {word} &) ; exit 0'; sleep 0.2; exit 3"
    with Pidlet(pod("a", f"[{sh('x', script)}, {sh('z', FOREVER)}]", spec="restartPolicy: Never")) as p:
        p.wait_for("Exited  a/x  exit code 3")
        assert not processes_with(word)     # at that moment, not some time later


def test_a_daemon_without_environment_dies_on_a_stop():
    word = unique(3)
    script = f"(setsid env -i /bin/sleep {word} &); echo up; exec sleep 1000"
    with Pidlet(pod("a", f"[{sh('x', script)}]")) as p:
        p.wait_for(r"\| up")
        wait_until(lambda: processes_with(word), "the daemon to run")
        p.signal(signal.SIGTERM)
        assert p.wait() == 0
        assert not processes_with(word)


def test_a_grandchild_that_ignores_everything_dies_with_sigkill():
    word = unique(4)
    script = f"trap '' TERM INT HUP; (trap '' TERM; setsid sleep {word}) & echo up; while :; do sleep 0.05; done"
    with Pidlet(pod("a", f"[{sh('x', script)}]", spec="terminationGracePeriodSeconds: 1")) as p:
        p.wait_for(r"\| up")
        wait_until(lambda: processes_with(word), "the grandchild to run")
        p.signal(signal.SIGTERM)
        assert p.wait() == 0
        assert not processes_with(word)


def test_200_children_that_die_at_once_keep_their_exit_statuses():
    with tempfile.TemporaryDirectory() as folder:
        containers = ", ".join(
            sh(f"c{i}", f"echo ready; (sh -c 'sleep 0.01' &); while [ ! -e {folder}/go ]; do sleep 0.1; done; exit {i % 200}")
            for i in range(200))
        with Pidlet(pod("a", f"[{containers}]", spec="restartPolicy: Never")) as p:
            p.wait_for(r"\| ready$", times=200)
            open(f"{folder}/go", "w").close()
            p.wait()
        for i in range(200):
            assert p.count(rf"Exited  a/c{i}  exit code {i % 200} after") == 1, f"c{i}"


def test_no_zombie_stays():
    script = ("for i in 1 2 3 4 5 6 7 8; do (sh -c 'sleep 0.1 & exit 0' &); done; echo pid $$; "
              "exec sleep 1000")

    def left():                         # dead and not reaped is left as well
        return [pid for pid in all_pids() if (s := stat_of(pid)) and s[3] == leader]

    with Pidlet(pod("a", f"[{sh('x', script)}]")) as p:
        leader = int(p.wait_for(r"pid (\d+)").group(1))
        wait_until(lambda: left() == [leader], "the orphans to be reaped")
        assert not zombies_of(p.process.pid)


def test_a_pidlet_that_is_killed_leaves_no_main_process():
    with Pidlet(pod("a", f"[{sh('x', FOREVER)}]")) as p:
        pid = int(p.wait_for(r"pid (\d+)").group(1))
        p.process.kill()
        p.process.wait()
        wait_until(lambda: not alive(pid), "the main process to die with pidlet")


def test_a_stopped_process_is_killed_after_its_grace():
    with Pidlet(pod("a", f"[{sh('x', FOREVER)}]", spec="terminationGracePeriodSeconds: 1")) as p:
        pid = int(p.wait_for(r"pid (\d+)").group(1))
        os.kill(pid, signal.SIGSTOP)
        wait_until(lambda: state_of(pid) == "T", "the process to stop")     # else a SIGTERM may overtake
        p.signal(signal.SIGTERM)
        p.wait_for("killed by signal 9")
        assert p.wait() == 0


def test_without_descriptors_nothing_starts_and_it_does_when_there_are_some():
    if WRAPPER:
        raise Skip("valgrind has a limit of its own, which it does not look at again")
    crowd = pod("crowd", "[" + ", ".join(sh(f"c{i}", FOREVER) for i in range(12)) + "]")
    for more in (8, 9, 10):                 # short of them at one point and at another
        with Pidlet(pod("a", f"[{sh('x', FOREVER)}]")) as p:
            first = int(p.wait_for(r"a/x \| pid (\d+)").group(1))
            used = max(int(fd) for fd in os.listdir(f"/proc/{p.process.pid}/fd"))
            limit = resource.prlimit(p.process.pid, resource.RLIMIT_NOFILE)
            resource.prlimit(p.process.pid, resource.RLIMIT_NOFILE, (used + more, limit[1]))
            with open(p.files[0], "a") as f:
                f.write("---\n" + crowd)
            p.signal(signal.SIGHUP)
            p.wait_for(r"Error: (opening its output|starting sh): Too many open files", times=5)
            assert alive(first)
            resource.prlimit(p.process.pid, resource.RLIMIT_NOFILE, limit)
            p.signal(signal.SIGHUP)         # which tries again at once
            p.wait_for(r"crowd/c\d+ *\| pid", times=12)
            assert p.count("BackOff|Exited") == 0, p.output()           # pidlet's own shortage is no run of theirs


def test_with_too_few_descriptors_to_begin_with_it_says_so():
    if WRAPPER:
        raise Skip("valgrind itself needs more")
    for limit in range(4, 8):
        with Pidlet(args=("--", "true"), prefix=["sh", "-c", f'ulimit -n {limit}; exec "$@"', "sh"]) as p:
            assert p.wait() == 1
            p.wait_for("^! pidlet: starting: .*Too many open files$")


def test_an_unprivileged_user_can_run_it():
    if os.geteuid() != 0:
        raise Skip("needs root, to become another")
    if WRAPPER:
        raise Skip("valgrind could not read its suppressions as nobody")
    text = pod("a", f"[{sh('x', 'id -u; exit 0')}]", spec="restartPolicy: Never")
    r, w = os.pipe()
    os.write(w, text.encode())
    os.close(w)
    with tempfile.TemporaryDirectory() as folder:       # root's own may be closed to others
        os.chmod(folder, 0o755)
        program = shutil.copy(PIDLET, folder)
        with Pidlet(args=["-f", "-"], stdin=r, program=program,
                    prefix=["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]) as p:
            assert p.wait() == 0
            p.wait_for(r"\| 65534$")
    os.close(r)


def test_containers_have_the_limit_of_descriptors_that_pidlet_was_given():
    if WRAPPER:
        raise Skip("valgrind keeps the limit of open files for itself")
    probe = "readinessProbe: {exec: {command: [sh, -c, 'ulimit -Sn; exit 1']}, periodSeconds: 1}"
    with Pidlet(pod("a", "[" + sh("x", "ulimit -Sn; ulimit -Hn; grep files /proc/$PPID/limits; exec sleep 1000", probe) + "]"),
                prefix=["prlimit", "--nofile=700:1500"]) as p:
        p.wait_for(r"a/x \| Max open files +1500 +1500 ")
        assert p.count(r"a/x \| 700$") == 1 and p.count(r"a/x \| 1500$") == 1
        p.wait_for(r"Readiness probe failed: 700")


def test_what_a_killed_pidlet_has_left_running_the_next_one_kills_and_nothing_else():
    words = [unique(n) for n in (70, 71, 72)]

    def script(word):           # one that is of no session, group or parent that anybody knows
        return sh("x", f"setsid sh -c 'sleep {word} & sleep {word} & exit 0'; echo up; exec sleep 1000")

    with tempfile.TemporaryDirectory() as folder:
        env = {"TMPDIR": folder, "XDG_RUNTIME_DIR": "/proc/none"}
        # /run is not for tests: without it the folder of runs is below TMPDIR.
        where = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o ro none /run && exec "$@"', "sh"] if os.geteuid() == 0 else []
        with Pidlet(pod("living", f"[{script(words[0])}]"), env=env, prefix=where) as living:
            living.wait_for(r"living/x \| up")
            wait_until(lambda: len(processes_with(words[0])) == 2, "both to run")
            with Pidlet(pod("killed", f"[{script(words[1])}]"), env=env, prefix=where) as killed:
                killed.wait_for(r"killed/x \| up")
                wait_until(lambda: len(processes_with(words[1])) == 2, "both to run")
                killed.signal(signal.SIGKILL)
                killed.wait()
            assert len(processes_with(words[1])) == 2           # PR_SET_PDEATHSIG is for children alone
            with Pidlet(pod("next", f"[{script(words[2])}]"), env=env, prefix=where) as p:
                p.wait_for("killed 2 processes that a pidlet that was killed has left")
                p.wait_for(r"next/x \| up")
                assert not processes_with(words[1])
                assert len(processes_with(words[0])) == 2 and living.process.poll() is None


main(globals())
