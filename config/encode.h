/*
 * From structs back to JSON, by the field table alone: the reverse of decode.h.
 *
 * Defaults are written out, as a Kubernetes server does; what was not given and
 * has no default is left out.  decode(encode(x)) is x.
 */
#ifndef PIDLET_CONFIG_ENCODE_H
#define PIDLET_CONFIG_ENCODE_H

#include "config/schema.h"

struct buf;
struct node;

/* Appends `object`, a struct of `info`, as one JSON object; fails as `out` does. */
void encode_object(const struct object_info *info, const void *object, struct buf *out);

/* Appends a value as it was written in a manifest. */
void encode_node(const struct node *n, struct buf *out);

#endif
