/*
 * What the field table says of a field, in words: for `explain` and the reference page.
 */
#ifndef PIDLET_CONFIG_DESCRIBE_H
#define PIDLET_CONFIG_DESCRIBE_H

#include "config/schema.h"

#include <stdbool.h>

struct buf;

/* As kubectl explain names types: "[]Container", "map[string]Quantity", "integer". */
void describe_type(const struct field *f, struct buf *out);

/* The default as YAML has it: "10", "/", "Always". False: there is none. */
bool describe_default(const struct field *f, struct buf *out);

/*
 * What values are taken: "0 or more; 0 means the default", "1 to 65535",
 * "an RFC 1123 label".  Not the values of a CHOICE.  False: all of the type.
 */
bool describe_bounds(const struct field *f, struct buf *out);

/* "an RFC 1123 label"; NULL: any text will do. */
const char *describe_format(enum field_format format);

/* Whether there is a default worth a word: "" is none. */
bool field_has_default(const struct field *f);

#endif
