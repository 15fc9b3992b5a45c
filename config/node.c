#include "config/node.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

static const char *const kind_names[] = {
    [NODE_NULL]   = "null",
    [NODE_BOOL]   = "boolean",
    [NODE_INT]    = "integer",
    [NODE_FLOAT]  = "number",
    [NODE_STRING] = "string",
    [NODE_LIST]   = "list",
    [NODE_MAP]    = "map",
};

const char *node_kind_name(enum node_kind kind)
{
    return kind_names[kind];
}

/* ---- maps ---- */

static int by_key(const void *a, const void *b, void *arg)
{
    const struct node_pair *pairs = arg;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    int order = strcmp(pairs[x].key, pairs[y].key);

    return order != 0 ? order : (x > y) - (x < y);
}

bool node_sort(struct node *map, struct arena *arena)
{
    uint32_t *order;

    map->map.order = NULL;
    if (map->map.count <= NODE_MAP_SMALL)
        return true;
    order = arena_array(arena, map->map.count, sizeof *order);
    if (order == NULL)
        return false;
    for (uint32_t i = 0; i < map->map.count; i++)
        order[i] = i;
    qsort_r(order, map->map.count, sizeof *order, by_key, map->map.pairs);
    map->map.order = order;
    return true;
}

static const struct node_pair *search(const struct node *map, const char *key)
{
    const struct node_pair *pairs = map->map.pairs;
    size_t from = 0, to = map->map.count;

    while (from < to) {                 /* the first that is not less: of equals the one written first */
        size_t middle = (from + to) / 2;

        if (strcmp(pairs[map->map.order[middle]].key, key) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    if (from == map->map.count || strcmp(pairs[map->map.order[from]].key, key) != 0)
        return NULL;
    return &pairs[map->map.order[from]];
}

const struct node_pair *node_pair(const struct node *map, const char *key)
{
    if (map == NULL || map->kind != NODE_MAP)
        return NULL;
    if (map->map.order != NULL)
        return search(map, key);
    for (size_t i = 0; i < map->map.count; i++) {
        if (strcmp(map->map.pairs[i].key, key) == 0)
            return &map->map.pairs[i];
    }
    return NULL;
}

struct node *node_get(const struct node *map, const char *key)
{
    const struct node_pair *pair = node_pair(map, key);

    return pair != NULL ? pair->value : NULL;
}

/* ---- trees ---- */

struct node *node_copy(const struct node *n, struct arena *arena)
{
    struct node *copy = arena_make(arena, struct node);

    if (copy == NULL)
        return NULL;
    *copy = *n;
    if (n->text != NULL && (copy->text = arena_strndup(arena, n->text, n->length)) == NULL)
        return NULL;
    if (n->kind == NODE_LIST) {
        copy->list.items = arena_array(arena, n->list.count, sizeof *copy->list.items);
        for (size_t i = 0; copy->list.items != NULL && i < n->list.count; i++) {
            if ((copy->list.items[i] = node_copy(n->list.items[i], arena)) == NULL)
                return NULL;
        }
        return copy->list.items != NULL ? copy : NULL;
    }
    if (n->kind == NODE_MAP) {
        copy->map.pairs = arena_array(arena, n->map.count, sizeof *copy->map.pairs);
        for (size_t i = 0; copy->map.pairs != NULL && i < n->map.count; i++) {
            copy->map.pairs[i] = n->map.pairs[i];
            copy->map.pairs[i].key = arena_strdup(arena, n->map.pairs[i].key);
            copy->map.pairs[i].value = node_copy(n->map.pairs[i].value, arena);
            if (copy->map.pairs[i].key == NULL || copy->map.pairs[i].value == NULL)
                return NULL;
        }
        return copy->map.pairs != NULL && node_sort(copy, arena) ? copy : NULL;
    }
    return copy;
}

size_t node_depth(const struct node *n)
{
    size_t deepest = 0, depth;

    if (n->kind == NODE_LIST) {
        for (size_t i = 0; i < n->list.count; i++) {
            depth = node_depth(n->list.items[i]);
            deepest = depth > deepest ? depth : deepest;
        }
        return deepest + 1;
    }
    if (n->kind == NODE_MAP) {
        for (size_t i = 0; i < n->map.count; i++) {
            depth = node_depth(n->map.pairs[i].value);
            deepest = depth > deepest ? depth : deepest;
        }
        return deepest + 1;
    }
    return 0;
}
