#!/usr/bin/env python3
"""A service of systemd, as far as a datagram socket shows it, and the folder of static pods."""
import os
import shutil
import signal
import socket
import tempfile

from pidlet import BOUND, Pidlet, Skip, main, pod, sh, wait_until

FOREVER = "exec sleep 1000"


class Notified:
    """The other end of NOTIFY_SOCKET."""

    def __init__(self):
        if not os.environ.get("NOTIFIER"):          # it is built where libsystemd is
            raise Skip("this build is without libsystemd")
        self.folder = tempfile.TemporaryDirectory(prefix="pidlet-test-")
        self.path = os.path.join(self.folder.name, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(0.05)
        self.got = []

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.socket.close()
        self.folder.cleanup()

    def read(self):
        try:
            while True:
                self.got += self.socket.recv(4096).decode().split("\n")
        except TimeoutError:
            pass

    def has(self, start, times=1):
        self.read()
        return sum(1 for line in self.got if line.startswith(start)) >= times

    def wait_for(self, start, times=1):
        wait_until(lambda: self.has(start, times), f"{start}, {times} times, in {self.got}")


def test_ready_and_the_number_of_pods_are_told_once_the_manifests_are_read():
    with Notified() as n, Pidlet(pod("a", f"[{sh('x', FOREVER)}]"), env={"NOTIFY_SOCKET": n.path}):
        n.wait_for("READY=1")
        n.wait_for("STATUS=1 pod, 1 ready")


def test_with_ready_with_pods_ready_waits_for_every_pod():
    with Notified() as n:
        flag = os.path.join(n.folder.name, "flag")
        probe = f"readinessProbe: {{exec: {{command: [test, -e, {flag}]}}, periodSeconds: 1}}"
        with Pidlet(pod("a", f"[{sh('x', FOREVER, probe)}]"), args=["--ready-with-pods"],
                    env={"NOTIFY_SOCKET": n.path}) as p:
            n.wait_for("STATUS=1 pod, 0 ready")
            p.wait_for("Unhealthy  a/x")
            assert not n.has("READY=1"), n.got
            open(flag, "w").close()
            n.wait_for("READY=1")


def test_a_crash_loop_stands_in_the_status():
    with Notified() as n, Pidlet(pod("a", f"[{sh('x', 'exit 1')}]"), env={"NOTIFY_SOCKET": n.path}):
        n.wait_for("STATUS=1 pod, 0 ready, 1 CrashLoopBackOff")


def test_a_reload_is_told_with_its_time():
    with Notified() as n, Pidlet(pod("a", f"[{sh('x', FOREVER)}]"), env={"NOTIFY_SOCKET": n.path}) as p:
        n.wait_for("READY=1")
        p.signal(signal.SIGHUP)
        n.wait_for("RELOADING=1")
        n.wait_for("MONOTONIC_USEC=")
        n.wait_for("READY=1", times=2)


def test_stopping_asks_for_time_while_graces_run():
    script = "trap : TERM; echo on; while :; do sleep 0.1; done"
    with Notified() as n, Pidlet(pod("a", f"[{sh('x', script)}]", spec="terminationGracePeriodSeconds: 3"),
                                 env={"NOTIFY_SOCKET": n.path}) as p:
        p.wait_for(r"\| on")
        p.signal(signal.SIGTERM)
        n.wait_for("STOPPING=1")
        n.wait_for("EXTEND_TIMEOUT_USEC=15000000")
        p.wait()


def test_the_watchdog_is_fed_by_the_loop_and_by_nothing_else():
    with Notified() as n, Pidlet(pod("a", f"[{sh('x', FOREVER)}]"),
                                 env={"NOTIFY_SOCKET": n.path, "WATCHDOG_USEC": "200000"}) as p:
        n.wait_for("WATCHDOG=1", times=5)
        p.signal(signal.SIGSTOP)
        wait_until(lambda: open(f"/proc/{p.process.pid}/stat").read().rpartition(")")[2].split()[0] == "T", "a stop")
        n.read()
        before = len(n.got)
        n.read()
        n.read()
        assert len(n.got) == before, n.got
        p.signal(signal.SIGCONT)
        n.wait_for("WATCHDOG=1", times=8)


def test_nothing_that_systemd_says_to_pidlet_reaches_a_container():
    names = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES")
    with Pidlet(pod("a", f"[{sh('x', 'env')}]", spec="restartPolicy: Never"),
                env={name: "/nowhere" for name in names}) as p:
        assert p.wait() == 0
        for name in names:
            assert p.count(rf"a/x \| {name}=") == 0, name


# ---- the folder of static pods ----

def forever(name, more=""):
    return pod(name, f"[{sh('x', f'echo {name} runs{more}; {FOREVER}')}]", spec="terminationGracePeriodSeconds: 1")


class Folder(Pidlet):
    """pidlet with a folder of static pods; `files`: name and text, `place`: of an earlier one."""

    def __init__(self, place=None, options=(), **files):
        self.place = place or tempfile.TemporaryDirectory(prefix="pidlet-test-")
        self.lent = place is not None
        os.makedirs(self.file(""), exist_ok=True)
        for name, text in files.items():
            self.put(name, text)
        config = os.path.join(self.place.name, "config.yaml")
        with open(config, "w") as f:
            f.write("apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
                    f"staticPodPath: {self.file('')}\n")
        super().__init__(args=["--config", config, "--no-socket", *options])

    def file(self, name):
        return os.path.join(self.place.name, "manifests", name)

    def put(self, name, text):
        temporary = os.path.join(self.place.name, "temporary")
        with open(temporary, "w") as f:
            f.write(text)
        os.rename(temporary, self.file(name + ".yaml"))

    def remove(self, name):
        os.unlink(self.file(name + ".yaml"))

    def __exit__(self, *error):
        super().__exit__(*error)
        if not self.lent:
            self.place.cleanup()


def test_a_file_that_is_added_changed_or_removed_is_applied_and_the_rest_stays():
    with Folder(a=forever("a")) as p:
        p.wait_for("a runs")
        p.put("b", forever("b"))
        p.wait_for("b runs")
        p.put("b", forever("b", " anew"))
        p.wait_for("b runs anew")
        p.remove("b")
        p.wait_for("Deleted  b", times=2)
        assert p.count("a runs") == 1 and p.count("Killing  a") == 0, p.output()


def test_a_file_that_does_not_parse_leaves_its_pods_alone_and_says_why():
    with Folder(a=forever("a")) as p:
        p.wait_for("a runs")
        p.put("a", "kind: Pod\napiVersion: v1\nmetadata: {name: a}\nspec: {containers: [{name: x, comand: [x]}]}\n")
        p.wait_for(r"a.yaml:4:\d+: spec.containers\[0\].comand: Unknown field")
        p.wait_for("a.yaml has errors; what runs of it stays as it is")
        p.put("b", forever("b"))
        p.wait_for("b runs")
        assert p.count("Killing  a") == 0, p.output()
        p.put("a", forever("a", " anew"))
        p.wait_for("a runs anew")


def test_values_of_a_file_at_fault_are_still_there_for_a_restart():
    text = ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {K: value}\n---\n"
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {pidlet.dev/backoff: initial=0s}}\n"
            "spec: {containers: [{name: x, command: [sh, -c, 'echo has $$K; sleep 0.3'], "
            "envFrom: [{configMapRef: {name: m}}]}]}\n")
    with Folder(a=text) as p:
        p.wait_for("has value")
        p.put("a", text + "---\nnonsense: true\n")
        p.wait_for("a.yaml has errors")
        before = p.count("has value")
        p.wait_for("has value", times=before + 2)


def test_an_empty_folder_is_waited_on():
    with Folder() as p:
        p.put("a", forever("a"))
        p.wait_for("a runs")
        p.remove("a")
        p.wait_for("Deleted  a")
        assert p.process.poll() is None
        p.signal(signal.SIGTERM)
        assert p.wait(BOUND) == 0


# ---- logs of pods that went while no pidlet ran ----

class Down:
    """A service that runs, stops, and runs again, with the same folders."""

    def __init__(self):
        self.place = tempfile.TemporaryDirectory(prefix="pidlet-test-")
        self.logs = os.path.join(self.place.name, "logs")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.place.cleanup()

    def run(self, say, **files):
        """Until all that `say` names has said that it runs; returns what pidlet wrote."""
        with Folder(self.place, ["--log-dir", self.logs], **files) as p:
            for pattern in say:
                p.wait_for(pattern)
            p.signal(signal.SIGTERM)
            assert p.wait() == 0
            return p.output()

    def of(self, name):
        """Folders of pods of that name."""
        return sorted(f for f in os.listdir(self.logs) if f.startswith(f"default_{name}_"))

    def unlink(self, name):
        os.unlink(os.path.join(self.place.name, "manifests", name + ".yaml"))


def test_logs_of_pods_that_went_or_changed_while_no_pidlet_ran_go_at_its_next_start():
    with Down() as d:
        d.run(["a runs", "b runs", "c runs"], a=forever("a"), b=forever("b"), c=forever("c"))
        kept, changed, gone = d.of("a"), d.of("b"), d.of("c")
        assert [len(x) for x in (kept, changed, gone)] == [1, 1, 1]
        d.unlink("c")
        text = d.run(["a runs", "b runs anew"], b=forever("b", " anew"))
        assert "removed the logs of 2 pods gone while no pidlet ran" in text, text
        assert d.of("a") == kept and d.of("c") == []
        assert len(d.of("b")) == 1 and d.of("b") != changed
        assert sorted(os.listdir(f"{d.logs}/{kept[0]}/x")) == ["0.log", "1.log"]       # of both pidlets


def test_of_logs_that_lie_there_only_pidlets_own_go():
    with Down() as d:
        d.run(["a runs"], a=forever("a"))
        mine = os.path.join(d.logs, d.of("a")[0], "x", "notes.txt")
        with open(mine, "w") as f:
            f.write("not pidlet's")
        # As a kubelet would leave them on the same host, and as a pidlet of another folder does.
        shutil.copytree(os.path.dirname(os.path.dirname(mine)), f"{d.logs}/kube-system_etcd_0123", ignore=shutil.ignore_patterns(".pidlet"))
        shutil.copytree(os.path.dirname(os.path.dirname(mine)), f"{d.logs}/default_other_4567")
        with open(f"{d.logs}/default_other_4567/.pidlet", "w") as f:
            f.write("/elsewhere\n")
        os.symlink(f"{d.logs}/kube-system_etcd_0123", f"{d.logs}/default_link_89")
        os.symlink(f"{d.logs}/kube-system_etcd_0123/x", os.path.dirname(mine) + "-link")
        before = d.of("a")[0]
        d.unlink("a")
        text = d.run(["b runs"], b=forever("b"))
        assert f"removing the logs of a pod that is gone: {d.logs}/{before}: Directory not empty" in text, text
        assert sorted(os.listdir(f"{d.logs}/{before}")) == ["x", "x-link"]
        assert os.listdir(os.path.dirname(mine)) == ["notes.txt"]
        for other in ("kube-system_etcd_0123", "default_other_4567", "default_link_89"):
            assert sorted(os.listdir(f"{d.logs}/{other}/x")) == ["0.log", "notes.txt"], other


def test_no_logs_go_before_every_manifest_could_be_read():
    with Down() as d:
        d.run(["a runs", "b runs"], a=forever("a"), b=forever("b"))
        broken, gone = d.of("a"), d.of("b")
        d.unlink("b")
        with Folder(d.place, ["--log-dir", d.logs], a="kind: Pod\nspec: [\n") as p:
            p.wait_for("a.yaml has errors")
            p.put("c", forever("c"))
            p.wait_for("c runs")
            assert d.of("a") == broken and d.of("b") == gone
            p.put("a", forever("a"))
            p.wait_for("a runs")
            p.wait_for("removed the logs of 1 pod gone while no pidlet ran")
            assert d.of("a") == broken and d.of("b") == []


def test_a_run_of_named_files_removes_no_logs_of_earlier_ones():
    with Down() as d:
        with Pidlet(pod("a", f"[{sh('x', 'echo a runs')}]", spec="restartPolicy: Never"), args=["--log-dir", d.logs]) as p:
            assert p.wait() == 0
        before = d.of("a")
        with Pidlet(pod("b", f"[{sh('x', 'echo b runs')}]", spec="restartPolicy: Never"), args=["--log-dir", d.logs]) as p:
            assert p.wait() == 0
        d.run(["c runs"], c=forever("c"))
        assert len(before) == 1 and d.of("a") == before and len(d.of("b")) == 1


main(globals())
