#!/usr/bin/env python3
"""pidlet as the first process of a kernel: it reaps what is left to it, and holds limits from the root on."""
import os
import sys

import guest

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: boot, uid: uid-boot}
spec:
  restartPolicy: Never
  containers:
  - name: orphans
    command: [sh, -c, 'i=0; while [ $$i -lt 50 ]; do (setsid sleep 0.01 &); i=$$((i + 1)); done; touch /tmp/orphans; exec sleep 1000']
  - name: greedy
    command: [helper, eat, "200"]
    resources: {limits: {memory: 20Mi}}
  - name: judge
    command: [sh, /judge]
"""

# Sees the processes from inside a container, says what it saw, and stops pidlet.
JUDGE = """\
. /lib.sh
zombies() { grep -l "^State:.Z" /proc/[0-9]*/status; }
no_zombies() { ! zombies; }
oom_killed() { ! ls -d /sys/fs/cgroup/pidlet-*/pod-uid-boot/greedy; }

verdict() { name=$1; shift; if "$@" >/tmp/out 2>&1; then echo "ok - $name"; else cat /tmp/out /tmp/log; echo "not ok - $name"; fi; }

pidlet_is_the_first_process() { grep -q "^pidlet" /proc/1/cmdline; }
orphans_are_reaped() { await test -e /tmp/orphans && await no_zombies; }
a_limit_is_held() { await oom_killed; }
pidlet_is_in_a_leaf() { grep -q "^0::/pidlet-[0-9a-f]*/daemon$" /proc/1/cgroup; }

exec >/dev/ttyS0 2>&1
for name in pidlet_is_the_first_process orphans_are_reaped a_limit_is_held pidlet_is_in_a_leaf; do verdict $name $name; done
kill -TERM 1
"""
LAST_LINE = "pidlet: exit status 0 of the machine's first process: switching the machine off"


def end_of(lines):
    """The verdict on what comes after the judge's: the kernel's last words in place of a panic."""
    good = lines.count(LAST_LINE) == 1 and any("reboot: Power down" in line for line in lines) \
        and not any("panic" in line for line in lines)
    return ("ok" if good else "not ok") + " - its_end_switches_the_machine_off"



with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib.sh")) as f:
    LIB = f.read()
try:
    guest.kernel()
except guest.Unavailable as reason:
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)
tests = ["pidlet_is_the_first_process", "orphans_are_reaped", "a_limit_is_held", "pidlet_is_in_a_leaf",
         "its_end_switches_the_machine_off"]
archive = guest.initramfs("", {"pidlet": os.environ["PIDLET"], "helper": os.environ["PIDLET_GUEST_HELPER"]},
                          {"pod.yaml": POD, "judge": JUDGE, "lib.sh": LIB},
                          init=guest.INIT + "exec pidlet run -f /pod.yaml >/tmp/log\n")
booted = guest.Guest(archive)
booted.lines += [end_of(booted.lines), "GUEST-END"]
sys.exit(0 if guest.relay(booted, tests) else 1)
