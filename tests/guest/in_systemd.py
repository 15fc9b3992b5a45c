"""Runs inside a guest whose PID 1 is systemd, see test_systemd.py; prints a verdict a test."""
import json
import os
import pwd
import re
import signal
import socket
import subprocess
import sys
import time
import traceback

BEGAN = [0.]                            # when the test did
BOUND = 300                             # seconds for a condition; the guest may be a slow one
MANIFESTS = "/etc/pidlet/manifests"
UNITS = "/run/systemd/system"
SERVER = """import os, socket, sys
s = socket.socket(fileno=3)
for i in range(3):
    c, _ = s.accept()
    c.sendall(b"%d" % os.getpid())
    c.close()
sys.exit(1)
"""


def run(*command, check=True):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert not check or done.returncode == 0, f"{command}: {done.returncode}: {done.stdout}"
    return done.stdout.strip()


def show(name, unit="pidlet", *more):
    return run("systemctl", *more, "show", unit, "-P", name)


def wait_until(condition, what):
    end = time.monotonic() + BOUND
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {BOUND} s for: {what}\n" + run("systemctl", "status", "pidlet", check=False)
                                 + run("journalctl", "-b", "-u", "pidlet", "-n", "40", "--no-pager", check=False))
        time.sleep(0.1)


def pod(name, script, container="", annotations="", spec="", folder=MANIFESTS):
    script = json.dumps(script.replace("$", "$$"))
    path = f"{folder}/{name}.yaml"
    with open(path + ".new", "w") as f:
        f.write(f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, annotations: {{{annotations}}}}}\n"
                f"spec: {{{spec}{', ' if spec else ''}containers: [{{name: app, command: [sh, -c, {script}]"
                f"{', ' if container else ''}{container}}}]}}\n")
    os.rename(path + ".new", path)
    return path


def drop_in(text):
    os.makedirs(UNITS + "/pidlet.service.d", exist_ok=True)
    with open(UNITS + "/pidlet.service.d/test.conf", "w") as f:
        f.write(text)
    run("systemctl", "daemon-reload")


def clean():
    """Nothing runs, and nothing of the test before is left."""
    run("systemctl", "stop", "pidlet", "pidlet-web.socket", check=False)
    run("systemctl", "reset-failed", "pidlet", check=False)
    if os.path.isdir(MANIFESTS):
        for name in os.listdir(MANIFESTS):
            os.unlink(f"{MANIFESTS}/{name}")
    if os.path.exists(UNITS + "/pidlet.service.d/test.conf"):
        os.unlink(UNITS + "/pidlet.service.d/test.conf")
        run("systemctl", "daemon-reload")
    run("journalctl", "--sync")
    BEGAN[0] = time.time()


def logged(*words):
    """What the journal has of this test."""
    run("journalctl", "--sync")
    return run("journalctl", "-b", f"--since=@{BEGAN[0]:.6f}", "--no-pager", *words, check=False)


def journal(*fields):
    lines = logged("-o", "json", *fields).splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def status_is(text, unit="pidlet"):
    wait_until(lambda: show("StatusText", unit) == text, f"StatusText {text}, not {show('StatusText', unit)}")


def processes(word):
    found = []
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/cmdline", "rb") as f:
                if name.isdigit() and word.encode() in f.read().split(b"\0"):
                    found.append(int(name))
        except OSError:
            pass
    return found


def cgroup_of(pid):
    with open(f"/proc/{pid}/cgroup") as f:
        return f.read().strip()


def test_start_is_over_when_the_manifests_are_read_and_status_counts_the_pods():
    pod("web", "exec sleep 2001")
    run("systemctl", "start", "pidlet")
    assert show("ActiveState") == "active" and show("Type").startswith("notify"), show("Type")
    status_is("1 pod, 1 ready")
    assert '"1 pod, 1 ready"' in run("systemctl", "status", "pidlet", "--no-pager")


def test_a_manifest_that_is_added_runs_and_one_that_is_removed_does_not():
    pod("web", "exec sleep 2001")
    run("systemctl", "start", "pidlet")
    path = pod("more", "exec sleep 2002")
    status_is("2 pods, 2 ready")
    os.unlink(path)
    status_is("1 pod, 1 ready")
    wait_until(lambda: not processes("2002"), "its process to be gone")


def test_with_ready_with_pods_start_waits_for_every_pod():
    drop_in("[Service]\nExecStart=\nExecStart=/usr/local/bin/pidlet run --ready-with-pods\n")
    pod("web", "exec sleep 2001", "readinessProbe: {exec: {command: [test, -e, /run/flag]}, periodSeconds: 1, timeoutSeconds: 30}")
    run("systemctl", "start", "--no-block", "pidlet")
    status_is("1 pod, 0 ready")
    assert show("ActiveState") == "activating"
    with open("/run/flag", "w"):
        pass
    wait_until(lambda: show("ActiveState") == "active", "the unit to be active")
    os.unlink("/run/flag")


def test_a_reload_is_waited_for_and_keeps_what_runs():
    pod("web", "exec sleep 2001")
    run("systemctl", "start", "pidlet")
    status_is("1 pod, 1 ready")
    before = show("MainPID"), processes("2001")
    run("systemctl", "reload", "pidlet")
    wait_until(lambda: show("ActiveState") == "active", "the reload to be over")
    assert (show("MainPID"), processes("2001")) == before


def test_the_journal_has_events_with_fields():
    pod("web", "exit 3", spec="restartPolicy: Never")
    run("systemctl", "start", "pidlet")
    wait_until(lambda: journal("POD=web", "REASON=Exited"), "the Event in the journal")
    entry = journal("POD=web", "REASON=Exited")[0]
    for key, value in {"CONTAINER": "app", "NAMESPACE": "default", "PRIORITY": "4", "TYPE": "Warning",
                       "SYSLOG_IDENTIFIER": "pidlet", "_SYSTEMD_UNIT": "pidlet.service"}.items():
        assert entry.get(key) == value, entry
    assert journal("POD=web", "REASON=Started")[0]["PRIORITY"] == "6"
    assert not journal("POD=other")


def test_each_container_has_a_cgroup_below_the_units():
    pod("web", "exec sleep 2001", "resources: {limits: {memory: 50Mi}}")
    run("systemctl", "start", "pidlet")
    wait_until(lambda: processes("2001"), "the container")
    path = cgroup_of(processes("2001")[0])
    assert path.startswith("0::/system.slice/pidlet.service/") and path.endswith("/app"), path
    with open("/sys/fs/cgroup" + path.removeprefix("0::") + "/memory.max") as f:
        assert f.read().strip() == str(50 << 20)
    assert cgroup_of(show("MainPID")) != path


def test_stop_lasts_as_long_as_grace_periods_run_whatever_the_units_timeout():
    drop_in("[Service]\nTimeoutStopSec=2\n")
    pod("web", "trap 'sleep 7; exit 0' TERM; echo up; while :; do sleep 0.1; done", spec="terminationGracePeriodSeconds: 300")
    run("systemctl", "start", "pidlet")
    wait_until(lambda: "web/app | up" in logged("-u", "pidlet", "-o", "cat"), "the trap")
    run("systemctl", "stop", "pidlet")
    assert show("Result") == "success", show("Result")
    exited = journal("POD=web", "REASON=Exited")[0]["MESSAGE"]
    assert "exit code 0" in exited, exited


def wait_for_another(main):
    """Another daemon than this one, whose pod runs; what systemctl shows of the old one stays until then."""
    wait_until(lambda: show("MainPID") not in ("0", str(main)) and show("ActiveState") == "active", "the restart")
    status_is("1 pod, 1 ready")
    assert int(show("NRestarts")) >= 1


def test_a_daemon_that_hangs_is_restarted_with_its_containers():
    drop_in("[Service]\nWatchdogSec=10\n")
    pod("web", "exec sleep 2001")
    run("systemctl", "start", "pidlet")
    status_is("1 pod, 1 ready")
    before, main = processes("2001"), int(show("MainPID"))
    os.kill(main, signal.SIGSTOP)
    wait_for_another(main)
    wait_until(lambda: len(processes("2001")) == 1 and processes("2001") != before, "one container, a new one")


def test_a_daemon_that_is_killed_leaves_nothing_behind_and_comes_back():
    pod("web", "sleep 2003 & exec sleep 2001")
    run("systemctl", "start", "pidlet")
    wait_until(lambda: processes("2001") and processes("2003"), "the processes")
    before = processes("2001") + processes("2003")
    main = int(show("MainPID"))
    os.kill(main, signal.SIGKILL)
    wait_for_another(main)
    wait_until(lambda: len(processes("2003")) == 1, "one of each")
    assert not set(before) & set(processes("2001") + processes("2003"))


def test_containers_notify_with_systemd_notify():
    pod("web", "systemd-notify --ready --status='at work'; exec sleep 2001", annotations='pidlet.dev/notify: "true"')
    pod("mute", "exec sleep 2002", annotations='pidlet.dev/notify: "true"')
    run("systemctl", "start", "pidlet")
    status_is("2 pods, 1 ready")
    assert "at work" in run("/usr/local/bin/pidlet", "get", "pod", "web", "-o", "yaml")


def ask(path):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(BOUND)
        s.connect(path)
        return s.recv(100)


def test_a_socket_unit_is_handed_on_and_no_connection_is_dropped():
    with open("/run/server.py", "w") as f:
        f.write(SERVER)
    with open(UNITS + "/pidlet-web.socket", "w") as f:
        f.write("[Socket]\nListenStream=/run/web.sock\nFileDescriptorName=web\nService=pidlet.service\n")
    run("systemctl", "daemon-reload")
    pod("web", "exec python3 /run/server.py", annotations="pidlet.dev/listen: web, pidlet.dev/backoff: initial=0s")
    run("systemctl", "start", "pidlet-web.socket")
    assert show("ActiveState") == "inactive"
    answers = [ask("/run/web.sock") for _ in range(10)]     # the first one starts pidlet
    assert all(answers) and len(set(answers)) >= 3, answers
    assert show("ActiveState") == "active"


def rating():
    """How systemd rates the unit: 0 is the most confined, 10 the least."""
    last = run("systemd-analyze", "--no-pager", "security", "pidlet.service").splitlines()[-1]
    print("# " + last)
    return float(re.search(r": ([\d.]+) ", last).group(1))


FACTS = """{
    grep -E '^(Seccomp|NoNewPrivs|CapBnd):' /proc/self/status
    readlink /proc/self/ns/mnt; readlink /proc/self/ns/uts; umask
    head -c 1 /dev/mem >/dev/null && echo device
} >/run/facts.new 2>&1; mv /run/facts.new /run/facts; exec sleep 2001
"""


def test_the_unit_takes_nothing_from_its_containers():
    rating()
    pod("web", FACTS)
    run("systemctl", "start", "pidlet")
    wait_until(lambda: os.path.exists("/run/facts"), "the facts")
    with open("/run/facts") as f:
        facts = f.read().split("\n")
    os.unlink("/run/facts")
    with open("/proc/1/status") as f:
        bounding = re.search(r"^CapBnd:.*", f.read(), re.M).group()
    for fact in (bounding, "Seccomp:\t0", "NoNewPrivs:\t0", os.readlink("/proc/1/ns/mnt"), os.readlink("/proc/1/ns/uts"), "0022", "device"):
        assert fact in facts, (fact, facts)


def test_the_unit_is_without_fault():
    said = run("systemd-analyze", "verify", "/usr/local/lib/systemd/system/pidlet.service", check=False)
    assert not [line for line in said.splitlines() if "pidlet" in line and "Command 'man " not in line], said


def test_pods_run_under_the_drop_in_that_hardens_the_unit():
    with open("/usr/local/share/doc/pidlet/docs/examples/hardened.conf") as f:
        drop_in(f.read())
    assert rating() < 5
    probe = "readinessProbe: {exec: {command: [test, -e, /tmp/up]}, periodSeconds: 1, timeoutSeconds: 30}, resources: {limits: {memory: 50Mi}}"
    pod("web", "id -u >/tmp/up; exec sleep 2001", probe + ", securityContext: {runAsUser: 65534, runAsGroup: 65534}")
    pod("old", "exec sleep 2002", "securityContext: {capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}}")
    run("systemctl", "start", "pidlet")
    status_is("2 pods, 2 ready")
    path = cgroup_of(processes("2001")[0])
    assert path.endswith("/app") and os.stat(f"/proc/{processes('2001')[0]}").st_uid == 65534, path
    assert not os.path.exists("/tmp/up")        # theirs is another
    run("systemctl", "stop", "pidlet")
    assert show("Result") == "success" and not processes("2001")


def test_the_users_unit_runs_the_users_pods():
    user = pwd.getpwnam("user")
    folder = user.pw_dir + "/.config/pidlet/manifests"
    os.makedirs(folder, exist_ok=True)
    pod("mine", "exec sleep 2004", folder=folder)
    run("chown", "-R", "user:", user.pw_dir)
    run("loginctl", "enable-linger", "user")
    wait_until(lambda: show("ActiveState", f"user@{user.pw_uid}") == "active", "the user's manager")
    environment = ["runuser", "-u", "user", "--", "env", f"XDG_RUNTIME_DIR=/run/user/{user.pw_uid}", "systemctl", "--user"]
    run(*environment, "start", "pidlet")
    wait_until(lambda: run(*environment, "show", "pidlet", "-P", "StatusText") == "1 pod, 1 ready", "the user's pod")
    path = cgroup_of(processes("2004")[0])
    assert f"user@{user.pw_uid}.service/app.slice/pidlet.service/" in path and path.endswith("/app"), path
    assert os.stat(f"/proc/{processes('2004')[0]}").st_uid == user.pw_uid
    run(*environment, "stop", "pidlet")
    assert not processes("2004")


# ---- the Debian package; from here on nothing of `meson install` is there ----

POLITE = "trap 'echo bye >/run/bye; exit 0' TERM; echo up; while :; do sleep 0.1; done"
BEFORE = []


def files():
    """What there is, by name, kind, mode and owner; what other programs write and dpkg's own books aside."""
    aside = ["/proc", "/sys", "/dev", "/run", "/tmp", "/var/lib/dpkg", "/var/log/journal", "/var/log/dpkg.log", "/var/lib/systemd", "/var/tmp",
             "/var/cache", "/etc/.pwd.lock", "/etc/*-", "/home", "/root"]
    prune = " -o ".join(f"-path '{path}'" for path in aside)
    return run("sh", "-c", rf"find / -xdev \( {prune} \) -prune -o -printf '%p %y %m %U %G\n' | sort").splitlines()


def is_installed():
    return "ok installed" in run("dpkg-query", "-W", "-f", "${Status}", "pidlet", check=False)


def packaged():
    """The package is installed, and its service stopped."""
    if not BEFORE:
        run("sh", "-c", "rm -rf /usr/local/* /etc/pidlet /var/lib/pidlet /var/log/pods; groupdel pidlet; systemctl daemon-reload", check=False)
        BEFORE.extend(files())
    if not is_installed():
        run("dpkg", "-i", "/pidlet.deb")
        run("systemctl", "stop", "pidlet")
    if os.path.exists("/run/bye"):
        os.unlink("/run/bye")


def polite_pod():
    pod("web", POLITE)
    run("systemctl", "start", "pidlet")
    status_is("1 pod, 1 ready")
    wait_until(lambda: "web/app | up" in logged("-u", "pidlet", "-o", "cat"), "the trap")
    return int(show("MainPID"))


def test_the_package_enables_and_starts_its_service():
    packaged()
    run("dpkg", "-P", "pidlet")
    print("# " + run("dpkg", "-i", "/pidlet.deb").replace("\n", "\n# "))
    assert show("UnitFileState") == "enabled" and show("ActiveState") == "active", run("systemctl", "status", "pidlet", check=False)
    assert os.readlink(f"/proc/{show('MainPID')}/exe") == "/usr/bin/pidlet"
    run("getent", "group", "pidlet")
    pod("web", "exec sleep 2001")
    status_is("1 pod, 1 ready")
    assert "web" in run("pidlet", "get", "pods")


def test_an_upgrade_stops_pods_gracefully_and_starts_them_under_the_new_version():
    packaged()
    before = polite_pod()
    run("dpkg", "-i", "/newer.deb")
    assert run("dpkg-query", "-W", "-f", "${Version}", "pidlet").endswith("+newer")
    assert os.path.exists("/run/bye") and show("ActiveState") == "active" and int(show("MainPID")) not in (0, before)
    status_is("1 pod, 1 ready")
    assert "exit code 0" in journal("POD=web", "REASON=Exited")[0]["MESSAGE"]
    assert len(journal("POD=web", "REASON=Started")) == 2
    assert show("UnitFileState") == "enabled" and not os.path.exists(f"/proc/{before}")


def test_removing_the_package_stops_pods_gracefully_and_keeps_manifests_and_state():
    packaged()
    polite_pod()
    run("dpkg", "-r", "pidlet")
    assert os.path.exists("/run/bye") and show("ActiveState") == "inactive"
    assert os.path.exists(MANIFESTS + "/web.yaml") and os.path.isdir("/var/lib/pidlet") and not os.path.exists("/usr/bin/pidlet")
    assert "exit code 0" in journal("POD=web", "REASON=Exited")[0]["MESSAGE"]


def test_a_package_that_comes_back_runs_what_was_kept():
    packaged()
    pod("web", "exec sleep 2001")
    run("dpkg", "-r", "pidlet")
    run("dpkg", "-i", "/pidlet.deb")
    status_is("1 pod, 1 ready")
    assert processes("2001")


def test_purging_the_package_leaves_nothing():
    packaged()
    polite_pod()
    run("dpkg", "-P", "pidlet")
    after = files()
    assert after == BEFORE, sorted(set(after) ^ set(BEFORE))
    assert show("LoadState") == "not-found" and os.path.exists("/run/bye")
    assert not [line for line in run("getent", "group").splitlines() if line.startswith("pidlet")]
    assert not os.path.exists("/etc/pidlet") and not os.path.exists("/var/lib/pidlet") and not os.path.exists("/run/pidlet")


def main():
    wanted = sys.argv[1:]
    tests = [(n, f) for n, f in globals().items() if n.startswith("test_") and (not wanted or n.removeprefix("test_") in wanted)]
    print("GUEST-BEGIN", flush=True)
    for name, test in tests:
        verdict = "ok"
        begin = time.monotonic()
        try:
            clean()
            test()
        except Exception:
            verdict = "not ok"
            print(traceback.format_exc(), flush=True)
        print(f"{verdict} - {name.removeprefix('test_')}", flush=True)
        print(f"# {time.monotonic() - begin:.1f} s", flush=True)
    clean()
    print("GUEST-END", flush=True)


if __name__ == "__main__":
    main()
