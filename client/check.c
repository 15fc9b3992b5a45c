#include "client/check.h"

#include "base/buf.h"
#include "client/findings.h"
#include "client/reports.h"
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

static const char usage[] =
    "usage: pidlet check [-f] FILE|DIR|-… [--report] [--strict] [-o json]\n"
    "\n"
    "Reads manifests, YAML or JSON, and says all that is wrong in them, as\n"
    "FILE:LINE:COLUMN: PATH: KIND: DETAIL, and how much of each file is honoured.\n"
    "Nothing is started.\n"
    "\n"
    "  -f, --filename FILE   a file, a folder of files, or - for standard input; repeatable\n"
    "  -r, --report          list every field with what pidlet does with it, and why\n"
    "      --strict          a field that is ignored counts as an error\n"
    "  -o, --output json     findings and fields as one JSON object\n"
    "  -q, --quiet           findings only\n"
    "  -h, --help            print this\n"
    "\n"
    "Exit status: 0 no errors; 2 wrong usage; 3 the manifests have errors.\n";

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
    if (fflush(stdout) != 0)
        status = EXIT_WORK;
    pod_config_set_deinit(&set);
    report_deinit(&report);
    diags_deinit(&diags);
    return !ok ? EXIT_FAULTY : status;
}

static int parse(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = {
        {"filename", required_argument, NULL, 'f'}, {"report", no_argument, NULL, 'r'},
        {"strict", no_argument, NULL, 's'},         {"output", required_argument, NULL, 'o'},
        {"quiet", no_argument, NULL, 'q'},          {"help", no_argument, NULL, 'h'},
        {0},
    };
    int c;

    opterr = 0;
    while ((c = getopt_long(argc, argv, ":f:o:rqh", longs, NULL)) != -1) {
        switch (c) {
        case 'f':
            o->sources[o->source_count++] = optarg;
            break;
        case 'r':
            o->report = true;
            break;
        case 's':
            o->strict = true;
            break;
        case 'q':
            o->quiet = true;
            break;
        case 'o':
            if (strcmp(optarg, "json") != 0 && strcmp(optarg, "text") != 0)
                return verb_usage_error("check", "unknown output: %s (text or json)", optarg);
            o->json = strcmp(optarg, "json") == 0;
            break;
        case 'h':
            fputs(usage, stdout);
            return fflush(stdout) == 0 ? EXIT_OK : EXIT_WORK;
        case ':':
            return verb_usage_error("check", "%s needs a value", argv[optind - 1]);
        default:
            return verb_usage_error("check", "unknown option: %s", argv[optind - 1]);
        }
    }
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
