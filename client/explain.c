#include "client/explain.h"

#include "base/buf.h"
#include "client/verb.h"
#include "config/explain.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
    "usage: pidlet explain TYPE[.FIELD…] [--recursive [--max-depth N]] [--api-version VERSION]\n"
    "\n"
    "Says what a kind or a field of a manifest is: its type, whether it must be given,\n"
    "its values and default, and whether pidlet honours, ignores or refuses it, and why.\n"
    "\n"
    "  pidlet explain pod                            short names (po, deploy, sts …) will do\n"
    "  pidlet explain pod.spec.containers.livenessProbe\n"
    "  pidlet explain deploy.spec.template --recursive --max-depth 2\n"
    "  pidlet explain pidlet.dev/backoff             an annotation of pidlet's own\n"
    "\n"
    "  -R, --recursive             list the fields of fields, a line each\n"
    "      --max-depth N           so many levels of them; 0: all\n"
    "      --api-version VERSION   such as apps/v1\n"
    "  -h, --help                  print this\n"
    "\n"
    "Exit status: 0 explained; 1 there is no such type or field; 2 wrong usage.\n";

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
    } else if (fwrite(buf_text(&out), 1, out.length, stdout) != out.length || fflush(stdout) != 0) {
        perror("pidlet explain: writing");
        status = EXIT_WORK;
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
    static const struct option longs[] = {
        {"recursive", no_argument, NULL, 'R'},
        {"max-depth", required_argument, NULL, 'd'},
        {"api-version", required_argument, NULL, 'a'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    int c;

    opterr = 0;
    while ((c = getopt_long(argc, argv, ":Rh", longs, NULL)) != -1) {
        switch (c) {
        case 'R':
            o->recursive = true;
            break;
        case 'd':
            if (!parse_depth(optarg, &o->max_depth))
                return verb_usage_error("explain", "--max-depth must be a number from 0 to 1000: %s", optarg);
            break;
        case 'a':
            o->api_version = optarg;
            break;
        case 'h':
            fputs(usage, stdout);
            return fflush(stdout) == 0 ? EXIT_OK : EXIT_WORK;
        case ':':
            return verb_usage_error("explain", "%s needs a value", argv[optind - 1]);
        default:
            return verb_usage_error("explain", "unknown option: %s", argv[optind - 1]);
        }
    }
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
