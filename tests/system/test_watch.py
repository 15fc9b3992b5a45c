#!/usr/bin/env python3
"""Containers whose files change: --watch and pidlet.dev/watch."""
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile

from pidlet import Pidlet, Skip, alive, main, pod, processes_with, sh, stat_of, wait_until

CHANGED = r"^Normal   FilesChanged  {}  changed: {}, restarting$"
READS = "trap 'echo bye; exit' TERM; cat $0; while :; do sleep 1000.8 & wait; done"


class Folder:
    """A folder of sources, and one beside it that tells when all before it has been seen."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="pidlet-watch-")
        self.path = os.path.realpath(self.folder.name)
        self.write("src/app.txt", "one\n")
        self.write("beside/flag", "0")
        self.flags = 0
        return self

    def __exit__(self, *error):
        self.folder.cleanup()

    def at(self, name):
        return os.path.join(self.path, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.at(name)), exist_ok=True)
        with open(self.at(name), "w") as f:
            f.write(text)

    def run(self, containers="", watch="src", **options):
        manifest = pod("web", f"[{sh('app', READS.replace('$0', self.at('src/app.txt')))}, "
                              f"{sh('flag', 'exec sleep 1000.8')}{containers}]",
                       spec="terminationGracePeriodSeconds: 5",
                       annotations=f'"pidlet.dev/watch.app": "{watch}", "pidlet.dev/watch.flag": "{self.at("beside")}"')
        return Pidlet(manifest, cwd=self.path, **options)

    def seen(self, p):
        """Waits until all changes of before have been acted upon."""
        self.flags += 1
        self.write("beside/flag", str(self.flags))
        p.wait_for(CHANGED.format("web/flag", r"\S*/beside/flag"), self.flags)


@contextlib.contextmanager
def watched(**options):
    with Folder() as folder, folder.run(**options) as p:
        p.wait_for(r"^web/app +\| one$")
        p.wait_for("Started  web/flag")
        yield folder, p


@contextlib.contextmanager
def stopped(p):
    """Pidlet sees what happens in here all at once, however long it takes."""
    def state():
        with open(f"/proc/{p.process.pid}/stat") as f:
            return f.read().rpartition(")")[2].split()[0]
    p.signal(signal.SIGSTOP)
    wait_until(lambda: state() == "T", "pidlet has stopped")
    yield
    p.signal(signal.SIGCONT)


def changes(p, name):
    return p.count(CHANGED.format(name, ".*"))


def test_a_change_restarts_the_container_gracefully_and_at_once_and_says_which_file():
    with watched() as (folder, p):
        folder.write("src/app.txt", "two\n")
        p.wait_for(CHANGED.format("web/app", "src/app.txt"))
        p.wait_for(r"^Normal   Killing  web/app  Container app files changed, will be restarted$")
        p.wait_for(r"^web/app +\| bye$")
        p.wait_for(r"^web/app +\| two$")
        folder.write("src/app.txt", "three\n")
        p.wait_for(r"^web/app +\| three$")
        assert p.count("BackOff") == 0 and changes(p, "web/flag") == 0, p.output()


def test_an_editor_writes_in_many_ways_and_each_is_one_change():
    with watched() as (folder, p):
        def by_rename():                # vim with backupcopy=no, sed -i, most others
            folder.write("src/.app.txt.swp", "x")
            folder.write("src/4913", "")
            os.unlink(folder.at("src/4913"))
            os.rename(folder.at("src/app.txt"), folder.at("src/app.txt~"))
            folder.write("src/app.txt", "by rename\n")
            os.unlink(folder.at("src/app.txt~"))
            os.unlink(folder.at("src/.app.txt.swp"))

        def by_a_new_file():
            folder.write("src/sedXYZ", "by a new file\n")
            os.rename(folder.at("src/sedXYZ"), folder.at("src/app.txt"))

        def by_a_link():
            folder.write("beside.txt", "by a link\n")
            os.unlink(folder.at("src/app.txt"))
            os.link(folder.at("beside.txt"), folder.at("src/app.txt"))

        for number, (way, text) in enumerate(((by_rename, "by rename"), (by_a_new_file, "by a new file"),
                                              (by_a_link, "by a link")), 1):
            with stopped(p):
                way()
            p.wait_for(CHANGED.format("web/app", "src/app.txt"), number)
            p.wait_for(rf"^web/app +\| {text}$")
            folder.seen(p)
            assert changes(p, "web/app") == number, p.output()


def test_what_tools_keep_for_themselves_is_no_change():
    with watched() as (folder, p):
        for name in ("app.txt~", ".#app.txt", "#app.txt#", ".app.txt.swp", ".app.txt.swx", "app.pyc", ".DS_Store",
                     ".git/index", "node_modules/x/y.js", "__pycache__/app.cpython-311.pyc", ".venv/bin/python",
                     "deep/.git/index", "app.txt___jb_tmp___"):
            folder.write("src/" + name, "x")
        os.chmod(folder.at("src/app.txt"), 0o600)
        open(folder.at("src/app.txt")).close()
        os.makedirs(folder.at("src/empty"))
        folder.seen(p)
        assert changes(p, "web/app") == 0, p.output()


def test_the_logs_that_pidlet_writes_are_no_change():
    with Folder() as folder:
        with folder.run(watch=".", args=("--log-dir", "logs")) as p:
            p.wait_for(r"^web/app +\| one$")
            folder.seen(p)
            assert os.path.isdir(folder.at("logs")) and p.count(CHANGED.format("web/app", "logs.*")) == 0, p.output()


def test_folders_that_come_move_and_go_are_watched_as_they_are():
    with watched() as (folder, p):
        folder.write("src/new/deep/er/a.txt", "x")              # faster than its folders can be watched
        p.wait_for(CHANGED.format("web/app", "src/new/deep/er/a.txt"))
        folder.write("src/new/deep/er/a.txt", "y")
        p.wait_for(CHANGED.format("web/app", "src/new/deep/er/a.txt"), 2)
        os.rename(folder.at("src/new"), folder.at("src/moved"))
        p.wait_for(CHANGED.format("web/app", "src/(new|moved)"))
        folder.write("src/moved/deep/er/a.txt", "z")
        p.wait_for(CHANGED.format("web/app", "src/moved/deep/er/a.txt"))
        os.rename(folder.at("src/moved"), folder.at("away"))
        p.wait_for(CHANGED.format("web/app", "src/(new|moved)"), 2)
        number = changes(p, "web/app")
        folder.write("away/deep/er/a.txt", "no more")
        folder.seen(p)
        assert changes(p, "web/app") == number, p.output()
        shutil.rmtree(folder.at("src"))
        p.wait_for(CHANGED.format("web/app", "src/app.txt"))
        folder.seen(p)                  # it is gone for good, and comes back
        folder.write("src/sub/app.txt", "x")
        p.wait_for(CHANGED.format("web/app", "src/sub/app.txt"))


def test_a_single_file_is_watched_by_its_name_and_through_a_link():
    with Folder() as folder:
        folder.write("conf/real.yaml", "a")
        os.symlink("conf/real.yaml", folder.at("link.yaml"))
        with folder.run(watch="link.yaml , late/app.yaml, src/app.txt") as p:
            p.wait_for("! pidlet: web/app: late/app.yaml is not there to be watched; it is when it comes")
            p.wait_for(r"^web/app +\| one$")
            folder.write("src/other.txt", "x")
            folder.write("conf/other.yaml", "x")
            folder.seen(p)
            assert changes(p, "web/app") == 0, p.output()
            folder.write("conf/real.yaml", "b")
            p.wait_for(CHANGED.format("web/app", "link.yaml"))
            folder.write("conf/next.yaml", "c")
            os.symlink("conf/next.yaml", folder.at("link.new"))
            os.rename(folder.at("link.new"), folder.at("link.yaml"))    # as ConfigMaps are exchanged
            p.wait_for(CHANGED.format("web/app", "link.yaml"), 2)
            folder.write("conf/next.yaml", "d")
            p.wait_for(CHANGED.format("web/app", "link.yaml"), 3)
            folder.write("late/app.yaml", "x")
            p.wait_for(CHANGED.format("web/app", "late/app.yaml"))
            folder.write("src/app.txt", "two\n")
            p.wait_for(r"^web/app +\| two$")


def test_only_those_restart_that_name_the_path_and_relative_ones_are_the_working_directory_s():
    with Folder() as folder:
        cron = sh("cron", "echo cron; exec sleep 1000.8", f"workingDir: {folder.path}")
        with folder.run(containers=", " + cron, watch=folder.at("src")) as p:
            p.wait_for(r"^web/cron +\| cron$")
            p.wait_for(r"^web/app +\| one$")
            folder.write("src/app.txt", "two\n")
            p.wait_for(CHANGED.format("web/app", folder.at("src/app.txt")))
            folder.seen(p)
            assert changes(p, "web/cron") == 0 and p.count(r"^web/cron +\| cron$") == 1, p.output()
        manifest = pod("w", f"[{sh('a', 'exec sleep 1000.8', 'workingDir: ' + folder.at('src'))}]",
                       annotations='"pidlet.dev/watch": "."')
        with Pidlet(manifest, cwd="/") as p:
            p.wait_for("Started  w/a")
            folder.write("src/app.txt", "three\n")
            p.wait_for(CHANGED.format("w/a", "app.txt"))


def test_a_command_restarts_when_its_files_change_and_waits_for_that_when_it_has_ended():
    with Folder() as folder:
        with Pidlet(args=("--watch", "src", "--watch", "beside", "--name", "job", "--", "cat", "src/app.txt"),
                    cwd=folder.path) as p:
            p.wait_for(r"^job/job \| one$")
            p.wait_for("Exited  job/job  exit code 0")
            folder.write("src/app.txt", "two\n")
            p.wait_for(r"^job/job \| two$")
            p.wait_for("Exited  job/job  exit code 0", 2)
            folder.write("beside/flag", "x")
            p.wait_for("Exited  job/job  exit code 0", 3)
            p.signal(signal.SIGTERM)
            assert p.wait() == 0
            assert p.count("FilesChanged") == 2, p.output()


def test_a_crash_loop_ends_with_the_change_that_mends_it():
    with Folder() as folder:
        with Pidlet(args=("--watch", "src", "--restart", "Always", "--name", "x", "--", "sh", "-c",
                          "grep -q mended src/app.txt && exec sleep 1000.8"), cwd=folder.path) as p:
            p.wait_for("BackOff  x/x  back-off 10s")
            folder.write("src/app.txt", "mended\n")
            p.wait_for(CHANGED.format("x/x", "src/app.txt"))
            p.wait_for("Started  x/x", 3)


def test_every_container_of_a_manifest_or_procfile_follows_the_option():
    with Folder() as folder:
        folder.write("Procfile", "web: echo web; exec sleep 1000.8\ncss: echo css\n")
        with Pidlet(args=("-f", "Procfile", "--watch", "src"), cwd=folder.path) as p:
            p.wait_for(r"/web +\| web$")
            p.wait_for(r"Exited  \S+/css")
            folder.write("src/app.txt", "two\n")
            p.wait_for(r"/web +\| web$", 2)
            p.wait_for(r"/css +\| css$", 2)


def test_a_watched_command_is_no_init_s_end():
    with Folder() as folder:
        with Pidlet(args=("--init", "--quiet", "--watch", "src", "--", "cat", "src/app.txt"), cwd=folder.path) as p:
            p.wait_for("Exited")
            folder.write("src/app.txt", "two\n")
            p.wait_for("FilesChanged")
            p.wait_for("Exited", 2)
            p.signal(signal.SIGTERM)
            assert p.wait() == 0


def test_an_essential_container_may_restart_for_its_files_and_its_own_end_ends_all():
    with Folder() as folder:
        with folder.run(args=("--essential", "app")) as p:
            p.wait_for(r"^web/app +\| one$")
            folder.write("src/app.txt", "two\n")
            p.wait_for(r"^web/app +\| two$")
            os.kill(wait_until(lambda: main_of(p, "cat"), "the container's process"), signal.SIGKILL)
            assert p.wait() == 137


def main_of(p, word):
    """The shell of the container app."""
    for pid in processes_with("sh"):
        with open(f"/proc/{pid}/cmdline", "rb") as f:
            if word.encode() in f.read() and alive(pid) and stat_of(pid)[1] == p.process.pid:
                return pid
    return None


def test_more_changes_than_the_kernel_can_tell_of_are_one():
    with watched() as (folder, p):
        with open("/proc/sys/fs/inotify/max_queued_events") as f:
            most = int(f.read())
        with stopped(p):
            os.makedirs(folder.at("src/many"))
            for i in range(most + 100):         # equal ones in a row would be one; of files that do not count
                open(folder.at(f"src/{i % 2}~"), "w").close()
            folder.write("src/many/app.txt", "x")
        p.wait_for(CHANGED.format("web/app", "more files than the kernel could tell of"))
        folder.write("src/many/app.txt", "y")           # its folder came while nothing was told
        p.wait_for(CHANGED.format("web/app", "src/many/app.txt"))


def limited(name, number):
    """A prefix that runs pidlet where there is so much of inotify."""
    script = f"echo {number} >/proc/sys/user/max_inotify_{name} && exec \"$@\""
    prefix = ["unshare", "--user", "--map-root-user", "sh", "-c", script, "sh"]
    if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode != 0:
        raise Skip("no user namespaces here, and so no limits of inotify that a test can set")
    return prefix


def test_limits_of_inotify_are_told_and_what_they_leave_is_watched():
    with Folder() as folder:
        for i in range(5):
            folder.write(f"src/d{i}/x", "x")
        manifest = pod("w", f"[{sh('a', 'exec sleep 1000.8')}]", annotations='"pidlet.dev/watch": "src"')
        with Pidlet(manifest, prefix=limited("watches", 4), cwd=folder.path) as p:
            p.wait_for(r"^! pidlet: w/a: watching \S+: the limit of inotify watches is reached "
                       r"\(sysctl fs.inotify.max_user_watches\); changes in it are not seen$")
            p.wait_for("Started  w/a")
            folder.write("src/app.txt", "two\n")
            p.wait_for(CHANGED.format("w/a", "src/app.txt"))
            assert p.count("limit of inotify") == 1, p.output()
        with Pidlet(manifest, prefix=limited("instances", 0), cwd=folder.path) as p:
            p.wait_for(r"^! pidlet: w/a: its files are not watched: the limit of inotify instances is reached "
                       r"\(sysctl fs.inotify.max_user_instances\)$")
            p.wait_for("Started  w/a")


def test_more_containers_watch_than_there_may_be_instances_of_inotify():
    number = 130
    with Folder() as folder:
        folder.write("other/x", "x")
        containers = ", ".join(sh(f"c{i}", "exec sleep 1000.8") for i in range(number))
        watch = ", ".join(f'"pidlet.dev/watch.c{i}": "{"src" if i % 2 else "other"}"' for i in range(number))
        manifest = pod("w", f"[{containers}]", annotations=watch, spec="terminationGracePeriodSeconds: 5")
        with Pidlet(manifest, prefix=limited("instances", 1), cwd=folder.path) as p:
            p.wait_for("Started  w/c", number)
            folder.write("src/app.txt", "two\n")
            p.wait_for(CHANGED.format(r"w/c\d*[13579]", "src/app.txt"), number // 2)
            p.wait_for("Started  w/c", number + number // 2)
            folder.write("other/x", "y")
            p.wait_for(CHANGED.format(r"w/c\d*[02468]", "other/x"), number // 2)
            assert p.count("FilesChanged") == number and p.count("inotify") == 0, p.output()


def test_a_container_that_watches_no_more_leaves_the_others_their_folder():
    with Folder() as folder:
        manifests = [pod(name, f"[{sh('x', 'exec sleep 1000.8')}]", annotations='"pidlet.dev/watch": "src"') for name in "ab"]
        with Pidlet(*manifests, cwd=folder.path) as p:
            p.wait_for("Started  [ab]/x", 2)
            p.write("0.yaml", manifests[0].replace("pidlet.dev/watch", "example.com/none"))
            p.signal(signal.SIGHUP)
            p.wait_for("Deleted  a  ")
            p.wait_for("Started  [ab]/x", 3)
            folder.write("src/app.txt", "two\n")
            p.wait_for(CHANGED.format("b/x", "src/app.txt"))
            folder.write("src/new/x", "x")          # of a folder that was not watched before
            p.wait_for(CHANGED.format("b/x", "src/new/x"))
            assert p.count("FilesChanged  a/x") == 0, p.output()


def test_wrong_uses_say_what_would_be_right():
    with Pidlet(args=("--watch", "", "--", "true")) as p:
        assert p.wait() == 2
        p.wait_for("--watch: must be a file or a folder")


if __name__ == "__main__":
    main(globals())
