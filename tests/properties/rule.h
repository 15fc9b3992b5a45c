/*
 * The back-off as kubelet-semantics 1.3 words it, for comparison with daemon/core/backoff:
 * an entry of {delay, lastUpdate} that each start looks up and each start after a
 * run advances.  Without the kubelet's garbage collection (docs/differences.md).
 */
#ifndef PIDLET_TESTS_RULE_H
#define PIDLET_TESTS_RULE_H

#include "config/backoff_policy.h"

#include <stdbool.h>

struct rule {
    bool entry;                 /* there is one in the table */
    mono_ms delay;
    mono_ms last_update;
};

/* The entry has expired for a run that finished then: the series starts over. */
bool rule_expired(const struct rule *r, const struct backoff_policy *policy, mono_ms finished);

/* The first instant at which a container whose newest run finished then is not in back-off. */
mono_ms rule_next_start(const struct rule *r, const struct backoff_policy *policy, mono_ms finished);

/* A start at `now` of a container whose newest run finished then. */
void rule_start(struct rule *r, const struct backoff_policy *policy, mono_ms finished, mono_ms now);

#endif
