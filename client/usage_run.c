#include "base/macros.h"
#include "client/usage.h"

static const struct option_row rows[] = {
    {OPTION_FILENAME, 'f', "FILE",
     "a file, a folder of files, or - for standard input; repeatable; without: staticPodPath of the settings, or "
     "/etc/pidlet/manifests (a user: ~/.config/pidlet/manifests) if it is there; a Procfile is one pod, a container for "
     "each line", VALUE_PATH, NULL},
    {OPTION_CONFIG, 0, "FILE",
     "settings, a KubeletConfiguration; without: /etc/pidlet/config.yaml (a user: ~/.config/pidlet/config.yaml) if it is "
     "there", VALUE_FILE, NULL},
    {OPTION_LOG_DIR, 0, "DIR",
     "write the containers' output to files in DIR, in CRI format; without, but with --socket or --listen: "
     "STATE-DIR/logs, or /var/log/pods", VALUE_FOLDER, NULL},
    {OPTION_SOCKET, 0, "PATH",
     "serve the API on this unix socket; without: /run/pidlet/pidlet.sock (a user: $XDG_RUNTIME_DIR/pidlet/pidlet.sock) "
     "if it can be had", VALUE_FILE, NULL},
    {OPTION_SOCKET_GROUP, 0, "GROUP", "its members may use the socket, too", VALUE_TEXT, NULL},
    {OPTION_NO_SOCKET, 0, NULL, "serve no API on a unix socket", VALUE_TEXT, NULL},
    {OPTION_LISTEN, 0, "ADDR:PORT", "serve the API on TCP, too: TLS, and a token that `pidlet kubeconfig` knows", VALUE_TEXT, NULL},
    {OPTION_PLAIN_HTTP, 0, NULL,
     "with --listen on a loopback address: no TLS, no token, for this user's own processes alone", VALUE_TEXT, NULL},
    {OPTION_STATE_DIR, 0, "DIR",
     "keep applied objects in DIR; without: PATH.state, or /var/lib/pidlet/state (a user: ~/.local/state/pidlet/state)",
     VALUE_FOLDER, NULL},
    {OPTION_READY_WITH_PODS, 0, NULL, "tell systemd READY when every pod is, not when the manifests are read", VALUE_TEXT, NULL},
    {OPTION_REQUIRE_LIMITS, 0, NULL, "start no container whose resources.limits cannot be held", VALUE_TEXT, NULL},
    {OPTION_ESSENTIAL, 0, "[POD/]CONTAINER",
     "its end, never followed by a restart, ends all, with its exit code; SIGUSR1, SIGUSR2 and SIGWINCH go to it",
     VALUE_TEXT, NULL},
    {OPTION_WATCH, 0, "PATH",
     "restart what runs, gracefully and without back-off, when files change in PATH, a file or a folder; repeatable; for one "
     "container: the annotation pidlet.dev/watch.CONTAINER", VALUE_PATH, NULL},
    {OPTION_QUIET, 'q', NULL, "keep the containers' output off standard output", VALUE_TEXT, NULL},
    {OPTION_EVENTS_PER_POD, 0, "N", "keep so many Events of a pod; 1000", VALUE_TEXT, NULL},
    {OPTION_EVENT_TTL, 0, "D", "keep each Event for so long; 1h", VALUE_TEXT, NULL},
    {OPTION_VERBOSE, 'v', NULL, "say what of the manifests is ignored, and why; twice: every field", VALUE_TEXT, NULL},
    {OPTION_CHAOS, 0, "LIST",
     "of kill-every=D[-D], stop-every=D[-D], stop-for=D, rounds=N, for=D, seed=N and container=[POD/]NAME, with commas "
     "between: send SIGKILL or SIGSTOP so long after each start of a container; report in the end, beside what `pidlet "
     "simulate` makes of it", VALUE_TEXT, NULL},

    {.doc = "A command after -- is run as a pod of one container:"},
    {OPTION_NAME, 0, "NAME", "of pod and container; without: the command's", VALUE_TEXT, NULL},
    {OPTION_RESTART, 0, "POLICY", "Always, OnFailure or Never, the default", VALUE_WORDS, "Always OnFailure Never"},
    {OPTION_LIVENESS, 0, "PROBE", "tcp:PORT, http:PORT/PATH, https:PORT/PATH or exec:'COMMAND'", VALUE_WORDS, "tcp: http: https: exec:"},
    {OPTION_READINESS, 0, "PROBE", "as with --liveness", VALUE_WORDS, "tcp: http: https: exec:"},
    {OPTION_STARTUP, 0, "PROBE", "as with --liveness", VALUE_WORDS, "tcp: http: https: exec:"},
    {OPTION_GRACE, 0, "D", "from SIGTERM to SIGKILL; 30s", VALUE_TEXT, NULL},
    {OPTION_INIT, 0, NULL,
     "as a container's PID 1, which is what pidlet does when it is one: the command has pidlet's own input, output and "
     "terminal, gets pidlet's signals, and pidlet ends, with its exit code, when all that it has started has ended",
     VALUE_TEXT, NULL},
    {OPTION_BACKOFF, 0, "LIST", "as pidlet.dev/backoff: initial=10s,max=5m,factor=2,jitter=0,reset=10m", VALUE_TEXT, NULL},
};

const struct usage run_usage = {
    .verb = "run",
    .arguments = "-f FILE|DIR|- [-f …]",
    .summary = "supervise the pods of manifests, in the foreground",
    .synopsis = "[-f FILE|DIR|-]… [--config FILE] [--log-dir DIR] [--quiet] [-v]\n"
                " [--chaos LIST]\n"
                "[--name N] [--restart POLICY] [--liveness PROBE] [--watch PATH] … -- CMD ARG…",
    .about = "Supervises the pods of the manifests, in the foreground, until all of them have ended. Ctrl-C or SIGTERM "
             "stops them within their grace periods, a second Ctrl-C kills; SIGHUP reads the manifests again and applies "
             "the difference.",
    .rows = rows,
    .row_count = array_count(rows),
    .end = "Exit status: 0 all went well; 1 a pod failed (with exactly one pod of one container its own exit code, 128+N "
           "for signal N); 2 wrong usage; 3 the manifests have errors.",
    .kind = VALUE_COMMAND,
    .options_first = true,
};
