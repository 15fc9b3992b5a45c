/*
 * `get`, as far as other verbs use it.
 */
#ifndef PIDLET_CLIENT_GET_H
#define PIDLET_CLIENT_GET_H

#include "client/options.h"

#include <jansson.h>
#include <stdbool.h>

struct buf;
struct kind_name;

/* Appends `?` or `&` with the selectors. */
void get_selectors(const struct api_options *o, struct buf *path);

/* The rows of a Table; with `header` the columns' names before them. */
struct table_style {
    bool wide, header, with_namespace, with_labels;
    const char *prefix;                 /* "pod/", before each name; NULL: none */
};
void get_table(const json_t *table, const struct table_style *style, struct buf *out);

/* Events, or rows of a Table with them: the one that was seen last comes last, within a second the one that changed last. */
void get_sort_events(json_t *list);

#endif
