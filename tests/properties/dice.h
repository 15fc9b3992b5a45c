/*
 * Random choices that a seed repeats: xorshift64* (Vigna 2014), apart from the
 * generator of the core's jitter.
 */
#ifndef PIDLET_TESTS_DICE_H
#define PIDLET_TESTS_DICE_H

#include "base/macros.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dice {
    uint64_t state;             /* never 0 */
};

static inline struct dice dice_of(uint64_t seed)
{
    /* Neighbouring seeds are to differ in many bits; the odd factor keeps them apart. */
    uint64_t mixed = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);

    mixed ^= mixed >> 29;
    return (struct dice){.state = mixed != 0 ? mixed : 1};
}

/* 0 to sides - 1. */
static inline unsigned dice_roll(struct dice *d, unsigned sides)
{
    d->state ^= d->state >> 12;
    d->state ^= d->state << 25;
    d->state ^= d->state >> 27;
    return (unsigned)((d->state * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % sides;
}

/* Once in `sides` times. */
static inline bool dice_once_in(struct dice *d, unsigned sides)
{
    return dice_roll(d, sides) == 0;
}

#define dice_pick(dice, array) ((array)[dice_roll((dice), (unsigned)array_count(array))])

#endif
