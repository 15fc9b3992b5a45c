/*
 * CrashLoopBackOff: how long a container waits before its next start.
 *
 * The first restart is immediate; after that the policy's initial delay, growing
 * by its factor up to its cap; always counted from the finish of the run that
 * ended, whatever ended it.  A run longer than the policy's `reset` starts the
 * series over.  (The design's promise; kubelet-semantics 1.3, with difference 1.)
 *
 * Pure: the caller says when things happened; nothing here reads a clock, arms a
 * timer, allocates or logs.  Jitter comes from a generator that the caller seeds.
 */
#ifndef PIDLET_CORE_BACKOFF_H
#define PIDLET_CORE_BACKOFF_H

#include "base/clock.h"
#include "config/backoff_policy.h"

#include <stdbool.h>
#include <stdint.h>

struct backoff {
    mono_ms next;               /* delay before the next start, without jitter; 0: at once */
    uint64_t random;            /* state of the jitter's generator */
    bool counting;              /* a restart was decided since the series began */
};

struct backoff_decision {
    mono_ms delay;              /* 0: at once */
    mono_ms start;              /* the instant of the next start: `ended` + delay */
    bool reset;                 /* the run was long enough to start a series over */
};

void backoff_init(struct backoff *b, uint64_t seed);

/* Begins a new series: the next restart is immediate. */
void backoff_reset(struct backoff *b);

/* Notes a run from `started` to `ended` and decides on the restart.  Cannot fail. */
struct backoff_decision backoff_next(struct backoff *b, const struct backoff_policy *policy,
                                     mono_ms started, mono_ms ended);

#endif
