#!/usr/bin/env python3
"""postStart and preStop hooks of real processes (kubelet-semantics 3)."""
import os
import re
import signal
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(__file__))
from pidlet import Pidlet, main, pod, sh  # noqa: E402

QUICK = "pidlet.dev/backoff: 'initial=100ms,max=100ms'"
WAITS = "trap 'echo got TERM; exit 0' TERM; echo up; while :; do sleep 0.02; done"


def hook(when, what):
    return f"lifecycle: {{{when}: {what}}}"


def test_a_failed_exec_hook_is_logged_in_the_kubelet_s_words():
    what = '{exec: {command: [sh, -c, "echo said; echo why >&2; exit 3"]}}'
    with Pidlet(pod("a", "[" + sh("x", "exec sleep 1000", hook("postStart", what)) + "]", annotations=QUICK)) as p:
        line = p.wait_for(r"pidlet: a/x: postStart hook: (.*)").group(1)
        assert re.fullmatch(
            r'Exec lifecycle hook \(\[sh -c echo said; echo why >&2; exit 3\]\) for Container "x" in Pod '
            r'"a_default\([0-9a-f]{32}\)" failed - error: command \'sh -c echo said; echo why >&2; exit 3\' '
            r'exited with 3: why , message: "said\\nwhy\\n"', line), line


def test_an_exec_hook_that_cannot_start_fails():
    what = "{exec: {command: [/no/such/hook]}}"
    with Pidlet(pod("a", "[" + sh("x", "exec sleep 1000", hook("postStart", what)) + "]", annotations=QUICK)) as p:
        p.wait_for(r'Exec lifecycle hook \(\[/no/such/hook\]\) for Container "x" in Pod ".*" failed - error: '
                   r'.*No such file or directory, message: ""$')
        p.wait_for(r"^Warning  FailedPostStartHook  a/x  PostStartHook failed$")


def test_hook_commands_are_not_expanded():
    what = '{exec: {command: [sh, -c, "echo not $(HERE) >&2; exit 1"]}}'
    with Pidlet(pod("a", "[" + sh("x", "exec sleep 1000", "env: [{name: HERE, value: there}], "
                                  + hook("postStart", what)) + "]", annotations=QUICK)) as p:
        p.wait_for(r"Exec lifecycle hook \(\[sh -c echo not \$\(HERE\) >&2; exit 1\]\)")


def test_a_tcp_socket_hook_fails_without_a_connection():
    with Pidlet(pod("a", "[" + sh("x", "exec sleep 1000", hook("postStart", "{tcpSocket: {port: 80}}")) + "]",
                    annotations=QUICK)) as p:
        p.wait_for(r"a/x: postStart hook: Cannot run handler: invalid handler: &LifecycleHandler\{Exec:nil,HTTPGet:nil,"
                   r"TCPSocket:&TCPSocketAction\{Port:\{0 80 \},Host:,\},Sleep:nil,\}$")
        p.wait_for(r"^Warning  FailedPostStartHook  a/x  PostStartHook failed$")
        p.wait_for(r"^Normal   Killing  a/x  FailedPostStartHook$")


def test_a_sleep_hook_comes_before_the_signal():
    with Pidlet(pod("a", "[" + sh("x", WAITS, hook("preStop", "{sleep: {seconds: 1}}")) + "]")) as p:
        p.wait_for(r"\| up")
        p.signal(signal.SIGTERM)
        assert float(p.wait_for(r"exit code 0 after ([0-9.]+)s").group(1)) >= 1
        assert p.wait() == 0
        assert p.count("got TERM") == 1 and p.count("FailedPreStopHook") == 0


def test_a_post_start_sleep_holds_readiness_back():
    begin = time.monotonic()
    with Pidlet(pod("a", "[" + sh("x", "exec sleep 1000", hook("postStart", "{sleep: {seconds: 1}}")) + "]")) as p:
        p.wait_for(r"^Normal   Ready  a/x")
        assert time.monotonic() - begin >= 1


def test_a_hook_that_hangs_does_not_hold_up_a_deletion():
    what = "{exec: {command: [sleep, '1000']}}"
    with Pidlet(pod("a", "[" + sh("x", WAITS, hook("postStart", what)) + "]")) as p:
        p.wait_for(r"\| up")
        p.signal(signal.SIGTERM)
        assert p.wait() == 0
        assert p.count("got TERM") == 1


def test_a_pre_stop_hook_that_hangs_ends_with_the_grace_period():
    what = "{exec: {command: [sleep, '1000']}}"
    with Pidlet(pod("a", "[" + sh("x", WAITS, hook("preStop", what)) + "]",
                    spec="terminationGracePeriodSeconds: 1")) as p:
        p.wait_for(r"\| up")
        p.signal(signal.SIGTERM)
        assert p.wait() == 0
        assert p.count("got TERM") == 1 and p.count("FailedPreStopHook") == 0


def test_a_pre_stop_hook_that_fails_is_told_and_the_stop_goes_on():
    with tempfile.TemporaryDirectory() as folder:
        what = f'{{exec: {{command: [sh, -c, "touch {folder}/ran; exit 4"]}}}}'
        with Pidlet(pod("a", "[" + sh("x", WAITS, hook("preStop", what)) + "]")) as p:
            p.wait_for(r"\| up")
            p.signal(signal.SIGTERM)
            p.wait_for(r"^Warning  FailedPreStopHook  a/x  PreStopHook failed$")
            assert p.wait() == 0
            assert os.path.exists(f"{folder}/ran") and p.count("got TERM") == 1


main(globals())
