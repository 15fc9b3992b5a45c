#!/usr/bin/env python3
"""Hundreds of pods at once: they start in their order while others are served, and can be taken back meanwhile."""
import re
import signal

from api import Served
from pidlet import main, pod, sh, wait_until

MANY = 120
LOOP = pod("a-loop", f'[{sh("app", "exit 1")}]', "terminationGracePeriodSeconds: 0", "pidlet.dev/backoff: 'initial=20ms,max=20ms'")
PODS = "---\n".join(pod(f"m{i:03}", '[{name: app, command: [sleep, "1000"]}]', "terminationGracePeriodSeconds: 0") for i in range(MANY))


def metric(s, name):
    return int(float(re.search(rf"^{re.escape(name)} (\S+)$", s.get("/metrics").text, re.M)[1]))


def running(s):
    return metric(s, "kubelet_running_pods")


def loop_goes_on(s):
    before = s.pod("a-loop")["status"]["containerStatuses"][0]["restartCount"]
    wait_until(lambda: s.pod("a-loop")["status"]["containerStatuses"][0]["restartCount"] > before + 2, "the loop to go on")


def test_they_start_while_others_are_served():
    with Served(LOOP, "") as s:
        s.write("1.yaml", PODS)
        s.signal(signal.SIGHUP)
        seen = set()
        def all_run():
            seen.add(running(s))
            return max(seen) >= MANY
        wait_until(all_run, "all of them to run")
        assert len([n for n in seen if 2 < n < MANY - 2]) > 2, seen        # so often were we served meanwhile
        names = [p["metadata"]["name"] for p in s.get(s.pods()).json["items"]]
        assert names == ["a-loop"] + [f"m{i:03}" for i in range(MANY)]
        loop_goes_on(s)


def test_they_start_in_the_order_of_their_names():
    with Served(LOOP, PODS) as s:
        s.wait_for(rf"^Normal +Started +m{MANY - 1:03}/")
        started = re.findall(r"^Normal +Started +(m\d+)/", s.output(), re.M)
        assert started == [f"m{i:03}" for i in range(MANY)]


def test_those_that_are_not_wanted_any_more_go_before_they_have_started():
    with Served(LOOP, "") as s:
        s.write("1.yaml", PODS)
        s.signal(signal.SIGHUP)
        s.wait_for(rf"manifests read again: {MANY + 1} pods")
        s.write("1.yaml", "")
        s.signal(signal.SIGHUP)
        s.wait_for("manifests read again: 1 pod$")
        wait_until(lambda: [p["metadata"]["name"] for p in s.get(s.pods()).json["items"]] == ["a-loop"], "the others to go")
        loop_goes_on(s)
        s.write("1.yaml", PODS)                         # and they may come again
        s.signal(signal.SIGHUP)
        wait_until(lambda: running(s) >= MANY, "all of them to run")


def test_one_that_is_applied_comes_after_those_that_wait():
    with Served(LOOP, "") as s:
        s.write("1.yaml", PODS)
        s.signal(signal.SIGHUP)
        s.wait_for(rf"manifests read again: {MANY + 1} pods")
        new = {"metadata": {"name": "b-new"}, "spec": {"terminationGracePeriodSeconds": 0,
                                                       "containers": [{"name": "app", "command": ["sleep", "1000"]}]}}
        answer = s.request("POST", s.pods(), new)
        assert answer.code == 201 and answer.json["status"]["phase"] in ("Pending", "Running"), answer.text
        wait_until(lambda: s.pod("b-new")["status"]["phase"] == "Running", "the new one to run")
        assert s.request("DELETE", s.pods("m119")).code == 403
        wait_until(lambda: running(s) >= MANY + 1, "all of them to run")


def test_a_stop_amid_their_start_leaves_the_rest_unstarted():
    with Served(LOOP, "") as s:
        s.write("1.yaml", PODS)
        s.signal(signal.SIGHUP)
        s.signal(signal.SIGTERM)
        assert s.wait() is not None
        started, ended = s.count(r"^Normal +Started +m\d"), s.count(r"Exited +m\d")
        assert started == ended and started < MANY, (started, ended)
        assert s.count(r"^! .*(ERROR|assert)") == 0


main(globals())
