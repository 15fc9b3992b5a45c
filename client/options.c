#include "client/options.h"

#include "client/names.h"
#include "client/usage.h"
#include "client/verb.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool number(const char *text, int64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoll(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *out >= -1;
}

static bool take_logs(struct api_options *o, int option, const char *value)
{
    switch (option) {
    case OPTION_PREVIOUS:
        return o->previous = true;
    case OPTION_TIMESTAMPS:
        return o->timestamps = true;
    case OPTION_ALL_CONTAINERS:
        return o->all_containers = true;
    case OPTION_TAIL:
        return number(value, &o->tail);
    case OPTION_LIMIT_BYTES:
        return number(value, &o->limit_bytes);
    case OPTION_SINCE:
        o->since = value;
        return true;
    case OPTION_SINCE_TIME:
        o->since_time = value;
        return true;
    case OPTION_CONTAINER:
        o->container = value;
        return true;
    default:
        return false;
    }
}

static bool take_delete(struct api_options *o, int option, const char *value)
{
    switch (option) {
    case OPTION_GRACE_PERIOD:
        return number(value, &o->grace);
    case OPTION_FORCE:
        return o->force = true;
    case OPTION_NOW:
        o->grace = 1;
        return true;
    case OPTION_WAIT:
        o->no_wait = strcmp(value, "false") == 0;
        return o->no_wait || strcmp(value, "true") == 0;
    case OPTION_IGNORE_NOT_FOUND:
        return o->ignore_not_found = true;
    case OPTION_ALL:
        return o->all = true;
    case OPTION_FOR:
        o->condition = value;
        return true;
    case OPTION_TIMEOUT:
        o->timeout = value;
        return true;
    case OPTION_ONCE:
        return o->once = true;
    case OPTION_SORT_BY:
        o->order = value;
        return true;
    default:
        return take_logs(o, option, value);
    }
}

/* False: its value is none. */
static bool take(struct api_options *o, int option, const char *value)
{
    switch (option) {
    case OPTION_SOCKET:
        o->socket = value;
        return true;
    case OPTION_NAMESPACE:
        o->namespace = value;
        return true;
    case OPTION_ALL_NAMESPACES:
        return o->all_namespaces = true;
    case OPTION_OUTPUT:
        o->output = value;
        return true;
    case OPTION_SELECTOR:
        o->labels = value;
        return true;
    case OPTION_FIELD_SELECTOR:
        o->fields = value;
        return true;
    case OPTION_WATCH:
        return o->watch = true;
    case OPTION_NO_HEADERS:
        return o->no_headers = true;
    case OPTION_SHOW_LABELS:
        return o->show_labels = true;
    case OPTION_FILENAME:
        o->files[o->file_count++] = value;
        return true;
    case OPTION_FOLLOW:
        return o->follow = true;
    default:
        return take_delete(o, option, value);
    }
}

int api_options_parse(struct api_options *o, int argc, char **argv)
{
    int option;
    int status;

    o->namespace = "default";
    o->tail = o->limit_bytes = o->grace = -1;
    o->files = calloc((size_t)argc + 1, sizeof *o->files);
    o->arguments = calloc((size_t)argc + 1, sizeof *o->arguments);
    if (o->files == NULL || o->arguments == NULL) {
        fprintf(stderr, "pidlet %s: out of memory\n", o->usage->verb);
        return EXIT_WORK;
    }
    while ((option = usage_next(o->usage, argc, argv, &status)) != OPTION_NONE) {
        if (!take(o, option, optarg))
            return verb_usage_error(o->usage->verb, "%s is no value for --%s", optarg, option_text(option));
    }
    while (status < 0 && optind < argc)
        o->arguments[o->argument_count++] = argv[optind++];
    return status;
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
