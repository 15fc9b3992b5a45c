#include "base/clock.h"
#include "base/duration.h"
#include "client/api_verbs.h"
#include "client/documents.h"
#include "client/following.h"
#include "client/get.h"
#include "client/names.h"
#include "client/options.h"
#include "client/remote.h"
#include "client/usage.h"
#include "client/verb.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct deleting {
    struct api_options o;
    struct remote remote;
    mono_ms timeout;
    bool ok;
};

static bool is_gone(void *arg, const char *type, const json_t *object)
{
    const char *uid = json_string_value(json_object_get(json_object_get(object, "metadata"), "uid"));

    return strcmp(type, "DELETED") == 0 || (arg != NULL && uid != NULL && strcmp(uid, arg) != 0);
}

static void delete_one(struct deleting *d, const struct kind_name *k, const char *namespace, const char *name)
{
    struct buf path = BUF_INIT, body = BUF_INIT;
    int64_t grace = d->o.force && d->o.grace < 0 ? 0 : d->o.grace;

    kind_name_path(k, namespace, false, &path);
    buf_addc(&path, '/');
    remote_escape(&path, name);
    buf_adds(&body, "{\"propagationPolicy\":\"Background\"");
    if (grace >= 0)
        buf_addf(&body, ",\"gracePeriodSeconds\":%" PRId64, grace);
    buf_addc(&body, '}');
    if (!remote_ask(&d->remote, &(struct remote_request){.method = "DELETE", .path = buf_text(&path),
                                                         .body = buf_text(&body)})) {
        d->ok = false;
    } else if (d->remote.code == 404 && d->o.ignore_not_found) {
        ;
    } else if (d->remote.code >= 400) {
        remote_print_fault(&d->remote);
        d->ok = false;
    } else {
        enum following_end end;

        printf("%s \"%s\" %s\n", k->singular, name, grace == 0 && d->o.force ? "force deleted" : "deleted");
        fflush(stdout);
        end = d->o.no_wait ? FOLLOWING_SEEN : follow_one(&d->remote, k, namespace, name, d->timeout, is_gone, NULL);
        if (end == FOLLOWING_TIMED_OUT)
            fprintf(stderr, "error: timed out waiting for the condition on %s/%s\n", k->plural, name);
        d->ok &= end == FOLLOWING_SEEN || end == FOLLOWING_NOT_FOUND;
    }
    buf_deinit(&path);
    buf_deinit(&body);
}

static void delete_selected(struct deleting *d, const struct kind_name *k)
{
    struct buf path = BUF_INIT;
    json_t *list, *item;
    size_t i;

    kind_name_path(k, d->o.namespace, false, &path);
    get_selectors(&d->o, &path);
    list = remote_json(&d->remote, &(struct remote_request){.path = buf_text(&path)});
    d->ok &= list != NULL;
    json_array_foreach(json_object_get(list, "items"), i, item) {
        const json_t *metadata = json_object_get(item, "metadata");
        const char *namespace = json_string_value(json_object_get(metadata, "namespace"));

        delete_one(d, k, namespace != NULL ? namespace : d->o.namespace,
                   json_string_value(json_object_get(metadata, "name")));
    }
    if (list != NULL && json_array_size(json_object_get(list, "items")) == 0)
        puts("No resources found");
    json_decref(list);
    buf_deinit(&path);
}

static bool delete_document(void *arg, const struct kind_name *k, const char *namespace, const char *name, json_t *object)
{
    struct deleting *d = arg;

    (void)object;
    delete_one(d, k, namespace, name);
    return true;
}

static void delete_named(struct deleting *d)
{
    for (unsigned i = 0; i < d->o.argument_count; i++) {
        const char *name;
        const struct kind_name *k = api_options_kind(&d->o, "delete", i, &name);

        if (k == NULL) {
            d->ok = false;
            return;
        }
        if (name != NULL) {
            delete_one(d, k, d->o.namespace, name);
            continue;
        }
        if (d->o.labels != NULL || d->o.all)
            delete_selected(d, k);
        while (++i < d->o.argument_count)
            delete_one(d, k, d->o.namespace, d->o.arguments[i]);
    }
}

int delete_verb(int argc, char **argv)
{
    struct deleting d = {.o = {.usage = &delete_usage}, .timeout = MONO_NEVER, .ok = true};
    int status = api_options_parse(&d.o, argc, argv);

    if (status < 0 && d.o.timeout != NULL && !duration_parse(d.o.timeout, strlen(d.o.timeout), &d.timeout))
        status = verb_usage_error("delete", "--timeout: %s is no duration such as 30s", d.o.timeout);
    if (status < 0 && d.o.argument_count == 0 && d.o.file_count == 0)
        status = verb_usage_error("delete", "say what to delete, such as pod web");
    if (status < 0 && d.o.argument_count == 1 && strchr(d.o.arguments[0], '/') == NULL && d.o.labels == NULL && !d.o.all)
        status = verb_usage_error("delete", "say which: a name, -l SELECTOR or --all");
    if (status < 0) {
        d.timeout = d.timeout == 0 ? MONO_NEVER : d.timeout;    /* as kubectl has it */
        d.ok = remote_init(&d.remote, "delete", d.o.socket);
        if (d.ok)
            delete_named(&d);
        for (unsigned i = 0; d.ok && i < d.o.file_count; i++)
            d.ok = documents_each("delete", d.o.files[i], d.o.namespace, delete_document, &d) && d.ok;
        remote_deinit(&d.remote);
        status = d.ok && verb_printed("delete") ? EXIT_OK : EXIT_WORK;
    }
    api_options_deinit(&d.o);
    return status;
}
