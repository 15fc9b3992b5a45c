# For scripts that run in a guest: tests are functions, each in a shell of its own.

LOG=/tmp/log

run_tests() {
    for name in "$@"; do
        rm -rf /tmp/t; mkdir -m 777 /tmp/t; cd /tmp/t
        : >$LOG
        ( set -e; $name ) >/tmp/out 2>&1
        if [ $? -eq 0 ]; then
            echo "ok - $name"
        else
            cat /tmp/out; tail -40 $LOG
            echo "not ok - $name"
        fi
        cd /
        killall -9 pidlet sleep helper 2>/dev/null
    done
}

# await CONDITION…: until the command succeeds, with a bound
await() {
    end=$(($(cut -d. -f1 /proc/uptime) + 150))
    until "$@" >/dev/null 2>&1; do
        [ $(cut -d. -f1 /proc/uptime) -lt $end ] || { echo "waited 150 s for: $*"; return 1; }
        usleep 20000
    done
}

# no COMMAND…: it must fail; a bare "! COMMAND" is not looked at by set -e
no() {
    if "$@"; then echo "should not succeed: $*"; return 1; fi
}

# runs "COMMAND LINE": whether there is such a process
runs() { ps -o args | grep -qxF -- "$1"; }

# there PATTERN: a file of a cgroup that has something in it
there() { [ -n "$(cat /sys/fs/cgroup/$1 2>/dev/null)" ]; }

said() { grep -qE -- "$1" $LOG; }

# pod NAME CONTAINERS [SPEC] [ANNOTATIONS]: a manifest, in a file of that name
pod() {
    cat >"$1.yaml" <<END
apiVersion: v1
kind: Pod
metadata: {name: $1, uid: uid-$1, annotations: {$4}}
spec: {${3:+$3, }containers: [$2]}
END
}

# started_in CGROUP COMMAND…: in the background; its id in $P
started_in() {
    cgroup=/sys/fs/cgroup/$1; shift
    sh -c 'echo 0 >$0/cgroup.procs && exec "$@"' $cgroup "$@" >>$LOG 2>&1 &
    P=$!
}

ended() { ! kill -0 $P 2>/dev/null; }

# own CGROUP: the folder of the pidlet that runs in it
own() { echo /sys/fs/cgroup/$1/pidlet-*; }

expect() {
    [ "$1" = "$2" ] || { echo "got '$1', wanted '$2'"; return 1; }
}
