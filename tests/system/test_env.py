#!/usr/bin/env python3
"""Environment variables from ConfigMaps, Secrets and fields (kubelet-semantics 9)."""
import os
import signal
import socket

from pidlet import Pidlet, main

SOURCES = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {COLOUR: red, SIZE: "7", NESTED: "$(COLOUR)"}
---
apiVersion: v1
kind: Secret
metadata: {name: keys}
data: {TOKEN: czNjcjN0}
stringData: {USER: ann}
---
"""

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: a, labels: {app: shop}, annotations: {note: "hi there"}}
spec:
  restartPolicy: RESTART
  containers:
  - name: x
    command: [sh, -c, 'SCRIPT']
    resources: {limits: {cpu: 1500m, memory: 1Gi}, requests: {memory: 100Mi}}
"""


def pod(script, env, restart="Never"):
    return SOURCES + POD.replace("SCRIPT", script.replace("$", "$$")).replace("RESTART", restart) + env


def printed(env, script="env"):
    with Pidlet(pod(script, env)) as p:
        assert p.wait() == 0
        lines = [line.partition("| ")[2] for line in p.lines if line.startswith("a/x | ")]
    return lines


def test_env_from_gives_every_key_with_the_prefix_and_later_sources_win():
    got = printed("""\
    envFrom:
    - configMapRef: {name: settings}
    - prefix: APP_
      configMapRef: {name: settings}
    - secretRef: {name: keys}
    - configMapRef: {name: none, optional: true}
    env:
    - {name: SIZE, value: "9"}
    - {name: TALE, value: "$(COLOUR) $(SIZE) $(APP_SIZE) $(USER) $(NONE) $$(SIZE)"}
""")
    for line in ("COLOUR=red", "SIZE=9", "APP_SIZE=7", "APP_COLOUR=red", "TOKEN=s3cr3t", "USER=ann",
                 "NESTED=$(COLOUR)", "TALE=red 9 7 ann $(NONE) $(SIZE)"):
        assert line in got, (line, got)


def test_value_from_takes_keys_fields_and_resources():
    got = printed("""\
    env:
    - {name: A, valueFrom: {configMapKeyRef: {name: settings, key: COLOUR}}}
    - {name: B, valueFrom: {secretKeyRef: {name: keys, key: TOKEN}}}
    - {name: C, value: before}
    - {name: C, valueFrom: {secretKeyRef: {name: keys, key: none, optional: true}}}
    - {name: D, valueFrom: {configMapKeyRef: {name: none, key: none, optional: true}}}
    - {name: NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
    - {name: SPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
    - {name: LABEL, valueFrom: {fieldRef: {fieldPath: "metadata.labels['app']"}}}
    - {name: NO_LABEL, valueFrom: {fieldRef: {fieldPath: "metadata.labels['none']"}}}
    - {name: NOTE, valueFrom: {fieldRef: {fieldPath: "metadata.annotations['note']"}}}
    - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
    - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
    - {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
    - {name: MILLI, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 1m}}}
    - {name: MEM, valueFrom: {resourceFieldRef: {resource: requests.memory, divisor: 1Mi}}}
    - {name: MIN, valueFrom: {resourceFieldRef: {resource: requests.cpu, divisor: 1m}}}
""")
    for line in ("A=red", "B=s3cr3t", "C=before", "NAME=a", "SPACE=default", "LABEL=shop", "NO_LABEL=",
                 "NOTE=hi there", "NODE=" + socket.gethostname().lower(), "IP=127.0.0.1", "CPU=2", "MILLI=1500",
                 "MEM=100", "MIN=1500"):
        assert line in got, (line, got)
    assert not [line for line in got if line.startswith("D=")]


def test_a_missing_key_keeps_the_container_from_starting_and_says_so():
    for ref, words in (("configMapKeyRef: {name: none, key: k}", 'configmap "none" not found'),
                       ("configMapKeyRef: {name: settings, key: k}",
                        "couldn't find key k in ConfigMap default/settings"),
                       ("secretKeyRef: {name: keys, key: k}", "couldn't find key k in Secret default/keys")):
        with Pidlet(pod("true", "    env:\n    - {name: A, valueFrom: {" + ref + "}}\n")) as p:
            assert p.wait() == 128
            p.wait_for("Failed  a/x  Error: " + words)


def test_a_restart_takes_the_values_of_a_reloaded_manifest():
    text = pod('echo colour $COLOUR; trap "exit 0" USR1; while :; do sleep 0.05; done',
               "    envFrom: [{configMapRef: {name: settings}}]\n", restart="Always")
    with Pidlet(text) as p:
        p.wait_for("colour red")
        p.write("0.yaml", text.replace("COLOUR: red", "COLOUR: blue"))
        p.signal(signal.SIGHUP)
        p.wait_for("manifests read again")
        assert p.count("colour") == 1       # a running container is left alone
        children = open(f"/proc/{p.process.pid}/task/{p.process.pid}/children").read().split()
        os.kill(int(children[0]), signal.SIGUSR1)
        p.wait_for("colour blue")


def test_a_file_with_a_workload_is_not_run_and_the_others_are():
    job = """\
apiVersion: batch/v1
kind: Job
metadata: {name: once}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: x, command: ["true"]}]}}}
---
"""
    text = POD.replace("RESTART", "Never")
    with Pidlet(job + text.replace("SCRIPT", "echo half"),
                text.replace("name: a", "name: b").replace("SCRIPT", "echo whole")) as p:
        assert p.wait() == 0
        p.wait_for(r"0.yaml:1: Job once is not run by this version: nothing of this file is run")
        p.wait_for("whole")
        assert p.count("half") == 0


main(globals())
