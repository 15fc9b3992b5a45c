#include "client/simulate_options.h"

#include "base/duration.h"
#include "client/usage.h"
#include "client/verb.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static int take(struct simulate_options *o, int option)
{
    switch (option) {
    case OPTION_FILENAME:
        o->sources[o->source_count++] = optarg;
        return -1;
    case OPTION_CONTAINER:
        o->container = optarg;
        return -1;
    case OPTION_OUTPUT:
        return take_output(o, optarg);
    case OPTION_RUNS:
        return parse_runs(o, optarg);
    case OPTION_KILL_EVERY:
        o->any_fault = true;
        return take_duration("--kill-every", optarg, false, &o->faults.kill_every);
    case OPTION_HANG_AFTER:
        o->any_fault = true;
        return take_duration("--hang-after", optarg, true, &o->faults.hang_after);
    case OPTION_READY_AFTER:
        o->any_fault = true;
        return take_duration("--ready-after", optarg, true, &o->faults.ready_after);
    case OPTION_FOR:
        return take_duration("--for", optarg, false, &o->length);
    case OPTION_SEED:
        if (!parse_number(optarg, UINT64_MAX, &o->seed))
            return verb_usage_error("simulate", "--seed: %s: must be a number", optarg);
        return -1;
    case OPTION_SCENARIO:
        o->scenario = optarg;
        return -1;
    default:
        o->compare = true;
        return -1;
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
    int option;
    int status = -1;

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
    while ((option = usage_next(&simulate_usage, argc, argv, &status)) != OPTION_NONE) {
        if ((status = take(o, option)) >= 0)
            return status;
    }
    return status < 0 ? check(o, argc, argv) : status;
}

void simulate_options_deinit(struct simulate_options *o)
{
    free(o->sources);
    free(o->runs);
}
