#include "config/sources.h"

#include "base/arena.h"
#include "base/buf.h"
#include "config/names.h"
#include "config/value.h"

#include <stdlib.h>
#include <string.h>

const char *source_kind_name(enum source_kind kind)
{
    return kind == SOURCE_SECRET ? "Secret" : "ConfigMap";
}

void source_set_deinit(struct source_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        arena_free(set->items[i]->arena);       /* each lives in its own */
    free(set->items);
    *set = (struct source_set){0};
}

bool source_set_add(struct source_set *set, struct source *s)
{
    if (set->count == set->capacity) {
        size_t capacity = set->capacity == 0 ? 8 : set->capacity * 2;
        struct source **items = reallocarray(set->items, capacity, sizeof *items);

        if (items == NULL)
            return false;
        set->items = items;
        set->capacity = capacity;
    }
    set->items[set->count++] = s;
    return true;
}

const struct source *source_find(const struct source_set *set, enum source_kind kind,
                                 const char *namespace, const char *name)
{
    for (; set != NULL; set = set->next) {
        for (size_t i = 0; i < set->count; i++) {
            const struct source *s = set->items[i];

            if (s->kind == kind && strcmp(s->name, name) == 0 && strcmp(s->namespace, namespace) == 0)
                return s;
        }
    }
    return NULL;
}

static struct source *source_new(struct arena *arena, enum source_kind kind,
                                 const struct object_meta *meta, size_t room)
{
    struct source *s = arena_make(arena, struct source);

    if (s == NULL)
        return NULL;
    s->arena = arena;
    s->kind = kind;
    s->name = meta->name;
    s->namespace = meta->namespace != NULL && meta->namespace[0] != '\0' ? meta->namespace : "default";
    s->data.items = arena_array(arena, room, sizeof *s->data.items);
    return s->data.items != NULL ? s : NULL;
}

static void put(struct string_map *map, const char *key, const char *value)
{
    map->items[map->count++] = (struct string_pair){.key = key, .value = value};
}

struct source *source_of_config_map(struct arena *arena, const struct config_map_manifest *m)
{
    struct source *s = source_new(arena, SOURCE_CONFIG_MAP, m->metadata, m->data.count);

    for (size_t i = 0; s != NULL && i < m->data.count; i++)
        put(&s->data, m->data.items[i].key, m->data.items[i].value);
    return s;
}

static char *decoded(struct arena *arena, const char *base64)
{
    struct buf plain = BUF_INIT;
    char *value;

    value_base64(base64, &plain);
    value = buf_failed(&plain) ? NULL : arena_strndup(arena, buf_text(&plain), plain.length);
    if (plain.data != NULL)
        explicit_bzero(plain.data, plain.capacity);
    buf_deinit(&plain);
    return value;
}

/* stringData wins over data. */
struct source *source_of_secret(struct arena *arena, const struct secret_manifest *m, struct diags *diags)
{
    struct source *s = source_new(arena, SOURCE_SECRET, m->metadata, m->data.count + m->string_data.count);
    struct names plain;

    if (s == NULL)
        return NULL;
    names_of(&plain, &m->string_data, key, diags);
    for (size_t i = 0; s != NULL && i < m->data.count; i++) {
        const char *key = m->data.items[i].key;
        char *value;

        if (names_first(&plain, key) != NAMES_NONE)
            continue;
        value = decoded(arena, m->data.items[i].value);
        if (value != NULL)
            put(&s->data, key, value);
        else
            s = NULL;
    }
    names_deinit(&plain);
    for (size_t i = 0; s != NULL && i < m->string_data.count; i++)
        put(&s->data, m->string_data.items[i].key, m->string_data.items[i].value);
    return s;
}
