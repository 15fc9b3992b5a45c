/*
 * What single values look like: names in Kubernetes' formats, $(VAR) references.
 */
#ifndef PIDLET_CONFIG_VALUE_H
#define PIDLET_CONFIG_VALUE_H

#include "config/schema.h"

#include <stdbool.h>
#include <stddef.h>

struct buf;

/*
 * What is wrong with `text` as a `format`, in Kubernetes' words (kubelet-semantics
 * 10.2); NULL: nothing.  With several faults the first.
 */
const char *value_fault(enum field_format format, const char *text);

enum { VALUE_NAME_MAX = 253 + 1 + 63 };         /* bytes of the longest qualified name */

/* Decodes standard base64 into `out` (NULL: only looks); false when it is none. */
bool value_base64(const char *text, struct buf *out);

/* The value of a variable; NULL: not defined, the reference stays as it is. */
typedef const char *value_lookup_fn(void *arg, const char *name, size_t length);

/* Appends `text` with $(NAME) and $$ replaced, as kubelet-semantics 9.2 has it. */
void value_expand(struct buf *out, const char *text, value_lookup_fn *lookup, void *arg);

#endif
