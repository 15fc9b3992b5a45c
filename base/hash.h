/*
 * FNV-1a of 64 bits (Fowler, Noll, Vo): for tables and for draws, not against an adversary.
 * A hash goes on with more bytes: hash_bytes(hash_bytes(HASH_INIT, …), …).
 */
#ifndef PIDLET_BASE_HASH_H
#define PIDLET_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HASH_INIT UINT64_C(0xcbf29ce484222325)

static inline uint64_t hash_bytes(uint64_t h, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;

    for (; size > 0; at++, size--)
        h = (h ^ *at) * UINT64_C(0x100000001b3);
    return h;
}

/* With its NUL: "a" and "b" then differ from "" and "ab". */
static inline uint64_t hash_text(uint64_t h, const char *text)
{
    return hash_bytes(h, text, strlen(text) + 1);
}

#endif
