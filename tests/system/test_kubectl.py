#!/usr/bin/env python3
"""The real kubectl against pidlet: what people type, and what they see."""
import os
import re
import subprocess
import tempfile

from api import KUBECTL, Served, normal
from pidlet import BOUND, Follower, Skip, main, pod, sh, wait_until

if KUBECTL is None:
    print("1..1\nok 1 - kubectl # SKIP there is no kubectl (Debian: kubernetes-client)")
    raise SystemExit

WEB = pod("web", f'[{sh("app", "echo hello; exec sleep 1000", "ports: [{name: http, containerPort: 8080}]")}]',
          "terminationGracePeriodSeconds: 1").replace("name: web,", "name: web, labels: {app: web},")
DB = """\
apiVersion: v1
kind: Pod
metadata:
  name: db
  labels: {app: db, tier: back}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: app
    command: [sh, -c, "echo one; echo two; echo three; exec sleep 1000"]
    env: [{name: A, value: "1"}]
    readinessProbe: {exec: {command: ["true"]}, periodSeconds: 1}
"""
CRASH = pod("crash", f'[{sh("app", "echo run; exit 2")}]', "terminationGracePeriodSeconds: 1",
            "pidlet.dev/backoff: initial=1h")
SOURCES = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: conf}
data: {a: "1", b: two}
---
apiVersion: v1
kind: Secret
metadata: {name: key}
stringData: {password: geheim}
"""


def expect(got, wanted):
    got, wanted = normal(got), normal(wanted)
    assert got == wanted, f"got:\n{got}\nwanted:\n{wanted}"


def served(**more):
    s = Served(WEB, CRASH, tcp=True, **more)
    return s


def apply(s, text, *more, **how):
    return s.kubectl("apply", "-f", s.write("applied.yaml", text), *more, **how)


def minor(s):
    """The version of kubectl: 20, 32."""
    return int(re.search(r'"gitVersion": "v1\.(\d+)', s.kubectl("version", "--client", "-o", "json"))[1])


def crashed(s):
    p = s.pod("crash")
    return p and p["status"]["containerStatuses"][0]["state"].get("waiting", {}).get("reason") == "CrashLoopBackOff" \
        and p["status"]["containerStatuses"][0]["restartCount"] == 1


def test_looking():
    with served() as s:
        wait_until(lambda: crashed(s), "crash to be in back-off")
        wait_until(lambda: s.pod("web")["status"]["phase"] == "Running", "web to run")
        expect(s.kubectl("get", "pods"), """
NAME    READY   STATUS             RESTARTS      AGE
crash   0/1     CrashLoopBackOff   1 (0s ago)    0s
web     1/1     Running            0             0s""")
        expect(s.kubectl("get", "pods", "-A", "-o", "wide", "--field-selector", "status.phase=Running", "-l", "app=web"), """
NAMESPACE   NAME   READY   STATUS    RESTARTS   AGE   IP          NODE   NOMINATED NODE   READINESS GATES
default     web    1/1     Running   0          0s    127.0.0.1   HOST   <none>           <none>""")
        expect(s.kubectl("get", "pods", "-o", "name"), "pod/crash\npod/web")
        expect(s.kubectl("get", "pod", "web", "-o", "jsonpath={.status.phase}:{.spec.containers[*].name}"), "Running:app")
        assert "restartPolicy: Always" in s.kubectl("get", "pod", "web", "-o", "yaml")
        assert '"restartPolicy": "Always"' in s.kubectl("get", "pods", "-o", "json")
        expect(s.kubectl("get", "pods", "--show-labels", "--sort-by=.metadata.name", "--no-headers"), """
crash   0/1   CrashLoopBackOff   1 (0s ago)   0s   <none>
web     1/1   Running            0            0s   app=web""")
        expect(s.kubectl("get", "all"), s.kubectl("get", "pods"))
        expect(s.kubectl("get", "nodes"), """
NAME   STATUS   ROLES    AGE   VERSION
HOST   Ready    <none>   0s    v1.32.0+pidlet.VERSION""")
        expect(s.kubectl("get", "namespaces"), """
NAME          STATUS   AGE
default       Active   0s
kube-system   Active   0s""")
        expect(s.kubectl("get", "pod", "nope", code=1), 'Error from server (NotFound): pods "nope" not found')
        expect(s.kubectl("get", "pods", "-n", "nope"), "No resources found in nope namespace.")
        assert "field label not supported: spec.x" in s.kubectl("get", "pods", "--field-selector", "spec.x=1", code=1)


def test_the_server_itself():
    with served() as s:
        assert "v1.32.0+pidlet" in s.kubectl("version")
        for path in ("healthz", "livez", "readyz"):
            expect(s.kubectl("get", "--raw", "/" + path), "ok")
        assert "kubelet_running_pods " in s.kubectl("get", "--raw", "/metrics")
        expect(s.kubectl("cluster-info").split("\n")[0].replace("master", "control plane"),
               "Kubernetes control plane is running at URL")
        expect(s.kubectl("api-versions"), "metrics.k8s.io/v1beta1\nv1")
        expect(s.kubectl("api-resources", "--no-headers", "-o", "name"),
               "configmaps\nevents\nnamespaces\nnodes\npods\nsecrets\nservices\nnodes.metrics.k8s.io\npods.metrics.k8s.io")


def test_top():
    with served() as s:
        wait_until(lambda: crashed(s) and s.pod("web")["status"]["phase"] == "Running", "web to run")
        for words in (["top", "pods"], ["top", "pod", "web"]):
            rows = [line.split() for line in s.kubectl(*words).splitlines()]
            assert rows[0] == ["NAME", "CPU(cores)", "MEMORY(bytes)"] and len(rows) == 2, rows    # crash has no process
            assert rows[1][0] == "web" and re.fullmatch(r"\d+m", rows[1][1]) and re.fullmatch(r"\d+Mi", rows[1][2]), rows
        assert s.kubectl("top", "pods", "-A", "--containers", "--no-headers").split()[:3] == ["default", "web", "app"]
        rows = [line.split() for line in s.kubectl("top", "nodes").splitlines()]
        assert rows[1][0] == s.get("/api/v1/nodes").json["items"][0]["metadata"]["name"] and int(rows[1][1][:-1]) > 0, rows
        assert 'podmetrics.metrics.k8s.io "default/crash" not found' in s.kubectl("top", "pod", "crash", code=1)


def test_describe():
    with served() as s:
        wait_until(lambda: crashed(s), "crash to be in back-off")
        text = normal(s.kubectl("describe", "pod", "crash"))
        for part in ("Name:  crash", "Node:  HOST/IP", "Status:  Running", "IP:  127.0.0.1",
                     "  State:  Waiting\n  Reason:  CrashLoopBackOff",
                     "  Last State:  Terminated\n  Reason:  Error\n  Exit Code:  2\n  Started:  DATE\n  Finished:  DATE",
                     "  Ready:  False\n  Restart Count:  1", "Initialized  True\n  Ready  False", "QoS Class:  BestEffort",
                     "Warning  BackOff"):
            assert part in text, f"{part!r} is not in:\n{text}"
        text = normal(s.kubectl("describe", "pod", "web"))
        assert "Port:  8080/TCP" in text and "kubernetes.io/config.source: file" in text, text
        text = normal(s.kubectl("describe", "node"))
        assert "Ready  True" in text and "default  web" in text, text


def test_apply_and_change():
    with served() as s:
        expect(s.kubectl("create", "-f", s.write("c.yaml", DB)), "pod/db created")
        expect(s.kubectl("delete", "-f", s.write("c.yaml", DB), "--wait=false"), 'pod "db" deleted')
        wait_until(lambda: s.pod("db") is None, "db to be gone")
        expect(apply(s, DB), "pod/db created")
        expect(apply(s, DB), "pod/db unchanged")
        expect(s.kubectl("wait", "--for=condition=Ready", "pod/db", f"--timeout={BOUND}s"), "pod/db condition met")
        expect(s.kubectl("diff", "-f", s.write("d.yaml", DB)), "")
        text = s.kubectl("diff", "-f", s.write("d.yaml", DB.replace("tier: back", "tier: front")), code=1)
        assert "-    tier: back\n+    tier: front" in text, text
        expect(apply(s, DB.replace("tier: back", "tier: front"), "--dry-run=server"), "pod/db configured (server dry run)")
        expect(apply(s, DB.replace("tier: back", "tier: front")), "pod/db configured")
        expect(s.kubectl("label", "pod", "db", "x=1"), "pod/db labeled")
        expect(s.kubectl("annotate", "pod", "db", "note=hi"), "pod/db annotated")
        expect(s.kubectl("patch", "pod", "db", "-p", '{"metadata":{"labels":{"y":"2"}}}'), "pod/db patched")
        expect(s.kubectl("patch", "pod", "db", "--type=merge", "-p", '{"metadata":{"labels":{"x":null}}}'), "pod/db patched")
        expect(s.kubectl("patch", "pod", "db", "--type=json", "-p", '[{"op":"remove","path":"/metadata/labels/y"}]'),
               "pod/db patched")
        expect(s.kubectl("get", "pod", "db", "-o", "jsonpath={.metadata.labels}"), '{"app":"db","tier":"front"}')
        expect(s.kubectl("edit", "pod", "db", env={"EDITOR": "sed -i s/tier:.front/tier:\\ edited/"}), "pod/db edited")
        live = s.kubectl("get", "pod", "db", "-o", "json")
        expect(s.kubectl("replace", "-f", "-", stdin=live), "pod/db replaced")
        stale = live.replace('"resourceVersion": "', '"resourceVersion": "9')
        text = s.kubectl("replace", "-f", "-", stdin=stale, code=1)
        assert 'Error from server (Conflict): error when replacing "STDIN": Operation cannot be fulfilled on pods "db"' in text, text
        expect(s.kubectl("create", "-f", s.write("c.yaml", DB), code=1),
               f'Error from server (AlreadyExists): error when creating "{s.folder.name}/c.yaml": pods "db" already exists')
        text = apply(s, DB.replace("echo one", "echo eins"))
        assert "Warning: pod db: its spec has changed: the containers that differ are stopped" in text and "pod/db configured" in text, text
        wait_until(lambda: "eins" in s.get(s.pods("db") + "/log").text, "db to run with the new spec")
        expect(s.kubectl("delete", "pod", "db"), 'pod "db" deleted')
        assert s.pod("db") is None
        assert s.kubectl("label", "pod", "web", "x=1", code=1).startswith(
            'Error from server (Forbidden): pods "web" is forbidden: it comes from the manifest ')


def test_explain_and_strict_validation():
    with served() as s:
        if minor(s) < 27:
            raise Skip(f"kubectl 1.{minor(s)} wants OpenAPI v2 whole: explain is for 1.27 and newer")
        text = normal(s.kubectl("explain", "pod.spec.containers.livenessProbe"))
        assert "FIELD: livenessProbe <Probe>" in text and "periodSeconds" in text, text
        assert 'field "bogus" does not exist' in s.kubectl("explain", "pod.spec.bogus", code=1)
        text = apply(s, DB.replace("    env:", "    enw:"), "--validate=strict", code=1)
        assert 'unknown field "spec.containers[0].enw"' in text, text
        text = apply(s, DB.replace("    env:", "    enw:"), "--validate=warn")
        assert 'Warning: unknown field "spec.containers[0].enw"' in text and "pod/db created" in text, text


def test_what_is_wrong():
    with served() as s:
        expect(apply(s, DB.replace("name: app", "name: App").replace("periodSeconds: 1", "periodSeconds: -1"), code=1), """
The Pod "db" is invalid:
* spec.containers[0].name: Invalid value: "App": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')
* spec.containers[0].readinessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0""")
        text = apply(s, DB, "-n", "nope", code=1)
        assert 'Error from server (NotFound): error when creating' in text and 'namespaces "nope" not found' in text, text


def test_following_and_deleting():
    with served() as s:
        assert "created" in apply(s, DB)
        with tempfile.TemporaryFile("w+") as out, Follower(
                [KUBECTL, "--kubeconfig", s.kubeconfig(), "--cache-dir", os.path.join(s.home, "cache"), "get", "pod", "db", "-w"],
                stdout=out) as follower:
            def seen(text):
                out.seek(0)
                return text in normal(out.read())
            wait_until(lambda: seen("db  1/1  Running"), "kubectl get -w to show that db is ready", 3 * BOUND)
            expect(s.kubectl("delete", "pod", "db", "--grace-period=1"), 'pod "db" deleted')
            wait_until(lambda: seen("Terminating"), "kubectl get -w to show that db goes", 3 * BOUND)
            follower.kill()
        assert "created" in apply(s, DB)
        assert 'pod "db" force deleted' in s.kubectl("delete", "pod", "db", "--force", "--grace-period=0")
        assert "created" in apply(s, DB)
        expect(s.kubectl("delete", "pods", "-l", "app=db", "--now"), 'pod "db" deleted')
        assert normal(s.kubectl("wait", "--for=delete", "pod/db", "--timeout=5s", code=None)) in (
            "", "error: no matching resources found")           # 1.20 says so of what is gone
        if minor(s) >= 23:
            expect(s.kubectl("wait", "--for=jsonpath={.status.phase}=Running", "pod/web", f"--timeout={BOUND}s"), "pod/web condition met")
        text = s.kubectl("wait", "--for=condition=Ready", "pod/crash", "--timeout=1s", code=1)
        assert "timed out waiting for the condition on pods/crash" in text, text


def test_logs():
    with served() as s:
        apply(s, DB)
        wait_until(lambda: s.pod("db")["status"]["phase"] == "Running", "db to run")
        wait_until(lambda: "three" in s.get(s.pods("db") + "/log").text, "db to have said all")
        expect(s.kubectl("logs", "db"), "one\ntwo\nthree")
        expect(s.kubectl("logs", "db", "-c", "app", "--tail=1"), "three")
        expect(s.kubectl("logs", "db", "--all-containers", "--limit-bytes=5"), "one\nt")
        assert len(s.kubectl("logs", "db", "--timestamps", "--since=1h").split()[0]) == len("2026-01-02T03:04:05.000000000Z")
        wait_until(lambda: crashed(s), "crash to be in back-off")
        expect(s.kubectl("logs", "crash", "--previous"), "run")
        assert "container nope is not valid for pod db" in s.kubectl("logs", "db", "-c", "nope", code=1)
        with Follower([KUBECTL, "--kubeconfig", s.kubeconfig(), "logs", "-f", "db"], stdout=subprocess.PIPE,
                      text=True) as follower:
            assert [follower.stdout.readline() for _ in range(3)] == ["one\n", "two\n", "three\n"]
            s.kubectl("delete", "pod", "db", "--now")
            assert follower.wait(3 * BOUND) == 0


def test_events():
    with served() as s:
        wait_until(lambda: crashed(s), "crash to be in back-off")
        text = normal(s.kubectl("get", "events", "--field-selector", "involvedObject.name=crash,reason=BackOff"))
        assert text.startswith("LAST SEEN  TYPE  REASON  OBJECT  MESSAGE\nAGE  Warning  BackOff  pod/crash  "
                               "Back-off restarting failed container app in pod crash_default(UID)"), text
        if minor(s) >= 27:
            rows = s.kubectl("events", "--for", "pod/crash").splitlines()
            assert rows[0].split() == ["LAST", "SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"], rows
            assert any("BackOff" in row and "Pod/crash" in row for row in rows) and not any("web" in row for row in rows), rows
        for words in (["get", "events"], ["events"]) if minor(s) >= 27 else (["get", "events"],):
            with Follower([KUBECTL, "--kubeconfig", s.kubeconfig(), *words, "-w"], stdout=subprocess.PIPE, text=True) as follower:
                assert any("BackOff" in line for line in iter(follower.stdout.readline, ""))
                assert "created" in apply(s, DB.replace("name: db", "name: " + words[0]))
                assert any("Started" in line and words[0] in line for line in iter(follower.stdout.readline, ""))
                follower.kill()
        uid = s.pod("crash")["metadata"]["uid"]
        assert "pod/web" not in s.kubectl("get", "events", "--field-selector", f"involvedObject.uid={uid}")


def test_config_maps_secrets_and_namespaces():
    with served() as s:
        expect(apply(s, SOURCES), "configmap/conf created\nsecret/key created")
        expect(s.kubectl("get", "cm,secrets"), """
NAME             DATA   AGE
configmap/conf   2      0s

NAME         TYPE     DATA   AGE
secret/key   Opaque   1      0s""")
        text = s.kubectl("describe", "secret", "key")
        assert "password:  6 bytes" in text and "geheim" not in text, text
        assert "a:\n----\n1" in s.kubectl("describe", "cm", "conf")
        # Newer ones send these three in protobuf.
        expect(s.kubectl("create", "configmap", "made", "--from-literal=a=1", "--from-literal=b=zwei"), "configmap/made created")
        expect(s.kubectl("create", "secret", "generic", "made", "--from-literal=password=sesam"), "secret/made created")
        expect(s.kubectl("get", "cm", "made", "-o", "jsonpath={.data}"), '{"a":"1","b":"zwei"}')
        expect(s.kubectl("get", "secret", "made", "-o", "jsonpath={.data} {.type}"), '{"password":"c2VzYW0="} Opaque')
        expect(s.kubectl("create", "namespace", "green"), "namespace/green created")
        expect(s.kubectl("delete", "namespace", "green"), 'namespace "green" deleted')
        expect(apply(s, "apiVersion: v1\nkind: Namespace\nmetadata: {name: blue}"), "namespace/blue created")
        expect(apply(s, DB, "-n", "blue"), "pod/db created")
        expect(s.kubectl("delete", "namespace", "blue"), 'namespace "blue" deleted')
        expect(s.kubectl("get", "pods", "-n", "blue"), "No resources found in blue namespace.")
        expect(s.kubectl("delete", "-f", s.write("s.yaml", SOURCES)), 'configmap "conf" deleted\nsecret "key" deleted')


main(globals())
