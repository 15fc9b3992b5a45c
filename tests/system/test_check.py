#!/usr/bin/env python3
"""`pidlet check`: findings, the field report, its exit status."""
import json
import os
import subprocess
import tempfile

from pidlet import PIDLET, WRAPPER, main

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  tolerations: [{operator: Exists}]
  containers:
  - name: server
    image: nginx:1.27
    command: [sleep, "1000"]
    resources:
      requests: {cpu: 100m}
"""


def check(*args, **files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            with open(os.path.join(folder, name.replace("_", ".")), "w") as f:
                f.write(text)
        return subprocess.run([*WRAPPER, PIDLET, "check", *args], cwd=folder, capture_output=True, text=True)


def test_a_good_manifest_gets_one_line():
    done = check("web.yaml", web_yaml=POD)
    assert (done.returncode, done.stdout, done.stderr) == (
        0, "web.yaml: 1 Pod: 6 fields honoured, 2 ignored\n", ""), done


def test_the_report_names_every_field_its_place_and_the_reason():
    done = check("--report", "web.yaml", web_yaml=POD)
    assert done.stdout.splitlines() == [
        "web.yaml:1:1: apiVersion: honoured",
        "web.yaml:2:1: kind: honoured",
        "web.yaml:4:3: metadata.name: honoured",
        "web.yaml:6:3: spec.tolerations: ignored: there is one host",
        "web.yaml:8:5: spec.containers[0].name: honoured",
        "web.yaml:9:5: spec.containers[0].image: ignored: processes run from the host's own files",
        "web.yaml:10:5: spec.containers[0].command: honoured",
        "web.yaml:12:7: spec.containers[0].resources.requests: honoured",
        "web.yaml: 1 Pod: 6 fields honoured, 2 ignored"], done.stdout


def test_strict_makes_an_ignored_field_an_error():
    done = check("--strict", "web.yaml", web_yaml=POD)
    assert done.returncode == 3
    assert "web.yaml:6:3: spec.tolerations: ignored: there is one host\n" in done.stdout
    assert "honoured\n" not in done.stdout


def test_findings_come_first_and_make_the_status_3():
    done = check("web.yaml", web_yaml=POD.replace("command", "comand"))
    assert done.returncode == 3
    assert done.stderr.splitlines() == [
        'web.yaml:10:5: spec.containers[0].comand: Unknown field: strict decoding error: unknown field '
        '"spec.containers[0].comand": did you mean "command"?',
        'web.yaml:8:5: spec.containers[0].command: Required value: there is no image to take an entry point from']


def test_refused_fields_are_findings_with_what_is_missed():
    done = check("web.yaml", web_yaml=POD + "  volumes:\n  - name: tmp\n    emptyDir: {medium: Memory}\n")
    assert done.returncode == 3
    assert ("web.yaml:15:5: spec.volumes[0].emptyDir: Refused: nothing is mounted: name a path of the host"
            in done.stderr), done.stderr


def test_json_has_findings_and_fields():
    done = check("-o", "json", "web.yaml", "bad.yaml", web_yaml=POD, bad_yaml=POD.replace("server", "Server").replace("web", "bad"))
    assert done.returncode == 3 and done.stderr == ""
    told = json.loads(done.stdout)
    finding, = told["findings"]
    assert (finding["file"], finding["line"], finding["column"], finding["path"], finding["kind"], finding["value"]) \
        == ("bad.yaml", 8, 11, "spec.containers[0].name", "Invalid value", '"Server"')
    assert finding["detail"].startswith("a lowercase RFC 1123 label")
    web = told["objects"][0]
    assert (web["file"], web["line"], web["kind"], web["name"], web["honoured"], web["ignored"], web["refused"]) \
        == ("web.yaml", 1, "Pod", "web", 6, 2, 0)
    assert web["fields"][3] == {"path": "spec.tolerations", "line": 6, "column": 3, "mode": "ignored",
                                "reason": "there is one host"}


def test_json_manifests_are_read_as_well():
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "j"},
           "spec": {"containers": [{"name": "x", "command": ["echo", "a\u00e9\t\"\\/"]}]}}
    done = check("pod.json", pod_json=json.dumps(pod, indent=2))
    assert (done.returncode, done.stdout) == (0, "pod.json: 1 Pod: 5 fields honoured\n"), done


def test_several_files_and_folders_are_told_apart():
    done = check(".", a_yaml=POD, b_yaml="apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {A: b}\n---\n"
                 + POD.replace("name: web", "name: other"))
    assert done.stdout == ("./a.yaml: 1 Pod: 6 fields honoured, 2 ignored\n"
                           "./b.yaml: 1 ConfigMap, 1 Pod: 10 fields honoured, 2 ignored\n"), done.stdout


def test_standard_input_is_read_for_a_dash():
    for text, status in ((POD, 0), (POD.replace("name: server", "nam: server"), 3)):
        done = subprocess.run([*WRAPPER, PIDLET, "check", "-"], input=text, capture_output=True, text=True)
        assert done.returncode == status, done
        assert (done.stdout if status == 0 else done.stderr).startswith("-:"), done


def test_more_findings_than_are_shown_are_counted():
    text = POD.split("  containers:")[0] + "  containers:\n" + "  - {name: X, command: [x]}\n" * 1500
    done = check("many.yaml", many_yaml=text)
    assert done.returncode == 3
    lines = done.stderr.splitlines()
    assert len(lines) == 1001, len(lines)
    assert lines[-1] == "pidlet: 1999 more findings are not shown", lines[-1]     # 1500 names, 1499 of them again
    told = json.loads(check("-o", "json", "many.yaml", many_yaml=text).stdout)
    assert (len(told["findings"]), told["findingsNotShown"]) == (1000, 1999)


def test_a_folder_that_is_not_there_is_a_finding():
    done = check("nowhere")
    assert (done.returncode, done.stderr) == (3, "nowhere: No such file or directory\n"), done


def test_workloads_are_checked():
    text = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec:
  replicas: 2
  selector: {matchLabels: {app: d}}
  template:
    metadata: {labels: {app: e}}
    spec:
      restartPolicy: Never
      containers: [{name: x, command: ["true"]}]
"""
    done = check("d.yaml", d_yaml=text)
    assert done.returncode == 3
    assert done.stderr.splitlines() == [
        'd.yaml:8:24: spec.template.metadata.labels: Invalid value: {"app":"e"}: `selector` does not match template '
        '`labels`',
        'd.yaml:10:22: spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'], \
        done.stderr
    good = text.replace("{app: e}", "{app: d}").replace("Never", "Always")
    assert check("d.yaml", d_yaml=good).stdout == "d.yaml: 1 Deployment: 9 fields honoured\n"


def test_wrong_usage_is_2():
    for args in ([], ["--frob"], ["-o", "xml", "x"], ["-f"]):
        done = check(*args)
        assert done.returncode == 2 and "pidlet check: " in done.stderr, done
    assert check("--help").returncode == 0


def test_an_empty_source_of_a_volume_asks_for_that_volume():
    done = check("-q", "web.yaml", web_yaml=POD + "  volumes: [{name: tmp, emptyDir: {}}]\n")
    assert done.returncode == 3 and "spec.volumes[0].emptyDir: Refused: " in done.stderr, done


def test_an_empty_text_is_none_of_the_values_that_are_required():
    done = check("-q", "web.yaml", web_yaml=POD + '  os: {name: ""}\n')
    assert (done.returncode, done.stderr) == (3, "web.yaml:13:14: spec.os.name: Required value\n"), done


main(globals())
