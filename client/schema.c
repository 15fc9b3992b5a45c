#include "client/schema.h"

#include "base/buf.h"
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

static const char usage[] =
    "usage: pidlet schema [KIND] [-o json-schema|openapi|markdown]\n"
    "\n"
    "Prints what manifests may hold, made from the table that pidlet itself reads them by:\n"
    "\n"
    "  json-schema  a JSON Schema (draft-07), for editors and validators; with KIND, of\n"
    "               objects of that kind alone (the default)\n"
    "  openapi      an OpenAPI v3 document, with what is done with each field (x-pidlet)\n"
    "  markdown     the reference page, docs/fields.md\n"
    "\n"
    "  -o, --output FORMAT   one of these\n"
    "  -h, --help            print this\n"
    "\n"
    "An editor with a YAML language server takes it by a first line of the manifest:\n"
    "\n"
    "  # yaml-language-server: $schema=pidlet.json\n";

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
    } else if (fwrite(buf_text(&out), 1, out.length, stdout) != out.length || fflush(stdout) != 0) {
        perror("pidlet schema: writing");
        status = EXIT_WORK;
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
    static const struct option longs[] = {
        {"output", required_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    int c;

    opterr = 0;
    while ((c = getopt_long(argc, argv, ":o:h", longs, NULL)) != -1) {
        switch (c) {
        case 'o':
            if (!parse_output(optarg, &o->output))
                return verb_usage_error("schema", "unknown output: %s (json-schema, openapi or markdown)", optarg);
            break;
        case 'h':
            fputs(usage, stdout);
            return fflush(stdout) == 0 ? EXIT_OK : EXIT_WORK;
        case ':':
            return verb_usage_error("schema", "%s needs a value", argv[optind - 1]);
        default:
            return verb_usage_error("schema", "unknown option: %s", argv[optind - 1]);
        }
    }
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
