/*
 * Tables: what `kubectl get` prints.  The columns are the resource's, the cells the
 * snapshot's; ages are counted here.
 */
#ifndef PIDLET_API_TABLE_H
#define PIDLET_API_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct resource;
struct snapshot;

enum table_object { TABLE_METADATA, TABLE_OBJECT, TABLE_NONE };     /* ?includeObject= */

/* From "Table" to the open list of rows; `metadata` is the list's, as JSON. */
void table_begin(struct buf *out, const struct resource *resource, const char *metadata);
void table_row(struct buf *out, const struct snapshot *s, enum table_object object, int64_t now);
void table_end(struct buf *out);

/* The text of one cell at `now`. */
void table_cell(struct buf *out, const struct snapshot *s, size_t column, int64_t now);

#endif
