/*
 * A hash of what a manifest says: equal for equal content, whatever its layout,
 * comments or file.
 */
#ifndef PIDLET_CONFIG_DIGEST_H
#define PIDLET_CONFIG_DIGEST_H

#include "config/schema.h"

enum { DIGEST_SIZE = 33 };              /* 32 hex digits and the end */

/* FNV-1a of 128 bits over every field of `object`, defaults included, in the table's order. */
void digest_object(const struct object_info *info, const void *object, char out[DIGEST_SIZE]);

#endif
