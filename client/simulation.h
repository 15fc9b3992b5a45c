/*
 * One pod simulated: what is to befall it, turned into behaviours and faults, and
 * what became of it.  Knows nothing of options' spelling nor of output.
 */
#ifndef PIDLET_CLIENT_SIMULATION_H
#define PIDLET_CLIENT_SIMULATION_H

#include "base/clock.h"
#include "config/scenario.h"
#include "daemon/core/simulator.h"
#include "client/tally.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct backoff_policy;
struct buf;
struct chaos;
struct chaos_plan;
struct pod_config;

/* What befalls the chosen container of a pod, as the command line tells. */
struct simulation_faults {
    const struct sim_run *runs;         /* borrowed; NULL: runs that do not end */
    size_t run_count;
    mono_ms kill_every;                 /* after each start; MONO_NEVER: no kills */
    mono_ms hang_after;                 /* MONO_NEVER: no hanging */
    mono_ms ready_after;
    const struct scenario *scenario;    /* in place of all these; NULL: none */
    const struct chaos_plan *chaos;     /* likewise, for all containers that it names */
};

struct simulation {
    const struct pod_config *config;
    const struct simulation_faults *faults;
    int container;                      /* that the faults are for; -1: none of this pod */
    mono_ms length;                     /* MONO_NEVER: see simulation_length() */
    mono_ms extension;                  /* longer by this at most, to see the end of the chaos' rounds */
    uint64_t seed;
    const struct backoff_policy *policies;      /* in place of the pod's own; NULL: those */
    struct buf *json;                   /* gets the trace as JSON lines; may be NULL */
    void (*json_full)(struct buf *json);        /* takes out what is in it, when that is much */
};

struct simulation_result {
    struct tally tally;
    const char *violation;              /* NULL: none */
    mono_ms at;                         /* when that was */
    struct chaos *chaos;                /* what the plan did; owned; NULL without one */
};

/*
 * Plays it.  The result, also of a simulation that was broken off or that memory was short
 * for, is the caller's to deinit.  False: no memory.
 */
bool simulation_play(const struct simulation *s, struct simulation_result *result);
void simulation_result_deinit(struct simulation_result *result);

/*
 * How long to look when nobody said: until the container's waits have come to their
 * cap for the second time and that wait is over, at most an hour.  0: no memory.
 */
mono_ms simulation_length(const struct simulation *s);

#endif
