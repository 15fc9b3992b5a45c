/*
 * States that a search has met, by their hash, each with the depth that was left
 * when it was followed.
 */
#ifndef PIDLET_TESTS_SEEN_H
#define PIDLET_TESTS_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seen {
    uint64_t *hashes;           /* 0: free */
    uint8_t *depths;
    size_t count, capacity;     /* a power of 2 */
};

void seen_init(struct seen *s);
void seen_deinit(struct seen *s);

/* False when the state was followed with as much depth before; else notes that it now is. */
bool seen_less(struct seen *s, uint64_t hash, int depth);

/* Goes on from `h`, which is 1 at first. */
uint64_t seen_hash(uint64_t h, const void *bytes, size_t size);

#endif
