/*
 * An object at one version, as it is shown: its JSON, and apart from it what lists,
 * tables and selectors need, so that none of them has to read JSON.
 *
 * Immutable and shared by count: a store, the history of its changes, answers under way.
 */
#ifndef PIDLET_API_SNAPSHOT_H
#define PIDLET_API_SNAPSHOT_H

#include "config/spec.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct resource;

/* A cell of a table.  Ages are counted when it is printed. */
struct cell {
    const char *text;                   /* NULL: the age alone */
    int64_t since;                      /* Unix seconds; 0: none, or <unknown> without a text */
};

struct snapshot {
    struct arena *arena;                /* of all of it */
    unsigned references;
    const struct resource *resource;
    uint64_t version;
    const char *namespace;              /* "" when the resource has none */
    const char *name;
    const char *uid;
    int64_t created;                    /* Unix seconds */
    struct string_map labels;
    const char **fields;                /* one a field of the resource */
    struct cell *cells;                 /* one a column of the resource */
    const char *text;                   /* the object, as JSON */
    size_t length;
    const char *metadata;               /* the object's metadata alone, within `text` */
    size_t metadata_length;
};

/* With one reference, and fields and cells all empty; NULL: no memory. */
struct snapshot *snapshot_new(const struct resource *resource);

/* Of memory, about. */
size_t snapshot_bytes(const struct snapshot *s);

void snapshot_ref(struct snapshot *s);
void snapshot_unref(struct snapshot *s);        /* NULL is fine */

/*
 * Of a JSON object, whose metadata gets `version`; the resource's own function fills the
 * cells.  NULL: no memory.
 */
struct snapshot *snapshot_of_json(const struct resource *resource, json_t *object, uint64_t version);

/* The object again, a new reference; NULL: no memory. */
json_t *snapshot_json(const struct snapshot *s);

/* For selectors: metadata.name, metadata.namespace and the resource's own; "" for none. */
const char *snapshot_field(const void *snapshot, const char *field);

#endif
