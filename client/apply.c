#include "client/api_verbs.h"
#include "client/documents.h"
#include "client/names.h"
#include "client/options.h"
#include "client/remote.h"
#include "client/usage.h"
#include "client/verb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char last_applied[] = "kubectl.kubernetes.io/last-applied-configuration";

struct applying {
    struct remote remote;
};

/* ---- what is to be ---- */

/* What was applied before, and is not any more, goes. */
static void take_back(json_t *live, const json_t *before, const json_t *now)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)before, key, value) {
        const json_t *wanted = json_object_get(now, key);

        if (wanted == NULL || json_is_null(wanted))
            json_object_del(live, key);
        else if (json_is_object(value) && json_is_object(wanted))
            take_back(json_object_get(live, key), value, wanted);
    }
}

/* Objects are merged, everything else is as the file has it. */
static bool lay_over(json_t *live, const json_t *wanted)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)wanted, key, value) {
        json_t *there = json_object_get(live, key);

        if (json_is_object(value) && json_is_object(there)) {
            if (!lay_over(there, value))
                return false;
        } else if (json_object_set_new(live, key, json_deep_copy(value)) != 0) {
            return false;
        }
    }
    return true;
}

/* Everything of `wanted` is in `live`: defaults that were added do not matter. */
static bool is_there(const json_t *live, const json_t *wanted)
{
    const char *key;
    json_t *value;
    size_t i;

    if (json_is_object(wanted)) {
        json_object_foreach((json_t *)wanted, key, value) {
            if (!is_there(json_object_get(live, key), value))
                return false;
        }
        return json_is_object(live) || json_object_size(wanted) == 0;
    }
    if (json_is_array(wanted)) {
        if (json_array_size(live) != json_array_size(wanted))
            return false;
        json_array_foreach((json_t *)wanted, i, value) {
            if (!is_there(json_array_get(live, i), value))
                return false;
        }
        return true;
    }
    return json_is_null(wanted) || json_equal(live, wanted)
           || (json_is_number(live) && json_is_number(wanted) && json_number_value(live) == json_number_value(wanted));
}

/* Secrets are written as text and shown in base64: they are applied anew each time they have some. */
static bool can_be_compared(const json_t *wanted)
{
    return json_object_get(wanted, "stringData") == NULL;
}

static json_t *metadata_of(json_t *object)
{
    json_t *metadata = json_object_get(object, "metadata");

    if (!json_is_object(metadata)) {
        metadata = json_object();
        json_object_set_new(object, "metadata", metadata);
    }
    return metadata;
}

/* As kubectl writes it, so that both can go on from each other's. */
static bool remember(json_t *object, const json_t *wanted)
{
    json_t *metadata = metadata_of(object), *annotations = json_object_get(metadata, "annotations");
    char *text = json_dumps(wanted, JSON_COMPACT | JSON_SORT_KEYS);
    struct buf line = BUF_INIT;
    bool ok;

    if (!json_is_object(annotations)) {
        annotations = json_object();
        json_object_set_new(metadata, "annotations", annotations);
    }
    buf_addf(&line, "%s\n", text != NULL ? text : "");
    ok = text != NULL && !buf_failed(&line)
         && json_object_set_new(annotations, last_applied, json_string(buf_text(&line))) == 0;
    buf_deinit(&line);
    free(text);
    return ok;
}

static json_t *applied_before(const json_t *live)
{
    const char *text = json_string_value(
        json_object_get(json_object_get(json_object_get(live, "metadata"), "annotations"), last_applied));

    return text == NULL ? NULL : json_loads(text, 0, NULL);
}

/* ---- requests ---- */

static bool send(struct applying *a, const char *method, const char *path, const json_t *object)
{
    char *body = json_dumps(object, JSON_COMPACT);
    bool ok = body != NULL && remote_ask(&a->remote, &(struct remote_request){.method = method, .path = path, .body = body});

    free(body);
    if (ok && a->remote.code >= 400) {
        remote_print_fault(&a->remote);
        return false;
    }
    return ok;
}

static bool change(struct applying *a, const struct kind_name *k, const char *name, const char *path, json_t *wanted)
{
    json_t *live = json_loadb(buf_text(&a->remote.body), a->remote.body.length, 0, NULL), *before = applied_before(live);
    bool ok = live != NULL;

    if (ok && before != NULL && can_be_compared(wanted) && json_equal(before, wanted) && is_there(live, wanted)) {
        printf("%s/%s unchanged\n", k->singular, name);
    } else if (ok) {
        json_object_del(live, "status");
        if (before != NULL)
            take_back(live, before, wanted);
        ok = lay_over(live, wanted) && remember(live, wanted) && send(a, "PUT", path, live);
        if (ok)
            printf("%s/%s configured\n", k->singular, name);
    }
    json_decref(before);
    json_decref(live);
    return ok;
}

static bool apply_one(void *arg, const struct kind_name *k, const char *namespace, const char *name, json_t *object)
{
    struct applying *a = arg;
    struct buf all = BUF_INIT, one = BUF_INIT;
    json_t *wanted;
    bool ok;

    kind_name_path(k, namespace, false, &all);
    buf_adds(&one, buf_text(&all));
    buf_addc(&one, '/');
    remote_escape(&one, name);
    if (k->namespaced)
        json_object_set_new(metadata_of(object), "namespace", json_string(namespace));
    wanted = json_deep_copy(object);
    ok = wanted != NULL && remote_ask(&a->remote, &(struct remote_request){.path = buf_text(&one)});
    if (ok && a->remote.code == 404) {
        ok = remember(object, wanted) && send(a, "POST", buf_text(&all), object);
        if (ok)
            printf("%s/%s created\n", k->singular, name);
    } else if (ok && a->remote.code >= 400) {
        remote_print_fault(&a->remote);
        ok = false;
    } else if (ok) {
        ok = change(a, k, name, buf_text(&one), wanted);
    }
    json_decref(wanted);
    buf_deinit(&all);
    buf_deinit(&one);
    return ok;
}

int apply_verb(int argc, char **argv)
{
    struct api_options o = {.usage = &apply_usage};
    int status = api_options_parse(&o, argc, argv);
    struct applying a;

    if (status < 0 && o.argument_count > 0)
        status = verb_usage_error("apply", "unexpected argument: %s (manifests go with -f)", o.arguments[0]);
    if (status < 0 && o.file_count == 0)
        status = verb_usage_error("apply", "say what to apply with -f");
    if (status < 0) {
        bool ok = remote_init(&a.remote, "apply", o.socket);

        for (unsigned i = 0; ok && i < o.file_count; i++)
            ok = documents_each("apply", o.files[i], o.namespace, apply_one, &a);
        remote_deinit(&a.remote);
        status = ok && verb_printed("apply") ? EXIT_OK : EXIT_WORK;
    }
    api_options_deinit(&o);
    return status;
}
