/*
 * What pidlet does with each field that a manifest sets: honoured, ignored (and why
 * that is harmless), or refused.  Told for every file, from the field table.
 */
#ifndef PIDLET_CONFIG_REPORT_H
#define PIDLET_CONFIG_REPORT_H

#include "config/schema.h"

#include <stdbool.h>

struct arena;
struct kind_info;
struct node;
struct path;

struct report_field {
    const char *path;                   /* from the document's root: "spec.containers[0].image" */
    unsigned line, column;
    enum field_mode mode;
    const char *reason;                 /* of the table; NULL when honoured */
};

struct report_object {                  /* one object of a file */
    const char *file;
    unsigned line;
    const struct kind_info *kind;
    const char *name;                   /* "" when it has none */
    struct report_field *fields;        /* in the order of the manifest */
    size_t count, capacity;
    size_t of_mode[FIELD_REFUSED + 1];  /* how many of each */
};

struct report {
    struct arena *arena;                /* of the texts */
    struct report_object **items;
    size_t count, capacity;
    bool out_of_memory;                 /* it is not whole */
};

bool report_init(struct report *r);     /* false: no memory */
void report_deinit(struct report *r);

/* Adds the object `n`, found at `at` in `file`. */
void report_add(struct report *r, const char *file, const struct kind_info *kind,
                const struct node *n, const struct path *at);

const char *field_mode_name(enum field_mode mode);      /* "honoured" … */

#endif
