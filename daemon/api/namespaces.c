#include "daemon/api/namespaces.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/macros.h"
#include "daemon/api/backing.h"
#include "daemon/api/check.h"
#include "daemon/api/fault.h"
#include "daemon/api/http.h"
#include "daemon/api/identity.h"
#include "daemon/api/kinds.h"
#include "daemon/api/snapshot.h"
#include "base/stamp.h"
#include "daemon/api/write.h"

#include <stdlib.h>
#include <string.h>

/* What lives in a namespace. */
static const size_t inhabitants[] = {RESOURCE_PODS, RESOURCE_CONFIG_MAPS, RESOURCE_SECRETS};

static const char default_name[] = "default";

static bool put(struct backing *b, json_t *object)
{
    struct snapshot *s = snapshot_of_json(&resource_namespaces, object, store_next_version(&b->api->store));

    return s != NULL && store_put(&b->api->store, s);
}

/* What a server adds. */
static bool complete(json_t *object, const char *phase)
{
    json_t *metadata = json_object_get(object, "metadata");
    json_t *labels = json_object_get(metadata, "labels");

    if (!json_is_object(labels)) {
        labels = json_object();
        if (json_object_set_new(metadata, "labels", labels) != 0)
            return false;
    }
    return json_object_set(labels, "kubernetes.io/metadata.name", json_object_get(metadata, "name")) == 0
           && json_object_set_new(object, "spec", json_pack("{s:[s]}", "finalizers", "kubernetes")) == 0
           && json_object_set_new(object, "status", json_pack("{s:s}", "phase", phase)) == 0;
}

static bool show_one(struct backing *b, const char *name)
{
    char uid[IDENTITY_UID_SIZE], stamp[STAMP_SIZE];
    json_t *object;
    bool ok;

    if (store_get(&b->api->store, RESOURCE_NAMESPACES, "", name) != NULL)
        return true;
    identity_uid(uid);
    stamp_format(clock_wall().seconds, stamp);
    object = json_pack("{s:s, s:s, s:{s:s, s:s, s:s}}", "kind", "Namespace", "apiVersion", "v1", "metadata", "name",
                       name, "uid", uid, "creationTimestamp", stamp);
    ok = object != NULL && complete(object, "Active") && put(b, object);
    json_decref(object);
    return ok;
}

static bool is_inhabited(const struct backing *b, const char *name)
{
    for (size_t i = 0; i < array_count(inhabitants); i++) {
        const struct collection *c = &b->api->store.collections[inhabitants[i]];
        size_t first = store_first(&b->api->store, inhabitants[i], name);

        if (first < c->count && strcmp(c->items[first]->namespace, name) == 0)
            return true;
    }
    return false;
}

static bool is_terminating(const struct snapshot *s)
{
    return strcmp(s->cells[1].text, "Terminating") == 0;
}

static bool gone(struct backing *b, const struct snapshot *s)
{
    json_t *object = snapshot_json(s);
    struct snapshot *last =
        object == NULL ? NULL : snapshot_of_json(&resource_namespaces, object, store_next_version(&b->api->store));

    json_decref(object);
    return last != NULL && store_remove(&b->api->store, last);
}

bool namespaces_show(struct backing *b)
{
    const struct collection *c = &b->api->store.collections[RESOURCE_NAMESPACES];
    bool ok = show_one(b, default_name) && show_one(b, "kube-system");

    for (size_t i = 0; i < array_count(inhabitants); i++) {
        const struct collection *of = &b->api->store.collections[inhabitants[i]];

        for (size_t j = 0; ok && j < of->count; j++) {
            if (j == 0 || strcmp(of->items[j]->namespace, of->items[j - 1]->namespace) != 0)
                ok = show_one(b, of->items[j]->namespace);
        }
    }
    for (size_t i = c->count; ok && i-- > 0;) {
        if (is_terminating(c->items[i]) && !is_inhabited(b, c->items[i]->name))
            ok = gone(b, c->items[i]);
    }
    return ok;
}

/* ---- writes ---- */

static bool store_and_keep(struct write *w, const char *phase)
{
    struct backing *b = w->api->backing;
    struct snapshot *s;
    int r;

    if (!complete(w->object, phase))
        return fault_no_memory(w->reply);
    s = snapshot_of_json(w->resource, w->object, store_next_version(&w->api->store));
    if (s == NULL)
        return fault_no_memory(w->reply);
    w->result = s;
    if (w->dry_run)
        return true;
    r = persist_put(&b->persist, w->resource->plural, "", s->name, s->text, s->length);
    if (r < 0)
        return fault_disk(w->reply, w->resource, s->name, "keeping", r);
    snapshot_ref(s);
    return store_put(&w->api->store, s) || fault_no_memory(w->reply);
}

/* Only apiVersion, kind and metadata are the client's. */
static bool apply(struct write *w)
{
    static const char *const known[] = {"apiVersion", "kind", "metadata", "spec", "status"};
    const char *key;
    json_t *value;

    json_object_foreach(w->object, key, value) {
        bool good = false;

        for (size_t i = 0; i < array_count(known); i++)
            good |= strcmp(known[i], key) == 0;
        if (!good && w->validation == VALIDATE_STRICT)
            return fault_bad_request(w->reply, "Namespace in version \"v1\" cannot be handled as a Namespace: strict decoding "
                                               "error: unknown field \"%s\"", key);
    }
    return check_metadata(w) && store_and_keep(w, w->old != NULL && is_terminating(w->old) ? "Terminating" : "Active");
}

/* Everything in it is told to go; it goes when all of that has. */
static bool remove_inhabitants(struct write *w)
{
    struct store *store = &w->api->store;

    for (size_t i = 0; i < array_count(inhabitants); i++) {
        const struct collection *c = &store->collections[inhabitants[i]];

        for (size_t j = c->count; j-- > 0;) {
            struct snapshot *s = c->items[j];
            struct write each = {.rq = w->rq, .reply = w->reply, .api = w->api, .resource = s->resource, .old = s,
                                 .grace = w->grace};
            bool ok;

            if (strcmp(s->namespace, w->old->name) != 0)
                continue;
            snapshot_ref(s);
            ok = s->resource->remove(&each);
            snapshot_unref(each.result);
            snapshot_unref(s);
            if (!ok)
                return false;
            j = j < c->count ? j : c->count;
        }
    }
    return true;
}

static bool holds_files(const struct write *w)
{
    static const char mark[] = "\"kubernetes.io/config.source\":\"file\"";

    for (size_t i = 0; i < array_count(inhabitants); i++) {
        const struct collection *c = &w->api->store.collections[inhabitants[i]];
        size_t j = store_first(&w->api->store, inhabitants[i], w->old->name);

        for (; j < c->count && strcmp(c->items[j]->namespace, w->old->name) == 0; j++) {
            if (memmem(c->items[j]->metadata, c->items[j]->metadata_length, mark, strlen(mark)) != NULL)
                return true;
        }
    }
    return false;
}

static bool remove_namespace(struct write *w)
{
    struct backing *b = w->api->backing;
    int r;

    if (strcmp(w->old->name, default_name) == 0 || strcmp(w->old->name, "kube-system") == 0)
        return fault_of(w->reply, w->resource, w->old->name, 403, "Forbidden",
                        "namespaces \"%s\" is forbidden: this namespace may not be deleted", w->old->name);
    if (holds_files(w))
        return fault_of(w->reply, w->resource, w->old->name, 403, "Forbidden",
                        "namespaces \"%s\" is forbidden: it holds what comes from manifest files", w->old->name);
    if (w->dry_run)
        return true;
    w->object = snapshot_json(w->old);
    if (w->object == NULL)
        return fault_no_memory(w->reply);
    if (!store_and_keep(w, "Terminating") || !remove_inhabitants(w))
        return false;
    r = persist_remove(&b->persist, w->resource->plural, "", w->old->name);
    if (r < 0)
        return fault_disk(w->reply, w->resource, w->old->name, "removing", r);
    return namespaces_show(b) || fault_no_memory(w->reply);
}

/* ---- restore ---- */

static bool take_back(void *arg, const char *namespace, const char *name, const char *text, size_t length,
                      const char **why)
{
    struct backing *b = arg;
    json_t *object = json_loadb(text, length, 0, NULL);
    const char *its_name = json_string_value(json_object_get(json_object_get(object, "metadata"), "name"));
    const char *kind = json_string_value(json_object_get(object, "kind"));
    bool ok = *namespace == '\0' && its_name != NULL && strcmp(its_name, name) == 0 && kind != NULL
              && strcmp(kind, "Namespace") == 0 && complete(object, "Active") && put(b, object);

    *why = "it is torn, or none of ours";
    json_decref(object);
    return ok;
}

void namespaces_restore(struct backing *b)
{
    persist_load(&b->persist, resource_namespaces.plural, take_back, b);
}

/* ---- as a resource ---- */

static bool fill_cells(struct snapshot *s, const json_t *object)
{
    const char *phase = json_string_value(json_object_get(json_object_get(object, "status"), "phase"));

    s->cells[0].text = s->name;
    s->cells[1].text = arena_strdup(s->arena, phase != NULL ? phase : "Active");
    s->cells[2].since = s->created;
    return s->cells[1].text != NULL;
}

static const struct column columns[] = {
    {"Name", "string", "name", 0, "Name of the namespace."},
    {"Status", "string", "", 0, "Active, or Terminating while what is in it goes."},
    {"Age", "string", "", 0, "Time since its creation."},
};
static const char *const fields[] = {"status.phase"};

const struct resource resource_namespaces = {
    .plural = "namespaces", .singular = "namespace", .kind = "Namespace", .short_name = "ns",
    .verbs = VERB_CREATE | VERB_DELETE | VERB_PATCH | VERB_UPDATE | VERBS_READ,
    .columns = columns, .column_count = array_count(columns),
    .fields = fields, .field_count = array_count(fields),
    .fill_cells = fill_cells, .apply = apply, .remove = remove_namespace,
};
