#!/usr/bin/env python3
"""Pods of several containers: init containers, sidecars, startup probes, real processes."""
import re
import signal

from pidlet import Pidlet, main, sh

QUICK = '"pidlet.dev/backoff": "initial=100ms,max=400ms"'


def whole_pod(init, containers, spec=""):
    """A manifest with init containers; both lists in flow style."""
    return (f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p, annotations: {{{QUICK}}}}}\n"
            f"spec: {{{spec}{', ' if spec else ''}initContainers: [{init}], containers: [{containers}]}}\n")


def order(p, *patterns):
    """Lines that must stand in this order."""
    text = re.sub(" +", " ", p.output())        # names are padded to one width
    at = -1
    for pattern in patterns:
        found = text.find(pattern, at + 1)
        assert found > at, f"{pattern!r} is not where it should be in:\n{text}"
        at = found


def test_init_containers_run_one_after_the_other_then_the_containers():
    with Pidlet(whole_pod(sh("a", "echo first") + ", " + sh("b", "echo second"), sh("app", "echo third"),
                          "restartPolicy: Never")) as p:
        assert p.wait() == 0
        order(p, "Started p/a", "p/a | first", "Exited p/a", "Created p/b", "p/b | second", "Exited p/b",
              "Created p/app", "p/app | third")


def test_a_failing_init_container_is_tried_again_until_it_succeeds():
    script = 'n=$(cat "$F" 2>/dev/null || echo 0); echo $((n+1)) > "$F"; test $n -ge 2'
    with Pidlet("") as scratch:
        mark = scratch.folder.name + "/count"
        with Pidlet(whole_pod(sh("i", script, f"env: [{{name: F, value: {mark}}}]"), sh("app", "echo here"),
                              "restartPolicy: OnFailure")) as p:
            assert p.wait() == 0
            assert p.count("p/i  Container started") == 3
            p.wait_for(r"^p/app \| here$")


def test_a_failing_init_container_under_never_fails_the_pod():
    with Pidlet(whole_pod(sh("i", "exit 5"), sh("app", "echo here"), "restartPolicy: Never")) as p:
        assert p.wait() == 1
        assert p.count("here") == 0


def test_a_sidecar_with_a_startup_probe_holds_back_and_outlives_the_containers():
    sidecar = sh("s", "trap 'echo bye; exit 3' TERM; sleep 0.3; : > up; while :; do sleep 0.05; done",
                 "restartPolicy: Always, workingDir: FOLDER, "
                 "startupProbe: {exec: {command: [test, -e, up]}, periodSeconds: 1}")
    with Pidlet("") as scratch:
        with Pidlet(whole_pod(sidecar.replace("FOLDER", scratch.folder.name), sh("app", "echo served"),
                              "restartPolicy: Never")) as p:
            assert p.wait() == 0            # the sidecar's own code does not count
            order(p, "Started p/s", "Ready p/s", "Created p/app", "p/app | served", "Exited p/app",
                  "Stopping container s", "p/s | bye", "exit code 3", "Succeeded p")


def test_sidecars_are_signalled_last_and_in_reverse_order():
    def stays(name):
        return sh(name, f"trap 'echo {name} got it; exit 0' TERM; echo {name} up; while :; do sleep 0.05; done",
                  "" if name == "app" else "restartPolicy: Always")
    with Pidlet(whole_pod(stays("s1") + ", " + stays("s2"), stays("app"))) as p:
        for name in ("s1", "s2", "app"):
            p.wait_for(f"{name} up$")
        p.signal(signal.SIGTERM)
        assert p.wait() == 0
        order(p, "app got it", "s2 got it", "s1 got it")


def test_a_failed_startup_probe_restarts_with_its_words():
    app = sh("app", "sleep 1000", "startupProbe: {exec: {command: [sh, -c, 'echo not yet; exit 1']}, "
             "periodSeconds: 1, failureThreshold: 1}")
    with Pidlet(whole_pod(sh("i", "true"), app)) as p:
        p.wait_for(r"^Warning  Unhealthy  p/app  Startup probe failed: not yet")
        p.wait_for(r"^Normal   Killing  p/app  Container app failed startup probe, will be restarted$")
        p.wait_for(r"p/app  Container started", times=2)


main(globals())
