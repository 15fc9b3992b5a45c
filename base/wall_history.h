/*
 * What the wall clock said at instants of the monotonic one, also before it was set, and before
 * the machine was asleep: CLOCK_MONOTONIC knows of neither.
 *
 * Pure: the caller reads both clocks, and says when it has.
 */
#ifndef PIDLET_WALL_HISTORY_H
#define PIDLET_WALL_HISTORY_H

#include "base/clock.h"

enum { WALL_STEPS = 16 };               /* that are remembered; before the oldest the clock is as after it */

struct wall_history {
    struct wall_step {
        mono_ms since;
        int64_t offset;                 /* Unix milliseconds less the monotonic ones */
    } steps[WALL_STEPS];
    unsigned count;                     /* 0: the monotonic clock is taken for the other */
};

/* `unix_ms`: CLOCK_REALTIME in milliseconds, read with `now`. */
void wall_history_init(struct wall_history *h, mono_ms now, int64_t unix_ms);

/* The clocks have been read again: a step of more than a second is remembered, less is drift, until it is more. */
void wall_history_look(struct wall_history *h, mono_ms now, int64_t unix_ms);

/* In Unix milliseconds; of the future as if nothing were to change. */
int64_t wall_history_at(const struct wall_history *h, mono_ms t);

#endif
