#!/usr/bin/env python3
"""Every command in README.md and docs/ does what it says there.  How pages are written is told in pages.py.

A page's commands run in turn in a folder of their own, by sh, as root of network and mount namespaces of
this test: ports, /run and /var are its alone.  `pidlet run` stays while the commands behind it run, until
the next one or the page's end, and is stopped with Ctrl-C.
"""
import glob
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading

from pages import PAGES, ROOT, blocks
from pidlet import BOUND, PIDLET, RUN, Skip, main, wait_until

INSIDE = "PIDLET_DOCS_INSIDE"           # "root", or "user": then there is one user ID alone

# What is not run here, and why; each has to be there.
NOT_RUN = {
    r"packaging/check\b": "it runs this test",
    r"packaging/build-deb\b": "it builds pidlet once more; packaging/check-debian runs it at night",
    r"packaging/quickstart\b": "it installs packages with apt and builds pidlet, as packaging/check has done",
    r"meson ": "it builds and tests pidlet, as packaging/check does",
    r"systemctl ": "there is no systemd here; tests/guest has one",
}


def why_not(command):
    return next((reason for pattern, reason in NOT_RUN.items() if re.match(pattern, command)), None)


# ---- what is printed ----

def plain(line):
    """Without what differs from run to run."""
    line = re.sub(r"\b[0-9a-f]{32}\b", "HASH", line)
    line = re.sub(r"\b([0-9a-f]{4,8})…", "…", line)
    line = re.sub(r"(?<![=\w-])\d+(\.\d+)?(ms|s|m|h)(\d+(\.\d+)?(ms|s|m|h))*\b", "TIME", line)
    line = re.sub(r"\b\d+\.\d+ %", "SHARE %", line)
    return re.sub(r" +", " ", line).strip()


def matches(wanted, line):
    return re.fullmatch(".*".join(re.escape(part) for part in wanted.split("…")), line) is not None


def lacking(wanted, lines):
    """What of a run's output is not among the lines, in any order."""
    left, missing = [plain(line) for line in lines], []
    for line in (plain(line) for line in wanted if line not in ("", "…")):
        found = next((one for one in left if matches(line, one)), None)
        if found is None:
            missing.append(line)
        else:
            left.remove(found)
    return missing


def same(wanted, lines):
    """All lines in their order, to the letter; "…" alone stands for any number of them."""
    if not wanted:
        return not lines
    if wanted[0] == "…":
        return any(same(wanted[1:], lines[i:]) for i in range(len(lines) + 1))
    return bool(lines) and matches(wanted[0].rstrip(), lines[0].rstrip()) and same(wanted[1:], lines[1:])


# ---- running them ----

class Running:
    """A `pidlet run` of a page."""

    def __init__(self, command, **options):
        self.command, self.lines = command, []
        self.alone = "|" not in command         # then its status is pidlet's own
        self.process = subprocess.Popen(["sh", "-c", "exec " * self.alone + command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, start_new_session=True, **options)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.decode(errors="replace").rstrip("\n"))

    def wait_for(self, wanted):
        def is_there():
            if self.process.poll() is not None:
                self.thread.join(BOUND)
                return True
            if wanted is None:
                return any(re.match(r"Normal +Ready|.*serving|.*pidlet run -f.*", line) for line in self.lines) \
                    or (self.serves_alone() and os.path.exists("/run/pidlet/pidlet.sock"))
            return not lacking(wanted, list(self.lines))
        wait_until(is_there, f"what `{self.command}` is to print; it has printed:\n" + "\n".join(self.lines))
        if "rounds=" in self.command:           # it ends by itself
            self.process.wait(BOUND)
            self.thread.join(BOUND)
        if wanted is not None:
            missing = lacking(wanted, self.lines)
            assert not missing, f"`{self.command}` did not print {missing}, but:\n" + "\n".join(self.lines)

    def serves_alone(self):
        return " -f " not in self.command and " -- " not in self.command

    def stop(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        status = self.process.wait(BOUND)
        self.thread.join(BOUND)
        assert status == 0 or not self.alone, f"`{self.command}` ended with {status}:\n" + "\n".join(self.lines)


def is_run(command):
    return re.search(r"(^|\| )(build/)?pidlet run\b", command) is not None


class Folder:
    """Where a page's commands run: a clone of the project, as far as pages use it, and a user's own files."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="pidlet-docs-")
        at = self.folder.name
        shutil.copytree(f"{ROOT}/docs", f"{at}/docs")
        os.makedirs(f"{at}/build")
        os.symlink(PIDLET, f"{at}/build/pidlet")
        for name in ("web.yaml", "manifests/web.yaml"):
            os.makedirs(os.path.dirname(f"{at}/{name}"), exist_ok=True)
            shutil.copy(f"{ROOT}/docs/examples/web.yaml", f"{at}/{name}")
        os.makedirs(f"{at}/src")
        self.write("src/app.py", "print('hello')\n")
        self.write("Procfile", "web: python3 -u -m http.server 8080 --bind 127.0.0.1\nclock: while :; do date; sleep 60; done\n")
        self.write("config.yaml", "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n")
        self.options = {"cwd": at, "env": {**os.environ, "PATH": f"{at}/build:" + os.environ["PATH"], "HOME": at}}
        self.running = None
        return self

    def __exit__(self, *error):
        if self.running is not None and self.running.process.poll() is None:
            os.killpg(self.running.process.pid, signal.SIGKILL)
        self.folder.cleanup()

    def write(self, name, text):
        with open(os.path.join(self.folder.name, name), "w") as f:
            f.write(text)

    def stop(self):
        running, self.running = self.running, None
        if running is not None:
            running.stop()

    def run(self, command, wanted):
        if is_run(command):
            self.stop()
            self.running = Running(command, **self.options)
            self.running.wait_for(wanted)
            return
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=2 * BOUND, check=False,
                              stdin=subprocess.DEVNULL, **self.options)
        assert done.returncode == 0, f"`{command}` ended with {done.returncode}: {done.stdout}{done.stderr}"
        assert wanted is None or same(wanted, done.stdout.splitlines()), f"`{command}` printed:\n{done.stdout}"


def need_users():
    if os.environ[INSIDE] != "root":
        raise Skip("its processes run as nobody, which takes root")


def try_page(page):
    skipped = []
    if page == "docs/coming-from.md":
        need_users()
    with Folder() as folder:
        for block in blocks(page):
            if block.file is not None:
                folder.write(*block.file)
            for i, command in enumerate(block.commands):
                reason = why_not(command)
                if reason is None and command.startswith("kubectl") and shutil.which("kubectl") is None:
                    reason = "there is no kubectl"
                if reason is not None:
                    skipped.append(f"{command}: {reason}")
                    continue
                try:
                    folder.run(command, block.output if i == len(block.commands) - 1 else None)
                except (AssertionError, subprocess.TimeoutExpired) as e:
                    raise AssertionError(f"{page}:{block.number + i}: {e}") from None
        folder.stop()
    for line in skipped:
        print(f"# not run: {line}")


def add_page(page):
    name = re.sub(r"\W+", "_", page.removesuffix(".md")).lower()
    globals()[f"test_the_commands_of_{name}_do_what_it_says"] = lambda: try_page(page)


# ---- the pages as a whole ----

def test_what_is_not_run_is_there_and_little():
    commands = [c for page in PAGES for block in blocks(page) for c in block.commands]
    for pattern in NOT_RUN:
        assert any(re.match(pattern, c) for c in commands), f"no page has {pattern} any more"
    left_out = [c for c in commands if why_not(c)]
    assert len(commands) > 50 and len(left_out) * 6 < len(commands), (len(left_out), len(commands))


def test_the_pictures_are_what_simulate_draws():
    drawn = 0
    for page in PAGES:
        for block in blocks(page):
            for command in block.commands:
                picture = re.search(r" -o svg >(docs/pictures/\S+)$", command)
                if picture is None:
                    continue
                with Folder() as folder:
                    folder.run(command, None)
                    made = open(os.path.join(folder.folder.name, picture.group(1))).read()
                assert made == open(f"{ROOT}/{picture.group(1)}").read(), f"{picture.group(1)} is not what `{command}` draws"
                drawn += 1
    assert drawn == len(os.listdir(f"{ROOT}/docs/pictures")), "a picture that no page says the making of"


# ---- coming from ----

class Example:
    """The pod of docs/examples/coming-from/NAME, while it runs."""

    def __init__(self, name):
        self.folder = Folder()
        self.command = f"pidlet run -f docs/examples/coming-from/{name}/pod.yaml"

    def __enter__(self):
        self.folder.__enter__()
        self.folder.running = Running(self.command, **self.folder.options)
        return self

    def __exit__(self, *error):
        self.folder.__exit__(*error)

    def wait_for(self, pattern, times=1):
        lines = self.folder.running.lines
        wait_until(lambda: sum(1 for line in list(lines) if re.search(pattern, line)) >= times,
                   f"line {times} of {pattern}")

    def count(self, pattern):
        return sum(1 for line in self.folder.running.lines if re.search(pattern, line))

    def stop(self):
        running = self.folder.running
        self.folder.stop()
        return running.lines

    def main_process(self, word):
        """A container's own process, by a word of its command."""
        for path in glob.glob("/proc/[0-9]*/cmdline"):
            try:
                words = open(path, "rb").read().split(b"\0")
                environ = open(path.replace("cmdline", "environ"), "rb").read().split(b"\0")
            except OSError:
                continue
            if word.encode() in words and RUN in environ:
                return int(path.split("/")[2])
        return None


def answers(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def test_the_example_from_supervisord_does_what_its_programs_did():
    with Example("supervisord") as pod:
        pod.wait_for(r"app/import +\| imported")
        pod.wait_for("Exited  app/import  exit code 0")
        wait_until(lambda: answers(8091), "web answers")
        pid = pod.main_process("8091")
        assert os.readlink(f"/proc/{pid}/cwd") == "/usr/share"
        assert b"GREETING=hello" in open(f"/proc/{pid}/environ", "rb").read().split(b"\0")
        assert re.search(r"^Umask:\s+0027$", open(f"/proc/{pid}/status").read(), re.M)
        os.kill(pid, signal.SIGKILL)
        pod.wait_for("Started  app/web", 2)
        wait_until(lambda: answers(8091), "web answers again")
        os.kill(pod.main_process("8091"), signal.SIGKILL)
        pod.wait_for("back-off 1s restarting failed container=web")
        pod.wait_for("Started  app/web", 3)
        assert pod.count("Started  app/import") == 1
        pod.stop()


def test_the_example_from_s6_overlay_does_what_its_services_did():
    need_users()
    with Example("s6-overlay") as pod:
        pod.wait_for("Ready  app/web")
        assert os.path.isdir("/tmp/pidlet-s6")
        pid = pod.main_process("8092")
        assert re.search(r"^Uid:\s+65534\s", open(f"/proc/{pid}/status").read(), re.M)
        os.kill(pid, signal.SIGKILL)            # any end but 42
        pod.wait_for("Started  app/web", 2)
        pod.stop()


def test_the_example_from_systemd_does_what_its_unit_did():
    need_users()
    with Example("systemd") as pod:
        pod.wait_for(r"worker/worker +\| working as worker")
        assert os.path.isdir("/tmp/pidlet-worker")
        pid = wait_until(lambda: pod.main_process("infinity"), "the worker")
        status = open(f"/proc/{pid}/status").read()
        assert re.search(r"^Uid:\s+65534\s", status, re.M) and re.search(r"^NoNewPrivs:\s+1$", status, re.M)
        assert re.search(r"^Max open files +4096 +4096 ", open(f"/proc/{pid}/limits").read(), re.M)
        os.kill(pid, signal.SIGKILL)
        pod.wait_for("Started  worker/worker", 2)
        pod.stop()


def test_the_example_from_docker_compose_does_what_its_services_did():
    with Example("docker-compose") as pod:
        pod.wait_for(r"app/web +\| web is for Ada")
        lines = pod.folder.running.lines
        order = [next(i for i, line in enumerate(lines) if re.search(pattern, line))
                 for pattern in ("Ready  app/db", "app/migrate +. migrated", "Started  app/web")]
        assert order == sorted(order), lines
        os.kill(pod.main_process("8093"), signal.SIGKILL)
        pod.wait_for("Started  app/db", 2)
        assert "Stopping container web" in "\n".join(pod.stop())


# ---- a place of its own ----

def enter():
    """Starts this test anew, in namespaces where ports and the system's folders are its own."""
    flags = ["--mount", "--net"] if os.geteuid() == 0 else ["--user", "--map-root-user", "--mount", "--net"]
    if subprocess.run(["unshare", *flags, "true"], capture_output=True, check=False).returncode != 0:
        print("1..1\nok 1 - docs # SKIP no namespaces here, in which ports and /run would be the test's own")
        sys.exit(0)
    os.environ[INSIDE] = "root" if os.geteuid() == 0 else "user"
    os.execvp("unshare", ["unshare", *flags, sys.executable, os.path.abspath(__file__), *sys.argv[1:]])


def settle():
    for folder in ("/run", "/var/lib", "/var/log"):
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], check=True)
    with socket.socket() as s:
        import fcntl
        request = struct.pack("16sh14x", b"lo", 0x1 | 0x40)             # IFF_UP, IFF_RUNNING
        fcntl.ioctl(s, 0x8914, request)                                 # SIOCSIFFLAGS


if __name__ == "__main__":
    if os.environ.get("PIDLET_WRAPPER"):
        print("1..1\nok 1 - docs # SKIP commands are tried once, without valgrind: what they do is tested elsewhere")
        sys.exit(0)
    if INSIDE not in os.environ:
        enter()
    settle()
    for one in PAGES:
        if any(block.commands for block in blocks(one)):
            add_page(one)
    main(globals())
