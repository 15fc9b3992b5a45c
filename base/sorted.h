/*
 * Places in an array in ascending order.
 */
#ifndef PIDLET_BASE_SORTED_H
#define PIDLET_BASE_SORTED_H

#include <stddef.h>

/* Like strcmp(3), of an item in the array and what is looked for. */
typedef int sorted_compare_fn(const void *item, const void *key);

/*
 * Where the first of `count` items of `size` bytes stands that is not less than the key, which is where one that
 * equals it would be put.  Inline, so that `compare` is, too.
 */
static inline size_t sorted_place(const void *items, size_t count, size_t size, sorted_compare_fn *compare,
                                  const void *key)
{
    size_t low = 0, high = count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (compare((const char *)items + middle * size, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

#endif
