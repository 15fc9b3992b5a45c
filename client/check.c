#include "client/check.h"

#include "base/buf.h"
#include "client/findings.h"
#include "client/reports.h"
#include "client/usage.h"
#include "client/verb.h"
#include "config/diag.h"
#include "config/load.h"
#include "config/report.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    const char **sources;
    size_t source_count;
    bool report;                        /* every field, not only what is ignored or refused */
    bool strict;                        /* an ignored field counts as an error */
    bool json;
    bool quiet;
};

static size_t ignored(const struct report *r)
{
    size_t count = 0;

    for (size_t i = 0; i < r->count; i++)
        count += r->items[i]->of_mode[FIELD_IGNORED];
    return count;
}

static void print_text(const struct options *o, const struct report *r, const struct diags *diags)
{
    findings_print(diags);
    if (o->quiet)
        return;
    if (o->report || o->strict)
        reports_fields(r, o->report, stdout);
    reports_summary(r, stdout);
}

static int check(const struct options *o)
{
    struct pod_config_set set = {0};
    struct report report;
    struct diags diags;
    const struct load_options options = {.report = &report, .settings = true};
    int status = EXIT_OK;
    bool ok = true;

    if (!diags_init(&diags) || !report_init(&report)) {
        fputs("pidlet check: out of memory\n", stderr);
        return EXIT_WORK;
    }
    for (size_t i = 0; i < o->source_count; i++)
        ok &= load_source(&set, o->sources[i], &options, &diags);
    ok &= !diags_any(&diags) && !(o->strict && ignored(&report) > 0);
    if (o->json)
        status = reports_json(&report, &diags, stdout) ? EXIT_OK : EXIT_WORK;
    else
        print_text(o, &report, &diags);
    if (!verb_printed("check"))
        status = EXIT_WORK;
    pod_config_set_deinit(&set);
    report_deinit(&report);
    diags_deinit(&diags);
    return !ok ? EXIT_FAULTY : status;
}

static int parse(int argc, char **argv, struct options *o)
{
    int option;
    int status;

    while ((option = usage_next(&check_usage, argc, argv, &status)) != OPTION_NONE) {
        if (option == OPTION_FILENAME)
            o->sources[o->source_count++] = optarg;
        else if (option == OPTION_REPORT)
            o->report = true;
        else if (option == OPTION_STRICT)
            o->strict = true;
        else if (option == OPTION_QUIET)
            o->quiet = true;
        else if (strcmp(optarg, "json") == 0)
            o->json = true;
        else if (strcmp(optarg, "text") != 0)
            return verb_usage_error("check", "unknown output: %s (text or json)", optarg);
        else
            o->json = false;
    }
    if (status >= 0)
        return status;
    while (optind < argc)
        o->sources[o->source_count++] = argv[optind++];
    if (o->source_count == 0)
        return verb_usage_error("check", "nothing to check: name a manifest");
    return -1;                          /* go on */
}

int check_verb(int argc, char **argv)
{
    struct options o = {.sources = calloc((size_t)argc + 1, sizeof *o.sources)};
    int status;

    if (o.sources == NULL) {
        fputs("pidlet check: out of memory\n", stderr);
        return EXIT_WORK;
    }
    status = parse(argc, argv, &o);
    if (status < 0)
        status = check(&o);
    free(o.sources);
    return status;
}
