/*
 * All that the API shows, each object at its newest version, and the changes of late: what
 * a watch is made of.
 *
 * One counter of versions for everything.  It begins at the wall clock, so that versions
 * of an earlier daemon are older than any of this one.
 */
#ifndef PIDLET_API_STORE_H
#define PIDLET_API_STORE_H

#include "daemon/api/resource.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct snapshot;

/* A change: without `old` an object has come, without `new` it has gone. */
struct change {
    uint64_t sequence;                  /* from 1, without gaps */
    uint64_t version;
    const struct resource *resource;
    struct snapshot *old;
    struct snapshot *new;
    struct snapshot *last;              /* of one that has gone: its last state, at `version` */
};

struct collection {
    struct snapshot **items;            /* by namespace, then name */
    size_t count, capacity;
};

struct store {
    uint64_t version;                   /* of the newest change */
    struct collection collections[RESOURCES];
    size_t objects;
    size_t bytes;                       /* of them: see snapshot_bytes() */
    struct change *ring;                /* `ring_count` changes from `ring_first` on */
    size_t ring_capacity, ring_first, ring_count;
    uint64_t sequence;                  /* of the newest change */
    size_t ring_bytes;                  /* of what the ring alone holds */
    uint64_t forgotten;                 /* version of the newest change that the ring has lost */
    void (*on_change)(void *arg);
    void *arg;
};

/*
 * The ring holds STORE_HISTORY_MIN changes and four of each object, but never more than
 * STORE_HISTORY_BYTES and half of what the objects take.  The newest is always there.
 */
enum { STORE_HISTORY_MIN = 1024, STORE_HISTORY_BYTES = 16 * 1024 * 1024 };

void store_init(struct store *s, void (*on_change)(void *arg), void *arg);
void store_deinit(struct store *s);

/* The version for the next put or remove, which must follow. */
uint64_t store_next_version(const struct store *s);

/* Both take a reference over, also when they fail: false: no memory, nothing has changed. */
bool store_put(struct store *s, struct snapshot *new);
bool store_remove(struct store *s, struct snapshot *last);      /* `last`: its last state, at a new version */

struct snapshot *store_get(const struct store *s, size_t resource, const char *namespace, const char *name);

/* The first index of a namespace's objects; they are neighbours. */
size_t store_first(const struct store *s, size_t resource, const char *namespace);

/* The change of that sequence; NULL: not there yet, or (*lost) the ring has forgotten it. */
const struct change *store_change(const struct store *s, uint64_t sequence, bool *lost);

/* The sequence after which all changes are newer than `version`; false: too old to tell. */
bool store_sequence_of(const struct store *s, uint64_t version, uint64_t *sequence);

#endif
