#!/usr/bin/env python3
"""Log files of real runs: rotated without a loss, and a disk that is full."""
import glob
import os
import re
import signal
import subprocess
import tempfile

from pidlet import Pidlet, Skip, main, pod, sh, wait_until

HEAD = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
NEVER = "restartPolicy: Never"


def files(folder, run="*"):
    """Log files of the only container, in the order of writing."""
    found = glob.glob(f"{glob.escape(folder)}/*/*/{run}.log*")
    return sorted(found, key=lambda path: (path.endswith(".log"), path))


def numbers(folder, growing=False):
    """What has been logged.  A line that is just being written may be seen in part."""
    out = []
    for path in files(folder):
        with open(path) as f:
            for line in f:
                if growing and not line.endswith("\n"):
                    break
                m = re.fullmatch(r"\S+ stdout F (\d+)\n", line)
                assert m, (path, line)
                out.append(int(m.group(1)))
    return out


def test_rotation_loses_and_tears_nothing():
    with tempfile.TemporaryDirectory() as folder:
        config = os.path.join(folder, "config.yaml")
        with open(config, "w") as f:
            f.write(HEAD + "containerLogMaxSize: 100Ki\ncontainerLogMaxFiles: 1000\npodLogsDir: " + folder + "/logs\n")
        with Pidlet(pod("a", f"[{sh('x', 'seq 1 20000')}]", spec=NEVER), args=["-q", "--config", config]) as p:
            assert p.wait() == 0
        assert numbers(folder + "/logs") == list(range(1, 20001))
        sizes = [os.path.getsize(path) for path in files(folder + "/logs")]
        assert len(sizes) > 5 and max(sizes) <= 100 * 1024, sizes


def test_only_so_many_files_are_kept():
    with tempfile.TemporaryDirectory() as folder:
        config = os.path.join(folder, "config.yaml")
        with open(config, "w") as f:
            f.write(HEAD + "containerLogMaxSize: 20Ki\ncontainerLogMaxFiles: 3\n")
        with Pidlet(pod("a", f"[{sh('x', 'seq 1 20000')}]", spec=NEVER),
                    args=["-q", "--config", config, "--log-dir", folder + "/logs"]) as p:
            assert p.wait() == 0
        kept = numbers(folder + "/logs")
        assert len(files(folder + "/logs")) == 3 and kept == list(range(kept[0], 20001)), kept[:3]


class SmallDisk:
    """A tmpfs of 64 KiB in a mount namespace of pidlet's own, and a way in for the test."""

    def __init__(self):
        mount = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
        self.folder = tempfile.TemporaryDirectory()
        os.mkdir(self.folder.name + "/disk")
        self.disk = self.folder.name + "/disk"
        script = 'mount -t tmpfs -o size=64k none "$0" && exec "$@"'
        self.prefix = [*mount, "sh", "-c", script, self.disk]
        if subprocess.run([*self.prefix, "true"], capture_output=True).returncode != 0:
            raise Skip("no tmpfs in a mount namespace of its own can be had here")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def inside(self, p):
        """The disk as pidlet sees it."""
        return f"/proc/{p.process.pid}/root{self.disk}"


def fill(disk):
    """Takes all the room there is."""
    with open(disk + "/filler", "wb", buffering=0) as f:
        try:
            while True:
                f.write(b"x" * 4096)
        except OSError:
            pass


def test_a_full_disk_drops_lines_with_a_count_and_goes_on_when_there_is_room():
    with SmallDisk() as disk:
        script = f"i=0; while test ! -e {disk.folder.name}/end; do i=$((i+1)); echo $i; sleep 0.005; done; echo $i >{disk.folder.name}/last"
        with Pidlet(pod("a", f"[{sh('x', script)}]", spec=NEVER), prefix=disk.prefix,
                    args=["-q", "--log-dir", disk.disk]) as p:
            wait_until(lambda: files(disk.inside(p)), "the log")
            fill(disk.inside(p))
            p.wait_for(r"^Warning  LogsDropped  a/x  writing the log: No space left on device; "
                       "lines are dropped until there is room$")
            os.unlink(disk.inside(p) + "/filler")
            dropped = int(p.wait_for(r"^Warning  LogsResumed  a/x  the log takes lines again; (\d+) w.* dropped$").group(1))
            seen = numbers(disk.inside(p), growing=True)
            wait_until(lambda: numbers(disk.inside(p), growing=True)[-1] > seen[-1], "more lines")
            with open(disk.folder.name + "/end", "w"):
                pass
            wait_until(lambda: os.path.exists(disk.folder.name + "/last")
                       and os.path.getsize(disk.folder.name + "/last") > 0, "the last number")
            last = int(open(disk.folder.name + "/last").read())
            assert p.wait() == 0
            assert p.count("LogsDropped") == p.count("LogsResumed")
            total = sum(int(n) for n in re.findall(r"takes lines again; (\d+)", p.output()))
            assert dropped > 0 and total >= dropped
        assert last > 0


def test_a_container_may_wait_for_room_instead():
    with SmallDisk() as disk:
        # More than the disk, the pipe (1 MiB, once it was full) and one read hold: it has to wait.
        script = f"seq 1 300000; touch {disk.folder.name}/done; sleep 1000"
        with Pidlet(pod("a", f"[{sh('x', script)}]", annotations='"pidlet.dev/logs-when-full": "pause"'),
                    prefix=disk.prefix, args=["-q", "--log-dir", disk.disk]) as p:
            p.wait_for(r"^Warning  LogsPaused  a/x  writing the log: No space left on device; "
                       "no output is read until there is room$")
            assert not os.path.exists(disk.folder.name + "/done")
            seen = numbers(disk.inside(p), growing=True)
            assert seen == list(range(1, len(seen) + 1)), seen[-3:]
            # A larger disk, from outside: nothing was lost.
            subprocess.run(["nsenter", f"--target={p.process.pid}", "--mount", *([] if os.geteuid() == 0 else ["--user"]),
                            "mount", "-o", "remount,size=64m", disk.disk], check=True)
            p.wait_for(r"^Normal   LogsResumed  a/x  the log takes lines again; 0 were dropped$")
            wait_until(lambda: os.path.exists(disk.folder.name + "/done"), "the container to go on")
            wait_until(lambda: numbers(disk.inside(p), growing=True) == list(range(1, 300001)), "all lines")
            p.signal(signal.SIGTERM)
            assert p.wait() == 0


def test_logs_that_cannot_be_opened_are_said_once_and_runs_go_on():
    with Pidlet(pod("a", f"[{sh('x', 'echo hello; exit 1')}]", annotations='"pidlet.dev/backoff": "initial=20ms"'),
                args=["--log-dir", "/proc/none"]) as p:
        p.wait_for(r"a/x \| hello", times=3)
        assert p.count("opening its log in /proc/none: No such file or directory; runs go on without") == 1


def test_the_logs_of_a_pod_go_with_the_pod_and_nothing_else_does():
    say = "echo hello; exec sleep 1000"
    with tempfile.TemporaryDirectory() as folder:
        with Pidlet(pod("gone", f"[{sh('x', say)}, {sh('other', say)}]"), pod("done", f"[{sh('x', 'echo hello')}]", spec=NEVER),
                    pod("changed", f"[{sh('x', say)}]"), args=["--log-dir", folder]) as p:
            for name in ("gone/x", "gone/other", "done/x", "changed/x"):
                p.wait_for(name + r" *\| hello")
            p.wait_for("Succeeded  done")
            before = {re.match("default_([a-z]+)_", name).group(1): os.path.join(folder, name) for name in os.listdir(folder)}
            assert sorted(before) == ["changed", "done", "gone"]
            mine = os.path.join(before["gone"], "other", "mine.txt")
            with open(mine, "w") as f:
                f.write("not pidlet's")
            with open(p.files[0], "w") as f:
                f.write(pod("new", f"[{sh('x', 'true')}]", spec=NEVER))
            with open(p.files[2], "w") as f:
                f.write(pod("changed", f"[{sh('x', 'echo changed; exec sleep 1000')}]"))
            p.signal(signal.SIGHUP)
            p.wait_for("Deleted  gone")
            p.wait_for(r"changed/x *\| changed")
            p.wait_for("Succeeded  new")
            wait_until(lambda: os.listdir(before["gone"]) == ["other"] and os.listdir(os.path.dirname(mine)) == ["mine.txt"],
                       "the logs of gone to go")
            wait_until(lambda: not os.path.exists(before["changed"]), "those of changed to go")
            assert os.path.exists(before["done"])
            p.signal(signal.SIGTERM)
            assert p.wait() == 0
        kept = sorted(os.path.relpath(path, folder).split("_")[1] for path in files(folder))
        assert kept == ["changed", "done", "new"], kept                # pods that end with pidlet keep theirs


main(globals())
