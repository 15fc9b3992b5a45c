/*
 * How a probe's attempts have ended, and how long they took: for people who watch.
 */
#ifndef PIDLET_RUNTIME_PROBE_STATS_H
#define PIDLET_RUNTIME_PROBE_STATS_H

#include "base/clock.h"
#include "probes/outcome.h"

#include <stdint.h>

struct live_pod;

enum { PROBE_STATS_SUCCESSFUL, PROBE_STATS_FAILED, PROBE_STATS_UNKNOWN };
enum { PROBE_STATS_BUCKETS = 11 };

struct probe_stats {
    uint64_t results[PROBE_STATS_UNKNOWN + 1];
    uint64_t buckets[PROBE_STATS_BUCKETS];      /* attempts up to each bound, and above the one before */
    uint64_t count;
    double seconds;                     /* of all of them */
};

/* Upper bounds in seconds: Prometheus' default buckets. */
extern const double probe_stats_bounds[PROBE_STATS_BUCKETS];

void probe_stats_add(struct probe_stats *s, enum attempt_outcome outcome, mono_ms took);

/* NULL: that probe has made no attempt, or the container has none of that type. */
const struct probe_stats *live_pod_probe_stats(const struct live_pod *p, unsigned container, int type);

#endif
