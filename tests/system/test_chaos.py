#!/usr/bin/env python3
"""`pidlet run --chaos`: faults that it injects into its own pods, and what it reports of them."""
import os
import re
import signal
import subprocess
import tempfile

from pidlet import BOUND, PIDLET, WRAPPER, Pidlet, alive, main, pod, processes_with, sh, state_of, wait_until

QUICK = 'pidlet.dev/backoff: "initial=100ms,max=400ms"'
# Beats into a file; its probe looks whether the heart still beats.
BEAT = "while :; do echo $(date +%s%N) > {0}; sleep 0.05; done"
PULSE = ('livenessProbe: {{exec: {{command: [sh, -c, "a=$$(cat {0}); sleep 0.4; b=$$(cat {0}); [ \\"$$a\\" != '
         '\\"$$b\\" ]"]}}, periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 2}}')


def report(text):
    """Container -> row -> (simulated, happened), of all pods' side-by-side tables."""
    found, name = {}, None
    for line in text.splitlines():
        if re.fullmatch(r"[\w-]+/[\w-]+", line):
            name = line
            found[name] = {}
        elif name and (m := re.fullmatch(r"  (\S.*?|  \S.*?)\s{2,}(\S+(?: %)?)\s{2,}(\S+(?: %)?)", line)):
            found[name][m.group(1).strip()] = (m.group(2), m.group(3))
        elif not line.startswith(" "):
            name = None
    return found


def rows_alike(rows):
    return {name: pair for name, pair in rows.items()
            if name.startswith(("wait ", "restarts", "longest wait", "SIG")) and pair[0] != pair[1]}


def written(path):
    return os.path.exists(path) and os.path.getsize(path) > 0


def stopped_once(p, ready):
    """Waits until the only container's process is stopped, and was so when it was ready: a fault may be earlier."""
    with open(f"/proc/{p.process.pid}/task/{p.process.pid}/children") as f:
        pid = int(f.read().split()[0])
    if not ready():
        os.kill(pid, signal.SIGCONT)
        wait_until(ready, "the container to be ready")
        os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: state_of(pid) == "T", "the process to be stopped")


def chaos(plan, *manifests, **more):
    return Pidlet(*manifests, args=("--chaos", plan), **more)


def test_kills_come_when_they_should_and_what_happened_is_what_was_simulated():
    with chaos("kill-every=200ms,rounds=5", pod("api", "[{name: app, command: [sleep, '1000.1']}]",
                                                annotations=QUICK)) as p:
        assert p.wait() == 0
        rows = report(p.output())["api/app"]
        assert [rows[f"wait {i}"] for i in range(1, 6)] == [
            (d, d) for d in ("0s", "100ms", "200ms", "400ms", "400ms")], rows
        assert rows["SIGKILL sent"] == rows["restarts"] == ("5", "5") and not rows_alike(rows), rows
        assert p.count(r"^Warning +Chaos +api/app +SIGKILL, round \d of 5$") == 5
        assert p.count(r"killed by SIGKILL after") == 5
        assert p.count(r"^api/app: 5 restarts in ") == 1 and p.count("CrashLoopBackOff from restart 2 on") == 1
    assert not processes_with("1000.1")


def test_the_jitter_of_a_seed_is_the_simulation_s():
    waits = []
    for seed in (7, 8):
        with chaos(f"kill-every=100ms,rounds=5,seed={seed}", pod("api", "[{name: app, command: [sleep, '1000']}]",
                   annotations='pidlet.dev/backoff: "initial=60ms,max=400ms,jitter=1"')) as p:
            assert p.wait() == 0
            rows = report(p.output())["api/app"]
            assert not rows_alike(rows), rows
            waits.append([rows[f"wait {i}"][1] for i in range(1, 6)])
    assert waits[0] != waits[1], waits


def test_an_interrupt_ends_it_with_the_report():
    with chaos("kill-every=200ms", pod("api", "[{name: app, command: [sleep, '1000']}]", annotations=QUICK)) as p:
        p.wait_for("Chaos +api/app +SIGKILL, round 3$")
        p.signal(signal.SIGINT)
        assert p.wait() == 0
        rows = report(p.output())["api/app"]
        assert int(rows["SIGKILL sent"][1]) >= 3, rows
        assert p.count("interrupt .once more kills.: stopping") == 1 and p.count("^chaos in pod api: ") == 1
        stopped = p.output().index("Stopping container") if p.count("Stopping container") else None
        assert stopped is None or "Chaos" not in p.output()[stopped:].split("chaos in pod")[0], p.output()


def test_a_second_interrupt_still_reports():
    with chaos("kill-every=200ms", pod("api", "[" + sh("app", "trap '' TERM; while :; do sleep 0.05; done") + "]",
                                       annotations=QUICK)) as p:
        p.wait_for("Chaos +api/app +SIGKILL, round 1$")
        p.signal(signal.SIGINT)
        p.wait_for("stopping")
        p.signal(signal.SIGINT)
        assert p.wait() == 0
        assert p.count("^chaos in pod api: ") == 1


def test_a_stopped_process_is_found_by_its_liveness_probe():
    with tempfile.TemporaryDirectory() as folder:
        beat = os.path.join(folder, "beat")
        with chaos("stop-every=300ms,rounds=1", pod("api", "[" + sh("app", BEAT.format(beat), PULSE.format(beat)) + "]",
                   spec="terminationGracePeriodSeconds: 1")) as p:
            assert p.wait() == 0
            rows = report(p.output())["api/app"]
            assert rows["SIGSTOP sent"] == rows["found by a probe"] == rows["restarts"] == ("1", "1"), rows
            assert rows["not found, continued"] == ("0", "0"), rows
            assert p.count("liveness probe failed: killed by SIGKILL after ") == 1


def test_one_that_nothing_finds_goes_on():
    with tempfile.TemporaryDirectory() as folder:
        pid, beat = os.path.join(folder, "pid"), os.path.join(folder, "beat")
        script = f"echo $$ > {pid}; " + BEAT.format(beat)
        with chaos("stop-every=200ms,stop-for=400ms,rounds=2", pod("api", "[" + sh("app", script) + "]",
                   spec="terminationGracePeriodSeconds: 1")) as p:
            p.wait_for("Chaos +api/app +SIGSTOP, round 1 of 2")
            wait_until(lambda: written(pid), "the process to tell its ID")
            main_process = int(open(pid).read())
            wait_until(lambda: state_of(main_process) == "T" or p.count("Chaos.*SIGCONT"), "the process to be stopped")
            p.wait_for("Chaos +api/app +SIGCONT", 2)
            assert p.wait() == 0
            rows = report(p.output())["api/app"]
            assert rows["SIGSTOP sent"] == rows["not found, continued"] == ("2", "2"), rows
            assert rows["restarts"] == ("0", "0"), rows


def test_what_is_stopped_on_purpose_hears_the_signal_that_ends_all():
    script = "trap 'echo heard; exit 0' TERM; echo up; while :; do sleep 0.05; done"
    with chaos("stop-every=300ms,stop-for=1h", pod("api", "[" + sh("app", script) + "]",
               spec="terminationGracePeriodSeconds: 600")) as p:
        p.wait_for("SIGSTOP, round 1$")
        stopped_once(p, lambda: p.count(r"\| up$"))
        p.signal(signal.SIGTERM)
        assert p.wait() == 0
        assert p.count(r"\| heard$") == 1 and p.count("Chaos +api/app +SIGCONT$") == 1


def test_each_of_several_pods_has_its_report():
    one = "[{name: app, command: [sleep, '1000.2']}, {name: side, command: [sleep, '1000.2']}]"
    with chaos("kill-every=100ms-200ms,rounds=3", pod("api", one, annotations=QUICK),
               pod("web", "[{name: app, command: [sleep, '1000.2']}]", annotations=QUICK)) as p:
        assert p.wait() == 0
        rows = report(p.output())
        assert sorted(rows) == ["api/app", "api/side", "web/app"], rows
        for name, table in rows.items():
            assert table["SIGKILL sent"] == ("3", "3") and not rows_alike(table), (name, table)
    assert not processes_with("1000.2")


def test_a_container_may_be_chosen():
    one = "[{name: app, command: [sleep, '1000']}, {name: side, command: [sleep, '1000']}]"
    with chaos("kill-every=100ms,rounds=2,container=web/side", pod("api", one), pod("web", one)) as p:
        p.wait_for("Chaos +web/side +SIGKILL, round 1")
        p.signal(signal.SIGINT)
        assert p.wait() == 0
        assert list(report(p.output())) == ["web/side"]
        assert not p.count("Chaos +(api/|web/app)")


def test_it_waits_for_the_pods_that_have_not_started():
    one = "[{name: app, command: [sleep, '1000']}]"
    with chaos("kill-every=100ms,rounds=1,container=web/app",
               "---\n".join(pod(f"a{i}", one) for i in range(80)), pod("web", one, annotations=QUICK)) as p:
        assert p.wait() == 0
        assert list(report(p.output())) == ["web/app"]
        assert p.count("Chaos +web/app +SIGKILL, round 1 of 1") == 1


def test_it_ends_when_its_time_is_over():
    with chaos("kill-every=200ms,for=500ms", pod("api", "[{name: app, command: [sleep, '1000']}]",
                                                 annotations=QUICK)) as p:
        assert p.wait() == 0
        assert p.count("chaos is over: stopping") == 1 and p.count("^chaos in pod api: ") == 1


def test_a_pod_that_does_not_restart_ends_it_with_its_own_exit_status():
    with chaos("kill-every=100ms,rounds=7", pod("api", "[{name: app, command: [sleep, '1000']}]",
                                                spec="restartPolicy: Never")) as p:
        assert p.wait() == 137
        assert report(p.output())["api/app"]["SIGKILL sent"] == ("1", "1")


def test_the_example_of_the_documentation_does_what_it_says():
    root = os.path.join(os.path.dirname(__file__), "..", "..")
    done = subprocess.run([*WRAPPER, PIDLET, "run", "--no-socket", "-q", "-f", os.path.join(root, "docs/examples/chaos-quick.yaml"),
                           "--chaos", "kill-every=500ms,rounds=4"], capture_output=True, text=True, timeout=BOUND)
    assert done.returncode == 0, done
    with open(os.path.join(root, "docs", "chaos.md")) as f:
        shown = report(f.read())["quick/app"]
    got = report(done.stdout)["quick/app"]
    for row in ("SIGKILL sent", "wait 1", "wait 2", "wait 3", "wait 4", "restarts", "longest wait"):
        assert got[row] == shown[row], (row, got, shown)


def test_a_reload_brings_new_pods_under_it():
    first, second = (pod("api", f"[{{name: app, command: [sleep, '1000.{i}']}}]", annotations=QUICK) for i in (3, 4))
    with chaos("kill-every=200ms", first) as p:
        p.wait_for("Chaos +api/app")
        p.write("0.yaml", second)
        p.signal(signal.SIGHUP)
        wait_until(lambda: processes_with("1000.4"), "the new pod")
        p.wait_for("Normal +Deleted +api ")
        with p.cond:
            gone = next(i for i, line in enumerate(p.lines) if re.search("Normal +Deleted +api ", line))
        wait_until(lambda: any("Chaos" in line for line in p.lines[gone:]), "a fault of the new pod")
        p.signal(signal.SIGINT)
        assert p.wait() == 0
        assert p.count("^chaos in pod api: ") == 2


def test_the_report_comes_without_the_containers_output_as_well():
    for quiet in ([], ["-q"]):
        with tempfile.TemporaryDirectory() as folder:
            said = os.path.join(folder, "said")
            with Pidlet(pod("api", "[" + sh("app", f"echo words; echo x >{said}; exec sleep 1000") + "]"),
                        args=(*quiet, "--chaos", "kill-every=500ms")) as p:
                p.wait_for("Chaos +api/app +SIGKILL, round 1$")
                wait_until(lambda: written(said), "the container to have said words")
                p.signal(signal.SIGINT)
                assert p.wait() == 0
                assert (p.count(r"\| words") > 0) == (not quiet) and p.count("^chaos in pod api: ") == 1


def test_nonsense_is_wrong_usage_and_nothing_starts():
    text = pod("api", "[{name: app, command: [sleep, '1000.5']}]", spec="initContainers: [{name: init, command: [x]}]")
    with tempfile.TemporaryDirectory() as folder:
        name = os.path.join(folder, "pod.yaml")
        with open(name, "w") as f:
            f.write(text)
        for plan, words in (("", "is no KEY=VALUE such as kill-every=3m"), ("rounds=7", "no fault: give kill-every=3m"),
                            ("kill-every=0s", "is no duration over 0"), ("kill-every=3", "such as 3m"),
                            ("kill-every=3m,rounds=0", "is no number from 1 to"), ("frob=3m", "is none of kill-every"),
                            ("kill-every=3m,container=other", "no pod has a container other"),
                            ("kill-every=3m,container=init", "that is no init container"),
                            ("kill-every=3m,container=web/app", "no pod has a container web/app")):
            done = subprocess.run([*WRAPPER, PIDLET, "run", "-f", name, "--chaos", plan], capture_output=True,
                                  text=True, timeout=BOUND)
            assert done.returncode == 2 and done.stdout == "", (plan, done)
            assert "pidlet run: --chaos: " in done.stderr and words in done.stderr, (plan, done)
        done = subprocess.run([*WRAPPER, PIDLET, "run", "-f", name, "--chaos"], capture_output=True, text=True)
        assert done.returncode == 2 and "--chaos needs a value" in done.stderr, done
    assert not processes_with("1000.5")


def test_faults_hit_the_main_process_alone():
    with tempfile.TemporaryDirectory() as folder:
        child = os.path.join(folder, "child")
        script = f"sh -c 'trap \"\" TERM; echo $$ > {child}; while :; do sleep 0.05; done' & wait"
        with chaos("stop-every=300ms,stop-for=1h", pod("api", "[" + sh("app", script) + "]",
                   spec="terminationGracePeriodSeconds: 1")) as p:
            p.wait_for("SIGSTOP, round 1")
            stopped_once(p, lambda: written(child))
            other = int(open(child).read())
            assert state_of(other) in ("R", "S", "D") and alive(other), state_of(other)


main(globals())
