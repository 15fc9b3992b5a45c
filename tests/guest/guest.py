"""Boots a kernel of the tests' own under qemu, with pidlet and a script in it, and reads what it says.

The kernel is Debian's (packaging/guest-kernel), its root an initramfs made here: busybox, the
programs that are named with the libraries that they need, and /init, which mounts what a host has
and runs the script.  See docs/testing.md.
"""
import os
import re
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
CACHE = os.environ.get("PIDLET_GUEST_CACHE", os.path.join(SOURCE, "build", "guest"))
QEMU = "qemu-system-x86_64"
BOUND = int(os.environ.get("PIDLET_GUEST_BOUND", "600"))    # seconds; a boot takes some 5, without KVM


class Unavailable(Exception):
    """No guest can be had here, with the reason."""


def kernel():
    """The path of a kernel to boot; raises Unavailable."""
    if os.uname().machine != "x86_64":
        raise Unavailable("guests are of x86_64 only")
    for program, package in ((QEMU, "qemu-system-x86"), ("busybox", "busybox-static")):
        if shutil.which(program) is None:
            raise Unavailable(f"no {program}: install {package} (packaging/install-deps --tests)")
    made = subprocess.run([os.path.join(SOURCE, "packaging", "guest-kernel"), CACHE], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    if made.returncode != 0:
        raise Unavailable("no kernel to boot: " + made.stderr.strip().replace("\n", "; "))
    return made.stdout.strip()


def libraries_of(program):
    """The shared libraries of a program, its loader among them."""
    out = subprocess.run(["ldd", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    return sorted(set(re.findall(r"(/\S+) \(0x", out.stdout)))


class Archive:
    """A cpio archive (newc), as the kernel unpacks it for its first root."""

    def __init__(self):
        self.parts = []
        self.seen = set()
        self.number = 1

    def _entry(self, name, mode, data=b"", owner=(0, 0)):
        name = name.strip("/")
        self.seen.add(name)
        header = "070701" + "".join(f"{value:08x}" for value in (
            self.number, mode, *owner, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0))
        self.number += 1
        head = header.encode() + name.encode() + b"\0"
        self.parts += [head, b"\0" * (-len(head) % 4), data, b"\0" * (-len(data) % 4)]

    def folder(self, name):
        parts = name.strip("/").split("/")
        for i in range(1, len(parts) + 1):
            part = "/".join(parts[:i])
            if part and part not in self.seen:
                self._entry(part, 0o40755)

    def data(self, name, data, mode=0o755):
        if name.strip("/") not in self.seen:
            self.folder(os.path.dirname(name))
            self._entry(name, 0o100000 | mode, data)

    def link(self, name, target):
        self.folder(os.path.dirname(name))
        self._entry(name, 0o120777, target.encode())

    def file(self, name, path):
        with open(path, "rb") as f:
            self.data(name, f.read(), os.stat(path).st_mode & 0o777)

    def tar(self, path):
        """All of a tar archive but what is there already; devices are the kernel's to make."""
        with tarfile.open(path) as tar:
            for member in tar:
                name = os.path.normpath(member.name).strip("/")
                owner = (member.uid, member.gid)
                if name in self.seen or name == "." or name.startswith("dev/"):
                    continue
                if member.isdir():
                    self._entry(name, stat.S_IFDIR | member.mode, owner=owner)
                elif member.issym():
                    self._entry(name, stat.S_IFLNK | 0o777, member.linkname.encode())
                elif member.isreg() or member.islnk():
                    self._entry(name, stat.S_IFREG | member.mode, tar.extractfile(member).read(), owner)

    def tree(self, folder):
        """All files below a folder of this machine, root's."""
        for place, _, names in sorted(os.walk(folder)):
            for name in sorted(names):
                path = os.path.join(place, name)
                self.file(os.path.relpath(path, folder), path)

    def program(self, name, path):
        """A program and its libraries."""
        self.file(name, path)
        for library in libraries_of(path):
            self.file(library, library)

    def bytes(self):
        self._entry("TRAILER!!!", 0)
        return b"".join(self.parts)


INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin HOME=/root
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev; mount -t tmpfs tmpfs /tmp
chmod 1777 /tmp
mount -t cgroup2 -o nsdelegate cgroup2 /sys/fs/cgroup
exec </dev/null >/dev/ttyS0 2>&1
echo GUEST-BEGIN
"""

POWER_OFF = "sync\npoweroff -f\n"


def initramfs(script, programs, files=(), init=None):
    """`script` is run by /init with `programs` (name: path) in /bin; then the guest powers off."""
    a = Archive()
    for folder in ("proc", "sys", "dev", "tmp", "root", "etc", "run", "bin", "var/log"):
        a.folder(folder)
    a.file("bin/busybox", shutil.which("busybox"))
    a.data("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/tmp:/bin/sh\n", 0o644)
    a.data("etc/group", b"root:x:0:\nuser:x:1000:\n", 0o644)
    for name, path in programs.items():
        a.program("bin/" + name, path)
    for name, data in dict(files).items():
        a.data(name, data.encode() if isinstance(data, str) else data, 0o755)
    a.data("init", (init or INIT + script + "\necho GUEST-END\n" + POWER_OFF).encode())
    return a.bytes()


def accelerator():
    """KVM is some ten times as fast, but few test machines have it."""
    return ["-accel", "kvm" if os.access("/dev/kvm", os.R_OK | os.W_OK) else "tcg"]


class Guest:
    """One boot; `lines` is what it said on its console, up to its end or `bound` seconds."""

    def __init__(self, archive, memory=512, append="", bound=BOUND, arguments=()):
        self.lines = []
        image = kernel()
        with tempfile.TemporaryDirectory(prefix="pidlet-guest-") as folder:
            first_root = os.path.join(folder, "initramfs")
            with open(first_root, "wb") as f:
                f.write(archive)
            self.process = subprocess.Popen(
                [QEMU, *accelerator(), "-m", str(memory), "-nodefaults", "-no-user-config", "-display", "none",
                 "-no-reboot", "-serial", "stdio", "-monitor", "none", "-kernel", image, "-initrd", first_root,
                 "-append", f"console=ttyS0 loglevel=2 panic=-1 oops=panic mitigations=off {append}".strip(), *arguments],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            late = threading.Timer(bound, self.process.kill)
            late.start()
            for line in self.process.stdout:
                self.lines.append(line.decode(errors="replace").rstrip("\r\n"))
                if "PIDLET_GUEST_ECHO" in os.environ:       # for who watches a boot
                    print(self.lines[-1], file=sys.stderr, flush=True)
            self.process.wait()
            late.cancel()

    def said(self):
        """What the script said; everything, when it did not get to its end."""
        try:
            begin = self.lines.index("GUEST-BEGIN")
            return self.lines[begin + 1:self.lines.index("GUEST-END", begin)]
        except ValueError:
            return None


def relay(guest, wanted):
    """Prints the guest's TAP lines as this test's own; a test that said nothing has failed.  True: all is well."""
    said = guest.said()
    good = said is not None
    seen = set()
    print(f"1..{len(wanted)}")
    for line in said if said is not None else guest.lines[-80:]:
        verdict = re.match(r"(ok|not ok) - (\S+)(.*)$", line)
        if verdict is None:
            print("# " + line)
            continue
        seen.add(verdict.group(2))
        good = good and verdict.group(1) == "ok"
        print(f"{verdict.group(1)} {len(seen)} - {verdict.group(2)}{verdict.group(3)}")
    for name in wanted:
        if name not in seen:
            good = False
            print(f"not ok {len(seen) + 1} - {name}: the guest did not get there")
            seen.add(name)
    return good
