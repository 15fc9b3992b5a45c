#include "daemon/run_options.h"

#include "base/duration.h"
#include "base/log.h"
#include "client/verb.h"
#include "daemon/places.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: pidlet run [-f FILE|DIR|-]… [--config FILE] [--log-dir DIR] [--quiet] [-v]\n"
    "                  [--chaos LIST]\n"
    "       pidlet run [--name N] [--restart POLICY] [--liveness PROBE] [--readiness PROBE] … -- CMD ARG…\n"
    "\n"
    "Supervises the pods of the manifests, in the foreground, until all of them have\n"
    "ended.  Ctrl-C or SIGTERM stops them within their grace periods, a second Ctrl-C\n"
    "kills; SIGHUP reads the manifests again and applies the difference.\n"
    "\n"
    "  -f, --filename FILE   a file, a folder of files, or - for standard input; repeatable;\n"
    "                        without: staticPodPath of the settings, or /etc/pidlet/manifests\n"
    "                        (a user: ~/.config/pidlet/manifests) if it is there\n"
    "                        a Procfile is one pod, a container for each line\n"
    "      --config FILE     settings, a KubeletConfiguration; without: /etc/pidlet/config.yaml\n"
    "                        (a user: ~/.config/pidlet/config.yaml) if it is there\n"
    "      --log-dir DIR     write the containers' output to files in DIR, in CRI format;\n"
    "                        without, but with --socket or --listen: STATE-DIR/logs, or\n"
    "                        /var/log/pods\n"
    "      --socket PATH     serve the API on this unix socket; without: /run/pidlet/pidlet.sock\n"
    "                        (a user: $XDG_RUNTIME_DIR/pidlet/pidlet.sock) if it can be had\n"
    "      --socket-group GROUP  its members may use the socket, too\n"
    "      --no-socket       serve no API on a unix socket\n"
    "      --listen ADDR:PORT  serve the API on TCP, too: TLS, and a token that\n"
    "                        `pidlet kubeconfig` knows\n"
    "      --plain-http      with --listen on a loopback address: no TLS, no token, for\n"
    "                        this user's own processes alone\n"
    "      --state-dir DIR   keep applied objects in DIR; without: PATH.state, or\n"
    "                        /var/lib/pidlet/state (a user: ~/.local/state/pidlet/state)\n"
    "      --ready-with-pods tell systemd READY when every pod is, not when the manifests are read\n"
    "      --require-limits  start no container whose resources.limits cannot be held\n"
    "      --essential [POD/]CONTAINER\n"
    "                        its end, never followed by a restart, ends all, with its exit\n"
    "                        code; SIGUSR1, SIGUSR2 and SIGWINCH go to it\n"
    "  -q, --quiet           keep the containers' output off standard output\n"
    "      --events-per-pod N, --event-ttl D\n"
    "                        keep so many Events of a pod (1000), each for so long (1h)\n"
    "  -v, --verbose         say what of the manifests is ignored, and why; twice: every field\n"
    "      --chaos kill-every=D[-D],stop-every=D[-D],stop-for=D,rounds=N,for=D,seed=N,\n"
    "              container=[POD/]NAME\n"
    "                        send SIGKILL or SIGSTOP so long after each start of a container;\n"
    "                        report in the end, beside what `pidlet simulate` makes of it\n"
    "\n"
    "A command after -- is run as a pod of one container:\n"
    "\n"
    "      --name NAME       of pod and container; without: the command's\n"
    "      --restart Always|OnFailure|Never  Never\n"
    "      --liveness PROBE, --readiness PROBE, --startup PROBE\n"
    "                        tcp:PORT, http:PORT/PATH, https:PORT/PATH or exec:'COMMAND'\n"
    "      --grace D         from SIGTERM to SIGKILL; 30s\n"
    "      --init            as a container's PID 1, which is what pidlet does when it is one:\n"
    "                        the command has pidlet's own input, output and terminal, gets\n"
    "                        pidlet's signals, and pidlet ends, with its exit code, when all\n"
    "                        that it has started has ended\n"
    "      --backoff LIST    as pidlet.dev/backoff: initial=10s,max=5m,factor=2,jitter=0,reset=10m\n"
    "\n"
    "  -h, --help            print this\n"
    "\n"
    "Exit status: 0 all went well; 1 a pod failed (with exactly one pod of one container\n"
    "its own exit code, 128+N for signal N); 2 wrong usage; 3 the manifests have errors.\n";

static int take_chaos(struct run_options *o, const char *text)
{
    char error[CHAOS_PLAN_ERROR_SIZE];

    if (!chaos_plan_parse(text, &o->chaos_plan, error))
        return verb_usage_error("run", "--chaos: %s", error);
    o->chaos = true;
    return -1;
}

static int take_count(unsigned *out, const char *text)
{
    char *end;
    const unsigned long n = strtoul(text, &end, 10);

    if (text[0] < '0' || text[0] > '9' || *end != '\0' || n == 0 || n > 1000000)
        return verb_usage_error("run", "--events-per-pod: must be a number from 1 to 1000000");
    *out = (unsigned)n;
    return -1;
}

static int take_ttl(mono_ms *out, const char *text)
{
    mono_ms ttl;

    if (!duration_parse(text, strlen(text), &ttl) || ttl == 0)
        return verb_usage_error("run", "--event-ttl: must be a duration such as 90s or 1h30m");
    *out = ttl;
    return -1;
}

/* What stands after the options: nothing, or a command after "--". */
static int take_command(struct run_options *o, int argc, char **argv)
{
    const char *flag = command_flag(&o->command);
    bool separated = strcmp(argv[optind - 1], "--") == 0;

    if (optind == argc && separated)
        return verb_usage_error("run", "there is no command after --");
    if (optind < argc && !separated)
        return verb_usage_error("run", "unexpected argument: %s (manifests go with -f, a command after --)", argv[optind]);
    if (optind == argc && o->init)
        return verb_usage_error("run", "--init goes with a command: -- CMD ARG…");
    if (optind == argc)
        return flag == NULL ? -1 : verb_usage_error("run", "%s goes with a command: -- CMD ARG…", flag);
    if (o->manifests.source_count > 0)
        return verb_usage_error("run", "a command goes without -f");
    if (o->essential_name != NULL)
        return verb_usage_error("run", "--essential goes with -f: a command is essential as it is");
    o->command.argv = argv + optind;
    o->init |= getpid() == 1;
    o->command.init = o->init;
    return -1;
}

static int parse(int argc, char **argv, struct run_options *o)
{
    static const struct option longs[] = {
        {"filename", required_argument, NULL, 'f'},
        {"config", required_argument, NULL, 'C'},
        {"log-dir", required_argument, NULL, 'l'},
        SERVE_LONG_OPTIONS,
        COMMAND_LONG_OPTIONS,
        {"ready-with-pods", no_argument, NULL, 'P'},
        {"require-limits", no_argument, NULL, 'R'},
        {"essential", required_argument, NULL, 'E'},
        {"init", no_argument, NULL, 'I'},
        {"quiet", no_argument, NULL, 'q'},
        {"events-per-pod", required_argument, NULL, 'e'},
        {"event-ttl", required_argument, NULL, 't'},
        {"verbose", no_argument, NULL, 'v'},
        {"chaos", required_argument, NULL, 'c'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    int c, status;

    opterr = 0;
    while ((c = getopt_long(argc, argv, "+:f:qvh", longs, NULL)) != -1) {
        switch (c) {
        case 'f':
            o->manifests.sources[o->manifests.source_count++] = optarg;
            break;
        case 'C':
            o->config = optarg;
            break;
        case 'l':
            o->logs.root = optarg;
            break;
        case 'P':
            o->ready_with_pods = true;
            break;
        case 'R':
            o->require_limits = true;
            break;
        case 'E':
            o->essential_name = optarg;
            break;
        case 'I':
            o->init = true;
            break;
        case 'q':
            o->quiet = true;
            break;
        case 'e':
            if ((status = take_count(&o->events.per_pod, optarg)) >= 0)
                return status;
            break;
        case 't':
            if ((status = take_ttl(&o->events.ttl, optarg)) >= 0)
                return status;
            break;
        case 'v':
            o->manifests.verbosity++;
            break;
        case 'c':
            if ((status = take_chaos(o, optarg)) >= 0)
                return status;
            break;
        case 'h':
            fputs(usage, stdout);
            return fflush(stdout) == 0 ? EXIT_OK : EXIT_WORK;
        case ':':
            return verb_usage_error("run", "%s needs a value", argv[optind - 1]);
        default:
            if (!serve_option(&o->serve, c, optarg) && !command_option(&o->command, c, optarg))
                return verb_usage_error("run", "unknown option: %s", argv[optind - 1]);
        }
    }
    return take_command(o, argc, argv);
}

/* The settings, and what they say about the manifests; -1: go on. */
static int configure(struct run_options *o)
{
    struct configuration *c = &o->configuration;
    int status;

    if (!configuration_load(c, o->config, o->manifests.verbosity))
        return EXIT_FAULTY;
    o->settings = &c->settings;
    o->manifests.max_restart_period = c->settings.max_restart_period;
    o->logs.max_size = (uint64_t)c->settings.container_log_max_size;
    o->logs.max_files = (unsigned)c->settings.container_log_max_files;
    if (o->logs.root == NULL)
        o->logs.root = c->settings.pod_logs_dir;
    if (o->logs.root == NULL && serve_is_wanted(&o->serve)) {
        serve_log_place(&o->serve, &o->log_place);
        o->logs.root = o->log_place.length > 0 ? buf_text(&o->log_place) : NULL;
    }
    o->serve.log_root = o->logs.root;
    o->raw = o->init && o->logs.root == NULL && !o->quiet;
    if (o->command.argv != NULL) {
        status = command_manifest(&o->command, &o->text);
        o->manifests.command = buf_text(&o->text);
        return status;
    }
    if (o->manifests.source_count > 0)
        return -1;
    if (c->settings.static_pod_path != NULL)
        buf_adds(&o->text, c->settings.static_pod_path);
    else if (!places_manifests(&o->text) || access(buf_text(&o->text), F_OK) == -1)
        return serve_is_wanted(&o->serve) ? -1
                                          : verb_usage_error("run", "nothing to run: name a manifest with -f, a command after --, or --socket or --listen");
    o->manifests.sources[o->manifests.source_count++] = buf_text(&o->text);
    o->manifests.watched = true;
    return -1;
}

int run_options_read(struct run_options *o, int argc, char **argv)
{
    int status;

    *o = (struct run_options){.manifests.sources = calloc((size_t)argc + 1, sizeof *o->manifests.sources),
                              .events = EVENT_LIMITS_DEFAULT};
    if (o->manifests.sources == NULL) {
        log_error("out of memory");
        return EXIT_WORK;
    }
    status = parse(argc, argv, o);
    return status < 0 ? configure(o) : status;
}

void run_options_deinit(struct run_options *o)
{
    configuration_deinit(&o->configuration);
    buf_deinit(&o->text);
    buf_deinit(&o->log_place);
    free(o->manifests.sources);
}
