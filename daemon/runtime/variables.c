#include "daemon/runtime/variables.h"

#include "base/arena.h"
#include "base/hash.h"

#include <string.h>

static size_t name_length(const char *variable)
{
    return strcspn(variable, "=");
}

static size_t hash(const char *name, size_t length)
{
    uint64_t h = hash_bytes(HASH_INIT, name, length);

    return (size_t)(h ^ h >> 32);
}

bool variables_init(struct variables *v, struct arena *a, size_t most)
{
    size_t slots = 16;

    while (slots < 2 * (most + 1))      /* half of them stay free: a search always ends */
        slots *= 2;
    *v = (struct variables){.items = arena_array(a, most + 1, sizeof *v->items),
                            .slots = arena_array(a, slots, sizeof *v->slots), .mask = slots - 1};
    return v->items != NULL && v->slots != NULL;
}

/* The slot of the name, or the free one where it would be.  A dropped one's slot stays taken. */
static uint32_t *slot_of(const struct variables *v, const char *name, size_t length)
{
    size_t i = hash(name, length) & v->mask;

    for (;; i = (i + 1) & v->mask) {
        const char *item = v->slots[i] != 0 ? v->items[v->slots[i] - 1] : NULL;

        if (v->slots[i] == 0
            || (item != NULL && strncmp(item, name, length) == 0 && name_length(item) == length))
            return &v->slots[i];
    }
}

void variables_add(struct variables *v, char *variable)
{
    uint32_t *slot = slot_of(v, variable, name_length(variable));

    v->items[v->count++] = variable;
    if (*slot == 0)
        *slot = (uint32_t)v->count;
}

void variables_set(struct variables *v, char *variable)
{
    uint32_t *slot = slot_of(v, variable, name_length(variable));

    if (*slot == 0) {
        v->items[v->count++] = variable;
        *slot = (uint32_t)v->count;
    } else {
        v->items[*slot - 1] = variable;
    }
}

void variables_drop(struct variables *v, const char *name)
{
    uint32_t *slot = slot_of(v, name, strlen(name));

    if (*slot != 0)
        v->items[*slot - 1] = NULL;
}

const char *variables_get(const struct variables *v, const char *name, size_t length)
{
    const uint32_t *slot = slot_of(v, name, length);

    return *slot != 0 ? v->items[*slot - 1] + length + 1 : NULL;
}

char **variables_end(struct variables *v)
{
    size_t kept = 0;

    for (size_t i = 0; i < v->count; i++) {
        if (v->items[i] != NULL)
            v->items[kept++] = v->items[i];
    }
    v->items[kept] = NULL;
    return v->items;
}
