#include "base/duration.h"
#include "client/api_verbs.h"
#include "client/options.h"
#include "client/remote.h"
#include "client/usage.h"
#include "client/verb.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool print_part(void *arg, const char *bytes, size_t length)
{
    (void)arg;
    return fwrite(bytes, 1, length, stdout) == length && fflush(stdout) == 0;
}

static void add_pod(const struct api_options *o, const char *pod, struct buf *path)
{
    buf_adds(path, "/api/v1/namespaces/");
    remote_escape(path, o->namespace);
    buf_adds(path, "/pods/");
    remote_escape(path, pod);
}

static bool add_since(const struct api_options *o, struct buf *path)
{
    mono_ms since;

    if (o->since != NULL) {
        if (!duration_parse(o->since, strlen(o->since), &since))
            return false;
        buf_addf(path, "&sinceSeconds=%" PRId64, (since + 999) / 1000);
    }
    if (o->since_time != NULL) {
        buf_adds(path, "&sinceTime=");
        remote_escape(path, o->since_time);
    }
    return true;
}

static bool logs(struct remote *r, const struct api_options *o, const char *pod, const char *container)
{
    struct buf path = BUF_INIT;
    bool ok = false;

    add_pod(o, pod, &path);
    buf_adds(&path, "/log?container=");
    remote_escape(&path, container != NULL ? container : "");
    if (o->follow)
        buf_adds(&path, "&follow=true");
    if (o->previous)
        buf_adds(&path, "&previous=true");
    if (o->timestamps)
        buf_adds(&path, "&timestamps=true");
    if (o->tail >= 0)
        buf_addf(&path, "&tailLines=%" PRId64, o->tail);
    if (o->limit_bytes >= 0)
        buf_addf(&path, "&limitBytes=%" PRId64, o->limit_bytes);
    if (!add_since(o, &path))
        fprintf(stderr, "pidlet logs: --since: %s is no duration such as 10s or 5m\n", o->since);
    else
        ok = remote_stream(r, &(struct remote_request){.path = buf_text(&path)}, print_part, NULL);
    buf_deinit(&path);
    return ok;
}

static bool logs_of_all(struct remote *r, const struct api_options *o, const char *name)
{
    static const char *const lists[] = {"initContainers", "containers"};
    struct buf path = BUF_INIT;
    json_t *pod, *c;
    bool ok;
    size_t i;

    add_pod(o, name, &path);
    pod = remote_json(r, &(struct remote_request){.path = buf_text(&path)});
    ok = pod != NULL;
    for (size_t j = 0; ok && j < sizeof lists / sizeof *lists; j++) {
        json_array_foreach(json_object_get(json_object_get(pod, "spec"), lists[j]), i, c)
            ok = ok && logs(r, o, name, json_string_value(json_object_get(c, "name")));
    }
    json_decref(pod);
    buf_deinit(&path);
    return ok;
}

int logs_verb(int argc, char **argv)
{
    struct api_options o = {.usage = &logs_usage};
    int status = api_options_parse(&o, argc, argv);
    struct remote remote;

    if (status < 0 && (o.argument_count == 0 || o.argument_count > 2))
        status = verb_usage_error("logs", "say of which pod");
    if (status < 0) {
        const char *slash = strchr(o.arguments[0], '/'), *pod = slash != NULL ? slash + 1 : o.arguments[0];
        const char *container = o.argument_count == 2 ? o.arguments[1] : o.container;

        status = EXIT_WORK;
        if (remote_init(&remote, "logs", o.socket)
            && (o.all_containers ? logs_of_all(&remote, &o, pod) : logs(&remote, &o, pod, container)))
            status = EXIT_OK;
        remote_deinit(&remote);
    }
    api_options_deinit(&o);
    return status;
}
