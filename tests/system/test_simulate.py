#!/usr/bin/env python3
"""`pidlet simulate`: the core in virtual time, its options, its outputs, scenarios."""
import json
import os
import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree

from pidlet import PIDLET, WRAPPER, Skip, main

ROOT = os.path.join(os.path.dirname(__file__), "..", "..")

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: api
spec:
  terminationGracePeriodSeconds: 5
  containers:
  - name: app
    command: [app]
    livenessProbe: {tcpSocket: {port: 80}, periodSeconds: 10, failureThreshold: 3}
    readinessProbe: {tcpSocket: {port: 80}, periodSeconds: 5}
"""
PLAIN = """\
apiVersion: v1
kind: Pod
metadata: {name: api}
spec:
  containers:
  - {name: app, command: [app]}
  - {name: side, command: [side]}
"""


def simulate(*args, stdin=None, **files):
    """Runs it in a folder with pod.yaml and `files`, whose names have _ for the dot."""
    files.setdefault("pod_yaml", POD)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            with open(os.path.join(folder, name.replace("_", ".")), "w") as f:
                f.write(text)
        return subprocess.run([*WRAPPER, PIDLET, "simulate", *args], cwd=folder, input=stdin, capture_output=True,
                              text=True)


def events(*args, **files):
    done = simulate("-f", "pod.yaml", "-o", "json", *args, **files)
    assert done.returncode == 0 and done.stderr == "", done
    return [json.loads(line) for line in done.stdout.splitlines()]


def of(trace, event, container="app", pod="api"):
    return [e for e in trace if e["event"] == event and e.get("container") == container and e["pod"] == pod]


def delays(trace, **where):
    return [e["delay"] for e in of(trace, "BackOff", **where)]


def test_the_seventh_kill_waits_five_minutes():
    trace = events("--kill-every", "3m", "--for", "1h")
    assert delays(trace) == [0, 10, 20, 40, 80, 160, 300, 300, 300, 300, 300], delays(trace)
    first = of(trace, "Exited")[0]
    assert (first["t"], first["exitCode"], first["restartCount"]) == (180, 137, 0), first


def test_a_line_of_json_is_as_the_contract_has_it():
    done = simulate("-f", "pod.yaml", "--kill-every", "3m", "--for", "3m", "-o", "json", pod_yaml=PLAIN)
    assert done.stdout == """\
{"t":0.000,"pod":"api","container":"app","event":"Created","restartCount":0}
{"t":0.000,"pod":"api","container":"app","event":"Started","restartCount":0}
{"t":0.000,"pod":"api","container":"app","event":"Ready","restartCount":0}
{"t":0.000,"pod":"api","container":"side","event":"Created","restartCount":0}
{"t":0.000,"pod":"api","container":"side","event":"Started","restartCount":0}
{"t":0.000,"pod":"api","container":"side","event":"Ready","restartCount":0}
{"t":180.000,"pod":"api","container":"app","event":"Exited","exitCode":137,"reason":"Error","restartCount":0}
{"t":180.000,"pod":"api","container":"app","event":"NotReady","restartCount":0}
{"t":180.000,"pod":"api","container":"app","event":"BackOff","delay":0.000,"restartCount":0}
{"t":180.000,"pod":"api","container":"app","event":"Created","restartCount":1}
{"t":180.000,"pod":"api","container":"app","event":"Started","restartCount":1}
{"t":180.000,"pod":"api","container":"app","event":"Ready","restartCount":1}
""", done.stdout


def test_the_chaos_example_waits_five_minutes_and_its_cure_twenty_seconds():
    done = subprocess.run([*WRAPPER, PIDLET, "simulate", "-f", os.path.join(ROOT, "docs/examples/chaos.yaml"),
                           "-c", "app", "--runs", "180:137,240:137,200:137,190:137,230:137,210:137,180:137",
                           "--for", "1h", "-o", "json"], capture_output=True, text=True)
    assert done.returncode == 0, done
    trace = [json.loads(line) for line in done.stdout.splitlines()]
    assert delays(trace, pod="kubelet")[:7] == [0, 10, 20, 40, 80, 160, 300]
    cured = delays(trace, pod="cured")
    assert cured[:3] == [0, 10, 20] and set(cured[3:]) == {20} and len(cured) > 12, cured
    assert not [e for e in trace if e["pod"] == "monkey" and e["event"] == "Exited"]


def test_runs_give_length_and_exit_code_and_the_last_one_repeats():
    trace = events("--runs", "0,5,2m10s:3,1.5:0", "--for", "5m", pod_yaml=PLAIN)
    exits = [(e["t"], e["exitCode"]) for e in of(trace, "Exited")]
    assert exits[:5] == [(0, 1), (5, 1), (145, 3), (166.5, 0), (208, 0)], exits


def test_a_run_longer_than_the_reset_starts_the_series_over():
    trace = events("--runs", "1,1,1,601,1", "--for", "20m", pod_yaml=PLAIN)
    assert delays(trace)[:6] == [0, 10, 20, 0, 10, 20], delays(trace)
    assert len(of(trace, "Reset")) == 1


def test_a_hanging_container_is_killed_when_its_grace_period_ends():
    trace = events("--hang-after", "1m", "--for", "3m")
    killing, exited = of(trace, "Killing")[0], of(trace, "Exited")[0]
    # attempts at 60, 70 and 80 s time out a second later each
    assert (killing["t"], killing["why"]) == (81, "liveness"), killing
    assert (exited["t"], exited["exitCode"]) == (86, 137), exited


def test_it_is_ready_with_the_first_probe_after_ready_after():
    trace = events("--ready-after", "7s", "--for", "20s")
    assert [e["t"] for e in of(trace, "Ready")] == [10], trace
    assert [e["t"] for e in of(trace, "Unhealthy")] == [0, 5], trace


def test_without_a_fault_nothing_fails_and_it_says_so():
    assert not of(events("--for", "1h"), "Exited")
    assert "try --kill-every" in simulate("-f", "pod.yaml").stdout


def test_without_for_it_looks_until_the_longest_wait_has_come_twice():
    assert delays(events("--runs", "1", pod_yaml=PLAIN)) == [0, 10, 20, 40, 80, 160, 300, 300]


def test_container_chooses_and_the_others_run_for_ever():
    trace = events("-c", "side", "--runs", "5", "--for", "1m", pod_yaml=PLAIN)
    assert of(trace, "Exited", container="side") and not of(trace, "Exited")
    trace = events("--container", "api/side", "--runs", "5", "--for", "1m", pod_yaml=PLAIN)
    assert of(trace, "Exited", container="side")
    text = simulate("-f", "pod.yaml", "--runs", "5", "--for", "1m", pod_yaml=PLAIN).stdout
    assert "the other containers run for ever" in text, text


def test_the_manifest_may_come_from_standard_input():
    done = simulate("-f", "-", "--runs", "5", "-o", "json", stdin=POD)
    assert done.returncode == 0 and '"event":"BackOff"' in done.stdout, done


def test_a_policy_of_never_restarts_nothing():
    trace = events("--runs", "5:3", pod_yaml=PLAIN.replace("spec:", "spec:\n  restartPolicy: Never", 1))
    assert not of(trace, "BackOff") and [e["exitCode"] for e in of(trace, "Exited")] == [3]


def test_the_table_is_read_at_once():
    done = simulate("-f", "pod.yaml", "--kill-every", "3m", "--for", "20m", pod_yaml=PLAIN.replace(
        "  - {name: side, command: [side]}\n", ""))
    assert done.stdout == """\
pod api: container app, killed each time after 3m0s; for 20m0s

        TIME  CONTAINER     WHAT HAPPENED                                         RESTARTS     WAIT    NEXT START
        3m0s  app           killed by SIGKILL after 3m0s                                 1       0s          3m0s
        6m0s  app           killed by SIGKILL after 3m0s                                 2      10s         6m10s
       9m10s  app           killed by SIGKILL after 3m0s                                 3      20s         9m30s
      12m30s  app           killed by SIGKILL after 3m0s                                 4      40s        13m10s
      16m10s  app           killed by SIGKILL after 3m0s                                 5    1m20s        17m30s

api/app: 5 restarts in 20m0s, longest wait 1m20s
  CrashLoopBackOff from restart 2 on, at 6m0s; waited 2m30s
  serving 17m30s of 20m0s: availability 87.5 %
advice: runs of 3m0s never reach the reset of 10m0s
  with pidlet.dev/backoff: max=1m0s availability would be 89.2 %, the longest wait 1m0s
  with pidlet.dev/backoff: max=20s availability would be 92.5 %, the longest wait 20s
  with pidlet.dev/backoff: reset=1m30s availability would be 100.0 %, the longest wait 0s
""", done.stdout


def test_more_of_the_same_is_one_line():
    lines = simulate("-f", "pod.yaml", "--runs", "5", "--for", "24h", pod_yaml=PLAIN).stdout.splitlines()
    assert len(lines) < 25, lines
    assert [line for line in lines if "more of the same" in line], lines


def test_the_advice_is_what_the_changed_manifest_does():
    text = simulate("-f", "pod.yaml", "--kill-every", "3m", "--for", "1h", pod_yaml=PLAIN).stdout
    line, = [line for line in text.splitlines() if "max=20s" in line]
    assert line.startswith("  with pidlet.dev/backoff.app: max=20s availability would be "), line
    promised = line.split("would be ")[1].split(" %")[0]
    cured = PLAIN.replace("{name: api}", "{name: api, annotations: {pidlet.dev/backoff.app: max=20s}}")
    text = simulate("-f", "pod.yaml", "--kill-every", "3m", "--for", "1h", pod_yaml=cured).stdout
    assert f"availability {promised} %" in text, (line, text)


def test_compare_knows_the_other_supervisors():
    done = simulate("-f", "pod.yaml", "--runs", "2", "--for", "30m", "--compare", "-o", "json", pod_yaml=PLAIN)
    rows = {r["policy"]: r for r in map(json.loads, done.stdout.splitlines())}
    assert list(rows) == ["this pod", "kubelet", "kubelet-reduced", "systemd", "Docker", "Pebble", "supervisord"]
    assert rows["this pod"]["waits"][:7] == rows["kubelet"]["waits"][:7] == [0, 10, 20, 40, 80, 160, 300]
    assert rows["kubelet-reduced"]["waits"][:9] == [0, 1, 2, 4, 8, 16, 32, 60, 60]
    assert rows["Docker"]["waits"][:5] == [.1, .2, .4, .8, 1.6] and rows["Docker"]["longestWait"] == 60
    assert rows["Pebble"]["waits"][:7] == [.5, 1, 2, 4, 8, 16, 30]
    assert set(rows["systemd"]["waits"]) == {.1} and rows["systemd"]["gaveUpAt"] is None
    assert set(rows["supervisord"]["waits"]) == {0}
    assert all(rows[name]["source"] for name in rows if name != "this pod")
    text = simulate("-f", "pod.yaml", "--runs", "0.5", "--compare", pod_yaml=PLAIN).stdout
    gave_up, = [line.split() for line in text.splitlines() if line.startswith("gave up at")]
    # systemd: starts at 0, 0.6, 1.2, 1.8, 2.4; supervisord: 0.5, then 1, 2 and 3 s later
    for name, row in rows.items():
        assert name == "this pod" or f"({row['source']})" in text, (name, text)
    assert gave_up[3:] == ["-", "-", "-", "2.9s", "-", "-", "8s"], gave_up


def svg(*args, **files):
    done = simulate("-f", "pod.yaml", "-o", "svg", *args, **files)
    assert done.returncode == 0 and done.stderr == "", done
    return ElementTree.fromstring(done.stdout)


def test_the_picture_has_every_run_wait_and_probe():
    root = svg("--hang-after", "1m", "--for", "20m")
    name = "{http://www.w3.org/2000/svg}"
    titles = [t.text for t in root.iter(name + "title")]
    assert "serving" in titles, titles
    assert "restart 3 waits 20s" in titles, titles
    assert any("liveness probe failed: killed by SIGKILL" in t for t in titles), titles
    texts = ["".join(t.itertext()) for t in root.iter(name + "text")]
    assert "api" in texts and "app" in texts and "2m40s" in texts, texts
    assert len(list(root.iter(name + "circle"))) > 6
    for rect in root.iter(name + "rect"):
        x, width = float(rect.get("x", 0)), float(rect.get("width"))
        assert width > 0 and x + width <= 1200.01, rect.attrib


def test_a_picture_of_a_day_stays_small():
    done = simulate("-f", "pod.yaml", "-o", "svg", "--runs", "1", "--for", "24h", pod_yaml=PLAIN.replace(
        "{name: api}", "{name: api, annotations: {pidlet.dev/backoff: max=1s}}"))
    ElementTree.fromstring(done.stdout)
    assert len(done.stdout) < 2 << 20, len(done.stdout)


def test_names_that_have_no_room_are_cut_and_told_in_full_when_pointed_at():
    name = "{http://www.w3.org/2000/svg}"
    long = "m" * 63
    root = svg("--runs", "1m", pod_yaml=PLAIN.replace("name: app", f"name: {long}").replace("name: api", f"name: {long}"))
    cut = [t for t in root.iter(name + "text") if (t.text or "").endswith("…")]
    assert len(cut) == 3, [t.text for t in cut]     # the pod, its numbers' container, the lane
    for text in cut:
        size = 18 if text.get("class") == "title" else 13
        assert text.find(name + "title").text == long
        assert len(text.text) * size * 0.98 < (620 if size == 18 else 150), text.text
    assert "app" in ["".join(t.itertext()) for t in svg("--runs", "1m").iter(name + "text")]


SCENARIO = """\
pod: api
for: 10m
containers:
- name: app
  readyAfter: 5s
  termExitCode: 0
  runs: [{length: 20s, exitCode: 3}, {length: never}]
faults:
- {at: 1m, fault: Kill, container: app}
- {at: 2m, fault: FailProbes, container: app, lasts: 12s}
- {at: 3m, fault: Hang, container: app}
- {at: 5m, fault: Exit, container: app}
- {at: 5m5s, fault: BackOffRetry, container: app}
- {at: 8m, fault: Delete}
"""


def test_a_scenario_plays_its_faults():
    trace = events("--scenario", "play.yaml", play_yaml=SCENARIO)
    assert [(e["t"], e["exitCode"]) for e in of(trace, "Exited")] == [
        (20, 3), (60, 137), (216, 137), (300, 0), (480, 0)], trace
    assert delays(trace) == [0, 10, 20, 40]
    assert of(trace, "Started")[4]["t"] == 305
    assert [e["t"] for e in of(trace, "Unhealthy") if 120 <= e["t"] < 180] == [125, 130, 130]
    assert [e["t"] for e in trace if e["event"] == "Deleted"] == [480]


def test_a_scenario_says_what_processes_tell_of_themselves():
    pod = PLAIN.replace("{name: api}", "{name: api, annotations: {pidlet.dev/notify.app: 'true', pidlet.dev/watchdog.app: 30s}}")
    trace = events("--scenario", "play.yaml", pod_yaml=pod, play_yaml="""\
for: 10m
containers:
- {name: app, startupAfter: 7s, termExitCode: 0}
faults:
- {at: 1m, fault: Notify, container: app, notice: STOPPING=1}
- {at: 2m, fault: Notify, container: app, notice: WATCHDOG=trigger}
- {at: 3m, fault: Hang, container: app}
""")
    ready = [(e["t"], e["event"]) for e in trace if e["event"] in ("Ready", "NotReady") and e["container"] == "app"]
    assert ready[:4] == [(7, "Ready"), (60, "NotReady"), (97, "Ready"), (120, "NotReady")], ready
    assert [e["t"] for e in of(trace, "Unhealthy")][:2] == [90, 120], trace
    # It has sent WATCHDOG=1 last half a minute at the most before it would have been late.
    assert 195 <= of(trace, "Unhealthy")[2]["t"] <= 210, trace


def test_a_scenario_s_faults_are_told_with_their_places():
    done = simulate("-f", "pod.yaml", "--scenario", "play.yaml", play_yaml="""\
containers:
- name: app
  readyafter: 5s
  runs: [{length: soon}]
faults:
- {at: 1m, fault: Explode, container: app}
- {at: 2m, fault: Kill}
- {at: 1m, fault: Delete, container: app}
""")
    assert done.returncode == 3
    lines = done.stderr.splitlines()
    assert len(lines) == 6, lines
    for line in ("play.yaml:3:3: containers[0].readyafter: Unknown field: ", "play.yaml:6:19: faults[0].fault: Unsupp",
                 "play.yaml:4:19: containers[0].runs[0].length: Invalid value: \"soon\": must be a duration",
                 "play.yaml:7:3: faults[1].container: Required value: ", "faults[2].container: Forbidden",
                 "play.yaml:8:8: faults[2].at: Invalid value: \"1m\": must not be before"):
        assert any(line in found for found in lines), (line, lines)


def test_a_scenario_of_somebody_else_is_refused():
    for text in ("pod: other", "containers: [{name: other}]", "faults: [{at: 1s, fault: Kill, container: other}]"):
        done = simulate("-f", "pod.yaml", "--scenario", "play.yaml", play_yaml=text)
        assert done.returncode == 3 and 'Not found: "other"' in done.stderr, done


def test_equal_seeds_give_equal_traces_and_others_do_not():
    jitter = PLAIN.replace("{name: api}", "{name: api, annotations: {pidlet.dev/backoff: jitter=0.5}}")
    one, same, other = (simulate("-f", "pod.yaml", "--runs", "1", "--for", "1h", "-o", "json", "--seed", seed,
                                 pod_yaml=jitter).stdout for seed in ("7", "7", "8"))
    assert one == same and one != other


def test_wrong_usage_is_2():
    wrong = (["--runs", "5"], ["-f"], ["-f", "pod.yaml", "--frob"], ["-f", "pod.yaml", "extra"],
             ["-f", "pod.yaml", "--runs", "x"], ["-f", "pod.yaml", "--runs", "5:256"], ["-f", "pod.yaml", "--runs", ""],
             ["-f", "pod.yaml", "--runs", "-5"], ["-f", "pod.yaml", "--kill-every", "0s"],
             ["-f", "pod.yaml", "--kill-every", "soon"], ["-f", "pod.yaml", "--for", "0s"],
             ["-f", "pod.yaml", "--hang-after", "-1s"], ["-f", "pod.yaml", "--ready-after", ""],
             ["-f", "pod.yaml", "-o", "xml"], ["-f", "pod.yaml", "-c", "other"], ["-f", "pod.yaml", "--seed", "x"],
             ["-f", "pod.yaml", "--scenario", "play.yaml", "--runs", "5"],
             ["-f", "pod.yaml", "-o", "svg", "--compare"], ["-f", "-", "--scenario", "-"],
             ["-f", "pod.yaml", "--for", "876001h"], ["-f", "pod.yaml", "--runs", "9" * 30])
    for args in wrong:
        done = simulate(*args, play_yaml="faults: []")
        assert done.returncode == 2 and done.stdout == "" and "pidlet simulate: " in done.stderr, (args, done)


def test_faulty_manifests_are_3():
    done = simulate("-f", "pod.yaml", pod_yaml=POD.replace("periodSeconds: 5", "periodSeconds: -5"))
    assert done.returncode == 3 and "periodSeconds: Invalid value: -5" in done.stderr, done
    assert simulate("-f", "nowhere.yaml").returncode == 3
    assert simulate("-f", "pod.yaml", "--scenario", "nowhere.yaml").returncode == 3


def test_a_series_that_never_waits_and_never_runs_is_broken_off():
    done = simulate("-f", "pod.yaml", "--runs", "0", pod_yaml=PLAIN.replace(
        "{name: api}", "{name: api, annotations: {pidlet.dev/backoff: initial=0s}}"))
    assert done.returncode == 1 and "time stands still" in done.stderr, done


def test_a_span_that_no_machine_could_play_is_broken_off():
    if WRAPPER:
        raise Skip("a million runs take too long under valgrind")
    done = simulate("-f", "pod.yaml", "--kill-every", "1ms", "--for", "876000h", pod_yaml=PLAIN.replace(
        "{name: api}", "{name: api, annotations: {pidlet.dev/backoff: max=1ms}}"))
    assert done.returncode == 1 and "it has come to a million runs" in done.stderr, done.stderr
    assert "api/app: 999999 restarts" in done.stdout, done.stdout


def test_what_cannot_be_written_is_said():
    for output in ("text", "json", "svg"):
        with open("/dev/full", "w") as full:
            done = subprocess.run([*WRAPPER, PIDLET, "simulate", "-f", "-", "--runs", "5", "-o", output], input=POD,
                                  stdout=full, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 1 and "standard output: No space left on device" in done.stderr, done


def test_help_names_every_option():
    done = simulate("--help")
    assert done.returncode == 0
    for option in ("--container", "--runs", "--kill-every", "--hang-after", "--ready-after", "--for", "--output",
                   "--compare", "--scenario", "--seed"):
        assert option in done.stdout, option


main(globals())
