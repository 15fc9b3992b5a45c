/*
 * What the processes of a container use, read from /proc and its cgroup when somebody asks,
 * and not before: a pidlet that nobody asks does not wake up for it.
 */
#ifndef PIDLET_RUNTIME_USAGE_H
#define PIDLET_RUNTIME_USAGE_H

#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

struct live_pod;

/* CPU time at two moments at which somebody asked; all zero: nobody has. */
struct usage_sample {
    uint64_t run;               /* what it is of: another number, another series */
    mono_ms base_at, last_at;
    uint64_t base, last;        /* nanoseconds */
};

struct resource_usage {
    uint64_t cpu;               /* nanoseconds a second: billionths of a core */
    mono_ms window;             /* over which that was; > 0 */
    uint64_t memory;            /* bytes resident; of pages that processes share, each counts its own */
};

/*
 * The rate of what has used `cpu` nanoseconds at `now`: since somebody asked before, or
 * for the first time since `began`, when it was nothing.
 */
void resource_usage_rate(struct usage_sample *s, uint64_t run, mono_ms began, mono_ms now, uint64_t cpu, struct resource_usage *out);

/* False: the container has no process. */
bool live_pod_usage(struct live_pod *p, unsigned container, mono_ms now, struct resource_usage *out);

#endif
