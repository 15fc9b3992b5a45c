#!/usr/bin/env python3
"""Resources through cgroup v2, in a kernel of the tests' own; the tests are in cgroups.sh."""
import os
import re
import sys

import guest

HERE = os.path.dirname(os.path.abspath(__file__))


def text(name):
    with open(os.path.join(HERE, name)) as f:
        return f.read()


script = text("cgroups.sh")
names = re.findall(r"^(\w+)\(\) \{", script, re.M)
tests = [n for n in names if n not in ("cg",) and (not sys.argv[1:] or n in sys.argv[1:])]
try:
    guest.kernel()
except guest.Unavailable as reason:
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)
archive = guest.initramfs(text("lib.sh") + script + "run_tests " + " ".join(tests),
                          {"pidlet": os.environ["PIDLET"], "helper": os.environ["PIDLET_GUEST_HELPER"]})
sys.exit(0 if guest.relay(guest.Guest(archive), tests) else 1)
