/*
 * Where names stand in a list, for rules that compare each with all: a manifest may hold
 * so many that looking one by one would take minutes.
 */
#ifndef PIDLET_CONFIG_NAMES_H
#define PIDLET_CONFIG_NAMES_H

#include "config/spec.h"

#include <stddef.h>
#include <stdint.h>

struct diags;

#define NAMES_NONE SIZE_MAX

struct name {
    const char *text;
    size_t at;                          /* its place in the list */
};

struct names {
    struct name *items;                 /* in order of text, then of place */
    size_t count;
    struct name few[8];                 /* what `items` is for a short list */
};

/*
 * The strings at `offset` in each of `count` structs of `stride` bytes; NULL is no name.
 * Borrows them.  When memory is short there are no names, and `diags` says so.
 */
void names_init(struct names *n, const void *items, size_t count, size_t stride, size_t offset,
                struct diags *diags);
void names_deinit(struct names *n);

#define names_of(n, list, member, diags)                                                   \
    names_init((n), (list)->items, (list)->count, sizeof *(list)->items,                   \
               offsetof(__typeof__(*(list)->items), member), (diags))

/* Place of the first that has this text; NAMES_NONE: none has, or text is NULL. */
size_t names_first(const struct names *n, const char *text);

#endif
