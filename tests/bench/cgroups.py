#!/usr/bin/env python3
"""What cgroups cost: start and stop of N one-container pods, with a cgroup for each and without, in a guest.

    cgroups.py PIDLET [N]

A guest without KVM is some ten times as slow as the machine: only the proportion says something.  See docs/testing.md.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "guest"))
import guest  # noqa: E402

PIDLET = os.path.abspath(sys.argv[1])
N = int(sys.argv[2]) if len(sys.argv) > 2 else 200

PODS = "".join(f"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p{i}}}\nspec: {{containers: [{{name: x, "
               "command: [sleep, '1000']}]}\n" for i in range(N))

SCRIPT = """
echo "+cpu +memory +pids" >/sys/fs/cgroup/cgroup.subtree_control
mkdir /sys/fs/cgroup/own /sys/fs/cgroup/shared
sh -c 'echo 0 >/sys/fs/cgroup/shared/cgroup.procs; exec sleep 1000' &
hundredths() { cut -d' ' -f1 /proc/uptime | tr -d .; }
children() { wc -w </proc/$1/task/$1/children; }
for round in 1 2 3; do
    for where in own shared; do
        begin=$(hundredths)
        sh -c "echo 0 >/sys/fs/cgroup/$where/cgroup.procs; exec pidlet run -q --no-socket -f /pods.yaml" >/tmp/log 2>&1 &
        p=$!
        until [ $(children $p) -eq COUNT ]; do usleep 200000; done
        started=$(hundredths)
        kill -TERM $p; wait $p
        echo "$where $((started - begin)) $(($(hundredths) - started))"
    done
done
""".replace("COUNT", str(N))

said = guest.Guest(guest.initramfs(SCRIPT, {"pidlet": PIDLET}, {"pods.yaml": PODS}), memory=1024).said()
if said is None:
    sys.exit("the guest did not get to its end")
figures = [line.split() for line in said if line.split()[0] in ("own", "shared")]
for where, what in (("own", "with a cgroup each"), ("shared", "without cgroups")):
    start, stop = (min(int(f[i]) for f in figures if f[0] == where) for i in (1, 2))
    print(f"{N} pods {what:20} start {start * 10:6} ms   stop {stop * 10:6} ms")
