#!/usr/bin/env python3
"""Starts, ends, back-off, probes and hooks of real processes."""
import os
import re
import signal
import socket
import tempfile
import threading

from pidlet import Pidlet, alive, main, pod, processes_with, sh, wait_until

QUICK = '"pidlet.dev/backoff": "initial=100ms,max=400ms"'


def exit_of(manifest, *more):
    with Pidlet(manifest, *more) as p:
        return p.wait()


def test_a_crash_loop_backs_off_and_says_so():
    with Pidlet(pod("api", f"[{sh('app', 'exit 1')}]", annotations=QUICK)) as p:
        p.wait_for(r"^Normal   Created  api/app  Container created$", times=5)
        for delay in ("100ms", "200ms", "400ms"):
            m = p.wait_for(rf"^Warning  BackOff  api/app  back-off {delay} restarting failed "
                           r"container=app pod=api_default\(([0-9a-f]{32})\)$")
            assert m
        p.wait_for("back-off 400ms", times=2)


def test_the_default_back_off_is_the_kubelets():
    with Pidlet(pod("api", f"[{sh('app', 'exit 1')}]")) as p:
        p.wait_for(r"back-off 10s restarting failed container=app")
        assert p.count("Container started") == 2    # the first restart was immediate


def test_a_missing_file_is_a_start_error_and_backs_off():
    with Pidlet(pod("api", "[{name: app, command: [no-such-program]}]", annotations=QUICK)) as p:
        p.wait_for(r'^Warning  Failed  api/app  Error: exec: "no-such-program": '
                   r"executable file not found in \$PATH$", times=3)
        p.wait_for("BackOff  api/app  back-off 200ms")


def test_start_errors_name_their_stage():
    with Pidlet(pod("a", "[{name: dir, command: [/bin/true], workingDir: /no/such/dir}, "
                         "{name: file, command: [/no/such/file]}, {name: folder, command: [/tmp]}, "
                         "{name: mode, command: [/etc/passwd]}]", spec="restartPolicy: Never")) as p:
        p.wait_for(r"a/dir  Error: changing directory to /no/such/dir: No such file or directory$")
        p.wait_for(r"a/file  Error: executing /no/such/file: No such file or directory$")
        p.wait_for(r"a/folder  Error: executing /tmp: Permission denied$")
        p.wait_for(r"a/mode  Error: executing /etc/passwd: Permission denied$")
        assert p.wait() == 1


def test_one_failed_container_gives_its_own_exit_code():
    assert exit_of(pod("a", f"[{sh('x', 'exit 7')}]", spec="restartPolicy: Never")) == 7


def test_a_signal_gives_128_and_its_number():
    assert exit_of(pod("a", f"[{sh('x', 'kill -SEGV $$')}]", spec="restartPolicy: Never")) == 139


def test_a_start_error_gives_128():
    assert exit_of(pod("a", "[{name: x, command: [nope]}]", spec="restartPolicy: Never")) == 128


def test_all_well_gives_0():
    assert exit_of(pod("a", f"[{sh('x', 'exit 0')}]", spec="restartPolicy: OnFailure")) == 0


def test_one_failed_pod_of_two_gives_1():
    assert exit_of(pod("a", f"[{sh('x', 'exit 7')}]", spec="restartPolicy: Never"),
                   pod("b", f"[{sh('x', 'exit 0')}]", spec="restartPolicy: Never")) == 1


def test_on_failure_restarts_until_it_succeeds():
    script = 'test -e "$F" && exit 0; : > "$F"; exit 3'
    with tempfile.TemporaryDirectory() as folder:
        with Pidlet(pod("a", f"[{sh('x', script, f'env: [{{name: F, value: {folder}/mark}}]')}]", spec="restartPolicy: OnFailure")) as p:
            assert p.wait() == 0
            assert p.count("Container started") == 2


def test_environment_arguments_and_directory_reach_the_process():
    with Pidlet("""\
        apiVersion: v1
        kind: Pod
        metadata: {name: a}
        spec:
          restartPolicy: Never
          containers:
          - name: x
            workingDir: /usr
            command: [sh, -c, 'echo "$0|$1|$A|$B|$(pwd)|$INHERITED|${NOTIFY_SOCKET-none}"']
            args: ["$(A)-arg", "$$(A)"]
            env:
            - {name: A, value: one}
            - {name: B, value: "$(A)-two-$(NOPE)"}
        """.replace("$(pwd)", "$$(pwd)"),
                env={"INHERITED": "yes", "NOTIFY_SOCKET": "/nowhere"}) as p:
        assert p.wait() == 0
        p.wait_for(r"^a/x \| one-arg\|\$\(A\)\|one\|one-two-\$\(NOPE\)\|/usr\|yes\|none$")


def test_a_failing_exec_liveness_probe_restarts_with_its_words():
    with Pidlet(pod("a", "[" + sh("x", "exec sleep 1000", "livenessProbe: {exec: {command: [sh, -c, "
                                  "\"echo out; echo err >&2; exit 4\"]}, periodSeconds: 1, "
                                  "failureThreshold: 2}") + "]", annotations=QUICK)) as p:
        p.wait_for(r"^Warning  Unhealthy  a/x  Liveness probe failed: out\\nerr\\n$", times=2)
        p.wait_for(r"^Normal   Killing  a/x  Container x failed liveness probe, will be restarted$")
        p.wait_for(r"killed by signal 15 \(exit code 143\)")
        p.wait_for("Container started", times=2)


def test_an_exec_probe_that_hangs_times_out_with_its_whole_group():
    with Pidlet(pod("a", "[" + sh("x", "exec sleep 1000", "livenessProbe: {exec: {command: [sh, -c, "
                                  "\"sleep 4711 & sleep 4711\"]}, periodSeconds: 1, timeoutSeconds: 1, "
                                  "failureThreshold: 1}") + "]", annotations=QUICK)) as p:
        p.wait_for(r'Liveness probe failed: command timed out: "sh -c sleep 4711 & sleep 4711" '
                   r"timed out after 1s$")
        wait_until(lambda: not processes_with("4711"), "the probe's processes to go")


def test_a_probe_with_a_typo_never_restarts():
    with Pidlet(pod("a", "[" + sh("x", "exec sleep 1000", "livenessProbe: {exec: {command: [typo]}, "
                                  "periodSeconds: 1, failureThreshold: 1}") + "]")) as p:
        p.wait_for(r'Liveness probe errored and resulted in unknown state: exec: "typo": '
                   r"executable file not found in \$PATH$", times=2)
        assert p.count("Killing") == 0


def test_readiness_follows_a_tcp_port():
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    stop = threading.Event()

    def accept():
        listener.settimeout(0.1)
        while not stop.is_set():
            try:
                listener.accept()[0].close()
            except OSError:
                pass

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        with Pidlet(pod("a", "[" + sh("x", "exec sleep 1000",
                                      f"ports: [{{name: web, containerPort: {port}}}], readinessProbe: "
                                      "{tcpSocket: {port: web, host: localhost}, periodSeconds: 1, "
                                      "failureThreshold: 1}") + "]")) as p:
            p.wait_for(r"^Normal   Ready  a/x")
            stop.set()
            thread.join()
            listener.shutdown(socket.SHUT_RDWR)         # and nobody else gets the port
            p.wait_for(r"Unhealthy  a/x  Readiness probe failed: dial tcp .*:"
                       rf"{port}: connect: connection refused$")
            p.wait_for(r"^Warning  NotReady  a/x")
            assert p.count("Killing") == 0
    finally:
        stop.set()
        thread.join()
        listener.close()


def test_a_port_that_drops_everything_times_out():
    with socket.socket() as listener:                   # a full backlog answers no SYN
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        fillers = []
        for _ in range(4):
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex(("127.0.0.1", port))
            fillers.append(s)
        try:
            with Pidlet(pod("a", "[" + sh("x", "exec sleep 1000", "readinessProbe: {tcpSocket: "
                                          f"{{port: {port}}}, periodSeconds: 1}}") + "]")) as p:
                p.wait_for(rf"Readiness probe failed: dial tcp 127.0.0.1:{port}: i/o timeout$")
        finally:
            for s in fillers:
                s.close()


def test_a_host_without_an_address_is_a_failure():
    with Pidlet(pod("a", "[" + sh("x", "exec sleep 1000", "readinessProbe: {tcpSocket: {port: 80, "
                                  "host: nosuchhost.invalid}, periodSeconds: 1, timeoutSeconds: 30}") + "]")) as p:
        p.wait_for(r"Readiness probe failed: dial tcp: lookup nosuchhost.invalid: ")


def test_post_start_failure_kills_and_backs_off():
    with Pidlet(pod("a", "[" + sh("x", "exec sleep 1000",
                                  "lifecycle: {postStart: {exec: {command: [sh, -c, \"exit 3\"]}}}") + "]",
                    annotations=QUICK)) as p:
        p.wait_for(r"^Warning  FailedPostStartHook  a/x  PostStartHook failed$")
        p.wait_for(r"^Normal   Killing  a/x  FailedPostStartHook$")
        p.wait_for("back-off 100ms")


def test_a_pre_stop_hook_runs_before_the_signal():
    with tempfile.TemporaryDirectory() as folder:
        script = f"trap 'cat {folder}/mark; exit 0' TERM; echo up; while :; do sleep 0.05; done"
        hook = f'lifecycle: {{preStop: {{exec: {{command: [sh, -c, "sleep 0.3; echo hook ran > {folder}/mark"]}}}}}}'
        with Pidlet(pod("a", "[" + sh("x", script, hook) + "]")) as p:
            p.wait_for(r"\| up")
            p.signal(signal.SIGTERM)
            p.wait_for(r"^a/x \| hook ran$")
            assert p.wait() == 0


def test_a_grace_period_ends_with_sigkill():
    with Pidlet(pod("a", "[" + sh("x", "trap '' TERM; echo up; while :; do sleep 0.05; done") + "]",
                    spec="terminationGracePeriodSeconds: 1")) as p:
        p.wait_for(r"\| up")
        p.signal(signal.SIGTERM)
        m = p.wait_for(r"killed by signal 9 \(exit code 137\) after ([0-9.]+)s")
        assert float(m.group(1)) >= 2, "the floor of 2 s was cut short"
        assert p.wait() == 0


def test_a_grace_of_0_kills_at_once():
    with Pidlet(pod("a", "[" + sh("x", "trap '' TERM; echo up; while :; do sleep 0.05; done") + "]",
                    spec="terminationGracePeriodSeconds: 0")) as p:
        p.wait_for(r"\| up")
        p.signal(signal.SIGTERM)
        p.wait_for(r"killed by signal 9")
        assert p.wait() == 0


def test_a_container_is_stopped_with_its_own_signal():
    script = "trap 'echo got USR1; exit 0' USR1; trap 'echo got TERM; exit 1' TERM; echo up; while :; do sleep 0.05; done"
    with Pidlet(pod("api", f"[{sh('app', script, 'lifecycle: {stopSignal: SIGUSR1}')}]", spec="os: {name: linux}")) as p:
        p.wait_for(r"\| up")
        p.signal(signal.SIGTERM)
        p.wait_for("got USR1")
        assert p.wait() == 0 and p.count("got TERM") == 0


def test_a_pod_past_its_deadline_is_stopped_and_has_failed():
    script = "trap 'exit 0' TERM; while :; do sleep 0.05; done"
    with Pidlet(pod("api", f"[{sh('app', script)}]", spec="activeDeadlineSeconds: 1")) as p:
        p.wait_for("^Normal   DeadlineExceeded  api  Pod was active on the node longer than the specified deadline$")
        p.wait_for("^Normal   Killing  api/app  Stopping container app$")
        assert p.wait() == 1                    # its container ended well, and it did not


def test_a_rule_restarts_after_its_exit_code_alone():
    with tempfile.TemporaryDirectory() as folder:
        script = f"echo x >>{folder}/runs; [ $(wc -l <{folder}/runs) -lt 3 ] && exit 42; exit 7"
        rules = "restartPolicy: Never, restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: [42]}}]"
        assert exit_of(pod("api", f"[{sh('app', script, rules)}]", annotations=QUICK)) == 7
        assert open(f"{folder}/runs").read() == "x\n" * 3


def test_all_containers_restart_from_the_first_one_on():
    with tempfile.TemporaryDirectory() as folder:
        app = f"echo app; until [ -e {folder}/now ]; do sleep 0.02; done; rm {folder}/now; exit 42"
        rules = ("restartPolicy: Never, restartPolicyRules: [{action: RestartAllContainers, exitCodes: "
                 "{operator: In, values: [42]}}]")
        other = "trap 'echo told; exit 0' TERM; echo other; while :; do sleep 0.05; done"
        with Pidlet(pod("api", f"[{sh('app', app, rules)}, {sh('other', other)}]",
                        spec=f"initContainers: [{sh('setup', 'echo setup')}]")) as p:
            for times in (1, 2):
                for word in ("setup", "app", "other"):
                    p.wait_for(fr"\| {word}$", times=times)
                if times == 1:
                    open(f"{folder}/now", "w").close()
            p.wait_for("^Normal   Killing  api/other  killing$")
            assert p.count("told") == 1


def test_a_killed_main_process_is_replaced():
    with Pidlet(pod("a", f"[{sh('x', 'echo pid $$; exec sleep 1000')}]")) as p:
        first = int(p.wait_for(r"pid (\d+)").group(1))
        os.kill(first, signal.SIGKILL)
        second = int(p.wait_for(r"pid (\d+)", times=2).group(1))
        assert first != second and alive(second) and not alive(first)
        assert re.search(r"exit code 137", p.output())


main(globals())
