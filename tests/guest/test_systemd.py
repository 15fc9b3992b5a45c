#!/usr/bin/env python3
"""pidlet as a service of a real systemd, which is the first process of a guest."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

import guest

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ["PIDLET_BUILD"]

# In place of what a system waits for at its start: the console is the test's.
UNIT = """\
[Unit]
Description=The test
After=systemd-logind.service dbus.service
Wants=systemd-logind.service dbus.service
SuccessAction=poweroff-force
FailureAction=poweroff-force

[Service]
Type=oneshot
ExecStart=/usr/bin/python3 /in_systemd.py @TESTS@
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
TimeoutStartSec=infinity
"""
MASKED = ["getty.target", "serial-getty@ttyS0.service", "timers.target", "e2scrub_reap.service", "remote-fs.target",
          "systemd-update-utmp.service", "systemd-update-utmp-runlevel.service", "dev-ttyS0.device"]


def make_root():
    """The path of a root to boot; raises Unavailable."""
    if shutil.which("mmdebstrap") is None:
        raise guest.Unavailable("no mmdebstrap: install it (packaging/install-deps --tests)")
    made = subprocess.run([os.path.join(guest.SOURCE, "packaging", "guest-root"), guest.CACHE], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    if made.returncode != 0:
        raise guest.Unavailable("no root to boot: " + made.stderr.strip().replace("\n", "; "))
    return made.stdout.strip()


def packages():
    """Paths of the Debian package of this tree, and of one that differs in its version alone."""
    out = os.path.join(guest.CACHE, "deb")
    if "PIDLET_DEB" in os.environ:      # for who boots again and again
        built = os.environ["PIDLET_DEB"]
    else:
        made = subprocess.run([os.path.join(guest.SOURCE, "packaging", "build-deb"), out], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False, env={**os.environ, "DEB_BUILD_OPTIONS": "nocheck"})
        assert made.returncode == 0, made.stdout
        built = re.search(r"\S+/pidlet_\S+\.deb", made.stdout).group()
    newer = os.path.join(out, "newer.deb")
    with tempfile.TemporaryDirectory(prefix="pidlet-guest-") as folder:
        subprocess.run(["dpkg-deb", "-R", built, folder + "/tree"], check=True)
        with open(folder + "/tree/DEBIAN/control", encoding="utf-8") as f:
            text = f.read()
        with open(folder + "/tree/DEBIAN/control", "w", encoding="utf-8") as f:
            f.write(re.sub(r"^Version: .*", r"\g<0>+newer", text, flags=re.M))
        subprocess.run(["dpkg-deb", "--root-owner-group", "-b", folder + "/tree", newer], check=True, stdout=subprocess.DEVNULL)
    return built, newer


def archive():
    a = guest.Archive()
    for name, path in zip(("pidlet.deb", "newer.deb"), packages()):
        a.file(name, path)
    with tempfile.TemporaryDirectory(prefix="pidlet-guest-") as folder:
        subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", folder], check=True,
                       stdout=subprocess.DEVNULL)
        a.tree(folder)
    a.link("init", "/lib/systemd/systemd")
    a.file("in_systemd.py", os.path.join(HERE, "in_systemd.py"))
    a.data("etc/systemd/system/the-test.service", UNIT.replace("@TESTS@", " ".join(sys.argv[1:])).encode(), 0o644)
    for name in MASKED:
        a.link("etc/systemd/system/" + name, "/dev/null")
    a.data("usr/lib/sysusers.d/the-test.conf", b'u user 1000 "" /home/user /bin/sh\n', 0o644)
    a.data("usr/lib/tmpfiles.d/the-test.conf", b"d /home/user 0755 user user\n", 0o644)
    a.tar(make_root())                  # last: what is there already stays
    return a.bytes()


def tests():
    if sys.argv[1:]:
        return sys.argv[1:]
    with open(os.path.join(HERE, "in_systemd.py")) as f:
        return re.findall(r"^def test_(\w+)", f.read(), re.M)


try:
    guest.kernel()
    make_root()
except guest.Unavailable as reason:
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)
APPEND = "systemd.unit=the-test.service systemd.show_status=0 systemd.log_level=warning"
booted = guest.Guest(archive(), memory=1536, append=APPEND, bound=5 * guest.BOUND)
sys.exit(0 if guest.relay(booted, tests()) else 1)
