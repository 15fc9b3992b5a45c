#!/usr/bin/env python3
"""The settings: KubeletConfiguration, and where it is looked for."""
import os
import re
import signal
import subprocess
import tempfile

from pidlet import BOUND, PIDLET, Pidlet, Skip, main, pod, sh

HEAD = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"


def written(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)
    return path


def pidlet(*args, **how):
    return subprocess.run([PIDLET, *args], capture_output=True, text=True, timeout=BOUND, **how)


def test_the_restart_period_caps_the_back_off_and_annotations_win():
    with tempfile.TemporaryDirectory() as folder:
        config = written(folder, "config.yaml", HEAD + "crashLoopBackOff: {maxContainerRestartPeriod: 1s}\n")
        with Pidlet(pod("a", f"[{sh('x', 'exit 1')}]"),
                    pod("b", f"[{sh('z', 'exit 1')}]", annotations='"pidlet.dev/backoff": "initial=2s,max=8s"'),
                    args=["--config", config]) as p:
            p.wait_for(r"3 fields honoured")
            p.wait_for(r"BackOff +a/x.*1s")
            p.wait_for(r"BackOff +b/z.*2s")


def test_a_faulty_file_runs_nothing():
    with tempfile.TemporaryDirectory() as folder:
        config = written(folder, "config.yaml", HEAD + "crashLoopBackOff: {maxContainerRestartPeriod: 1h}\n")
        manifest = written(folder, "pod.yaml", pod("a", f"[{sh('x', 'echo ran')}]", spec="restartPolicy: Never"))
        r = pidlet("run", "-f", manifest, "--config", config)
        assert r.returncode == 3, r
        assert "(got: 3600 seconds) must be set between 1s and 300s" in r.stderr, r.stderr
        assert "ran" not in r.stdout
        r = pidlet("run", "-f", manifest, "--config", folder + "/missing.yaml")
        assert r.returncode == 3 and "missing.yaml: No such file or directory" in r.stderr, r.stderr


def test_check_takes_settings_and_run_takes_them_by_config_alone():
    with tempfile.TemporaryDirectory() as folder:
        config = written(folder, "config.yaml", HEAD + "containerLogMaxFiles: 3\nmaxPods: 5\n")
        r = pidlet("check", "--report", config)
        assert r.returncode == 0, r
        assert "1 KubeletConfiguration: 3 fields honoured, 1 ignored" in r.stdout, r.stdout
        assert "maxPods: ignored: pidlet runs all pods that it is given" in r.stdout, r.stdout
        r = pidlet("run", "-f", config)
        assert r.returncode == 3, r
        assert "kind: Forbidden: pidlet's own settings are no manifest: name the file with --config" in r.stderr


def test_the_static_pod_path_is_run_when_no_manifest_is_named():
    with tempfile.TemporaryDirectory() as folder:
        written(folder, "pods/a.yaml", pod("a", f"[{sh('x', 'echo hello')}]", spec="restartPolicy: Never"))
        config = written(folder, "config.yaml", HEAD + f"staticPodPath: {folder}/pods\n")
        with Pidlet(args=["--config", config, "--no-socket"]) as p:
            p.wait_for(r"a/x \| hello")
        other = written(folder, "b.yaml", pod("b", f"[{sh('z', 'echo other')}]", spec="restartPolicy: Never"))
        r = pidlet("run", "--no-socket", "--config", config, "-f", other)
        assert r.returncode == 0 and "hello" not in r.stdout and "b/z | other" in r.stdout, r


def test_a_user_has_settings_and_manifests_at_home():
    as_user = []
    if os.geteuid() == 0:
        if subprocess.run(["unshare", "--user", "true"], capture_output=True).returncode != 0:
            raise Skip("no user namespaces: cannot be another user than root")
        as_user = ["unshare", "--user"]         # nobody's uid, root's files
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        written(folder, "cfg/pidlet/manifests/a.yaml",
                pod("a", f"[{sh('x', 'exit 1')}]"))
        written(folder, "cfg/pidlet/config.yaml", HEAD + "crashLoopBackOff: {maxContainerRestartPeriod: 3s}\n")
        for env in ({"XDG_CONFIG_HOME": folder + "/cfg"}, {"XDG_CONFIG_HOME": "relative", "HOME": folder + "/home"}):
            if "HOME" in env:
                os.makedirs(folder + "/home")
                os.rename(folder + "/cfg", folder + "/home/.config")
            with Pidlet(prefix=as_user, env=env) as p:
                p.wait_for(r"BackOff +a/x.*3s")


def test_a_shutdown_stops_critical_pods_last_and_bounds_all():
    deaf = "trap '' TERM; echo up; while :; do sleep 0.02; done"
    polite = "trap 'echo asked; exit 0' TERM; echo up; while :; do sleep 0.02; done"
    long = "terminationGracePeriodSeconds: 1000"
    with tempfile.TemporaryDirectory() as folder:
        config = written(folder, "config.yaml",
                         HEAD + "shutdownGracePeriod: 6s\nshutdownGracePeriodCriticalPods: 3s\n")
        with Pidlet(pod("a", f"[{sh('x', deaf)}]", spec=long),
                    pod("b", f"[{sh('x', polite)}]", spec=long),
                    pod("c", f"[{sh('x', polite)}]", spec=long + ", priority: 2000000000"),
                    pod("d", f"[{sh('x', deaf)}]", spec=long + ", priorityClassName: system-node-critical"),
                    args=["--config", config]) as p:
            p.wait_for(r"\| up$", times=4)
            p.signal(signal.SIGTERM)
            assert p.wait() == 0
            lines = p.output().splitlines()
            at = {what: next(i for i, line in enumerate(lines) if re.search(what, line))
                  for what in ("Deleted +a ", "b/x . asked", "Killing +c/x", "c/x . asked", "Killing +d/x", "Deleted +d ")}
            assert at["b/x . asked"] < at["Killing +c/x"] < at["c/x . asked"] < at["Deleted +d "], lines
            assert at["b/x . asked"] < at["Deleted +a "] < at["Deleted +d "], lines
            p.wait_for(r"Exited +a/x +killed by signal 9")
            p.wait_for(r"Exited +d/x +killed by signal 9")


def test_without_any_manifest_it_is_wrong_usage():
    with tempfile.TemporaryDirectory() as folder:
        if os.geteuid() == 0 and os.path.exists("/etc/pidlet/manifests"):
            raise Skip("this machine has /etc/pidlet/manifests")
        r = pidlet("run", env={**os.environ, "XDG_CONFIG_HOME": folder})
        assert r.returncode == 2 and "nothing to run: name a manifest with -f" in r.stderr, r


def test_limits_of_events_are_checked():
    for args, words in ((("--events-per-pod", "0"), "--events-per-pod: must be a number from 1 to 1000000"),
                        (("--events-per-pod", "12x"), "--events-per-pod: must be a number"),
                        (("--events-per-pod", "-1"), "--events-per-pod: must be a number"),
                        (("--event-ttl", "0"), "--event-ttl: must be a duration such as 90s or 1h30m"),
                        (("--event-ttl", "soon"), "--event-ttl: must be a duration")):
        r = pidlet("run", "-f", "-", *args)
        assert r.returncode == 2 and words in r.stderr, (args, r)


main(globals())
