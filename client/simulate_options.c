#include "client/simulate_options.h"

#include "base/duration.h"
#include "client/verb.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: pidlet simulate -f FILE [--container NAME] [--runs D[:CODE],…] [--kill-every D]\n"
    "                       [--hang-after D] [--ready-after D] [--for D] [--seed N]\n"
    "                       [--scenario FILE] [-o text|json|svg] [--compare]\n"
    "\n"
    "Runs the pods of the manifests in virtual time: what the back-off will do, before it\n"
    "does.  The daemon's own decisions, with made-up processes; nothing is started.\n"
    "\n"
    "  -f, --filename FILE   a file, a folder of files, or - for standard input; repeatable\n"
    "  -c, --container NAME  the container that the faults are for, NAME or POD/NAME; without,\n"
    "                        the first one of each pod.  All others run for ever; init\n"
    "                        containers run for a second and succeed\n"
    "      --runs D[:CODE],… length and exit code (default 1) of each run in turn, the last\n"
    "                        one repeating; D in seconds or as 1m30s, or never\n"
    "      --kill-every D    SIGKILL so long after each start\n"
    "      --hang-after D    so long after each start it hangs: probes time out, SIGTERM is\n"
    "                        not heard\n"
    "      --ready-after D   its probes fail until so long after each start\n"
    "      --for D           how long to look; without, until the longest wait has come twice,\n"
    "                        at most 1h0m0s\n"
    "      --seed N          of the back-off's jitter; 1\n"
    "      --scenario FILE   faults as a file tells them, see docs/simulate.md\n"
    "  -o, --output text     a table, a summary and advice; json: one event a line;\n"
    "                        svg: a time line\n"
    "      --compare         the same runs under kubelet, kubelet-reduced, systemd, Docker,\n"
    "                        Pebble and supervisord; with -o text or json\n"
    "  -h, --help            print this\n"
    "\n"
    "Without a fault nothing fails.  Exit status: 0 simulated; 1 the simulation broke off;\n"
    "2 wrong usage; 3 the manifests or the scenario have errors.\n";

static bool parse_duration(const char *text, mono_ms *out)
{
    return duration_parse(text, strlen(text), out);
}

static bool parse_number(const char *text, uint64_t most, uint64_t *out)
{
    char *end;
    unsigned long long v;

    errno = 0;
    v = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || v > most)
        return false;
    *out = v;
    return true;
}

/* "5", "1.5", "130:1", "2m:0", "never"; `text` is cut up. */
static bool parse_run(char *text, struct sim_run *run)
{
    char *colon = strchr(text, ':'), seconds[32];
    uint64_t code = 1;

    if (colon != NULL) {
        *colon = '\0';
        if (!parse_number(colon + 1, 255, &code))
            return false;
    }
    *run = (struct sim_run){.length = MONO_NEVER, .exit_code = (int)code};
    if (strcmp(text, "never") == 0)
        return colon == NULL;
    if (parse_duration(text, &run->length))
        return true;
    if (snprintf(seconds, sizeof seconds, "%ss", text) >= (int)sizeof seconds)
        return false;
    return parse_duration(seconds, &run->length);
}

static int parse_runs(struct simulate_options *o, const char *list)
{
    size_t count = 1;
    char *copy = strdup(list), *rest = copy, *one;
    int status = -1;

    for (const char *p = list; *p != '\0'; p++)
        count += *p == ',';
    free(o->runs);
    o->runs = calloc(count, sizeof *o->runs);
    if (copy == NULL || o->runs == NULL) {
        fputs("pidlet simulate: out of memory\n", stderr);
        status = EXIT_WORK;
    }
    o->faults.run_count = 0;
    while (status < 0 && (one = strsep(&rest, ",")) != NULL) {
        if (!parse_run(one, &o->runs[o->faults.run_count++]))
            status = verb_usage_error(
                "simulate", "--runs: %s: must be lengths with or without an exit code, as in 5,1m30s:0",
                list);
    }
    free(copy);
    o->faults.runs = o->runs;
    o->any_fault = true;
    return status;
}

static int take_duration(const char *option, const char *text, bool may_be_zero, mono_ms *out)
{
    if (!parse_duration(text, out))
        return verb_usage_error("simulate", "%s: %s: must be a duration such as 90s or 1m30s, at most 876000h", option, text);
    if (*out == 0 && !may_be_zero)
        return verb_usage_error("simulate", "%s: must be longer than 0", option);
    return -1;
}

static int take_output(struct simulate_options *o, const char *text)
{
    if (strcmp(text, "text") == 0)
        o->output = OUTPUT_TEXT;
    else if (strcmp(text, "json") == 0)
        o->output = OUTPUT_JSON;
    else if (strcmp(text, "svg") == 0)
        o->output = OUTPUT_SVG;
    else
        return verb_usage_error("simulate", "unknown output: %s (text, json or svg)", text);
    return -1;
}

enum { OPT_RUNS = 256, OPT_KILL, OPT_HANG, OPT_READY, OPT_FOR, OPT_SEED, OPT_SCENARIO, OPT_COMPARE };

static int take(struct simulate_options *o, int option, char **argv)
{
    switch (option) {
    case 'f':
        o->sources[o->source_count++] = optarg;
        return -1;
    case 'c':
        o->container = optarg;
        return -1;
    case 'o':
        return take_output(o, optarg);
    case OPT_RUNS:
        return parse_runs(o, optarg);
    case OPT_KILL:
        o->any_fault = true;
        return take_duration("--kill-every", optarg, false, &o->faults.kill_every);
    case OPT_HANG:
        o->any_fault = true;
        return take_duration("--hang-after", optarg, true, &o->faults.hang_after);
    case OPT_READY:
        o->any_fault = true;
        return take_duration("--ready-after", optarg, true, &o->faults.ready_after);
    case OPT_FOR:
        return take_duration("--for", optarg, false, &o->length);
    case OPT_SEED:
        if (!parse_number(optarg, UINT64_MAX, &o->seed))
            return verb_usage_error("simulate", "--seed: %s: must be a number", optarg);
        return -1;
    case OPT_SCENARIO:
        o->scenario = optarg;
        return -1;
    case OPT_COMPARE:
        o->compare = true;
        return -1;
    case 'h':
        fputs(usage, stdout);
        return fflush(stdout) == 0 ? EXIT_OK : EXIT_WORK;
    case ':':
        return verb_usage_error("simulate", "%s needs a value", argv[optind - 1]);
    default:
        return verb_usage_error("simulate", "unknown option: %s", argv[optind - 1]);
    }
}

static bool reads_standard_input(const struct simulate_options *o)
{
    for (size_t i = 0; i < o->source_count; i++) {
        if (strcmp(o->sources[i], "-") == 0)
            return true;
    }
    return false;
}

static int check(const struct simulate_options *o, int argc, char **argv)
{
    if (optind < argc)
        return verb_usage_error("simulate", "unexpected argument: %s (manifests go with -f)", argv[optind]);
    if (o->source_count == 0)
        return verb_usage_error("simulate", "nothing to simulate: name a manifest with -f");
    if (o->scenario != NULL && o->any_fault)
        return verb_usage_error("simulate", "faults come with options or with --scenario, not with both");
    if (o->scenario != NULL && strcmp(o->scenario, "-") == 0 && reads_standard_input(o))
        return verb_usage_error("simulate", "standard input is read once: for -f - or for --scenario -");
    if (o->compare && o->output == OUTPUT_SVG)
        return verb_usage_error("simulate", "--compare goes with -o text or json");
    return -1;
}

int simulate_options_parse(struct simulate_options *o, int argc, char **argv)
{
    static const struct option longs[] = {
        {"filename", required_argument, NULL, 'f'},
        {"container", required_argument, NULL, 'c'},
        {"runs", required_argument, NULL, OPT_RUNS},
        {"kill-every", required_argument, NULL, OPT_KILL},
        {"hang-after", required_argument, NULL, OPT_HANG},
        {"ready-after", required_argument, NULL, OPT_READY},
        {"for", required_argument, NULL, OPT_FOR},
        {"seed", required_argument, NULL, OPT_SEED},
        {"scenario", required_argument, NULL, OPT_SCENARIO},
        {"output", required_argument, NULL, 'o'},
        {"compare", no_argument, NULL, OPT_COMPARE},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    int option, status = -1;

    *o = (struct simulate_options){
        .sources = calloc((size_t)argc + 1, sizeof *o->sources),
        .faults = {.kill_every = MONO_NEVER, .hang_after = MONO_NEVER},
        .length = MONO_NEVER,
        .seed = 1,
    };
    if (o->sources == NULL) {
        fputs("pidlet simulate: out of memory\n", stderr);
        return EXIT_WORK;
    }
    opterr = 0;
    while (status < 0 && (option = getopt_long(argc, argv, ":f:c:o:h", longs, NULL)) != -1)
        status = take(o, option, argv);
    return status < 0 ? check(o, argc, argv) : status;
}

void simulate_options_deinit(struct simulate_options *o)
{
    free(o->sources);
    free(o->runs);
}
