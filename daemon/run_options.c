#include "daemon/run_options.h"

#include "base/duration.h"
#include "base/log.h"
#include "client/usage.h"
#include "client/verb.h"
#include "daemon/places.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static int take_watch(struct run_options *o, const char *path)
{
    if (*path == '\0')
        return verb_usage_error("run", "--watch: must be a file or a folder");
    buf_addf(&o->watch, "%s%s", o->watch.length > 0 ? "," : "", path);
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

/* An exit status, or -1: go on. */
static int take(struct run_options *o, int option)
{
    switch (option) {
    case OPTION_FILENAME:
        o->manifests.sources[o->manifests.source_count++] = optarg;
        return -1;
    case OPTION_CONFIG:
        o->config = optarg;
        return -1;
    case OPTION_LOG_DIR:
        o->logs.root = optarg;
        return -1;
    case OPTION_READY_WITH_PODS:
        o->ready_with_pods = true;
        return -1;
    case OPTION_REQUIRE_LIMITS:
        o->require_limits = true;
        return -1;
    case OPTION_ESSENTIAL:
        o->essential_name = optarg;
        return -1;
    case OPTION_INIT:
        o->init = true;
        return -1;
    case OPTION_WATCH:
        return take_watch(o, optarg);
    case OPTION_QUIET:
        o->quiet = true;
        return -1;
    case OPTION_EVENTS_PER_POD:
        return take_count(&o->events.per_pod, optarg);
    case OPTION_EVENT_TTL:
        return take_ttl(&o->events.ttl, optarg);
    case OPTION_VERBOSE:
        o->manifests.verbosity++;
        return -1;
    case OPTION_CHAOS:
        return take_chaos(o, optarg);
    default:
        if (!serve_option(&o->serve, option, optarg))
            command_option(&o->command, option, optarg);
        return -1;
    }
}

static int parse(int argc, char **argv, struct run_options *o)
{
    int option;
    int status;

    while ((option = usage_next(&run_usage, argc, argv, &status)) != OPTION_NONE) {
        if ((status = take(o, option)) >= 0)
            return status;
    }
    return status < 0 ? take_command(o, argc, argv) : status;
}

/* The settings, and what they say about the manifests; -1: go on. */
static int configure(struct run_options *o)
{
    struct configuration *c = &o->configuration;
    int status;

    if (!configuration_load(c, o->config, o->manifests.verbosity))
        return EXIT_FAULTY;
    o->settings = &c->settings;
    o->manifests.defaults.watch = o->watch.length > 0 ? buf_text(&o->watch) : NULL;
    o->manifests.defaults.max_restart_period = c->settings.max_restart_period;
    o->logs.max_size = (uint64_t)c->settings.container_log_max_size;
    o->logs.max_files = (unsigned)c->settings.container_log_max_files;
    if (o->logs.root == NULL)
        o->logs.root = c->settings.pod_logs_dir;
    if (o->logs.root == NULL && serve_is_wanted(&o->serve)) {
        serve_log_place(&o->serve, &o->log_place);
        o->logs.root = o->log_place.length > 0 ? buf_text(&o->log_place) : NULL;
    }
    o->serve.log_root = o->logs.root;
    o->serve.stream_idle = c->settings.stream_idle;
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
    o->manifests_folder = realpath(buf_text(&o->text), NULL);
    o->logs.manifests = o->manifests_folder;
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
    buf_deinit(&o->watch);
    free(o->manifests_folder);
    free(o->manifests.sources);
}
