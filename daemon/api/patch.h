/*
 * Patches of objects: strategic merge patch, JSON merge patch (RFC 7386), JSON patch
 * (RFC 6902).  Pure: an object and a patch in, a new object out.
 */
#ifndef PIDLET_API_PATCH_H
#define PIDLET_API_PATCH_H

#include <jansson.h>
#include <stdbool.h>

struct buf;

/*
 * Each returns a new reference to the patched object, which shares nothing with `object`;
 * NULL with the reason in `why`.  Both arguments stay as they are.
 */
json_t *patch_strategic(const json_t *object, const json_t *patch, struct buf *why);
json_t *patch_merge(const json_t *object, const json_t *patch, struct buf *why);
json_t *patch_json(const json_t *object, const json_t *operations, struct buf *why);

#endif
