#include "daemon/runtime/probe_stats.h"

const double probe_stats_bounds[PROBE_STATS_BUCKETS] = {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};

void probe_stats_add(struct probe_stats *s, enum attempt_outcome outcome, mono_ms took)
{
    const double seconds = (double)took / 1000.;
    const enum attempt_class class = attempt_class(outcome);

    s->results[class == ATTEMPT_FAILURE ? PROBE_STATS_FAILED
               : class == ATTEMPT_ERROR ? PROBE_STATS_UNKNOWN : PROBE_STATS_SUCCESSFUL]++;
    s->count++;
    s->seconds += seconds;
    for (int i = 0; i < PROBE_STATS_BUCKETS; i++) {
        if (seconds <= probe_stats_bounds[i]) {
            s->buckets[i]++;
            break;
        }
    }
}
