#include "daemon/api/snapshot.h"

#include "base/arena.h"
#include "daemon/api/resource.h"
#include "base/stamp.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct snapshot *snapshot_new(const struct resource *resource)
{
    struct arena *arena = arena_new();
    struct snapshot *s = arena == NULL ? NULL : arena_make(arena, struct snapshot);

    if (s == NULL)
        goto fail;
    *s = (struct snapshot){.arena = arena, .references = 1, .resource = resource, .namespace = "",
                           .name = "", .uid = "", .text = "", .metadata = ""};
    s->fields = arena_array(arena, resource->field_count + 1, sizeof *s->fields);
    s->cells = arena_array(arena, resource->column_count + 1, sizeof *s->cells);
    if (s->fields == NULL || s->cells == NULL)
        goto fail;
    for (size_t i = 0; i < resource->field_count; i++)
        s->fields[i] = "";
    return s;
fail:
    arena_free(arena);
    return NULL;
}

size_t snapshot_bytes(const struct snapshot *s)
{
    return arena_size(s->arena);
}

void snapshot_ref(struct snapshot *s)
{
    s->references++;
}

void snapshot_unref(struct snapshot *s)
{
    if (s != NULL && --s->references == 0)
        arena_free(s->arena);
}

/* ---- of JSON ---- */

static const char *text_of(struct snapshot *s, const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : arena_strdup(s->arena, text);
}

static bool take_labels(struct snapshot *s, json_t *labels)
{
    const char *key;
    json_t *value;

    s->labels.items = arena_array(s->arena, json_object_size(labels) + 1, sizeof *s->labels.items);
    if (s->labels.items == NULL)
        return false;
    json_object_foreach(labels, key, value) {
        struct string_pair *pair = &s->labels.items[s->labels.count++];

        pair->key = arena_strdup(s->arena, key);
        pair->value = arena_strdup(s->arena, json_is_string(value) ? json_string_value(value) : "");
        if (pair->key == NULL || pair->value == NULL)
            return false;
    }
    return true;
}

static const char *dump(struct snapshot *s, const json_t *object, size_t *length)
{
    char *text = json_dumps(object, JSON_COMPACT), *copy;

    if (text == NULL)
        return NULL;
    *length = strlen(text);
    copy = arena_strndup(s->arena, text, *length);
    free(text);
    return copy;
}

/* Where the metadata stands in the text: what is the same stands there in the same words. */
static bool take_metadata(struct snapshot *s, const json_t *metadata)
{
    char *text = json_dumps(metadata, JSON_COMPACT);

    if (text == NULL)
        return false;
    s->metadata = strstr(s->text, text);
    s->metadata_length = strlen(text);
    free(text);
    return s->metadata != NULL;
}

/* A field's value by its path in the object. */
static bool take_fields(struct snapshot *s, const json_t *object)
{
    for (size_t i = 0; i < s->resource->field_count; i++) {
        char path[128], *rest = path, *step;
        const json_t *at = object;

        snprintf(path, sizeof path, "%s", s->resource->fields[i]);
        while (at != NULL && (step = strsep(&rest, ".")) != NULL)
            at = json_object_get(at, step);
        if (json_is_string(at))
            s->fields[i] = arena_strdup(s->arena, json_string_value(at));
        else if (json_is_boolean(at))
            s->fields[i] = json_is_true(at) ? "true" : "false";
        if (s->fields[i] == NULL)
            return false;
    }
    return true;
}

struct snapshot *snapshot_of_json(const struct resource *resource, json_t *object, uint64_t version)
{
    struct snapshot *s = snapshot_new(resource);
    json_t *metadata = json_object_get(object, "metadata");
    char digits[24];

    if (s == NULL)
        return NULL;
    snprintf(digits, sizeof digits, "%" PRIu64, version);
    if (json_object_set_new(metadata, "resourceVersion", json_string(digits)) != 0)
        goto fail;
    s->version = version;
    s->namespace = text_of(s, metadata, "namespace");
    s->name = text_of(s, metadata, "name");
    s->uid = text_of(s, metadata, "uid");
    s->created = stamp_parse(json_string_value(json_object_get(metadata, "creationTimestamp")));
    s->text = dump(s, object, &s->length);
    if (s->namespace == NULL || s->name == NULL || s->uid == NULL || s->text == NULL || !take_metadata(s, metadata)
        || !take_labels(s, json_object_get(metadata, "labels")) || !take_fields(s, object)
        || !resource->fill_cells(s, object))
        goto fail;
    return s;
fail:
    snapshot_unref(s);
    return NULL;
}

json_t *snapshot_json(const struct snapshot *s)
{
    return json_loadb(s->text, s->length, 0, NULL);
}

const char *snapshot_field(const void *snapshot, const char *field)
{
    const struct snapshot *s = snapshot;

    if (strcmp(field, "metadata.name") == 0)
        return s->name;
    if (strcmp(field, "metadata.namespace") == 0)
        return s->namespace;
    for (size_t i = 0; i < s->resource->field_count; i++) {
        if (strcmp(s->resource->fields[i], field) == 0)
            return s->fields[i];
    }
    return "";
}
