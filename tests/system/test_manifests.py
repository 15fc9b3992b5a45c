#!/usr/bin/env python3
"""Bad input: findings with their place, all at once, and nothing starts."""
import os
import subprocess
import tempfile

from pidlet import BOUND, PIDLET, Pidlet, WRAPPER, main, pod, sh


def run(text=None, args=(), name="m.yaml"):
    with tempfile.TemporaryDirectory() as folder:
        if text is not None:
            with open(os.path.join(folder, name), "wb") as f:
                f.write(text if isinstance(text, bytes) else text.encode())
            args = ["-f", name, *args]
        return subprocess.run([*WRAPPER, PIDLET, "run", *args], cwd=folder, capture_output=True,
                              text=True, stdin=subprocess.DEVNULL, timeout=BOUND)


def expect_findings(text, *wanted):
    done = run(text)
    assert done.returncode == 3, done
    assert done.stdout == "", done.stdout
    assert done.stderr.splitlines() == [w for w in wanted], "\n" + done.stderr


def test_all_findings_come_at_once_with_line_column_and_path():
    expect_findings("""\
apiVersion: v1
kind: Pod
metadata:
  name: Web
spec:
  restartPolicy: Sometimes
  containers:
  - name: app
    comand: [app]
    livenessProbe:
      tcpSocket: {port: 70000}
      periodSeconds: -1
      successThreshold: 2
  - name: app
    command: [sleep, 1000]
""",
        "m.yaml:4:9: metadata.name: Invalid value: \"Web\": a lowercase RFC 1123 subdomain must consist of "
        "lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric "
        "character (e.g. 'example.com', regex used for validation is "
        "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
        'm.yaml:11:25: spec.containers[0].livenessProbe.tcpSocket.port: Invalid value: 70000: must be between '
        '1 and 65535, inclusive',
        'm.yaml:12:22: spec.containers[0].livenessProbe.periodSeconds: Invalid value: -1: must be greater '
        'than or equal to 0',
        'm.yaml:9:5: spec.containers[0].comand: Unknown field: strict decoding error: unknown field '
        '"spec.containers[0].comand": did you mean "command"?',
        'm.yaml:15:22: spec.containers[1].command[1]: Invalid value: 1000: must be a string, not an integer: '
        'write "1000" in quotes',
        'm.yaml:6:18: spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", '
        '"OnFailure", "Never"',
        'm.yaml:14:11: spec.containers[1].name: Duplicate value: "app"',
        'm.yaml:8:5: spec.containers[0].command: Required value: there is no image to take an entry point from',
        'm.yaml:13:25: spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1')


def test_text_that_is_no_manifest_is_refused_with_a_position():
    expect_findings("a: b: c\n", "m.yaml:1:5: mapping values are not allowed in this context")
    expect_findings("kind: Pod\nkind: Pod\n",
                    'm.yaml:2:1: kind: Duplicate field: strict decoding error: duplicate field "kind": already set in line 1')
    expect_findings(b"a: \xff\n", "m.yaml:1:4: invalid UTF-8: byte 0xff")
    expect_findings(b"a: b\0c\n", "m.yaml:1:5: a NUL byte; a manifest is text")
    expect_findings("a: *x\n", "m.yaml:1:4: alias *x has no anchor &x before it")
    expect_findings("a: &x [*x]\n", "m.yaml:1:8: alias *x stands inside the value it names")
    expect_findings("[" * 65 + "]" * 65, "m.yaml:1:65: nested too deeply: at most 64 levels")
    expect_findings("# " + "x" * 1024 * 1024, "m.yaml: 1048577 bytes are too many: at most 1048576")


def test_an_alias_bomb_is_refused():
    text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for i in range(1, 20):
        text += f"a{i}: &a{i} [" + ", ".join([f"*a{i - 1}"] * 10) + "]\n"
    done = run(text)
    assert done.returncode == 3
    assert "too many values: at most 100000, aliases counted with all they stand for" in done.stderr


def test_other_kinds_are_refused_by_name():
    expect_findings("apiVersion: v1\nkind: Service\n",
                    'm.yaml:2:7: kind: Unsupported value: "Service": supported values: "ConfigMap", "CronJob", '
                    '"DaemonSet", "Deployment", "Job", "List", "Pod", "ReplicaSet", "Secret", "StatefulSet"')
    expect_findings("apiVersion: v2\nkind: Pod\n",
                    'm.yaml:1:13: apiVersion: Unsupported value: "v2": supported values: "v1"')


def test_annotations_of_ours_are_checked():
    done = run(pod("a", f"[{sh('x', 'true')}]",
                   annotations='pidlet.dev/backoff: "inital=1s", pidlet.dev/backoff.y: "max=1s", pidlet.dev/bakoff: ""'))
    assert done.returncode == 3
    assert ('metadata.annotations[pidlet.dev/backoff]: Invalid value: "inital=1s": "inital" is none of '
            "initial, max, factor, jitter, reset") in done.stderr, done.stderr
    assert 'metadata.annotations[pidlet.dev/backoff.y]: Unknown field: the pod has no container "y"' in done.stderr
    assert "metadata.annotations[pidlet.dev/bakoff]: Unknown field" in done.stderr


def test_documents_lists_and_several_files_make_one_set():
    two = pod("a", f"[{sh('x', 'echo from a')}]", spec="restartPolicy: Never") + "---\n" + \
        pod("b", f"[{sh('x', 'echo from b')}]", spec="restartPolicy: Never")
    listed = ('{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Pod", '
              '"metadata": {"name": "c"}, "spec": {"restartPolicy": "Never", "containers": '
              '[{"name": "x", "command": ["sh", "-c", "echo from c"]}]}}]}')
    with Pidlet(two, listed) as p:
        assert p.wait() == 0
        for name in "abc":
            p.wait_for(rf"^{name}/x \| from {name}$")


def test_a_folder_is_read_in_order_without_hidden_files():
    with tempfile.TemporaryDirectory() as folder:
        for name, who in (("2.yaml", "b"), ("1.yaml", "a"), (".hidden.yaml", "h")):
            with open(os.path.join(folder, name), "w") as f:
                f.write(pod(who, f"[{sh('x', f'echo from {who}')}]", spec="restartPolicy: Never"))
        os.mkfifo(os.path.join(folder, "3.fifo"))       # would hang whoever opens it
        os.mkdir(os.path.join(folder, "4.folder"))
        with Pidlet(args=["-f", folder]) as p:
            assert p.wait() == 0
            p.wait_for("from b")
            assert p.count("from h") == 0


def test_the_same_name_twice_is_a_finding():
    text = pod("a", f"[{sh('x', 'true')}]")
    done = run(text + "---\n" + text)
    assert done.returncode == 3
    assert 'metadata.name: Duplicate value: "a": namespace default has a pod of that name from m.yaml:1' in done.stderr


def test_one_bad_file_starts_nothing_of_the_good_one():
    with Pidlet(pod("a", f"[{sh('x', 'echo started')}]"), "kind: Pod\n") as p:
        assert p.wait() == 3
        assert p.count("started") == 0


def test_files_that_cannot_be_read_say_why():
    done = run(args=["-f", "no-such.yaml"])
    assert (done.returncode, done.stderr) == (3, "no-such.yaml: No such file or directory\n"), done
    done = run(args=["-f", "/dev/zero"])
    assert (done.returncode, done.stderr) == (3, "/dev/zero: neither a file nor a folder\n"), done
    done = run("", name="empty.yaml")
    assert (done.returncode, done.stderr) == (3, "pidlet: there is no pod to run in empty.yaml\n"), done


def test_wrong_usage_is_2():
    for args in ([], ["--nope"], ["-f"], ["-f", "x", "y"]):
        done = run(args=args)
        assert done.returncode == 2, (args, done)
        assert "Try 'pidlet run --help'" in done.stderr
    done = run(args=["--help"])
    assert done.returncode == 0 and done.stdout.startswith("usage: pidlet run")
    for args, status in (([], 2), (["nope"], 2), (["version"], 0), (["--version"], 0), (["help"], 0)):
        assert subprocess.run([*WRAPPER, PIDLET, *args], capture_output=True).returncode == status, args


def test_quick_nonsense_never_crashes():
    pieces = [b"apiVersion: v1\n", b"kind: Pod\n", b"spec:\n", b"  containers:\n", b"  - name: x\n", b"- ", b"{", b"}",
              b"[", b"]", b": ", b"&a ", b"*a", b"<<: ", b"'", b'"', b"|\n", b"---\n", b"...\n", b"!!int ", b"\t", b"%"]
    state = 12345
    for _ in range(30 if WRAPPER else 300):
        text = b""
        for _ in range(12):
            state = (state * 1103515245 + 12345) % 2**31
            text += pieces[(state >> 8) % len(pieces)]
        assert run(text).returncode == 3, text


def test_each_file_is_told_of_in_a_line_at_the_start_and_in_detail_with_v():
    ends = ("apiVersion: v1\nkind: Pod\nmetadata: {name: ends}\nspec:\n  restartPolicy: Never\n"
            "  containers:\n  - {name: app, image: nginx, command: [\"true\"]}\n")
    line = "ends.yaml: 1 Pod: 6 fields honoured, 1 ignored"
    ignored = "ends.yaml:7:17: spec.containers[0].image: ignored: processes run from the host's own files"
    for args, wanted in (([], [line]), (["-v"], [ignored, line]), (["-vv"], 8)):
        done = run(ends, ["--no-socket", *args], name="ends.yaml")
        told = [text for text in done.stderr.splitlines() if text.startswith("ends.yaml:")]
        assert done.returncode == 0 and wanted in (told, len(told)), (args, done)


main(globals())
