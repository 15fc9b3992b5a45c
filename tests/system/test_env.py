#!/usr/bin/env python3
"""Environment variables from ConfigMaps, Secrets and fields (kubelet-semantics 9)."""
import os
import re
import signal
import socket
import tempfile

from pidlet import Pidlet, main, wait_until

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


def test_a_variable_sees_those_above_it_and_its_own_earlier_value():
    got = printed("""\
    env:
    - {name: ONE, value: "1"}
    - {name: ONE, value: "$(ONE)2"}
    - {name: EARLY, value: "<$(LATE)>"}
    - {name: LATE, value: x}
    - {name: EMPTY}
    - {name: USES, value: "<$(EMPTY)>$(ONE)"}
    - {name: AGAIN, value: $$(ONE)}
    - {name: RAW, value: "$ONE ${ONE} $(ONE $(A$(B)) end$"}
""")
    for line in ("ONE=12", "EARLY=<$(LATE)>", "LATE=x", "EMPTY=", "USES=<>12", "AGAIN=$(ONE)",
                 "RAW=$ONE ${ONE} $(ONE $(A$(B)) end$"):
        assert line in got, (line, got)
    assert len([line for line in got if line.startswith("ONE=")]) == 1


def test_command_and_args_are_expanded_and_hooks_are_not():
    with Pidlet("""\
        apiVersion: v1
        kind: Pod
        metadata: {name: a}
        spec:
          restartPolicy: Never
          containers:
          - name: x
            command: [sh, -c, 'echo "[$1][$2][$3]"; until test -s hook; do sleep 0.02; done', $(NAME)]
            args: [$(NAME), $$(NAME), $(NONE)]
            env: [{name: NAME, value: ann}]
            lifecycle: {postStart: {exec: {command: [sh, -c, 'echo "$1" >hook', x, $(NAME)]}}}
            workingDir: FOLDER
        """.replace("FOLDER", folder := tempfile.mkdtemp())) as p:
        assert p.wait() == 0
        p.wait_for(re.escape("[ann][$(NAME)][$(NONE)]"))
        with open(os.path.join(folder, "hook")) as f:
            assert f.read() == "$(NAME)\n"
    os.remove(os.path.join(folder, "hook"))
    os.rmdir(folder)


def test_a_probes_command_sees_the_values_as_they_are_written_and_none_of_elsewhere():
    with Pidlet(pod("exec sleep 1000", """\
    envFrom: [{configMapRef: {name: settings}}]
    env:
    - {name: NAME, value: ann}
    - {name: RAW, value: "$(NAME)"}
    - {name: NAME, value: bob}
    - {name: TOKEN, valueFrom: {secretKeyRef: {name: keys, key: TOKEN}}}
    - {name: EMPTY}
    readinessProbe:
      exec: {command: [sh, -c, 'echo "[$1][$2][$3][$4][$5][$6] $TOKEN $COLOUR"; exit 1', x,
             $(NAME), $(RAW), $(TOKEN), $(EMPTY), $(COLOUR), $$(NAME)]}
      periodSeconds: 1
""")) as p:
        # Its environment is the container's all the same.
        p.wait_for(re.escape(r"Readiness probe failed: [bob][$(NAME)][][][$(COLOUR)][$(NAME)] s3cr3t red\n"))


def test_every_field_of_the_pod_and_of_its_host_can_be_had():
    got = printed("""\
    env:
    - {name: UID_, valueFrom: {fieldRef: {fieldPath: metadata.uid}}}
    - {name: ACCOUNT, valueFrom: {fieldRef: {fieldPath: spec.serviceAccountName}}}
    - {name: HOST_IPS, valueFrom: {fieldRef: {fieldPath: status.hostIPs}}}
    - {name: HOST_IP, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}
    - {name: POD_IPS, valueFrom: {fieldRef: {fieldPath: status.podIPs}}}
    - {name: NO_NOTE, valueFrom: {fieldRef: {fieldPath: "metadata.annotations['none']"}}}
""")
    values = dict(line.split("=", 1) for line in got if "=" in line)
    assert len(values["UID_"]) == 32 and int(values["UID_"], 16) > 0
    assert values["ACCOUNT"] == "" and values["NO_NOTE"] == ""
    assert values["HOST_IPS"] == values["HOST_IP"] != ""
    assert values["POD_IPS"] == "127.0.0.1"


def test_resources_are_divided_and_rounded_up_and_default_to_limits_then_to_the_host():
    got = printed("""\
    env:
    - {name: UP, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: "1"}}}
    - {name: GI, valueFrom: {resourceFieldRef: {resource: requests.memory, divisor: 1Gi}}}
    - {name: KI, valueFrom: {resourceFieldRef: {resource: requests.memory, divisor: 1Ki}}}
    - {name: BYTES, valueFrom: {resourceFieldRef: {resource: limits.memory}}}
    - {name: ZERO, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: "0"}}}
    - {name: CPU_REQUEST, valueFrom: {resourceFieldRef: {resource: requests.cpu, divisor: 1m}}}
    - {name: DISK, valueFrom: {resourceFieldRef: {resource: limits.ephemeral-storage, divisor: 1Mi}}}
    - {name: DISK_REQUEST, valueFrom: {resourceFieldRef: {resource: requests.ephemeral-storage}}}
""")
    for line in ("UP=2", "GI=1", "KI=102400", "BYTES=1073741824", "ZERO=1073741824", "CPU_REQUEST=1500",
                 "DISK_REQUEST=0"):
        assert line in got, (line, got)
    disk = next(int(line[5:]) for line in got if line.startswith("DISK="))
    assert disk > 0


def test_a_missing_key_keeps_the_container_from_starting_and_says_so():
    for ref, words in (("configMapKeyRef: {name: none, key: k}", 'configmap "none" not found'),
                       ("configMapKeyRef: {name: settings, key: k}",
                        "couldn't find key k in ConfigMap default/settings"),
                       ("secretKeyRef: {name: none, key: k}", 'secret "none" not found'),
                       ("secretKeyRef: {name: keys, key: k}", "couldn't find key k in Secret default/keys")):
        with Pidlet(pod("true", "    env:\n    - {name: A, valueFrom: {" + ref + "}}\n")) as p:
            p.wait_for("Failed  a/x  Error: " + words)
            assert p.count("Created|BackOff|StartError") == 0, p.output()       # there was no run


def test_a_missing_config_map_is_looked_for_again_and_found():
    text = pod("echo colour $COLOUR; exec sleep 1000",
               "    env:\n    - {name: COLOUR, valueFrom: {configMapKeyRef: {name: late, key: colour}}}\n")
    with Pidlet(text) as p:
        p.wait_for('Failed  a/x  Error: configmap "late" not found')
        p.write("0.yaml", text + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: late}\ndata: {colour: blue}\n")
        p.signal(signal.SIGHUP)
        p.wait_for("colour blue")


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


def test_probes_and_hooks_have_the_values_of_their_run_whatever_becomes_of_them():
    with tempfile.TemporaryDirectory() as folder:
        def says(name):
            return f"{{exec: {{command: [sh, -c, 'echo $COLOUR $SIZE $TOKEN >>{folder}/{name}']}}}}"
        text = pod('echo colour $COLOUR; trap "exit 0" TERM; while :; do sleep 0.05; done', f"""\
    envFrom: [{{configMapRef: {{name: settings}}}}]
    env: [{{name: TOKEN, valueFrom: {{secretKeyRef: {{name: keys, key: TOKEN}}}}}}]
    lifecycle: {{postStart: {says("post")}, preStop: {says("pre")}}}
    livenessProbe: {{periodSeconds: 1, {says("live")[1:-1]}}}
""")

        def said(name):
            with open(f"{folder}/{name}") as f:
                return f.read().splitlines()
        with Pidlet(text) as p:
            wait_until(lambda: os.path.exists(f"{folder}/live"), "a probe")
            for number, change in enumerate((text.replace("COLOUR: red", "COLOUR: blue"), text[len(SOURCES):]), 1):
                p.write("0.yaml", change)
                p.signal(signal.SIGHUP)
                p.wait_for("manifests read again", number)
                before = len(said("live"))
                wait_until(lambda: len(said("live")) > before + 1, "more probes")
            p.signal(signal.SIGTERM)
            assert p.wait() == 0
            assert set(said("live") + said("post") + said("pre")) == {"red 7 s3cr3t"}, (said("live"), said("post"), said("pre"))
            assert p.count("Unhealthy|FailedPreStopHook|not found") == 0, p.output()


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
