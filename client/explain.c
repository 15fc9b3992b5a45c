#include "client/explain.h"

#include "base/buf.h"
#include "client/usage.h"
#include "client/verb.h"
#include "config/explain.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static int print(const char *path, const struct explain_options *o)
{
    struct buf out = BUF_INIT, error = BUF_INIT;
    int status = EXIT_OK;

    if (!explain(path, o, &out, &error)) {
        fprintf(stderr, "error: %s\n", buf_text(&error));
        status = EXIT_WORK;
    } else if (buf_failed(&out)) {
        fputs("pidlet explain: out of memory\n", stderr);
        status = EXIT_WORK;
    } else {
        fwrite(buf_text(&out), 1, out.length, stdout);
        status = verb_printed("explain") ? EXIT_OK : EXIT_WORK;
    }
    buf_deinit(&error);
    buf_deinit(&out);
    return status;
}

static bool parse_depth(const char *text, unsigned *out)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    if (text[0] < '0' || text[0] > '9' || *end != '\0' || value > 1000)
        return false;
    *out = (unsigned)value;
    return true;
}

static int parse(int argc, char **argv, struct explain_options *o)
{
    int option;
    int status;

    while ((option = usage_next(&explain_usage, argc, argv, &status)) != OPTION_NONE) {
        if (option == OPTION_RECURSIVE)
            o->recursive = true;
        else if (option == OPTION_API_VERSION)
            o->api_version = optarg;
        else if (!parse_depth(optarg, &o->max_depth))
            return verb_usage_error("explain", "--max-depth must be a number from 0 to 1000: %s", optarg);
    }
    if (status >= 0)
        return status;
    if (optind == argc)
        return verb_usage_error("explain", "nothing to explain: name a type, such as pod.spec");
    if (optind + 1 < argc)
        return verb_usage_error("explain", "unexpected argument: %s (one type at a time)", argv[optind + 1]);
    if (o->max_depth > 0 && !o->recursive)
        return verb_usage_error("explain", "--max-depth requires --recursive");
    return -1;                          /* go on */
}

int explain_verb(int argc, char **argv)
{
    struct explain_options o = {0};
    int status = parse(argc, argv, &o);

    return status < 0 ? print(argv[optind], &o) : status;
}
