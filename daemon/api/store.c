#include "daemon/api/store.h"

#include "base/clock.h"
#include "base/sorted.h"
#include "daemon/api/snapshot.h"

#include <stdlib.h>
#include <string.h>

void store_init(struct store *s, void (*on_change)(void *arg), void *arg)
{
    struct wall_time now = clock_wall();

    *s = (struct store){.on_change = on_change, .arg = arg};
    s->version = (uint64_t)now.seconds * 1000 + (uint64_t)(now.nanoseconds / 1000000);
    s->forgotten = s->version;
}

static void change_deinit(struct change *c)
{
    snapshot_unref(c->old);
    snapshot_unref(c->new);
    snapshot_unref(c->last);
}

void store_deinit(struct store *s)
{
    for (size_t i = 0; i < s->ring_count; i++)
        change_deinit(&s->ring[(s->ring_first + i) % s->ring_capacity]);
    free(s->ring);
    for (size_t r = 0; r < RESOURCES; r++) {
        for (size_t i = 0; i < s->collections[r].count; i++)
            snapshot_unref(s->collections[r].items[i]);
        free(s->collections[r].items);
    }
    *s = (struct store){0};
}

uint64_t store_next_version(const struct store *s)
{
    return s->version + 1;
}

/* ---- history ---- */

/* What was shown until the change is held by the history alone, and so is what has gone. */
static size_t change_bytes(const struct change *c)
{
    return (c->old != NULL ? snapshot_bytes(c->old) : 0) + (c->last != NULL ? snapshot_bytes(c->last) : 0);
}

static void forget_oldest(struct store *s)
{
    struct change *oldest = &s->ring[s->ring_first];

    s->forgotten = oldest->version;
    s->ring_bytes -= change_bytes(oldest);
    change_deinit(oldest);
    s->ring_first = (s->ring_first + 1) % s->ring_capacity;
    s->ring_count--;
}

/* As many as all objects could make within one turn of the loop, and then some. */
static size_t most_changes(const struct store *s)
{
    return STORE_HISTORY_MIN + 4 * s->objects;
}

static size_t most_bytes(const struct store *s)
{
    return STORE_HISTORY_BYTES + s->bytes / 2;
}

static bool ring_grow(struct store *s)
{
    size_t capacity = s->ring_capacity == 0 ? 64 : s->ring_capacity * 2;
    struct change *ring = calloc(capacity, sizeof *ring);

    if (ring == NULL)
        return false;
    for (size_t i = 0; i < s->ring_count; i++)
        ring[i] = s->ring[(s->ring_first + i) % s->ring_capacity];
    free(s->ring);
    s->ring = ring;
    s->ring_capacity = capacity;
    s->ring_first = 0;
    return true;
}

static bool ring_make_room(struct store *s)
{
    while (s->ring_count > 0 && s->ring_count >= most_changes(s))
        forget_oldest(s);
    if (s->ring_count < s->ring_capacity || ring_grow(s))
        return true;
    if (s->ring_count == 0)
        return false;
    forget_oldest(s);                   /* no memory: a shorter history */
    return true;
}

static void ring_add(struct store *s, const struct resource *resource, struct snapshot *old, struct snapshot *new,
                     struct snapshot *last, uint64_t version)
{
    struct change *c = &s->ring[(s->ring_first + s->ring_count++) % s->ring_capacity];

    *c = (struct change){.sequence = ++s->sequence, .version = version, .resource = resource, .old = old,
                         .new = new, .last = last};
    s->version = version;
    s->ring_bytes += change_bytes(c);
    while (s->ring_count > 1 && s->ring_bytes > most_bytes(s))
        forget_oldest(s);
    s->on_change(s->arg);
}

const struct change *store_change(const struct store *s, uint64_t sequence, bool *lost)
{
    const uint64_t first = s->sequence - s->ring_count + 1;

    *lost = sequence < first;
    if (*lost || sequence > s->sequence)
        return NULL;
    return &s->ring[(s->ring_first + (size_t)(sequence - first)) % s->ring_capacity];
}

bool store_sequence_of(const struct store *s, uint64_t version, uint64_t *sequence)
{
    size_t low = 0, high = s->ring_count;

    if (version < s->forgotten)
        return false;
    while (low < high) {                /* the first change that is newer than `version` */
        size_t middle = low + (high - low) / 2;

        if (s->ring[(s->ring_first + middle) % s->ring_capacity].version > version)
            high = middle;
        else
            low = middle + 1;
    }
    *sequence = s->sequence - s->ring_count + low;
    return true;
}

/* ---- objects ---- */

static size_t index_of(const struct resource *resource)
{
    for (size_t i = 0; i < RESOURCES; i++) {
        if (resources[i] == resource)
            return i;
    }
    return RESOURCES;
}

struct place {
    const char *namespace, *name;
};

static int compare_place(const void *item, const void *key)
{
    const struct snapshot *s = *(struct snapshot *const *)item;
    const struct place *wanted = key;
    const int order = strcmp(s->namespace, wanted->namespace);

    return order != 0 ? order : strcmp(s->name, wanted->name);
}

/* Where an object is, or would be. */
static size_t place(const struct collection *c, const char *namespace, const char *name, bool *found)
{
    const struct place wanted = {.namespace = namespace, .name = name};
    const size_t at = sorted_place(c->items, c->count, sizeof(struct snapshot *), compare_place, &wanted);

    *found = at < c->count && compare_place(&c->items[at], &wanted) == 0;
    return at;
}

struct snapshot *store_get(const struct store *s, size_t resource, const char *namespace, const char *name)
{
    const struct collection *c = &s->collections[resource];
    bool found;
    size_t i = place(c, namespace, name, &found);

    return found ? c->items[i] : NULL;
}

size_t store_first(const struct store *s, size_t resource, const char *namespace)
{
    bool found;

    return place(&s->collections[resource], namespace, "", &found);
}

static bool make_room(struct collection *c)
{
    size_t capacity = c->capacity == 0 ? 16 : c->capacity * 2;
    struct snapshot **items;

    if (c->count < c->capacity)
        return true;
    items = reallocarray(c->items, capacity, sizeof *items);
    if (items == NULL)
        return false;
    c->items = items;
    c->capacity = capacity;
    return true;
}

bool store_put(struct store *s, struct snapshot *new)
{
    struct collection *c = &s->collections[index_of(new->resource)];
    struct snapshot *old = NULL;
    bool found;
    size_t i;

    if (!ring_make_room(s) || !make_room(c)) {
        snapshot_unref(new);
        return false;
    }
    i = place(c, new->namespace, new->name, &found);
    if (found) {
        old = c->items[i];              /* its reference goes to the history */
        s->bytes -= snapshot_bytes(old);
    } else {
        memmove(&c->items[i + 1], &c->items[i], (c->count - i) * sizeof(struct snapshot *));
        c->count++;
        s->objects++;
    }
    c->items[i] = new;
    s->bytes += snapshot_bytes(new);
    snapshot_ref(new);
    ring_add(s, new->resource, old, new, NULL, new->version);
    return true;
}

bool store_remove(struct store *s, struct snapshot *last)
{
    struct collection *c = &s->collections[index_of(last->resource)];
    bool found;
    size_t i = place(c, last->namespace, last->name, &found);
    struct snapshot *old;

    if (!found || !ring_make_room(s)) {
        snapshot_unref(last);
        return !found;
    }
    old = c->items[i];
    c->count--;
    s->objects--;
    s->bytes -= snapshot_bytes(old);
    memmove(&c->items[i], &c->items[i + 1], (c->count - i) * sizeof(struct snapshot *));
    ring_add(s, last->resource, old, NULL, last, last->version);
    return true;
}
