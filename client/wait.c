#include "base/clock.h"
#include "base/duration.h"
#include "client/api_verbs.h"
#include "client/following.h"
#include "client/names.h"
#include "client/options.h"
#include "client/remote.h"
#include "client/usage.h"
#include "client/verb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct wanted {
    const char *text;                   /* as on the command line */
    char name[128], value[256];         /* of a condition; or a path of fields, and its value */
    bool gone, path;
};

static bool parse(const char *text, struct wanted *w)
{
    const char *equals;

    *w = (struct wanted){.text = text, .value = "True"};
    if (strcmp(text, "delete") == 0)
        return w->gone = true;
    if (strncmp(text, "condition=", 10) == 0) {
        equals = strchr(text + 10, '=');
        snprintf(w->name, sizeof w->name, "%.*s", (int)(equals != NULL ? equals - text - 10 : 120), text + 10);
        if (equals != NULL)
            snprintf(w->value, sizeof w->value, "%s", equals + 1);
        return w->name[0] != '\0';
    }
    if (strncmp(text, "jsonpath=", 9) == 0) {
        const char *begin = text + 9 + strspn(text + 9, "'{."), *end = begin + strcspn(begin, "}=");

        equals = strchr(end, '=');
        if (equals == NULL || end == begin)
            return false;
        w->path = true;
        snprintf(w->name, sizeof w->name, "%.*s", (int)(end - begin), begin);
        snprintf(w->value, sizeof w->value, "%s", equals + 1);
        return true;
    }
    return false;
}

/* As kubectl has it: below zero, as long as it takes. */
static bool parse_timeout(const char *text, mono_ms *timeout)
{
    const bool negative = text[0] == '-';

    if (!duration_parse(text + negative, strlen(text + negative), timeout))
        return false;
    if (negative)
        *timeout = MONO_NEVER;
    return true;
}

/* "status.containerStatuses[0].ready" */
static const json_t *at_path(const json_t *at, const char *path)
{
    while (at != NULL && *path != '\0') {
        char key[128];
        size_t length = strcspn(path, ".[");

        if (*path == '[') {
            at = json_array_get(at, strtoul(path + 1, NULL, 10));
            path += strcspn(path, "]");
            path += *path == ']';
        } else {
            snprintf(key, sizeof key, "%.*s", (int)length, path);
            at = json_object_get(at, key);
            path += length;
        }
        path += *path == '.';
    }
    return at;
}

static bool equals_text(const json_t *v, const char *wanted)
{
    char *text = v == NULL ? NULL : json_dumps(v, JSON_ENCODE_ANY);
    bool equal = json_is_string(v) ? strcmp(json_string_value(v), wanted) == 0 : text != NULL && strcmp(text, wanted) == 0;

    free(text);
    return equal;
}

static bool holds(const struct wanted *w, const json_t *object)
{
    json_t *c;
    size_t i;

    if (w->path)
        return equals_text(at_path(object, w->name), w->value);
    json_array_foreach(json_object_get(json_object_get(object, "status"), "conditions"), i, c) {
        const char *type = json_string_value(json_object_get(c, "type"));
        const char *status = json_string_value(json_object_get(c, "status"));

        if (type != NULL && status != NULL && strcasecmp(type, w->name) == 0)
            return strcasecmp(status, w->value) == 0;
    }
    return false;
}

static bool look(void *arg, const char *type, const json_t *object)
{
    const struct wanted *w = arg;

    if (w->gone)
        return strcmp(type, "DELETED") == 0;
    return strcmp(type, "DELETED") != 0 && holds(w, object);
}

static bool wait_for(struct remote *r, const struct api_options *o, const struct kind_name *k, const char *name,
                     struct wanted *w, mono_ms timeout)
{
    enum following_end end = follow_one(r, k, o->namespace, name, timeout, look, w);

    if (end == FOLLOWING_NOT_FOUND && !w->gone)
        fprintf(stderr, "Error from server (NotFound): %s \"%s\" not found\n", k->plural, name);
    else if (end == FOLLOWING_TIMED_OUT)
        fprintf(stderr, "error: timed out waiting for the condition on %s/%s\n", k->plural, name);
    else if (end == FOLLOWING_SEEN && !w->gone)
        printf("%s/%s condition met\n", k->singular, name);
    else if (end == FOLLOWING_SEEN)
        printf("%s/%s deleted\n", k->singular, name);
    return end == FOLLOWING_SEEN || (end == FOLLOWING_NOT_FOUND && w->gone);
}

int wait_verb(int argc, char **argv)
{
    struct api_options o = {.usage = &wait_usage};
    int status = api_options_parse(&o, argc, argv);
    mono_ms timeout = 30 * MONO_SECOND;
    struct remote remote;
    struct wanted w;

    if (status < 0 && (o.condition == NULL || !parse(o.condition, &w)))
        status = verb_usage_error("wait", "--for must be condition=NAME, delete, or jsonpath={.PATH}=VALUE");
    if (status < 0 && o.timeout != NULL && !parse_timeout(o.timeout, &timeout))
        status = verb_usage_error("wait", "--timeout: %s is no duration such as 30s", o.timeout);
    if (status < 0 && o.argument_count == 0)
        status = verb_usage_error("wait", "say for what, such as pod/web");
    if (status < 0) {
        bool ok = remote_init(&remote, "wait", o.socket);

        for (unsigned i = 0; ok && i < o.argument_count; i++) {
            const char *name;
            const struct kind_name *k = api_options_kind(&o, "wait", i, &name);

            if (k != NULL && name == NULL && i + 1 < o.argument_count)
                name = o.arguments[++i];
            ok = k != NULL && name != NULL && wait_for(&remote, &o, k, name, &w, timeout);
        }
        remote_deinit(&remote);
        status = ok && verb_printed("wait") ? EXIT_OK : EXIT_WORK;
    }
    api_options_deinit(&o);
    return status;
}
