#include "daemon/api/plain.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "config/load.h"
#include "daemon/api/backing.h"
#include "daemon/api/check.h"
#include "daemon/api/fault.h"
#include "daemon/api/kinds.h"
#include "daemon/api/snapshot.h"
#include "base/stamp.h"
#include "daemon/api/write.h"
#include "daemon/runtime/manager.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* stringData is written only: it becomes data. */
static bool fold_string_data(json_t *object)
{
    json_t *from = json_object_get(object, "stringData"), *to = json_object_get(object, "data"), *value;
    const char *key;
    bool ok = true;

    if (!json_is_object(from)) {
        json_object_del(object, "stringData");
        return true;
    }
    if (!json_is_object(to)) {
        to = json_object();
        ok = json_object_set_new(object, "data", to) == 0;
    }
    json_object_foreach(from, key, value) {
        struct buf text = BUF_INIT;

        buf_add_base64(&text, json_string_value(value), json_string_length(value));
        ok = ok && !buf_failed(&text) && json_object_set_new(to, key, json_string(buf_text(&text))) == 0;
        if (text.data != NULL)
            explicit_bzero(text.data, text.capacity);
        buf_deinit(&text);
    }
    json_object_del(object, "stringData");
    return ok;
}

/* ---- what is applied ---- */

static enum source_kind kind_of(const struct resource *r)
{
    return r == &resource_secrets ? SOURCE_SECRET : SOURCE_CONFIG_MAP;
}

static size_t applied_index(const struct source_set *set, enum source_kind kind, const char *namespace, const char *name)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct source *s = set->items[i];

        if (s->kind == kind && strcmp(s->name, name) == 0 && strcmp(s->namespace, namespace) == 0)
            return i;
    }
    return set->count;
}

static void forget(struct source_set *set, size_t index)
{
    if (index == set->count)
        return;
    arena_free(set->items[index]->arena);
    memmove(&set->items[index], &set->items[index + 1], (--set->count - index) * sizeof(struct source *));
}

/* What is of a file can only be changed there. */
static bool is_writable(const struct write *w)
{
    const struct backing *b = w->api->backing;
    const enum source_kind kind = kind_of(w->resource);
    const struct source *s;

    if (w->old == NULL || applied_index(&b->applied, kind, w->old->namespace, w->old->name) < b->applied.count)
        return true;
    s = source_find(b->files, kind, w->old->namespace, w->old->name);
    return fault_of(w->reply, w->resource, w->old->name, 403, "Forbidden",
                    "%s \"%s\" is forbidden: it comes from the manifest %s: change it there", w->resource->plural,
                    w->old->name, s != NULL ? s->file : "of a file");
}

/* An immutable one does not change, but for its metadata. */
static bool is_mutable(struct write *w)
{
    json_t *old;
    bool same;

    if (w->old == NULL)
        return true;
    old = snapshot_json(w->old);
    if (old == NULL)
        return fault_no_memory(w->reply);
    same = !json_is_true(json_object_get(old, "immutable"))
           || (json_equal(json_object_get(old, "data"), json_object_get(w->object, "data"))
               && json_is_true(json_object_get(w->object, "immutable")));
    json_decref(old);
    return same || fault_cause(w->reply, w->resource, w->old->name, "FieldValueForbidden", "data",
                               "Forbidden: field is immutable when `immutable` is set");
}

/* Disk first, then memory: nothing has changed when one of them fails. */
static bool keep(struct write *w, struct pod_config_set *set)
{
    struct backing *b = w->api->backing;
    struct source *s = set->sources.items[0];
    const size_t index = applied_index(&b->applied, s->kind, s->namespace, s->name);
    struct snapshot *shown = snapshot_of_json(w->resource, w->object, store_next_version(&w->api->store));
    int r;

    if (shown == NULL)
        return fault_no_memory(w->reply);
    if (w->dry_run) {
        w->result = shown;
        return true;
    }
    r = persist_put(&b->persist, w->resource->plural, shown->namespace, shown->name, shown->text, shown->length);
    if (r < 0) {
        snapshot_unref(shown);
        return fault_disk(w->reply, w->resource, s->name, "keeping", r);
    }
    if (index < b->applied.count) {
        arena_free(b->applied.items[index]->arena);
        b->applied.items[index] = s;
    } else if (!source_set_add(&b->applied, s)) {
        snapshot_unref(shown);
        return fault_no_memory(w->reply);
    }
    set->sources.count = 0;             /* the applied set's now */
    manager_retry_blocked(b->manager);
    snapshot_ref(shown);
    w->result = shown;
    return store_put(&w->api->store, shown) || fault_no_memory(w->reply);
}

static bool has_default_type(struct write *w)
{
    if (w->resource != &resource_secrets || json_is_string(json_object_get(w->object, "type")))
        return true;
    return json_object_set_new(w->object, "type", json_string("Opaque")) == 0 || fault_no_memory(w->reply);
}

bool write_apply_plain(struct write *w)
{
    struct pod_config_set set = {0};
    bool ok;

    if (!is_writable(w) || !check_object(w, &set))
        return false;
    ok = (fold_string_data(w->object) || fault_no_memory(w->reply)) && has_default_type(w) && is_mutable(w)
         && keep(w, &set);
    pod_config_set_deinit(&set);
    return ok;
}

bool write_remove_plain(struct write *w)
{
    struct backing *b = w->api->backing;
    const struct snapshot *old = w->old;
    json_t *object;
    struct snapshot *last;
    int r;

    if (!is_writable(w))
        return false;
    if (w->dry_run)
        return true;
    object = snapshot_json(old);
    last = object == NULL ? NULL : snapshot_of_json(w->resource, object, store_next_version(&w->api->store));
    json_decref(object);
    if (last == NULL)
        return fault_no_memory(w->reply);
    r = persist_remove(&b->persist, w->resource->plural, old->namespace, old->name);
    if (r < 0) {
        snapshot_unref(last);
        return fault_disk(w->reply, w->resource, old->name, "removing", r);
    }
    forget(&b->applied, applied_index(&b->applied, kind_of(w->resource), old->namespace, old->name));
    return store_remove(&w->api->store, last) || fault_no_memory(w->reply);
}

/* ---- those of files ---- */

/* What the API shows of a source; a Secret's data in base64. */
static json_t *json_of_source(const struct source *s)
{
    char stamp[STAMP_SIZE], uid[48];
    json_t *object, *data = json_object();

    for (size_t i = 0; i < s->data.count; i++) {
        const char *value = s->data.items[i].value;
        struct buf text = BUF_INIT;

        if (s->kind == SOURCE_SECRET)
            buf_add_base64(&text, value, strlen(value));
        else
            buf_adds(&text, value);
        json_object_set_new(data, s->data.items[i].key, json_string(buf_text(&text)));
        buf_deinit(&text);
    }
    stamp_format(clock_wall().seconds, stamp);
    snprintf(uid, sizeof uid, "file-%u", s->line);
    object = json_pack("{s:s, s:s, s:{s:s, s:s, s:s, s:s, s:{s:s, s:s}}, s:o}", "kind", source_kind_name(s->kind),
                       "apiVersion", "v1", "metadata", "name", s->name, "namespace", s->namespace, "uid", uid,
                       "creationTimestamp", stamp, "annotations", "kubernetes.io/config.source", "file",
                       "pidlet.dev/config.file", s->file, "data", data);
    if (object != NULL && s->kind == SOURCE_SECRET)
        json_object_set_new(object, "type", json_string("Opaque"));
    return object;
}

/* The same but for its version and time: nothing to show. */
static bool is_shown(const struct snapshot *old, json_t *object)
{
    json_t *before = old == NULL ? NULL : snapshot_json(old);
    json_t *metadata = json_object_get(before, "metadata");
    bool same;

    if (before == NULL)
        return false;
    json_object_set(json_object_get(object, "metadata"), "creationTimestamp",
                    json_object_get(metadata, "creationTimestamp"));
    json_object_del(metadata, "resourceVersion");
    same = json_equal(before, object);
    json_decref(before);
    return same;
}

static bool show_file(struct backing *b, const struct source *s)
{
    const size_t resource = s->kind == SOURCE_SECRET ? RESOURCE_SECRETS : RESOURCE_CONFIG_MAPS;
    json_t *object = json_of_source(s);
    struct snapshot *new = NULL;
    bool ok = object != NULL;

    if (ok && !is_shown(store_get(&b->api->store, resource, s->namespace, s->name), object)) {
        new = snapshot_of_json(resources[resource], object, store_next_version(&b->api->store));
        ok = new != NULL && store_put(&b->api->store, new);
    }
    json_decref(object);
    return ok;
}

/* Of an object that no manifest has any more. */
static bool drop_file(struct backing *b, size_t resource, const struct snapshot *s)
{
    json_t *object = snapshot_json(s);
    struct snapshot *last =
        object == NULL ? NULL : snapshot_of_json(resources[resource], object, store_next_version(&b->api->store));

    json_decref(object);
    return last != NULL && store_remove(&b->api->store, last);
}

static bool drop_files(struct backing *b, size_t resource)
{
    const struct collection *c = &b->api->store.collections[resource];
    const enum source_kind kind = kind_of(resources[resource]);

    for (size_t i = c->count; i-- > 0;) {
        const struct snapshot *s = c->items[i];

        if (applied_index(&b->applied, kind, s->namespace, s->name) == b->applied.count
            && source_find(b->files, kind, s->namespace, s->name) == NULL && !drop_file(b, resource, s))
            return false;
    }
    return true;
}

bool plain_show_files(struct backing *b)
{
    bool ok = drop_files(b, RESOURCE_CONFIG_MAPS) && drop_files(b, RESOURCE_SECRETS);

    for (size_t i = 0; ok && i < b->files->count; i++)
        ok = show_file(b, b->files->items[i]);
    return ok;
}

/* ---- restore ---- */

struct restoring {
    struct backing *b;
    const struct resource *resource;
};

static bool take_back(void *arg, const char *namespace, const char *name, const char *text, size_t length,
                      const char **why)
{
    struct restoring *r = arg;
    json_t *object = json_loadb(text, length, 0, NULL);
    json_t *metadata = json_object_get(object, "metadata");
    struct http_reply reply = {0};
    struct arena *arena = arena_new();
    struct http_request rq = {.api = r->b->api, .arena = arena, .namespace = namespace, .name = name};
    struct write w = {.rq = &rq, .reply = &reply, .api = r->b->api, .resource = r->resource, .object = object,
                      .validation = VALIDATE_WARN};
    struct pod_config_set set = {0};
    const char *its_name = json_string_value(json_object_get(metadata, "name"));
    const char *its_namespace = json_string_value(json_object_get(metadata, "namespace"));
    struct persist persist = r->b->persist;
    bool ok = false;

    *why = "it is torn, or none of ours";
    if (arena != NULL && its_name != NULL && its_namespace != NULL && strcmp(its_name, name) == 0
        && strcmp(its_namespace, namespace) == 0 && check_object(&w, &set) && set.sources.count == 1) {
        r->b->persist = (struct persist){.fd = -1};     /* it is on the disk already */
        ok = keep(&w, &set);
        r->b->persist = persist;
    }
    pod_config_set_deinit(&set);
    snapshot_unref(w.result);
    json_decref(object);
    buf_deinit(&reply.body);
    arena_free(arena);
    return ok;
}

void plain_restore(struct backing *b)
{
    struct restoring r = {.b = b};

    r.resource = &resource_config_maps;
    persist_load(&b->persist, r.resource->plural, take_back, &r);
    r.resource = &resource_secrets;
    persist_load(&b->persist, r.resource->plural, take_back, &r);
}

/* ---- as resources ---- */

static bool count_cell(struct snapshot *s, const json_t *object, size_t column)
{
    size_t count = json_object_size(json_object_get(object, "data")) + json_object_size(json_object_get(object, "binaryData"));

    s->cells[column].text = arena_printf(s->arena, "%zu", count);
    return s->cells[column].text != NULL;
}

static bool config_map_cells(struct snapshot *s, const json_t *object)
{
    s->cells[0].text = s->name;
    s->cells[2].since = s->created;
    return count_cell(s, object, 1);
}

static bool secret_cells(struct snapshot *s, const json_t *object)
{
    const char *type = json_string_value(json_object_get(object, "type"));

    s->cells[0].text = s->name;
    s->cells[1].text = arena_strdup(s->arena, type != NULL ? type : "Opaque");
    s->cells[3].since = s->created;
    return s->cells[1].text != NULL && count_cell(s, object, 2);
}

static const struct column config_map_columns[] = {
    {"Name", "string", "name", 0, "Name of the ConfigMap."},
    {"Data", "string", "", 0, "How many keys it has."},
    {"Age", "string", "", 0, "Time since its creation."},
};

const struct resource resource_config_maps = {
    .plural = "configmaps", .singular = "configmap", .kind = "ConfigMap", .short_name = "cm",
    .namespaced = true, .verbs = VERBS_ALL,
    .columns = config_map_columns, .column_count = array_count(config_map_columns),
    .fill_cells = config_map_cells, .apply = write_apply_plain, .remove = write_remove_plain,
};

static const struct column secret_columns[] = {
    {"Name", "string", "name", 0, "Name of the Secret."},
    {"Type", "string", "", 0, "What it is for."},
    {"Data", "string", "", 0, "How many keys it has."},
    {"Age", "string", "", 0, "Time since its creation."},
};
static const char *const secret_fields[] = {"type"};

const struct resource resource_secrets = {
    .plural = "secrets", .singular = "secret", .kind = "Secret",
    .namespaced = true, .verbs = VERBS_ALL,
    .columns = secret_columns, .column_count = array_count(secret_columns),
    .fields = secret_fields, .field_count = array_count(secret_fields),
    .fill_cells = secret_cells, .apply = write_apply_plain, .remove = write_remove_plain,
};
