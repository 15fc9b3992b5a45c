#include "client/api_verbs.h"
#include "client/backoff_text.h"
#include "client/describe_pod.h"
#include "client/elastic.h"
#include "client/names.h"
#include "client/options.h"
#include "client/remote.h"
#include "client/usage.h"
#include "client/verb.h"
#include "client/yaml_out.h"

#include <stdio.h>
#include <string.h>

static json_t *ask(struct remote *r, const struct buf *path)
{
    return remote_json(r, &(struct remote_request){.path = buf_text(path)});
}

static bool describe_pod(struct remote *r, const struct api_options *o, const char *name)
{
    struct buf path = BUF_INIT, text = BUF_INIT, out = BUF_INIT;
    const struct kind_name *k = kind_name_find("pods", 4), *events = kind_name_find("events", 6);
    json_t *pod, *backoff = NULL, *list = NULL;

    kind_name_path(k, o->namespace, false, &path);
    buf_addc(&path, '/');
    remote_escape(&path, name);
    pod = ask(r, &path);
    if (pod != NULL) {
        buf_adds(&path, "/backoff");
        if (remote_ask(r, &(struct remote_request){.path = buf_text(&path)}) && r->code == 200)
            backoff = json_loadb(buf_text(&r->body), r->body.length, 0, NULL);
        buf_clear(&path);
        kind_name_path(events, o->namespace, false, &path);
        buf_adds(&path, "?fieldSelector=involvedObject.uid%3D");
        remote_escape(&path, json_string_value(json_object_get(json_object_get(pod, "metadata"), "uid")));
        list = ask(r, &path);
        describe_pod_text(pod, backoff, json_object_get(list, "items"), &text);
        elastic_format(buf_text(&text), 0, 2, &out);
        fwrite(buf_text(&out), 1, out.length, stdout);
    }
    json_decref(pod);
    json_decref(backoff);
    json_decref(list);
    buf_deinit(&path);
    buf_deinit(&text);
    buf_deinit(&out);
    return pod != NULL;
}

/* How much there is of each value, and none of it. */
static void hide_values(json_t *secret)
{
    json_t *data = json_object_get(secret, "data"), *value;
    json_t *annotations = json_object_get(json_object_get(secret, "metadata"), "annotations");
    const char *key;
    void *next;

    json_object_foreach_safe(data, next, key, value) {
        size_t length = json_string_length(value) / 4 * 3;
        char text[64];

        for (size_t i = json_string_length(value); i > 0 && json_string_value(value)[i - 1] == '='; i--)
            length--;
        snprintf(text, sizeof text, "%zu bytes", length);
        json_object_set_new(data, key, json_string(text));
    }
    json_object_del(annotations, "kubectl.kubernetes.io/last-applied-configuration");
}

static bool describe_other(struct remote *r, const struct api_options *o, const struct kind_name *k, const char *name)
{
    struct buf path = BUF_INIT;
    json_t *object;

    kind_name_path(k, o->namespace, false, &path);
    buf_addc(&path, '/');
    remote_escape(&path, name);
    object = ask(r, &path);
    if (object != NULL) {
        if (strcmp(k->plural, "secrets") == 0)
            hide_values(object);
        yaml_print(object, stdout);
    }
    json_decref(object);
    buf_deinit(&path);
    return object != NULL;
}

static bool describe(struct remote *r, const struct api_options *o, const struct kind_name *k, const char *name,
                     unsigned *printed)
{
    if ((*printed)++ > 0)
        fputs("\n\n", stdout);
    return strcmp(k->plural, "pods") == 0 ? describe_pod(r, o, name) : describe_other(r, o, k, name);
}

int describe_verb(int argc, char **argv)
{
    struct api_options o = {.usage = &describe_usage};
    int status = api_options_parse(&o, argc, argv);
    unsigned printed = 0;
    struct remote remote;

    if (status < 0 && (o.argument_count == 0 || (o.argument_count == 1 && strchr(o.arguments[0], '/') == NULL)))
        status = verb_usage_error("describe", "say what to describe, such as pod web");
    if (status < 0) {
        bool ok = remote_init(&remote, "describe", o.socket);

        for (unsigned i = 0; ok && i < o.argument_count; i++) {
            const char *name;
            const struct kind_name *k = api_options_kind(&o, "describe", i, &name);

            ok = k != NULL;
            if (ok && name != NULL)
                ok = describe(&remote, &o, k, name, &printed);
            while (ok && name == NULL && i + 1 < o.argument_count)
                ok = describe(&remote, &o, k, o.arguments[++i], &printed);
        }
        remote_deinit(&remote);
        status = ok && verb_printed("describe") ? EXIT_OK : EXIT_WORK;
    }
    api_options_deinit(&o);
    return status;
}
