#include "client/schema.h"

#include "base/buf.h"
#include "client/usage.h"
#include "client/verb.h"
#include "config/json_schema.h"
#include "config/kinds.h"
#include "config/openapi.h"
#include "config/reference.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum output { OUTPUT_JSON_SCHEMA, OUTPUT_OPENAPI, OUTPUT_MARKDOWN };

static const char *const output_names[] = {
    [OUTPUT_JSON_SCHEMA] = "json-schema",
    [OUTPUT_OPENAPI]     = "openapi",
    [OUTPUT_MARKDOWN]    = "markdown",
};

struct options {
    enum output output;
    const struct kind_info *kind;       /* NULL: all */
};

static int print(const struct options *o)
{
    struct buf out = BUF_INIT;
    int status = EXIT_OK;

    switch (o->output) {
    case OUTPUT_JSON_SCHEMA:
        json_schema_document(o->kind, &out);
        break;
    case OUTPUT_OPENAPI:
        openapi_document(NULL, &out);
        break;
    case OUTPUT_MARKDOWN:
        reference_page(&out);
        break;
    }
    if (buf_failed(&out)) {
        fputs("pidlet schema: out of memory\n", stderr);
        status = EXIT_WORK;
    } else {
        fwrite(buf_text(&out), 1, out.length, stdout);
        status = verb_printed("schema") ? EXIT_OK : EXIT_WORK;
    }
    buf_deinit(&out);
    return status;
}

static bool parse_output(const char *name, enum output *out)
{
    for (size_t i = 0; i < sizeof output_names / sizeof output_names[0]; i++) {
        if (strcmp(output_names[i], name) == 0) {
            *out = (enum output)i;
            return true;
        }
    }
    return false;
}

static int parse(int argc, char **argv, struct options *o)
{
    int status;

    while (usage_next(&schema_usage, argc, argv, &status) != OPTION_NONE) {
        if (!parse_output(optarg, &o->output))
            return verb_usage_error("schema", "unknown output: %s (json-schema, openapi or markdown)", optarg);
    }
    if (status >= 0)
        return status;
    if (optind < argc) {
        if (o->output != OUTPUT_JSON_SCHEMA)
            return verb_usage_error("schema", "%s is always of all kinds: unexpected argument: %s",
                                    output_names[o->output], argv[optind]);
        o->kind = kind_called(argv[optind]);
        if (o->kind == NULL)
            return verb_usage_error("schema", "unknown kind: %s", argv[optind]);
        optind++;
    }
    if (optind < argc)
        return verb_usage_error("schema", "unexpected argument: %s", argv[optind]);
    return -1;                          /* go on */
}

int schema_verb(int argc, char **argv)
{
    struct options o = {.output = OUTPUT_JSON_SCHEMA};
    int status = parse(argc, argv, &o);

    return status < 0 ? print(&o) : status;
}
