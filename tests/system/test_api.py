#!/usr/bin/env python3
"""The API over its socket: what every client depends on, without any client."""
import datetime
import json
import os
import re
import socket
import stat
import subprocess
import tempfile
import time

from api import TABLE, Served, UnixConnection
from pidlet import BOUND, WRAPPER, Pidlet, Skip, main, pod, sh, wait_until

WEB = pod("web", f'[{sh("app", "exec sleep 1000")}]', "terminationGracePeriodSeconds: 1")


def manifest(name, script="exec sleep 1000", **more):
    spec = {"terminationGracePeriodSeconds": 1, "containers": [{"name": "app", "command": ["sh", "-c", script]}]}
    spec.update(more.pop("spec", {}))
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, **more}, "spec": spec}


def condition(p, kind):
    return next(c["status"] for c in p["status"]["conditions"] if c["type"] == kind)


def ready(s, name):
    p = s.pod(name)
    return p and condition(p, "Ready") == "True" and p


def test_pods_of_manifests_are_mirror_pods():
    with Served(WEB) as s:
        p = wait_until(lambda: ready(s, "web"), "web to be ready")
        assert p["metadata"]["annotations"]["kubernetes.io/config.source"] == "file"
        assert p["status"]["containerStatuses"][0]["state"]["running"]["startedAt"]
        answer = s.request("PATCH", s.pods("web"), {"metadata": {"labels": {"a": "b"}}},
                           "application/merge-patch+json")
        assert answer.code == 403 and s.files[0] in answer.json["message"], answer.text
        assert s.request("DELETE", s.pods("web")).code == 403
        assert s.pod("web")["metadata"]["resourceVersion"] == p["metadata"]["resourceVersion"]


def seconds(stamp):
    return datetime.datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp()


def test_a_run_that_begins_after_the_clock_was_set_is_stamped_with_the_new_time():
    hours = 8 * 3600
    text = pod("a", f"[{sh('x', 'sleep 0.5; exit 1')}]", annotations='"pidlet.dev/backoff": "initial=100ms,max=100ms"')
    with tempfile.TemporaryDirectory() as folder:
        offset = folder + "/offset"
        env = {"LD_PRELOAD": os.environ["CLOCK_SHIM"], "CLOCK_OFFSET": offset,
               "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
        with Served(text, env=env) as s:
            before = wait_until(lambda: ready(s, "a"), "a to be ready")
            with open(offset + ".new", "w") as f:
                f.write(str(hours))
            os.rename(offset + ".new", offset)
            real = time.time()

            def again():
                state = s.pod("a")["status"]["containerStatuses"][0]["state"]
                return "running" in state and seconds(state["running"]["startedAt"]) > real + hours / 2 and s.pod("a")

            after = wait_until(again, "a run by the new clock")
            began = seconds(after["status"]["containerStatuses"][0]["state"]["running"]["startedAt"])
            assert real + hours - 2 <= began <= time.time() + hours + 2, (began, real)
            # What happened before has happened when it did.
            assert after["metadata"]["creationTimestamp"] == before["metadata"]["creationTimestamp"]


def test_an_applied_pod_runs_and_is_deleted_gracefully():
    with Served() as s:
        answer = s.request("POST", s.pods(), manifest("db", "trap 'sleep 0.2; exit 0' TERM; while :; do sleep 0.1; done"))
        assert answer.code == 201, answer.text
        assert answer.json["spec"]["restartPolicy"] == "Always" and answer.json["metadata"]["generation"] == 1
        wait_until(lambda: ready(s, "db"), "db to be ready")
        assert s.request("POST", s.pods(), manifest("db")).code == 409
        watch = s.watch(s.pods(watch="true", resourceVersion=s.get(s.pods()).json["metadata"]["resourceVersion"]))
        answer = s.request("DELETE", s.pods("db"))
        assert answer.code == 200 and answer.json["metadata"]["deletionGracePeriodSeconds"] == 1, answer.text
        event = watch.until(lambda e: e["type"] == "DELETED")
        assert event["object"]["metadata"]["uid"] == answer.json["metadata"]["uid"]
        assert s.pod("db") is None
        watch.close()


def test_a_pod_whose_spec_changes_goes_on_with_the_new_one():
    with Served() as s:
        before = s.request("POST", s.pods(), manifest("db", "echo first; exec sleep 1000")).json
        s.wait_for("first")
        watch = s.watch(s.pods(watch="true", resourceVersion=before["metadata"]["resourceVersion"]))
        answer = s.request("PATCH", s.pods("db"), {"spec": {"containers": [
            {"name": "app", "command": ["sh", "-c", "echo second; exec sleep 1000"]}]}}, "application/strategic-merge-patch+json")
        assert answer.code == 200 and "its spec has changed" in answer.headers["Warning"], answer.text
        assert answer.json["metadata"]["generation"] == 2 and "second" in answer.json["spec"]["containers"][0]["command"][2]
        s.wait_for("second")
        event = watch.until(lambda e: e["type"] == "DELETED" or "second" in e["object"]["spec"]["containers"][0]["command"][2]
                            and condition(e["object"], "Ready") == "True")
        assert event["type"] == "MODIFIED" and event["object"]["metadata"]["uid"] == before["metadata"]["uid"]
        watch.close()
        assert s.request("DELETE", s.pods("db", gracePeriodSeconds=0)).code == 200


def test_of_a_pod_whose_spec_changes_what_stays_the_same_runs_on():
    hook = {"preStop": {"exec": {"command": ["sh", "-c", "echo hook of $WHICH"]}}}
    old = {"name": "app", "command": ["sh", "-c", "echo app $WHICH; exec sleep 1000"], "lifecycle": hook,
           "env": [{"name": "WHICH", "value": "one"}], "readinessProbe": {"exec": {"command": ["true"]}, "periodSeconds": 1}}
    other = {"name": "other", "command": ["sh", "-c", "echo other; exec sleep 1000"]}
    with Served() as s:
        s.request("POST", s.pods(), manifest("db", spec={"containers": [old, other], "restartPolicy": "Never"}))
        wait_until(lambda: ready(s, "db"), "db to be ready")
        for number, which in enumerate(("two", "three"), 1):
            answer = s.request("PATCH", s.pods("db"), {"spec": {"containers": [
                {"name": "app", "env": [{"name": "WHICH", "value": which}]}]}}, "application/strategic-merge-patch+json")
            assert answer.code == 200, answer.text
            s.wait_for("app " + which)
            wait_until(lambda: ready(s, "db"), "db to be ready again")
            counts = {c["name"]: c["restartCount"] for c in s.pod("db")["status"]["containerStatuses"]}
            assert counts == {"app": number, "other": 0}, counts
        assert s.count("definition changed, will be restarted") == 2 and s.count(r"\| other$") == 1
        s.request("PATCH", s.pods("db"), {"metadata": {"labels": {"a": "b"}}}, "application/merge-patch+json")
        s.request("PATCH", s.pods("db"), {"spec": {"activeDeadlineSeconds": 1}}, "application/merge-patch+json")
        wait_until(lambda: s.pod("db")["status"].get("reason") == "DeadlineExceeded", "the deadline")
        assert s.pod("db")["status"]["phase"] == "Failed" and s.pod("db")["metadata"]["labels"] == {"a": "b"}


def test_a_readiness_gate_opens_by_its_condition():
    merge, strategic = "application/merge-patch+json", "application/strategic-merge-patch+json"
    with Served() as s:
        s.request("POST", s.pods(), manifest("db", spec={"readinessGates": [{"conditionType": "example.com/open"}]}))
        wait_until(lambda: (p := s.pod("db")) and condition(p, "ContainersReady") == "True", "the containers to be ready")
        found = next(c for c in s.pod("db")["status"]["conditions"] if c["type"] == "Ready")
        assert found["status"] == "False" and found["reason"] == "ReadinessGatesNotReady", found
        opened = {"status": {"phase": "Failed", "conditions": [
            {"type": "example.com/open", "status": "True", "reason": "Asked", "message": "by hand"}]}}
        answer = s.request("PATCH", s.pods("db") + "/status", opened, strategic)
        assert answer.code == 200 and condition(answer.json, "Ready") == "True", answer.text
        assert answer.json["status"]["phase"] == "Running"          # which is not the client's
        gate = answer.json["status"]["conditions"][0]
        assert (gate["type"], gate["reason"], gate["message"]) == ("example.com/open", "Asked", "by hand"), gate
        opened["status"]["conditions"][0]["status"] = "Perhaps"
        answer = s.request("PATCH", s.pods("db") + "/status", opened, merge)
        assert answer.code == 422 and "supported values" in answer.json["message"], answer.text
        assert condition(s.pod("db"), "Ready") == "True"
        answer = s.request("PATCH", s.pods("db") + "/status?dryRun=All", {"status": {"conditions": []}}, merge)
        assert answer.code == 200 and condition(s.pod("db"), "Ready") == "True"
        whole = s.get(s.pods("db") + "/status").json
        whole["status"]["conditions"] = []
        answer = s.request("PUT", s.pods("db") + "/status", whole)
        assert answer.code == 200 and condition(answer.json, "Ready") == "False", answer.text
        assert "does not exist" in next(c for c in answer.json["status"]["conditions"] if c["type"] == "Ready")["message"]


def test_a_pod_that_is_wrong_is_refused_with_causes():
    bad = manifest("bad")
    bad["spec"]["containers"][0]["livenessProbe"] = {"exec": {"command": ["x"]}, "successThreshold": 2}
    bad["spec"]["containers"].append({"name": "B", "command": ["x"]})
    with Served() as s:
        answer = s.request("POST", s.pods(), bad)
        causes = {c["field"]: c["reason"] for c in answer.json["details"]["causes"]}
        assert answer.code == 422 and answer.json["reason"] == "Invalid", answer.text
        assert causes == {"spec.containers[0].livenessProbe.successThreshold": "FieldValueInvalid",
                          "spec.containers[1].name": "FieldValueInvalid"}, causes
        bad["metadata"]["name"] = "Bad_"                # one finding among the others
        causes = {c["field"]: c["reason"] for c in s.request("POST", s.pods(), bad).json["details"]["causes"]}
        assert len(causes) == 3 and causes["metadata.name"] == "FieldValueInvalid", causes
        del bad["metadata"]["name"]
        causes = {c["field"]: c["reason"] for c in s.request("POST", s.pods(), bad).json["details"]["causes"]}
        assert len(causes) == 3 and causes["metadata.name"] == "FieldValueRequired", causes
        for name, reason in ("Bad", "FieldValueInvalid"), ("", "FieldValueRequired"):
            refused = s.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}}).json
            assert [(c["field"], c["reason"]) for c in refused["details"]["causes"]] == [("metadata.name", reason)], refused
        assert s.get(s.pods()).json["items"] == []


def test_unknown_fields_are_refused_told_or_dropped_as_asked():
    odd = manifest("odd")
    odd["spec"]["bogus"] = 1
    with Served() as s:
        answer = s.request("POST", s.pods(fieldValidation="Strict"), odd)
        assert answer.code == 400 and 'strict decoding error: unknown field "spec.bogus"' in answer.json["message"]
        answer = s.request("POST", s.pods(fieldValidation="Warn", dryRun="All"), odd)
        assert answer.code == 201 and answer.headers["Warning"] == '299 - "unknown field \\"spec.bogus\\""'
        answer = s.request("POST", s.pods(fieldValidation="Ignore"), odd)
        assert answer.code == 201 and answer.headers["Warning"] is None and "bogus" not in answer.json["spec"]


def test_dry_run_changes_nothing():
    with Served() as s:
        before = s.get(s.pods()).json["metadata"]["resourceVersion"]
        assert s.request("POST", s.pods(dryRun="All"), manifest("dry")).code == 201
        after = s.get(s.pods()).json
        assert after["items"] == [] and after["metadata"]["resourceVersion"] == before
        assert s.request("POST", s.pods(dryRun="Some"), manifest("dry")).code == 400
        # Of a change the spec alone differs: "kubectl diff" shows nothing else.
        s.request("POST", s.pods(), manifest("runs"))
        wait_until(lambda: ready(s, "runs"), "the pod to be ready")
        new = {"spec": {"containers": [{"name": "app", "command": ["sh", "-c", "exec sleep 2000"]}]}}
        now, would = s.pod("runs"), s.request("PATCH", s.pods("runs", dryRun="All"), new,
                                              "application/strategic-merge-patch+json").json
        assert would["spec"]["containers"][0]["command"][-1] == "exec sleep 2000" and would["metadata"]["generation"] == 2
        assert would["status"] == now["status"] and s.pod("runs") == now


def test_applied_objects_survive_a_restart():
    with Served() as s:
        assert s.request("POST", "/api/v1/namespaces", {"metadata": {"name": "blue"}}).code == 201
        maps = "/api/v1/namespaces/blue/configmaps"
        assert s.request("POST", maps, {"metadata": {"name": "c"}, "data": {"k": "v"}}).code == 201
        assert s.request("POST", s.pods(namespace="blue"), {**manifest("db"), "metadata": {"name": "db"}}).code == 201
        assert s.request("POST", s.pods(), manifest("once", "exit 3", spec={"restartPolicy": "Never"})).code == 201
        assert s.request("POST", s.pods(), manifest("gone")).code == 201
        uid = s.pod("db", namespace="blue")["metadata"]["uid"]
        wait_until(lambda: s.pod("once")["status"]["phase"] == "Failed", "the pod that fails to have failed")
        assert s.request("DELETE", s.pods("gone", gracePeriodSeconds=0)).code == 200
        wait_until(lambda: s.pod("gone") is None, "the pod that is deleted to be gone")
        s.process.kill()
        s.process.wait()
        folder = s.socket + ".state"
        torn = os.path.join(folder, "pods", "default_torn.json")
        with open(torn, "w") as f:
            f.write('{"kind": "Po')
        with Served(folder=s.home) as t:
            p = wait_until(lambda: t.pod("db", namespace="blue"), "db to be back")
            assert p["metadata"]["uid"] == uid
            assert t.get(maps + "/c").json["data"] == {"k": "v"}
            once = t.pod("once")
            assert once["status"]["phase"] == "Failed"
            assert once["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 3
            assert t.pod("gone") is None
            assert not os.path.exists(torn) and os.path.exists(torn + ".bad")
            t.wait_for("default_torn.json.bad: set aside")
            assert t.request("DELETE", t.pods("once")).code == 200 and t.pod("once") is None


def test_what_cannot_be_read_back_now_is_left_for_the_next_start():
    maps = "/api/v1/namespaces/default/configmaps"
    with Served() as s:
        for name in ("later", "now"):
            assert s.request("POST", maps, {"metadata": {"name": name}}).code == 201
        s.process.kill()
        s.process.wait()
        folder = os.path.join(s.socket + ".state", "configmaps")
        for name in ("mine.new", "default_half.json.new"):
            with open(os.path.join(folder, name), "w") as f:
                f.write("{")
        os.chmod(os.path.join(folder, "default_later.json"), 0)
        prefix = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
        with Served(folder=s.home, prefix=prefix) as t:
            t.wait_for("default_later.json: left for the next start: Permission denied")
            assert t.get(maps + "/now").code == 200 and t.get(maps + "/later").code == 404
            assert sorted(os.listdir(folder)) == ["default_later.json", "default_now.json", "mine.new"]
            os.chmod(os.path.join(folder, "default_later.json"), 0o600)
            t.process.kill()
            t.process.wait()
            with Served(folder=t.home) as u:
                assert u.get(maps + "/later").code == 200


def test_names_that_make_too_long_a_file_are_refused_with_the_limit():
    maps = "/api/v1/namespaces/default/configmaps"
    with Served() as s:
        assert s.request("POST", maps, {"metadata": {"name": "n" * (245 - len("default"))}}).code == 201
        answer = s.request("POST", maps, {"metadata": {"name": "n" * (246 - len("default"))}})
        assert answer.code == 422 and answer.json["details"]["causes"][0]["field"] == "metadata.name", answer.text
        assert "may not be more than 245 bytes together with its namespace" in answer.json["message"]
        assert len(s.get(maps).json["items"]) == 1


def test_config_maps_and_secrets_feed_pods():
    with Served() as s:
        maps = "/api/v1/namespaces/default/configmaps"
        secrets = "/api/v1/namespaces/default/secrets"
        assert s.request("POST", maps, {"metadata": {"name": "c"}, "data": {"A": "from-map"}}).code == 201
        answer = s.request("POST", secrets, {"metadata": {"name": "s"}, "stringData": {"B": "from-secret"}})
        assert answer.code == 201 and answer.json["data"] == {"B": "ZnJvbS1zZWNyZXQ="} and answer.json["type"] == "Opaque"
        one = manifest("reader", "echo got $A $B; exec sleep 1000")
        one["spec"]["containers"][0]["envFrom"] = [{"configMapRef": {"name": "c"}}, {"secretRef": {"name": "s"}}]
        assert s.request("POST", s.pods(), one).code == 201
        s.wait_for("got from-map from-secret")
        answer = s.request("PUT", maps + "/c", {"metadata": {"name": "c", "resourceVersion": "1"}, "data": {}})
        assert answer.code == 409 and answer.json["reason"] == "Conflict"
        answer = s.request("POST", maps, {"metadata": {"name": "c2"}, "data": {"bad key": "x"}})
        assert answer.code == 422, answer.text


def test_a_watch_tells_what_happens_and_nothing_twice():
    with Served(WEB) as s:
        wait_until(lambda: ready(s, "web"), "web to be ready")
        listed = s.get(s.pods()).json["metadata"]["resourceVersion"]
        later = s.watch(s.pods(watch="1", resourceVersion=listed))
        everything = s.watch(s.pods(watch="true"))
        selected = s.watch(s.pods(watch="True", labelSelector="tier=front"))
        assert everything.next()["object"]["metadata"]["name"] == "web"
        s.request("POST", s.pods(), manifest("db", labels={"tier": "front"}))
        assert later.next()["type"] == "ADDED"
        assert everything.next()["object"]["metadata"]["name"] == "db"
        assert selected.next()["object"]["metadata"]["name"] == "db"
        s.request("PATCH", s.pods("db"), {"metadata": {"labels": {"tier": "back"}}}, "application/merge-patch+json")
        gone = selected.until(lambda e: e["type"] == "DELETED")
        assert gone["object"]["metadata"]["labels"] == {"tier": "back"}
        versions = [int(gone["object"]["metadata"]["resourceVersion"])]
        event = later.until(lambda e: e["object"]["metadata"].get("labels") == {"tier": "back"})
        assert event["type"] == "MODIFIED" and int(event["object"]["metadata"]["resourceVersion"]) == versions[0]
        for w in (later, everything, selected):
            w.close()


def test_a_change_reaches_many_watches_at_once():
    with Served() as s:
        s.request("POST", s.pods(), manifest("db"))
        wait_until(lambda: ready(s, "db"), "db to be ready")
        listed = s.get(s.pods()).json["metadata"]["resourceVersion"]
        watches = [s.watch(s.pods(watch="true", resourceVersion=listed)) for _ in range(50)]
        s.request("PATCH", s.pods("db"), {"metadata": {"labels": {"a": "b"}}}, "application/merge-patch+json")
        for w in watches:
            assert w.next()["object"]["metadata"]["labels"] == {"a": "b"}
            w.close()


def test_a_version_that_is_too_old_is_gone():
    with Served() as s:
        answer = s.get(s.pods(watch="true", resourceVersion=5))
        assert answer.code == 410 and answer.json["reason"] == "Expired", answer.text


def test_a_watch_ends_at_its_time():
    with Served() as s:
        watch = s.watch(s.pods(watch="true", timeoutSeconds=1))
        assert watch.next() is None


def test_lists_come_in_pages():
    with Served() as s:
        for name in ("a", "b", "c"):
            assert s.request("POST", "/api/v1/namespaces/default/configmaps", {"metadata": {"name": name}}).code == 201
        maps = "/api/v1/namespaces/default/configmaps"
        first = s.get(maps + "?limit=2").json
        assert [i["metadata"]["name"] for i in first["items"]] == ["a", "b"]
        assert first["metadata"]["remainingItemCount"] == 1
        second = s.get(maps + "?limit=2&continue=" + first["metadata"]["continue"]).json
        assert [i["metadata"]["name"] for i in second["items"]] == ["c"] and "continue" not in second["metadata"]


def test_a_long_list_is_the_same_however_it_is_sent():
    maps = "/api/v1/namespaces/default/configmaps"
    with Served() as s:
        for i in range(150):                            # more than are sent in one go
            assert s.request("POST", maps, {"metadata": {"name": f"c{i:03}"}, "data": {"a": "x" * (i * 20)}}).code == 201
        whole = s.get(maps)
        assert int(whole.headers["Content-Length"]) == len(whole.body)
        items, token = [], ""
        while token is not None:
            page = s.get(f"{maps}?limit=40&continue={token}").json
            items += page["items"]
            token = page["metadata"].get("continue")
        assert whole.json["items"] == items and [i["metadata"]["name"] for i in items] == [f"c{i:03}" for i in range(150)]
        table = s.get(maps, headers={"Accept": TABLE})
        assert table.headers["Transfer-Encoding"] == "chunked"
        assert [row["cells"][0] for row in table.json["rows"]] == [f"c{i:03}" for i in range(150)]
        # What is on its way is what there was, whatever becomes of it meanwhile; and who leaves is forgotten.
        slow, left = UnixConnection(s.socket), UnixConnection(s.socket)
        for c in (slow, left):
            c.request("GET", maps + "?slow")
        response = slow.getresponse()
        left.close()
        for i in range(150):
            assert s.request("DELETE", f"{maps}/c{i:03}").code == 200
        assert json.loads(response.read())["items"] == items
        slow.close()
        assert s.get(maps).json["items"] == []


def test_the_first_who_looks_waits_until_everything_is_shown():
    many = [pod(f"p{i}", '[{name: app, command: [sleep, "1000"]}]', "terminationGracePeriodSeconds: 0") for i in range(60)]
    with tempfile.TemporaryDirectory() as folder, open(os.path.join(folder, "m.yaml"), "w") as f:
        f.write("---\n".join(many))
        f.flush()
        with Served(args=["-f", f.name]) as s:
            found = s.get(s.pods()).json
            assert len(found["items"]) == 60, len(found["items"])
            wait_until(lambda: len(s.get("/api/v1/events?fieldSelector=reason%3DStarted").json["items"]) == 60, "all Events")
            # And a watch from there tells of what the list did not.
            watch = s.watch(s.pods(watch="true", resourceVersion=found["metadata"]["resourceVersion"]))
            seen = {i["metadata"]["name"] for i in found["items"] if condition(i, "Ready") == "True"}
            while len(seen) < 60:
                event = watch.until(lambda e: condition(e["object"], "Ready") == "True")
                seen.add(event["object"]["metadata"]["name"])
            watch.close()


def test_wrong_requests_are_told_what_is_wrong():
    with Served() as s:
        for method, path, body, code, reason in (
                ("GET", "/nope", None, 404, "NotFound"),
                ("GET", "/api/v1/namespaces/default/bogus", None, 404, "NotFound"),
                ("POST", "/version", "{}", 405, "MethodNotAllowed"),
                ("POST", "/api/v1/nodes", "{}", 405, "MethodNotAllowed"),
                ("GET", s.pods(labelSelector="a in"), None, 400, "BadRequest"),
                ("GET", s.pods(fieldSelector="spec.bogus=1"), None, 400, "BadRequest"),
                ("GET", s.pods() + "?limit=x", None, 400, "BadRequest"),
                ("GET", s.pods() + "?labelSelector=%", None, 400, "BadRequest"),
                ("POST", s.pods(), "{", 400, "BadRequest"),
                ("POST", s.pods(), "[]", 400, "BadRequest"),
                ("POST", s.pods(), '{"kind":"Node"}', 400, "BadRequest"),
                ("POST", s.pods(), "{}", 422, "Invalid"),
                ("POST", s.pods(namespace="nope"), json.dumps(manifest("x")), 404, "NotFound"),
                ("DELETE", s.pods("nope"), None, 404, "NotFound"),
                ("DELETE", "/api/v1/namespaces/default", None, 403, "Forbidden")):
            answer = s.request(method, path, body)
            assert (answer.code, answer.json["reason"]) == (code, reason), (method, path, answer.code, answer.text)
        answer = s.request("POST", s.pods(), b"\0\1", "application/vnd.kubernetes.protobuf")
        assert answer.code == 400 and "no protobuf" in answer.json["message"], answer.text
        answer = s.request("POST", s.pods(), b"\0\1", "application/cbor")
        assert answer.code == 415, answer.text
        answer = s.request("POST", s.pods(), "x" * (1024 * 1024 + 1))
        assert answer.code == 413, answer.code


def test_the_class_of_quality_of_service_is_the_one_the_processes_have():
    def asking(name, **resources):
        return manifest(name, spec={"containers": [{"name": "app", "command": ["sleep", "1000"], "resources": resources}]})

    with Served() as s:
        for name, resources, wanted in (
                ("nothing", {"requests": {"cpu": "0"}}, "BestEffort"),
                ("some", {"requests": {"cpu": "100m"}}, "Burstable"),
                ("all", {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"memory": "1024Mi"}}, "Guaranteed")):
            answer = s.request("POST", s.pods(), asking(name, **resources))
            assert answer.code == 201, answer.text
            found = wait_until(lambda: (p := s.pod(name)) and p["status"].get("qosClass"), "a class")
            assert found == wanted, (name, found)


def test_names_are_made_from_a_prefix():
    one = manifest("x", generateName="job-")
    del one["metadata"]["name"]
    with Served() as s:
        names = {s.request("POST", s.pods(), one).json["metadata"]["name"] for _ in range(3)}
        assert len(names) == 3 and all(n.startswith("job-") and len(n) == 9 for n in names), names


def test_the_socket_is_the_owners_and_is_cleaned_up():
    with Served(WEB) as s:
        assert stat.S_IMODE(os.stat(s.socket).st_mode) == 0o600
        second = subprocess.run([os.environ["PIDLET"], "run", "--socket", s.socket], capture_output=True, text=True,
                                timeout=BOUND)
        assert second.returncode == 1 and "another pidlet serves it" in second.stderr, second.stderr
        s.signal(15)
        s.wait()
        assert not os.path.exists(s.socket)


def test_libraries_are_loaded_when_they_are_first_needed():
    if WRAPPER:
        raise Skip("the process is valgrind's")
    with tempfile.TemporaryDirectory() as folder, Pidlet(WEB, args=["--socket", f"{folder}/sock"]) as p:
        def loaded():
            with open(f"/proc/{p.process.pid}/maps") as f:
                return set(re.findall(r"/lib(microhttpd|gnutls|curl|systemd)[-.]", f.read()))

        p.wait_for("Ready  web/app")
        assert loaded() == set()
        connection = UnixConnection(f"{folder}/sock")
        connection.request("GET", "/api/v1/namespaces/default/pods/web")
        assert json.loads(connection.getresponse().read())["metadata"]["name"] == "web"
        assert "microhttpd" in loaded() and loaded() <= {"microhttpd", "gnutls"}


def test_a_socket_of_others_is_never_unlinked():
    with Served() as s:
        s.process.kill()
        s.process.wait()
        with Served(folder=s.home):                     # what a pidlet left is taken over
            pass
        other = socket.socket(socket.AF_UNIX)
        other.bind(s.socket)
        run = subprocess.run([os.environ["PIDLET"], "run", "--socket", s.socket], capture_output=True, text=True,
                             timeout=BOUND)
        assert run.returncode == 1 and "was not made by pidlet" in run.stderr, run.stderr
        assert os.path.exists(s.socket)
        with open(s.socket + "x", "w") as f:
            f.write("precious")
        run = subprocess.run([os.environ["PIDLET"], "run", "--socket", s.socket + "x"], capture_output=True, text=True,
                             timeout=BOUND)
        assert run.returncode == 1 and open(s.socket + "x").read() == "precious"


def test_pidlet_ends_with_its_manifests_pods_all_the_same():
    once = pod("once", f'[{sh("app", "exit 4")}]', "restartPolicy: Never")
    with tempfile.TemporaryDirectory() as folder, Pidlet(once, args=["--socket", os.path.join(folder, "s")]) as s:
        assert s.wait() == 4


def test_what_processes_say_of_themselves_is_the_pods_message():
    notifier = os.environ.get("NOTIFIER")
    if not notifier:
        raise Skip("this build is without libsystemd")
    long = "é" * 700

    def says(name, *messages):
        words = ", ".join(f'"{word}"' for word in messages)
        return f'{{name: {name}, command: ["{notifier}", {words}, wait]}}'

    with Served(pod("a", f"[{says('v', 'STATUS=3 of 5 loaded')}, {says('w', 'RELOADING=1')}, "
                         f"{says('z', 'STATUS=gone', 'STATUS=' + long, 'RELOADING=1')}, {says('u', 'STATUS=gone', 'STATUS=')}]",
                    annotations='pidlet.dev/notify: "true"')) as p:
        wanted = "v: 3 of 5 loaded; w: reloading; z: reloading: " + "é" * 512
        wait_until(lambda: p.pod("a")["status"].get("message") == wanted, wanted)
        assert p.pod("a")["status"]["containerStatuses"][0]["started"] is False


main(globals())
