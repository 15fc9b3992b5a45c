# Resources through cgroup v2, for real.  Run by test_cgroups.py in a guest.

echo "+cpu +memory +pids" >/sys/fs/cgroup/cgroup.subtree_control

cg() {
    [ -d /sys/fs/cgroup/$1 ] || mkdir /sys/fs/cgroup/$1
}

NEVER="restartPolicy: Never"

a_process_beyond_its_memory_ends_OOMKilled() {
    cg a
    pod a '{name: x, command: [helper, eat, "200"], resources: {limits: {memory: 20Mi}}}' "$NEVER"
    started_in a pidlet run -f a.yaml
    status=0; wait $P || status=$?
    expect $status 137
    said OOMKilled
}

a_child_beyond_its_containers_memory_takes_the_container_with_it() {
    cg b
    pod b '{name: x, command: [sh, -c, "helper eat 200; exec sleep 1000"], resources: {limits: {memory: 20Mi}}}' "$NEVER"
    started_in b pidlet run -f b.yaml
    status=0; wait $P || status=$?
    expect $status 137
    said OOMKilled
}

a_run_after_an_OOM_kill_starts_with_fresh_counts() {
    cg c
    pod c '{name: x, command: [sh, -c, "[ -e /tmp/t/again ] && exit 3; touch /tmp/t/again; exec helper eat 200"],
            resources: {limits: {memory: 20Mi}}}' "restartPolicy: OnFailure"
    started_in c pidlet run -f c.yaml
    await said "exit code 3"
    expect $(grep -c OOMKilled $LOG) 1
    kill -QUIT $P; wait $P || true
}

a_busy_container_is_throttled_to_its_cpus() {
    cg d
    pod d '{name: x, command: [sh, -c, "while :; do :; done"], resources: {limits: {cpu: 100m}}}'
    started_in d pidlet run -f d.yaml
    await there d/pidlet-*/pod-uid-d/x/cpu.max
    expect "$(cat $(own d)/pod-uid-d/x/cpu.max)" "10000 100000"
    await sh -c "awk '\$1 == \"nr_throttled\" && \$2 > 3 {found = 1} END {exit !found}' $(own d)/pod-uid-d/x/cpu.stat"
    kill -QUIT $P; wait $P || true
}

a_pod_forks_no_further_than_podPidsLimit() {
    cg e
    echo "{apiVersion: kubelet.config.k8s.io/v1beta1, kind: KubeletConfiguration, podPidsLimit: 20}" >config.yaml
    pod e '{name: x, command: [helper, fork, "100"]}'
    started_in e pidlet run --config config.yaml -f e.yaml
    await said "forked 19 of 100"
    kill -QUIT $P; wait $P || true
}

limits_and_requests_stand_in_the_kernels_files() {
    cg f
    pod f '{name: x, command: [sleep, "1000"], resources: {limits: {memory: 64Mi, cpu: 2}, requests: {cpu: 1}}},
           {name: z, command: [sleep, "1001"], resources: {limits: {memory: 32Mi, cpu: 1}}}'
    started_in f pidlet run -f f.yaml
    await there f/pidlet-*/pod-uid-f/z/cgroup.procs
    cd $(own f)
    expect $(cat pod-uid-f/x/memory.max) $((64 * 1024 * 1024))
    expect $(cat pod-uid-f/x/memory.oom.group) 1
    expect "$(cat pod-uid-f/x/cpu.max)" "200000 100000"
    expect $(cat pod-uid-f/x/cpu.weight) 39
    expect $(cat pod-uid-f/memory.max) $((96 * 1024 * 1024))
    expect "$(cat pod-uid-f/cpu.max)" "300000 100000"
    expect $(cat pod-uid-f/cpu.weight) 79
    expect $(cat daemon/cgroup.procs) $P
    kill -QUIT $P; wait $P || true
}

probes_and_hooks_run_in_the_containers_cgroup() {
    cg g
    pod g '{name: x, command: [sleep, "1000"],
            lifecycle: {postStart: {exec: {command: [sh, -c, "cat /proc/self/cgroup >/tmp/t/post"]}}},
            readinessProbe: {timeoutSeconds: 60, exec: {command: [sh, -c, "cat /proc/self/cgroup >/tmp/t/ready"]}}}'
    started_in g pidlet run -f g.yaml
    await said "Ready  g/x"
    expect "$(cat post)" "0::/g/$(basename $(own g))/pod-uid-g/x"
    expect "$(cat ready)" "$(cat post)"
    kill -QUIT $P; wait $P || true
}

a_daemon_that_hides_dies_with_its_container() {
    cg h
    # Twice forked, in a session of its own, with an empty environment: only its cgroup tells whose it is.
    pod h '{name: x, command: [sh, -c, "(env -i setsid setsid sleep 4242 &) ; until [ -e /tmp/t/go ]; do usleep 10000; done; exit 3"]},
           {name: z, command: [sleep, "1000"]}' "$NEVER"
    started_in h pidlet run -f h.yaml
    await runs "sleep 4242"
    touch go
    await said "Exited  h/x  exit code 3"
    no runs "sleep 4242"
    kill -0 $P
    test -e $(own h)/pod-uid-h/z
    no test -e $(own h)/pod-uid-h/x
    kill -QUIT $P; wait $P || true
}

a_container_that_is_killed_leaves_nothing_of_its_cgroup() {
    cg i
    pod i '{name: x, command: [sh, -c, "trap : TERM; (env -i setsid setsid sleep 4343 &) ; while :; do sleep 1; done"]}' \
        "terminationGracePeriodSeconds: 1"
    started_in i pidlet run -f i.yaml
    await runs "sleep 4343"
    kill -TERM $P; wait $P || true
    no runs "sleep 4343"
}

nothing_is_left_behind_when_pidlet_ends() {
    cg j
    pod j '{name: x, command: [sleep, "0.2"]}' "$NEVER"
    started_in j pidlet run -f j.yaml
    wait $P
    expect "$(find /sys/fs/cgroup/j -mindepth 1 -type d)" ""
    expect "$(cat /sys/fs/cgroup/j/cgroup.subtree_control)" ""
}

what_a_killed_pidlet_has_left_the_next_one_removes() {
    cg k; cg k/one; cg k/two
    echo "+cpu +memory +pids" >/sys/fs/cgroup/k/cgroup.subtree_control
    helper delegate /sys/fs/cgroup/k
    mkdir /sys/fs/cgroup/k/pidlet-not-ours /sys/fs/cgroup/k/others
    pod k '{name: x, command: [sh, -c, "(env -i setsid setsid sleep 4444 &) ; exec sleep 1000"]}'
    started_in k/one pidlet run -f k.yaml
    await runs "sleep 4444"
    old=$(echo /sys/fs/cgroup/k/pidlet-????????????????)
    kill -9 $P; wait $P || true
    runs "sleep 4444"
    test -e $old
    pod k '{name: x, command: [sleep, "1001"]}'
    started_in k/two pidlet run -f k.yaml
    await said "removed $old, which a pidlet that was killed has left"
    no runs "sleep 4444"
    no test -e $old
    # A second pidlet beside a living one leaves that alone.
    first=$P
    pod l '{name: x, command: [sleep, "0.1"]}' "$NEVER"
    started_in k/one pidlet run -f l.yaml
    wait $P
    kill -0 $first
    runs "sleep 1001"
    test -e /sys/fs/cgroup/k/pidlet-not-ours
    test -e /sys/fs/cgroup/k/others
    kill -QUIT $first; wait $first || true
    expect "$(ls -d /sys/fs/cgroup/k/pidlet-???????????????? 2>/dev/null )" ""
}

an_ordinary_user_holds_limits_in_a_cgroup_that_was_given_to_it() {
    cg m
    chown user /sys/fs/cgroup/m /sys/fs/cgroup/m/cgroup.procs /sys/fs/cgroup/m/cgroup.subtree_control
    pod m '{name: x, command: [helper, eat, "200"], resources: {limits: {memory: 20Mi}}}' "$NEVER"
    started_in m su user -c "exec pidlet run -f m.yaml"
    status=0; wait $P || status=$?
    expect $status 137
    said OOMKilled
    expect "$(find /sys/fs/cgroup/m -mindepth 1 -type d)" ""
}

a_limit_that_cannot_be_held_is_said_and_the_container_runs() {
    cg n; cg n/leaf                     # n hands nothing down
    pod p '{name: x, command: [echo, it runs], resources: {limits: {memory: 20Mi, cpu: 1, ephemeral-storage: 1Gi}}}' "$NEVER"
    started_in n/leaf pidlet run -f p.yaml
    wait $P
    said "it runs"
    said "p/x: limits.memory 20Mi, limits.cpu 1, limits.ephemeral-storage 1Gi of container x cannot be held: /sys/fs/cgroup/n/leaf has no controllers; it runs without"
    expect "$(find /sys/fs/cgroup/n/leaf -mindepth 1 -type d)" ""
}

with_require_limits_it_does_not_start() {
    cg n; cg n/leaf
    pod p '{name: x, command: [echo, it runs], resources: {limits: {memory: 20Mi}}}' "$NEVER"
    started_in n/leaf pidlet run --require-limits -f p.yaml
    await said "Failed  p/x  Error: limits.memory 20Mi of container x cannot be held: /sys/fs/cgroup/n/leaf has no controllers"
    no said "it runs$"
    kill -QUIT $P; wait $P || true
}

a_cgroup_that_others_share_is_left_alone() {
    cg o
    sh -c 'echo 0 >/sys/fs/cgroup/o/cgroup.procs; exec sleep 1000' & other=$!
    await grep -q . /sys/fs/cgroup/o/cgroup.procs
    pod o '{name: x, command: [echo, it runs], resources: {limits: {memory: 20Mi}}}' "$NEVER"
    started_in o pidlet run -f o.yaml
    wait $P
    said "cannot be held: other processes share pidlet's cgroup, /sys/fs/cgroup/o; it runs without"
    kill -0 $other
    expect "$(find /sys/fs/cgroup/o -mindepth 1 -type d)" ""
}
