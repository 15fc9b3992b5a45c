#!/usr/bin/env python3
"""Termination messages: what a run says about its end."""
import os
import re
import signal
import tempfile

from pidlet import WRAPPER, Pidlet, Skip, main, pod, sh, wait_until

NEVER = "restartPolicy: Never"


def exited(p, times=1):
    return p.wait_for(r"Exited  \S+  (.*)$", times=times).group(1)


def message_of(script, more="", **how):
    """What the line of the end says of the run's message."""
    with Pidlet(pod("a", f"[{sh('x', script, more)}]", spec=NEVER), **how) as p:
        p.wait()
        return re.sub(r"^.* after [0-9.]+m?s(: )?", "", exited(p))


def test_the_variable_names_a_file_of_the_runs_own():
    assert message_of('printf "no licence\\n" >$PIDLET_TERMINATION_LOG; exit 3') == "no licence"
    assert message_of('echo -n DONE >"$PIDLET_TERMINATION_LOG"') == "DONE"
    assert message_of("exit 3") == ""


def test_a_message_does_not_survive_a_restart_and_leaves_no_file():
    script = 'echo "$PIDLET_TERMINATION_LOG"; test -e "$0.said" || { touch "$0.said"; echo first >$PIDLET_TERMINATION_LOG; }; exit 1'
    with tempfile.TemporaryDirectory() as folder:
        script = script.replace("$0", folder + "/x")
        with Pidlet(pod("a", f"[{sh('x', script)}]", annotations='"pidlet.dev/backoff": "initial=50ms"')) as p:
            assert exited(p).endswith("s: first")
            assert exited(p, 2).endswith("s")
            paths = [p.wait_for(r"a/x \| (/.*)$", times=n).group(1) for n in (1, 2)]
            assert paths[0] != paths[1] and not os.path.exists(paths[0])
            p.signal(signal.SIGTERM)
            assert p.wait() == 0
        assert not os.path.exists(os.path.dirname(paths[0]))    # nor the folder


def test_the_log_stands_in_when_the_policy_says_so_and_the_run_failed():
    policy = "terminationMessagePolicy: FallbackToLogsOnError"
    assert message_of("echo -n DONE; exit 1", policy) == "DONE"
    assert message_of("echo one; echo two >&2; exit 1", policy) in (r"one\ntwo", r"two\none")
    assert message_of("echo -n DONE; exit 0", policy) == ""
    assert message_of("echo -n DONE; exit 1") == ""
    assert message_of("printf OK >$PIDLET_TERMINATION_LOG; echo DONE; exit 1", policy) == "OK"
    assert message_of("head -c 100000 /dev/zero | tr -c x y; exit 1", policy) == 200 * "y" + "..."


def test_a_path_of_its_own_is_read_when_the_run_has_changed_it():
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/why"
        with open(path, "w") as f:
            f.write("of long ago")
        more = f"terminationMessagePath: {path}"
        assert message_of("exit 1", more) == ""
        assert message_of(f'test "$PIDLET_TERMINATION_LOG" = {path} && echo new >{path}; exit 1', more) == "new"
        assert message_of("exit 1", more) == ""
        with open(path) as f:
            assert f.read() == "new\n"          # it is left alone
        assert message_of("exit 1", f"terminationMessagePath: {folder}/none") == ""
        assert message_of(f"ln -sf /etc/passwd {folder}/link; exit 1", f"terminationMessagePath: {folder}/link") \
            == f"Error on reading termination log {folder}/link: Too many levels of symbolic links"
        assert message_of("exit 1", f"terminationMessagePath: {folder}") \
            == f"Error on reading termination log {folder}: Invalid argument"


def test_a_process_of_another_user_finds_its_file_and_shows_no_other():
    if os.geteuid() != 0:
        raise Skip("only root can run processes of another user")
    user = "securityContext: {runAsUser: 65534, runAsGroup: 65534}"
    assert message_of("id -u >$PIDLET_TERMINATION_LOG; exit 1", user) == "65534"
    assert message_of("exit 1", user) == ""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        with open(folder + "/secret", "w") as f:
            f.write("secret")
        os.chmod(folder + "/secret", 0o600)
        # It may rename what is not its own into the place, in a folder of its own.
        assert message_of(f"mv {folder}/secret {folder}/why; exit 1",
                          f"terminationMessagePath: {folder}/why, {user}") \
            == f"Error on reading termination log {folder}/why: Permission denied"


def test_the_file_of_a_start_that_failed_goes_as_well():
    if os.geteuid() != 0:
        raise Skip("only root can run processes of another user")
    with tempfile.TemporaryDirectory() as folder:
        with Pidlet(pod("a", "[{name: x, command: [/no/such], securityContext: {runAsUser: 65534}}]", spec=NEVER),
                    pod("b", f"[{sh('z', 'echo $PIDLET_TERMINATION_LOG; sleep 1000')}]"), env={"TMPDIR": folder}) as p:
            p.wait_for("Failed  a/x  Error: ")
            ours = os.path.dirname(p.wait_for(r"b/z \| (/.*)$").group(1))
            # But for the file that says whose folder it is.
            wait_until(lambda: not [n for n in os.listdir(ours) if not n.endswith("-" + 16 * "f")], "the folder to be empty")


def test_starts_for_which_there_are_no_descriptors_leave_no_file():
    if os.geteuid() != 0:
        raise Skip("only root can run processes of another user")
    if WRAPPER:
        raise Skip("valgrind keeps descriptors for itself")
    containers = ", ".join(sh(f"x{i}", "echo $PIDLET_TERMINATION_LOG; exec sleep 1000", "securityContext: {runAsUser: 65534}")
                           for i in range(40))
    with Pidlet(pod("a", f"[{containers}]"), prefix=["sh", "-c", 'ulimit -n 24; exec "$@"', "sh"]) as p:
        folder = os.path.dirname(p.wait_for(r"\| (/.*)$").group(1))
        p.wait_for("opening its output: Too many open files", times=20)
        files = [n for n in os.listdir(folder) if not n.endswith("-" + 16 * "f")]       # that one says whose it is
        assert len(files) <= p.count("Started"), files


def test_what_a_killed_pidlet_has_left_the_next_one_removes_and_nothing_else():
    say = sh("x", 'echo text >$PIDLET_TERMINATION_LOG; echo "$PIDLET_TERMINATION_LOG"; exec sleep 1000')
    with tempfile.TemporaryDirectory() as tmp:
        env = {"TMPDIR": tmp, "XDG_RUNTIME_DIR": "/proc/none"}
        where = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o ro none /run && exec "$@"', "sh"] if os.geteuid() == 0 else []
        with Pidlet(pod("living", f"[{say}]"), env=env, prefix=where) as living:
            kept = living.wait_for(r"living/x \| (/.*)$").group(1)
            with Pidlet(pod("killed", f"[{say}]"), env=env, prefix=where) as killed:
                left = killed.wait_for(r"killed/x \| (/.*)$").group(1)
                killed.signal(signal.SIGKILL)
                killed.wait()
            assert os.path.exists(left) and os.path.dirname(left) != os.path.dirname(kept)
            others = [os.path.join(tmp, "pidlet-runs-abcdef", "0123456789abcdef-0.mine"),
                      os.path.join(tmp, "pidlet-runs-other", "0123456789abcdef-0")]
            for path in others:
                os.mkdir(os.path.dirname(path))
                with open(path, "w") as f:
                    f.write("mine")
            with Pidlet(pod("next", f"[{say}]"), env=env, prefix=where) as p:
                p.wait_for(r"next/x \| (/.*)$")
                assert not os.path.exists(os.path.dirname(left))
                assert os.path.exists(kept) and all(os.path.exists(path) for path in others)


def test_without_a_place_runs_go_on_without_messages():
    if WRAPPER:
        raise Skip("valgrind itself needs a TMPDIR")
    with Pidlet(pod("a", f"[{sh('x', 'echo ${PIDLET_TERMINATION_LOG-none}')}]", spec=NEVER),
                prefix=["unshare", "--user", "--mount", "sh", "-c", 'exec "$@"', "sh"],
                env={"TMPDIR": "/proc", "XDG_RUNTIME_DIR": "/proc"}) as p:
        if p.wait() != 0 and p.count("unshare"):
            raise Skip("no user namespaces")
        p.wait_for(r"there is no place for termination messages: .*; containers are told none$")
        p.wait_for(r"a/x \| none$")


main(globals())
