#!/usr/bin/env python3
"""`pidlet schema`, in the hands of others: ajv, the language server of YAML editors, an OpenAPI validator.

What they say of a manifest by the schema is what `pidlet check` says of it.
"""
import functools
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.environ["SOURCE_ROOT"]
sys.path.insert(0, os.path.join(ROOT, "tests", "system"))
from pidlet import PIDLET, WRAPPER, main  # noqa: E402

MODULES = os.environ.get("PIDLET_NODE") or os.path.join(ROOT, "build-check", "node")
MISSING = None if os.path.isdir(os.path.join(MODULES, "node_modules", "ajv")) else (
    f"no validators in {MODULES}: run packaging/install-deps --tests")

# What only pidlet can say: a rule between fields, or of a text that no pattern tells.
BEYOND = re.compile("|".join([
    # what a map or a list holds twice, or lacks
    "Duplicate (value|field)", "Not found", "must be unique", "duplicate of key", "the pod has no container",
    "no port of this container", "does not match template", "empty selector",
    # one field beside another
    r"less than or equal to \S+ limit", "may not be 0 when", "maxUnavailable is non-zero", "than minReadySeconds",
    "strategy `type` is", "`operator` is", "must be the path of the volume", "name a path of the host",
    "only divisor's values",
    # texts in a language of their own
    "is no duration", "pidlet knows", "field label", "'metadata|\"metadata", "^Invalid value: \"not good\"",
    "\"limits.cpu\"", "5 fields", "parse field", "'OrderedReady' or", "'RollingUpdate' or", "more than 52 characters",
    r"must not contain '\.\.'", "trailing whitespace",
]))

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
  - name: server
    command: [sleep, "1000"]
"""

# A fault behind POD, or in its place, and where it is.
FAULTS = [
    ("    comand: [x]", "spec.containers[0].comand"),
    ("    ports: [{containerPort: 0}]", "spec.containers[0].ports[0].containerPort"),
    ("    ports: [{containerPort: 65536}]", "spec.containers[0].ports[0].containerPort"),
    ("    ports: [{containerPort: \"80\"}]", "spec.containers[0].ports[0].containerPort"),
    ("    ports: [{containerPort: 80, name: UPPER}]", "spec.containers[0].ports[0].name"),
    ("    ports: [{containerPort: 80, name: a-name-too-long-}]", "spec.containers[0].ports[0].name"),
    ("    ports: [{containerPort: 80, protocol: tcp}]", "spec.containers[0].ports[0].protocol"),
    ("    ports: {}", "spec.containers[0].ports"),
    ("    ports: [80]", "spec.containers[0].ports[0]"),
    ("    livenessProbe: {tcpSocket: {port: 0}}", "spec.containers[0].livenessProbe.tcpSocket.port"),
    ("    livenessProbe: {tcpSocket: {port: a--b}}", "spec.containers[0].livenessProbe.tcpSocket.port"),
    ("    livenessProbe: {tcpSocket: {port: \"80\"}}", "spec.containers[0].livenessProbe.tcpSocket.port"),
    ("    livenessProbe: {tcpSocket: {port: [80]}}", "spec.containers[0].livenessProbe.tcpSocket.port"),
    ("    livenessProbe: {tcpSocket: {}}", "spec.containers[0].livenessProbe.tcpSocket.port"),
    ("    livenessProbe: {exec: {command: []}}", "spec.containers[0].livenessProbe.exec.command"),
    ("    livenessProbe: {exec: {command: [a]}, periodSeconds: -1}", "spec.containers[0].livenessProbe.periodSeconds"),
    ("    livenessProbe: {exec: {command: [a]}, periodSeconds: 1.5}", "spec.containers[0].livenessProbe.periodSeconds"),
    ("    livenessProbe: {exec: {command: [a]}, successThreshold: 2}",
     "spec.containers[0].livenessProbe.successThreshold"),
    ("    readinessProbe: {exec: {command: [a]}, terminationGracePeriodSeconds: 3}",
     "spec.containers[0].readinessProbe.terminationGracePeriodSeconds"),
    ("    livenessProbe: {periodSeconds: 3}", "spec.containers[0].livenessProbe"),
    ("    livenessProbe: {exec: {command: [a]}, tcpSocket: {port: 1}}", "spec.containers[0].livenessProbe.tcpSocket"),
    ("    lifecycle: {preStop: {exec: {command: sh}}}", "spec.containers[0].lifecycle.preStop.exec.command"),
    ("    lifecycle: {preStop: {}}", "spec.containers[0].lifecycle.preStop"),
    ("    env: [{name: a=b, value: x}]", "spec.containers[0].env[0].name"),
    ("    env: [{name: a, value: 1}]", "spec.containers[0].env[0].value"),
    ("    env: [{value: x}]", "spec.containers[0].env[0].name"),
    ("    env: [{name: a, valueFrom: {}}]", "spec.containers[0].env[0].valueFrom"),
    ("    env: [{name: a, valueFrom: {secretKeyRef: {name: s, key: a/b}}}]",
     "spec.containers[0].env[0].valueFrom.secretKeyRef.key"),
    ("    envFrom: [{prefix: x}]", "spec.containers[0].envFrom[0]"),
    ("    resources: {requests: {cpu: 100x}}", "spec.containers[0].resources.requests.cpu"),
    ("    resources: {requests: {memory: -1}}", "spec.containers[0].resources.requests.memory"),
    ("    resources: {limits: {memory: true}}", "spec.containers[0].resources.limits.memory"),
    ("    resources: {limits: {gpu: 1}}", "spec.containers[0].resources.limits.gpu"),
    ("    stdin: true", "spec.containers[0].stdin"),
    ("    tty: 1", "spec.containers[0].tty"),
    ("    args: [1]", "spec.containers[0].args[0]"),
    ("    imagePullPolicy: Sometimes", "spec.containers[0].imagePullPolicy"),
    ("  restartPolicy: always", "spec.restartPolicy"),
    ("  terminationGracePeriodSeconds: soon", "spec.terminationGracePeriodSeconds"),
    ("  hostAliases: [{ip: 127.0.0.1}]", "spec.hostAliases"),
    ("  volumes: [{name: v, emptyDir: {}}]", "spec.volumes[0].emptyDir"),
    ("  volumes: [{name: v, hostPath: {}}]", "spec.volumes[0].hostPath.path"),
    ("  volumes: [{name: v, hostPath: {path: /a}, emptyDir: {}}]", "spec.volumes[0].emptyDir"),
    ("  os: {name: windows}", "spec.os.name"),
    ("  os: {name: \"\"}", "spec.os.name"),
    ("  nodeSelector: {a: [b]}", "spec.nodeSelector.a"),
    ("  hostNetwork: perhaps", "spec.hostNetwork"),
    ("  initContainers: [{name: i, command: [a], livenessProbe: {exec: {command: [a]}}}]",
     "spec.initContainers[0].livenessProbe"),
    ("status: {}\nmetadata2: {}", "metadata2"),
    (POD.replace("name: web", "name: Web_"), "metadata.name"),
    (POD.replace("name: web", "labels: {a: b}"), "metadata.name"),
    (POD.replace("name: web", "name: web\n  labels: {a: \"-\"}"), "metadata.labels.a"),
    (POD.replace("name: web", "name: web\n  labels: {\"a b\": c}"), "metadata.labels"),
    (POD.replace("- name: server", "- name: server.x"), "spec.containers[0].name"),
    (POD.replace("- name: server\n    ", "- "), "spec.containers[0].name"),
    (POD.replace('    command: [sleep, "1000"]\n', ""), "spec.containers[0].command"),
    (POD.replace("kind: Pod", "kind: Pud"), "kind"),
    (POD.replace("apiVersion: v1", "apiVersion: apps/v1"), "apiVersion"),
    (POD.replace("apiVersion: v1\n", ""), "apiVersion"),
    ("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n", "spec.containers"),
    ("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n", "spec.containers"),
    ("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {key: \"no base64!\"}\n", "data.key"),
    ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {\"a/b\": c}\n", "data.a/b"),
    ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: 1}\n", "data.a"),
    ("apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: ConfigMap, metadata: {name: A}}]\n",
     "items[0].metadata.name"),
    ("apiVersion: v1\nkind: List\n", "items"),
    ("apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec:\n  template:\n    spec:\n      restartPolicy: Always\n"
     "      containers: [{name: a, command: [a]}]\n", "spec.template.spec.restartPolicy"),
    ("apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\nspec:\n  schedule: '* * * * *'\n"
     "  concurrencyPolicy: Sometimes\n  jobTemplate:\n    spec:\n      template:\n        spec:\n"
     "          restartPolicy: Never\n          containers: [{name: a, command: [a]}]\n", "spec.concurrencyPolicy"),
    ("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  replicas: -1\n"
     "  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n"
     "    spec:\n      containers: [{name: a, command: [a]}]\n", "spec.replicas"),
]

# What pidlet takes, in forms that a schema could stumble over.
GOOD = [
    POD,
    POD + "    env:\n    image:\n    ports: []\n    stdin: false\n    tty:\n",
    POD + "    resources: {limits: {cpu: 1.5, memory: 1e9, example.com/gpu: \"1\"}, requests: {cpu: 100m, memory: .5Gi}}\n",
    POD + "    ports: [{containerPort: 80, name: http, protocol: \"\", hostPort: 0}]\n"
          "    livenessProbe: {tcpSocket: {port: http}, periodSeconds: 0, successThreshold: 0}\n",
    POD + "    livenessProbe: {tcpSocket: {port: 80}, exec: null}\n",
    POD + "  hostAliases: []\n  dnsConfig: {}\n  affinity: {nodeAffinity: {}}\n  hostNetwork: yes\n",
    POD + "  volumes: [{name: v, hostPath: {path: /srv}}]\n",
    POD + "status:\n",
    POD.replace("name: web", "name: web\n  labels:\n  annotations: {example.com/x: \"\"}"),
    POD.replace("name: web", "name: web\n  namespace: \"\"\n  creationTimestamp: null"),
    "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {key: aGk=}\nstringData: {b: c}\ntype: Opaque\n",
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a.b: |\n    several\n    lines\n",
    "apiVersion: v1\nkind: List\nmetadata: {}\nitems: []\n",
    POD + "---\n" + POD.replace("web", "other"),
]


class Judged:
    """What pidlet, ajv and an editor say of all texts above: asked once, for the tests that look at it."""

    def __init__(self):
        self.faults = pairs_of(FAULTS)
        texts = GOOD + [text for text, _ in self.faults]
        with tempfile.TemporaryDirectory(prefix="pidlet-editor-") as folder:
            document = os.path.join(folder, "schema.json")
            with open(document, "w") as f:
                f.write(schema())
            files = []
            for i, text in enumerate(texts):
                files.append(os.path.join(folder, f"{i:03}.yaml"))
                with open(files[-1], "w") as f:
                    f.write(text)
            by_file = {name: [] for name in files}
            for finding in check(*files):
                if finding["kind"] != "Duplicate value":        # of names, from file to file
                    by_file[finding["file"]].append(finding)
            self.all = {"pidlet": list(by_file.values())}
            for mode in ("ajv", "editor"):
                found = validate(mode, document, *files)
                self.all[mode] = [found[name] for name in files]

    def good(self, who):
        return zip(GOOD, self.all[who])

    def bad(self, who):
        return [(text, at, mine, theirs) for (text, at), mine, theirs in zip(
            self.faults, self.all["pidlet"][len(GOOD):], self.all[who][len(GOOD):])]


@functools.lru_cache
def judged():
    return Judged()


def run(*args):
    return subprocess.run(args, capture_output=True, text=True)


@functools.lru_cache
def schema():
    return run(*WRAPPER, PIDLET, "schema").stdout


def validate(mode, document, *files):
    done = run("node", os.path.join(HERE, "validate.cjs"), MODULES, mode, document, *files)
    assert done.returncode == 0 and done.stdout, done
    return json.loads(done.stdout)


def check(*files):
    done = run(*WRAPPER, PIDLET, "check", "-o", "json", *files)
    assert done.returncode in (0, 3), done
    return json.loads(done.stdout)["findings"]


def plain(path):
    """metadata.labels[a] -> metadata.labels.a, as JSON pointers have it; indices stay."""
    return re.sub(r"\[(?!\d+\])([^\]]*)\]", r".\1", path)


def is_at(wanted, path):
    """At the place, or at the object that it is in: a schema blames that one for what is missing."""
    parent = re.sub(r"(\[\d+\]|\.?[^.\[]+)$", "", wanted)
    return path != "" and (path == wanted or path == parent or wanted.startswith(path + "."))


def corpus():
    files = sorted(glob.glob(os.path.join(ROOT, "docs/examples/*.yaml")))
    files += sorted(glob.glob(os.path.join(ROOT, "tests/corpus/**/*.yaml"), recursive=True))
    assert len(files) >= 5, files
    return files


def pairs_of(faults):
    return [(text if text.startswith(("apiVersion", "kind")) else f"{POD}{text}\n", at) for text, at in faults]


def test_manifests_that_pidlet_takes_are_taken_by_ajv_and_by_an_editor():
    for who in ("pidlet", "ajv", "editor"):
        for text, found in judged().good(who):
            assert not found, f"{who}: {found}\n{text}"


def test_faults_are_found_by_pidlet_and_by_ajv_in_the_same_place():
    for text, at, mine, theirs in judged().bad("ajv"):
        assert any(plain(f["path"]) == at for f in mine), f"pidlet: {[f['path'] for f in mine]} for {at}\n{text}"
        assert any(is_at(at, f["path"]) for f in theirs), f"ajv: {theirs} for {at}\n{text}"


def test_an_editor_marks_the_line_of_a_fault():
    for text, at, mine, marks in judged().bad("editor"):
        lines = {f["line"] for f in mine if plain(f["path"]) == at}
        # What is missing is marked at the key of the object that lacks it.
        marked = {m["line"] + ("Missing" in m["message"] and d) for m in marks for d in (0, 1)}
        assert lines & marked, f"editor: {marks} for {at} in line {lines}\n{text}"


def test_an_editor_says_why_a_field_is_refused():
    messages = [m["message"] for _, at, _, marks in judged().bad("editor") if at == "spec.hostAliases" for m in marks]
    assert messages == ["Refused by pidlet: /etc/hosts is the host's"], messages


def test_examples_and_the_corpus_are_judged_alike():
    files = corpus()
    with tempfile.NamedTemporaryFile("w", suffix=".json") as document:
        document.write(schema())
        document.flush()
        theirs = validate("ajv", document.name, *files)
    mine = {name: [] for name in files}
    for finding in check(*files):
        mine[finding["file"]].append(finding)
    for name in files:
        if any(f["kind"] == "Syntax error" for f in mine[name]):
            continue
        told = [f for f in mine[name] if f["path"] and not BEYOND.search(f"{f['kind']}: {f['detail']}")]
        if not mine[name]:
            assert not theirs[name], f"{name}: pidlet takes it, ajv does not: {theirs[name]}"
        for finding in told:
            assert any(is_at(plain(finding["path"]), f["path"]) for f in theirs[name]), (
                f"{name}: ajv does not see {finding}, but {theirs[name]}")


def test_a_scenario_and_settings_have_schemas_of_their_own():
    with tempfile.TemporaryDirectory(prefix="pidlet-editor-") as folder:
        for kind, good, bad in [
                ("scenario", "pod: web\nfaults: [{at: 1s, fault: Kill}]\n", "pod: web\nfaults: [{at: 1s, fault: Kil}]\n"),
                ("kubeletconfiguration",
                 "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nshutdownGracePeriod: 1m30s\n",
                 "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nshutdownGracePeriod: 90\n")]:
            names = [os.path.join(folder, name) for name in (f"{kind}.json", "good.yaml", "bad.yaml")]
            for name, text in zip(names, (run(*WRAPPER, PIDLET, "schema", kind).stdout, good, bad)):
                with open(name, "w") as f:
                    f.write(text)
            found = validate("ajv", *names)
            assert not found[names[1]] and found[names[2]], (kind, found)


def test_the_openapi_document_is_one():
    with tempfile.NamedTemporaryFile("w", suffix=".json") as document:
        document.write(run(*WRAPPER, PIDLET, "schema", "-o", "openapi").stdout)
        document.flush()
        found = validate("openapi", document.name)
    assert found == {document.name: [], "version": "3.0"}, found


def test_the_openapi_validator_would_find_a_fault():
    document = json.loads(run(*WRAPPER, PIDLET, "schema", "-o", "openapi").stdout)
    document["components"]["schemas"]["Pod"]["type"] = "objekt"
    with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
        json.dump(document, f)
        f.flush()
        assert validate("openapi", f.name)[f.name]


if MISSING:
    names = [n for n in globals() if n.startswith("test_")]
    print(f"1..{len(names)}")
    for number, name in enumerate(names, 1):
        print(f"ok {number} - {name.removeprefix('test_')} # SKIP {MISSING}")
    sys.exit(0)
main(globals())
