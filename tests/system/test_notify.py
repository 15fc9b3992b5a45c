#!/usr/bin/env python3
"""Containers that notify pidlet as services notify systemd: pidlet.dev/notify, pidlet.dev/watchdog."""
import os
import re
import signal
import socket
import stat

from pidlet import Pidlet, Skip, main, pod, sh

NOTIFIER = os.environ.get("NOTIFIER")
NOTIFY = 'pidlet.dev/notify: "true"'


def notifier(name, *arguments, more=""):
    if not NOTIFIER:
        raise Skip("this build is without libsystemd")
    words = ", ".join('"' + word.replace("\n", "\\n") + '"' for word in arguments)
    return f'{{name: {name}, command: ["{NOTIFIER}", {words}]{", " if more else ""}{more}}}'


def send(name, message):
    """As a process that is not of the container."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.connect("\0" + name[1:] if name[0] == "@" else name)
        s.send(message)


def nobody():
    if os.geteuid() != 0:
        raise Skip("needs root")
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"]


def test_a_container_is_ready_when_it_has_said_so():
    with Pidlet(pod("a", f"[{notifier('x', 'STATUS=loading', 'barrier', 'wait')}, {sh('b', 'exec sleep 1000')}]",
                    annotations='pidlet.dev/notify.x: "true"')) as p:
        p.wait_for(r"a/x +\| barrier passed")                # all before it was acted upon
        p.wait_for(r"Ready +a/b ")
        assert p.count(r"Ready +a/x ") == 0, p.output()
    with Pidlet(pod("a", f"[{notifier('x', 'READY=1', 'wait')}]", annotations=NOTIFY)) as p:
        p.wait_for(r"Ready +a/x ")


def test_a_child_of_the_main_process_may_notify():
    notifier("x")
    script = f"{NOTIFIER} READY=1 barrier & wait; exec sleep 1000"
    with Pidlet(pod("a", f"[{sh('x', script)}]", annotations=NOTIFY)) as p:
        p.wait_for(r"Ready +a/x ")
    script = f"setsid {NOTIFIER} READY=1 barrier & wait; exec sleep 1000"
    with Pidlet(pod("a", f"[{sh('x', script)}]", annotations=NOTIFY)) as p:
        p.wait_for(r"Ready +a/x ")


def test_what_was_not_asked_for_is_not_given():
    script = "echo ${NOTIFY_SOCKET-none} ${WATCHDOG_USEC-none}"
    with Pidlet(pod("a", f"[{sh('x', script)}, {sh('b', script)}, {sh('z', script)}]", spec="restartPolicy: Never",
                    annotations='pidlet.dev/notify.b: "true", pidlet.dev/watchdog.z: 1m30s'),
                env={"NOTIFY_SOCKET": "/nonexistent", "WATCHDOG_USEC": "1000000"}) as p:
        p.wait_for(r"a/x +\| none none")
        p.wait_for(r"a/b +\| \S+\.notify none")
        p.wait_for(r"a/z +\| \S+\.notify 90000000")


def test_a_process_that_is_not_of_the_container_is_not_heard():
    with Pidlet(pod("a", f"[{sh('x', 'echo at $NOTIFY_SOCKET; exec sleep 1000')}]", annotations=NOTIFY)) as p:
        path = p.wait_for(r"a/x \| at (\S+)")[1]
        send(path, b"READY=1")
        p.wait_for(r"NotifyIgnored +a/x +a message of a process that is not of this container")
        send(path, b"READY=1")
        for times in (1, 2):            # once round the loop, and all that was there before has been seen
            p.signal(signal.SIGHUP)
            p.wait_for("manifests read again", times)
        assert p.count("Ready ") == 0, p.output()
        assert p.count("NotifyIgnored") == 1, p.output()


def test_the_socket_is_of_the_containers_user_alone_and_goes_with_the_run():
    if os.geteuid() != 0:
        raise Skip("needs root")
    script = "echo at $NOTIFY_SOCKET; read x </nonexistent; sleep 1000"
    with Pidlet(pod("a", f"[{sh('x', script, 'securityContext: {runAsUser: 54321}')}]", annotations=NOTIFY)) as p:
        path = p.wait_for(r"a/x \| at (\S+)")[1]
        found = os.stat(path)
        assert stat.S_ISSOCK(found.st_mode) and stat.S_IMODE(found.st_mode) == 0o600, oct(found.st_mode)
        assert found.st_uid == 54321
        folder = os.path.dirname(path)
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o711
    assert not os.path.exists(path) and not os.path.exists(folder)
    user = "securityContext: {runAsUser: 54321}"
    with Pidlet(pod("a", f"[{notifier('x', 'READY=1', 'wait', more=user)}]", annotations=NOTIFY)) as p:
        p.wait_for(r"Ready +a/x ")


def test_where_no_file_can_be_made_the_socket_is_an_abstract_one():
    with Pidlet(pod("a", f"[{sh('x', f'echo at $NOTIFY_SOCKET; exec {NOTIFIER} READY=1 barrier wait')}]", annotations=NOTIFY),
                prefix=nobody(), env={"TMPDIR": "/nonexistent", "XDG_RUNTIME_DIR": ""}) as p:
        notifier("x")
        assert p.wait_for(r"a/x \| at (\S+)")[1].startswith("@pidlet/")
        p.wait_for(r"Ready +a/x ")
        p.wait_for(r"a/x \| barrier passed")


def test_a_watchdog_that_is_not_fed_any_more_restarts_the_container():
    with Pidlet(pod("a", f"[{notifier('x', 'watchdog', 'READY=1', 'WATCHDOG=1', 'wait')}]",
                    annotations=f"{NOTIFY}, pidlet.dev/watchdog: 300ms")) as p:
        p.wait_for(r"a/x \| watchdog 1 300000")
        p.wait_for(r"Unhealthy +a/x +Liveness probe failed: WATCHDOG=1 has not come in time")
        p.wait_for(r"Killing +a/x +Container x failed liveness probe, will be restarted")
        p.wait_for(r"Started +a/x", 2)


def test_a_watchdog_that_is_fed_leaves_the_container_alone():
    # Far apart enough for a machine that is busy; the other one's watchdog runs out meanwhile.
    with Pidlet(pod("a", f"[{notifier('x', 'READY=1', 'beat=20')}, {notifier('b', 'READY=1', 'wait')}]",
                    annotations=f"{NOTIFY}, pidlet.dev/watchdog.x: 10s, pidlet.dev/watchdog.b: 500ms")) as p:
        p.wait_for(r"Started +a/b", 2)
        assert p.count(r"Unhealthy +a/x") == 0, p.output()


def test_ready_that_does_not_come_in_time_is_a_startup_probe_that_failed():
    probe = "startupProbe: {exec: {command: ['true']}, periodSeconds: 1, failureThreshold: 1}"
    with Pidlet(pod("a", f"[{sh('x', 'exec sleep 1000', probe)}]", annotations=NOTIFY)) as p:
        p.wait_for(r"Unhealthy +a/x +Startup probe failed: READY=1 has not come in time")
        p.wait_for(r"Started +a/x", 2)


def test_stopping_makes_a_container_unready_and_gives_it_its_grace_period():
    with Pidlet(pod("a", f"[{notifier('x', 'READY=1', 'STOPPING=1', 'wait')}]", spec="terminationGracePeriodSeconds: 1",
                    annotations=NOTIFY)) as p:
        p.wait_for(r"Ready +a/x ")
        p.wait_for(r"NotReady +a/x ")
        p.wait_for(r"Unhealthy +a/x +Liveness probe failed: the process has sent STOPPING=1, and not ended")


def test_what_pidlet_has_no_use_for_is_refused_once_and_nothing_is_kept():
    messages = ["FDSTORE=1", "MAINPID=1", "EXTEND_TIMEOUT_USEC=1000", "FDSTOREREMOVE=1\nFDNAME=x", "NOTIFYACCESS=main",
                "ERRNO=2", "X_OWN=1", "nonsense", "=", "\n", "WATCHDOG_USEC=many", "S" * 5000]
    with Pidlet(pod("a", f"[{notifier('x', 'READY=1', 'barrier', *['store'] * 40, *messages, *messages, 'barrier', 'wait')}]",
                    annotations=NOTIFY)) as p:
        fds = f"/proc/{p.process.pid}/fd"
        p.wait_for(r"a/x \| barrier passed")
        before = len(os.listdir(fds))
        p.wait_for(r"a/x \| barrier passed", 2)
        assert len(os.listdir(fds)) <= before, os.listdir(fds)
        for what in ("FDSTORE=1 is refused", "FDSTOREREMOVE=1 is refused", "MAINPID is ignored",
                     "EXTEND_TIMEOUT_USEC is ignored", "NOTIFYACCESS is ignored", "a message of more than 4096 bytes"):
            assert p.count("NotifyIgnored +a/x +" + re.escape(what)) == 1, p.output()
        assert p.count("NotifyIgnored") == 6, p.output()


def test_a_process_may_change_its_watchdog_or_pull_it():
    with Pidlet(pod("a", f"[{notifier('x', 'READY=1', 'WATCHDOG_USEC=200000', 'wait')}]", annotations=NOTIFY)) as p:
        p.wait_for(r"Unhealthy +a/x +Liveness probe failed: WATCHDOG=1 has not come in time")
    with Pidlet(pod("a", f"[{notifier('x', 'READY=1', 'WATCHDOG=trigger', 'wait')}]", annotations=NOTIFY)) as p:
        p.wait_for(r"Unhealthy +a/x +Liveness probe failed: the process has sent WATCHDOG=trigger")


def test_annotations_at_fault_are_found():
    with Pidlet(pod("a", f"[{sh('x', 'true')}]", annotations="pidlet.dev/notify: 'yes', pidlet.dev/watchdog: 5ms, pidlet.dev/watchdog.i: 1s",
                    spec=f"initContainers: [{sh('i', 'true')}]")) as p:
        assert p.wait() == 3
        assert 'annotations[pidlet.dev/notify]: Invalid value: "yes": must be "true" or "false"' in p.output(), p.output()
        assert "must be a duration such as 30s, of 100ms or more, or 0: none" in p.output()
        assert ("annotations[pidlet.dev/watchdog.i]: Forbidden: may not be set for init containers without "
                "restartPolicy=Always") in p.output()


main(globals())
