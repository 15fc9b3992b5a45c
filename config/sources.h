/*
 * ConfigMaps and Secrets: what containers take the values of variables from.
 */
#ifndef PIDLET_CONFIG_SOURCES_H
#define PIDLET_CONFIG_SOURCES_H

#include "config/spec.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct diags;
struct path;

enum source_kind { SOURCE_CONFIG_MAP, SOURCE_SECRET };

struct source {                         /* immutable; lives in `arena`, which it owns */
    struct arena *arena;
    enum source_kind kind;
    const char *file;                   /* where it was found */
    unsigned line;
    const char *namespace;
    const char *name;
    struct string_map data;             /* decoded; keys are unique */
};

struct source_set {
    struct source **items;              /* in order of appearance; owned */
    size_t count;
    size_t capacity;
    const struct source_set *next;      /* looked through after this one; borrowed, may be NULL */
};

void source_set_deinit(struct source_set *set);

/* Takes `s` over; false: no memory, and `s` is still the caller's. */
bool source_set_add(struct source_set *set, struct source *s);

/* NULL: there is none. */
const struct source *source_find(const struct source_set *set, enum source_kind kind,
                                 const char *namespace, const char *name);

/* The source of a decoded manifest in `arena`; NULL, or `diags` says it: no memory. */
struct source *source_of_config_map(struct arena *arena, const struct config_map_manifest *m);
struct source *source_of_secret(struct arena *arena, const struct secret_manifest *m, struct diags *diags);

const char *source_kind_name(enum source_kind kind);    /* "ConfigMap", "Secret" */

#endif
