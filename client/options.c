#include "client/options.h"

#include "client/names.h"
#include "client/verb.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SOCKET = 0x100, NO_HEADERS, SHOW_LABELS, FIELD_SELECTOR, PREVIOUS, TIMESTAMPS, ALL_CONTAINERS, TAIL, LIMIT_BYTES, SINCE,
    SINCE_TIME, GRACE, FORCE, NOW, WAIT, IGNORE_NOT_FOUND, ALL, FOR, TIMEOUT,
};

static const struct option longs[] = {
    {"socket", required_argument, NULL, SOCKET},
    {"namespace", required_argument, NULL, 'n'},
    {"all-namespaces", no_argument, NULL, 'A'},
    {"output", required_argument, NULL, 'o'},
    {"selector", required_argument, NULL, 'l'},
    {"field-selector", required_argument, NULL, FIELD_SELECTOR},
    {"watch", no_argument, NULL, 'w'},
    {"no-headers", no_argument, NULL, NO_HEADERS},
    {"show-labels", no_argument, NULL, SHOW_LABELS},
    {"filename", required_argument, NULL, 'f'},
    {"follow", no_argument, NULL, 'W'},
    {"previous", no_argument, NULL, 'p'},
    {"timestamps", no_argument, NULL, TIMESTAMPS},
    {"all-containers", no_argument, NULL, ALL_CONTAINERS},
    {"tail", required_argument, NULL, TAIL},
    {"limit-bytes", required_argument, NULL, LIMIT_BYTES},
    {"since", required_argument, NULL, SINCE},
    {"since-time", required_argument, NULL, SINCE_TIME},
    {"container", required_argument, NULL, 'c'},
    {"grace-period", required_argument, NULL, GRACE},
    {"force", no_argument, NULL, FORCE},
    {"now", no_argument, NULL, NOW},
    {"wait", required_argument, NULL, WAIT},
    {"ignore-not-found", no_argument, NULL, IGNORE_NOT_FOUND},
    {"all", no_argument, NULL, ALL},
    {"for", required_argument, NULL, FOR},
    {"timeout", required_argument, NULL, TIMEOUT},
    {"help", no_argument, NULL, 'h'},
    {0},
};

/* The letter of options.h that an option stands for; -h and --socket are everybody's. */
static int letter_of(int c)
{
    static const struct {
        int option;
        char letter;
    } letters[] = {
        {NO_HEADERS, 'H'}, {SHOW_LABELS, 'L'}, {FIELD_SELECTOR, 'F'}, {TIMESTAMPS, 't'}, {ALL_CONTAINERS, 'a'}, {TAIL, 'T'},
        {LIMIT_BYTES, 'B'}, {SINCE, 'S'}, {SINCE_TIME, 'S'}, {GRACE, 'g'}, {FORCE, 'x'}, {NOW, 'g'}, {WAIT, 'N'},
        {IGNORE_NOT_FOUND, 'i'}, {ALL, 'q'}, {FOR, 'C'}, {TIMEOUT, 'O'},
    };

    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
        if (letters[i].option == c)
            return letters[i].letter;
    }
    return c;
}

static bool number(const char *text, int64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoll(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *out >= -1;
}

static bool take_logs(struct api_options *o, int c, const char *value)
{
    switch (c) {
    case 'p':
        return o->previous = true;
    case TIMESTAMPS:
        return o->timestamps = true;
    case ALL_CONTAINERS:
        return o->all_containers = true;
    case TAIL:
        return number(value, &o->tail);
    case LIMIT_BYTES:
        return number(value, &o->limit_bytes);
    case SINCE:
        o->since = value;
        return true;
    case SINCE_TIME:
        o->since_time = value;
        return true;
    case 'c':
        o->container = value;
        return true;
    default:
        return false;
    }
}

static bool take_delete(struct api_options *o, int c, const char *value)
{
    switch (c) {
    case GRACE:
        return number(value, &o->grace);
    case FORCE:
        return o->force = true;
    case NOW:
        o->grace = 1;
        return true;
    case WAIT:
        o->no_wait = strcmp(value, "false") == 0;
        return o->no_wait || strcmp(value, "true") == 0;
    case IGNORE_NOT_FOUND:
        return o->ignore_not_found = true;
    case ALL:
        return o->all = true;
    case FOR:
        o->condition = value;
        return true;
    case TIMEOUT:
        o->timeout = value;
        return true;
    default:
        return take_logs(o, c, value);
    }
}

/* False: its value is none. */
static bool take(struct api_options *o, int c, const char *value)
{
    switch (c) {
    case SOCKET:
        o->socket = value;
        return true;
    case 'n':
        o->namespace = value;
        return true;
    case 'A':
        return o->all_namespaces = true;
    case 'o':
        o->output = value;
        return true;
    case 'l':
        o->labels = value;
        return true;
    case FIELD_SELECTOR:
        o->fields = value;
        return true;
    case 'w':
        return o->watch = true;
    case NO_HEADERS:
        return o->no_headers = true;
    case SHOW_LABELS:
        return o->show_labels = true;
    case 'f':
        o->files[o->file_count++] = value;
        return true;
    case 'W':
        return o->follow = true;
    default:
        return take_delete(o, c, value);
    }
}

int api_options_parse(struct api_options *o, const char *verb, int argc, char **argv)
{
    /* -f follows a log, and names a file everywhere else. */
    const bool follows = strchr(o->allowed, 'W') != NULL;
    const char *shorts = follows ? ":n:Ao:l:wWfpc:h" : ":n:Ao:l:wf:pc:h";
    int c;

    o->namespace = "default";
    o->tail = o->limit_bytes = o->grace = -1;
    o->files = calloc((size_t)argc + 1, sizeof *o->files);
    o->arguments = calloc((size_t)argc + 1, sizeof *o->arguments);
    if (o->files == NULL || o->arguments == NULL) {
        fprintf(stderr, "pidlet %s: out of memory\n", verb);
        return EXIT_WORK;
    }
    opterr = 0;
    while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        if (c == 'f' && follows)
            c = 'W';
        if (c == 'h') {
            fputs(o->usage, stdout);
            return fflush(stdout) == 0 ? EXIT_OK : EXIT_WORK;
        }
        if (c == ':')
            return verb_usage_error(verb, "%s needs a value", argv[optind - 1]);
        if (c == '?' || (c != SOCKET && strchr(o->allowed, letter_of(c)) == NULL))
            return verb_usage_error(verb, "unknown option: %s", argv[optind - 1]);
        if (!take(o, c, optarg))
            return verb_usage_error(verb, "%s is no value for this option", optarg);
    }
    while (optind < argc)
        o->arguments[o->argument_count++] = argv[optind++];
    return -1;
}

void api_options_deinit(struct api_options *o)
{
    free(o->files);
    free(o->arguments);
}

const struct kind_name *api_options_kind(const struct api_options *o, const char *verb, unsigned index, const char **name)
{
    const char *text = o->arguments[index], *slash = strchr(text, '/');
    size_t length = slash != NULL ? (size_t)(slash - text) : strlen(text);
    const struct kind_name *k = kind_name_find(text, length);

    *name = slash != NULL ? slash + 1 : NULL;
    if (k == NULL)
        fprintf(stderr, "pidlet %s: error: the server doesn't have a resource type \"%.*s\"\n", verb, (int)length, text);
    return k;
}
