#!/usr/bin/env python3
"""Whom processes run as and what they may: users, capabilities, limits."""
import grp
import os
import pwd
import shutil
import stat
import sys

from pidlet import PIDLET, WRAPPER, Pidlet, Skip, alive, main, sh, wait_until

STATUS = "grep -E '^(Cap(Eff|Prm|Inh|Bnd|Amb)|NoNewPrivs|Groups)' /proc/self/status"
NET_BIND_SERVICE, NET_RAW, SETPCAP, SYS_RESOURCE = 10, 13, 8, 24


def pod(script, container="", spec="", annotations=""):
    return ("apiVersion: v1\nkind: Pod\n"
            f"metadata: {{name: a, uid: u-1, annotations: {{{annotations}}}}}\n"
            f"spec: {{restartPolicy: Never{', ' if spec else ''}{spec}, containers: [{sh('x', script, container)}]}}\n")


def needs_root():
    if os.geteuid() != 0:
        raise Skip("needs root")


def nobody():
    """A way to run pidlet as an ordinary user that can read it."""
    needs_root()
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"]


def own_capabilities(name):
    with open("/proc/self/status") as f:
        return int(next(line for line in f if line.startswith(name + ":")).split()[1], 16)


def printed(text, **more):
    with Pidlet(text, **more) as p:
        assert p.wait() == 0, p.output()
        return [line.partition("| ")[2] for line in p.lines if line.startswith("a/x | ")]


def mask(lines, name):
    return int(next(line for line in lines if line.startswith(name + ":")).split()[1], 16)


def a_user_with_groups():
    """An entry of /etc/passwd other than root's, and its ids as the two files have them."""
    user = pwd.getpwnam("www-data") if any(u.pw_name == "www-data" for u in pwd.getpwall()) else pwd.getpwnam("nobody")
    groups = {g.gr_gid for g in grp.getgrall() if user.pw_name in g.gr_mem}
    return user, groups | {user.pw_gid}


def test_a_user_brings_its_group_its_groups_and_its_home():
    needs_root()
    user, groups = a_user_with_groups()
    got = printed(pod("id -u; id -g; id -G; echo $HOME $USER $LOGNAME ${XDG_RUNTIME_DIR-none}",
                      f"securityContext: {{runAsUser: {user.pw_uid}}}"),
                  env={"HOME": "/root", "USER": "root", "LOGNAME": "root", "XDG_RUNTIME_DIR": "/run/user/0"})
    assert got[0] == str(user.pw_uid)
    assert got[1] == str(user.pw_gid)
    assert {int(g) for g in got[2].split()} == groups
    assert got[3] == f"{user.pw_dir} {user.pw_name} {user.pw_name} none", got


def test_a_user_that_nobody_knows_has_group_0_and_the_root_as_its_home():
    needs_root()
    got = printed(pod("id -u; id -G; echo $HOME ${USER-none} ${LOGNAME-none}", spec="securityContext: {runAsUser: 54321}"),
                  env={"USER": "root", "LOGNAME": "root"})
    assert got == ["54321", "0", "/ none none"], got


def test_the_manifests_own_variables_come_before_the_users():
    needs_root()
    got = printed(pod("echo $HOME $USER",
                      "env: [{name: HOME, value: /srv}, {name: USER, value: me}], securityContext: {runAsUser: 54321}"))
    assert got == ["/srv me"], got


def test_groups_are_those_of_the_pod_and_the_users_own_unless_strict():
    needs_root()
    user, groups = a_user_with_groups()
    context = f"runAsUser: {user.pw_uid}, runAsGroup: 3000, fsGroup: 4000, supplementalGroups: [5000]"
    got = printed(pod("id -g; id -G", spec=f"securityContext: {{{context}}}"))
    assert got[0] == "3000"
    assert {int(g) for g in got[1].split()} == (groups - {user.pw_gid}) | {3000, 4000, 5000}, got
    got = printed(pod("id -G", spec=f"securityContext: {{{context}, supplementalGroupsPolicy: Strict}}"))
    assert {int(g) for g in got[0].split()} == {3000, 4000, 5000}, got


def test_a_container_that_must_not_be_root_does_not_start_as_root():
    needs_root()
    for context, words in (("runAsNonRoot: true", "container has runAsNonRoot and will run as root"),
                           ("runAsNonRoot: true, runAsUser: 0", "container's runAsUser breaks non-root policy")):
        with Pidlet(pod("echo never", spec=f"securityContext: {{{context}}}")) as p:
            p.wait_for(rf'Failed  a/x  Error: {words} \(pod: "a_default\(u-1\)", container: x\)')
            assert p.count("Created|StartError|\\| never") == 0, p.output()
    assert printed(pod("id -u", spec="securityContext: {runAsNonRoot: true, runAsUser: 54321}")) == ["54321"]


def test_dropped_capabilities_are_gone_for_good():
    needs_root()
    got = printed(pod(STATUS, "securityContext: {capabilities: {drop: [ALL]}}"))
    assert all(mask(got, name) == 0 for name in ("CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb")), got
    got = printed(pod(STATUS, "securityContext: {capabilities: {drop: [NET_RAW]}}"))
    wanted = own_capabilities("CapBnd") & ~(1 << NET_RAW)
    assert mask(got, "CapBnd") == wanted and mask(got, "CapEff") == wanted, got
    got = printed(pod(STATUS, "securityContext: {capabilities: {drop: [ALL], add: [NET_RAW]}}"))
    assert mask(got, "CapBnd") == mask(got, "CapEff") == 1 << NET_RAW, got


def test_a_user_that_is_not_root_has_the_added_capabilities_and_no_others():
    needs_root()
    context = "runAsUser: 54321, allowPrivilegeEscalation: false, capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}"
    got = printed(pod(STATUS, f"securityContext: {{{context}}}"))
    for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb"):
        assert mask(got, name) == 1 << NET_BIND_SERVICE, (name, got)
    assert "NoNewPrivs:\t1" in got, got
    got = printed(pod(STATUS, "securityContext: {runAsUser: 54321}"))
    assert mask(got, "CapPrm") == 0 and mask(got, "CapAmb") == 0, got
    assert mask(got, "CapBnd") == own_capabilities("CapBnd"), got
    assert "NoNewPrivs:\t0" in got, got


def test_a_capability_that_pidlet_does_not_have_is_refused_by_name():
    with Pidlet(pod("true", "securityContext: {capabilities: {add: [NET_BIND_SERVICE]}}"), prefix=nobody()) as p:
        p.wait_for(r"Failed  a/x  Error: adding capability NET_BIND_SERVICE: "
                   r"pidlet does not have it itself \(it runs as user 65534\)")


def test_a_user_that_pidlet_must_not_become_is_refused_by_name():
    with Pidlet(pod("true", "securityContext: {runAsUser: 54321}"), prefix=nobody()) as p:
        assert p.wait() == 128
        p.wait_for(r"setting supplementary groups to|changing group to 0|changing user to 54321")
        p.wait_for(r"Operation not permitted \(pidlet runs as user 65534\)")


def test_a_pod_of_the_restricted_profile_runs_under_an_ordinary_user():
    context = "allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}"
    pods = "securityContext: {runAsNonRoot: true, runAsUser: 65534, seccompProfile: {type: RuntimeDefault}}"
    got = printed(pod("id -u; " + STATUS, f"securityContext: {{{context}}}", spec=pods), prefix=nobody())
    assert got[0] == "65534" and mask(got, "CapPrm") == 0 and "NoNewPrivs:\t1" in got, got


def test_dropping_without_the_right_to_bound_lets_nothing_come_back():
    got = printed(pod(STATUS, "securityContext: {capabilities: {drop: [NET_RAW]}}"), prefix=nobody())
    assert "NoNewPrivs:\t1" in got, got


def test_oom_score_adj_follows_the_class_of_the_pod():
    script = "cat /proc/self/oom_score_adj"
    assert printed(pod(script)) == ["1000"]
    burstable = int(printed(pod(script, "resources: {requests: {memory: 1Mi}}"))[0])
    assert 0 < burstable < 1000
    if own_capabilities("CapEff") >> SYS_RESOURCE & 1:
        assert printed(pod(script, "resources: {limits: {cpu: 1, memory: 1Gi}}")) == ["-997"]


def test_oom_score_adj_that_is_not_permitted_is_said_once():
    text = pod("cat /proc/self/oom_score_adj", "resources: {limits: {cpu: 1, memory: 1Gi}}")
    with Pidlet(text, text.replace("name: a,", "name: b,"), prefix=nobody()) as p:
        assert p.wait() == 0
        assert p.count("oom_score_adj cannot be set to -997: Permission denied") == 1, p.output()
        with open("/proc/self/oom_score_adj") as f:
            assert p.count(rf"/x \| {f.read().strip()}$") == 2, p.output()


def test_umask_and_limits_are_the_annotations():
    script = "umask; awk '/Max pending signals/ {print $4, $5}' /proc/self/limits; ulimit -c"
    both = 'pidlet.dev/umask: "027", pidlet.dev/rlimits: "sigpending=99:100,core=0"'
    assert printed(pod(script, annotations=both)) == ["0027", "99 100", "0"]
    own = both + ', pidlet.dev/umask.x: "0", pidlet.dev/rlimits.x: "sigpending=98"'
    assert printed(pod(script, annotations=own)) == ["0000", "98 98", "0"]


def test_a_limit_that_is_not_permitted_keeps_the_container_from_starting_and_says_which():
    with Pidlet(pod("true", annotations='pidlet.dev/rlimits: "core=0,nofile=1000000000"'), prefix=nobody()) as p:
        assert p.wait() == 128
        p.wait_for(r"Error: setting the limit nofile to 1000000000: Operation not permitted "
                   r"\(pidlet runs as user 65534\)")


def test_probes_and_hooks_run_in_the_containers_context():
    needs_root()
    with Pidlet() as folder_only:       # a folder that is cleaned up
        folder_only.wait()
        folder = os.path.join(folder_only.folder.name, "out")
        os.mkdir(folder)
        os.chmod(folder_only.folder.name, 0o755)
        os.chmod(folder, 0o777)

        def writes(name):
            return f"exec: {{command: [sh, -c, 'echo $(id -u) $(umask) $HOME > {folder}/{name}']}}"
        text = pod("sleep 1000", "securityContext: {runAsUser: 54321}, "
                   f"lifecycle: {{postStart: {{{writes('post')}}}, preStop: {{{writes('pre')}}}}}, "
                   f"readinessProbe: {{{writes('ready')}, periodSeconds: 1}}",
                   spec="terminationGracePeriodSeconds: 2", annotations='pidlet.dev/umask: "007"')
        with Pidlet(text) as p:
            p.wait_for("Ready  a/x")
            p.signal(15)
            p.wait()
        for name in ("post", "ready", "pre"):
            with open(os.path.join(folder, name)) as f:
                assert f.read() == "54321 0007 /\n", name


def test_another_user_can_open_the_containers_output_by_its_path():
    needs_root()
    got = printed(pod("echo through the path > /dev/stdout", "securityContext: {runAsUser: 54321}"))
    assert got == ["through the path"], got


def test_a_container_of_another_user_dies_with_pidlet():
    needs_root()
    with Pidlet(pod("echo pid $$; exec sleep 1000", "securityContext: {runAsUser: 54321}")) as p:
        pid = int(p.wait_for(r"pid (\d+)").group(1))
        if WRAPPER:
            raise Skip("valgrind's vfork leaves no parent-death signal to see")
        p.process.kill()
        wait_until(lambda: not alive(pid), "the container to die with pidlet")


def test_pidlet_itself_stays_as_readable_as_it_was():
    """A child that changes its user before exec shares its memory, and its dumpable flag, with pidlet."""
    needs_root()
    prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
              "--inh-caps=+setuid,+setgid,+kill", "--ambient-caps=+setuid,+setgid,+kill"]
    text = pod("echo started; exec sleep 1000", "securityContext: {runAsUser: 54321, runAsGroup: 54321}")
    with Pidlet(text, prefix=prefix) as p:
        p.wait_for("started")
        if not WRAPPER:
            assert os.stat(f"/proc/{p.process.pid}/environ").st_uid == 65534


main(globals())
