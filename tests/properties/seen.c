#include "tests/properties/seen.h"

#include "base/hash.h"
#include "tests/lib/test.h"

#include <stdlib.h>
#include <string.h>

uint64_t seen_hash(uint64_t h, const void *bytes, size_t size)
{
    const char *at = bytes;

    for (uint64_t word; size >= sizeof word; at += sizeof word, size -= sizeof word) {
        memcpy(&word, at, sizeof word);
        h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 32;
    }
    return hash_bytes(h, at, size);
}

static size_t slot_of(const struct seen *s, uint64_t hash)
{
    size_t i = hash & (s->capacity - 1);

    while (s->hashes[i] != 0 && s->hashes[i] != hash)
        i = (i + 1) & (s->capacity - 1);
    return i;
}

static void init(struct seen *s, size_t capacity)
{
    *s = (struct seen){.capacity = capacity};
    s->hashes = calloc(capacity, sizeof *s->hashes);
    s->depths = calloc(capacity, sizeof *s->depths);
    assert_non_null(s->hashes);
    assert_non_null(s->depths);
}

void seen_init(struct seen *s)
{
    init(s, 1024);
}

void seen_deinit(struct seen *s)
{
    free(s->hashes);
    free(s->depths);
}

static void grow(struct seen *s)
{
    struct seen larger;

    init(&larger, s->capacity * 2);
    for (size_t i = 0; i < s->capacity; i++) {
        size_t j;

        if (s->hashes[i] == 0)
            continue;
        j = slot_of(&larger, s->hashes[i]);
        larger.hashes[j] = s->hashes[i];
        larger.depths[j] = s->depths[i];
    }
    larger.count = s->count;
    seen_deinit(s);
    *s = larger;
}

bool seen_less(struct seen *s, uint64_t hash, int depth)
{
    size_t i;

    hash += hash == 0;                  /* 0 marks what is free */
    if (s->count * 2 >= s->capacity)
        grow(s);
    i = slot_of(s, hash);
    if (s->hashes[i] == hash && s->depths[i] >= depth)
        return false;
    s->count += s->hashes[i] == 0;
    s->hashes[i] = hash;
    s->depths[i] = (uint8_t)depth;
    return true;
}
