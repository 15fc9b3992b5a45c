/*
 * From nodes to structs, by the field table alone: types, defaults, bounds,
 * formats, unknown fields.
 */
#ifndef PIDLET_CONFIG_DECODE_H
#define PIDLET_CONFIG_DECODE_H

#include "config/schema.h"

#include <stdbool.h>

struct arena;
struct diags;
struct node;
struct path;

/*
 * Decodes `n` into a new struct of `object` in `arena`, which holds every string of it:
 * the tree may go.  All faults become findings.  NULL when memory was short; with
 * findings the struct holds what was good, for more findings by validation.
 */
void *decode_object(const struct object_info *object, const struct node *n, const struct path *at,
                    struct arena *arena, struct diags *diags);

/* The finding when `arena` was full (arena_set_limit): false. */
bool decode_too_much(struct diags *diags, const struct node *n);

#endif
