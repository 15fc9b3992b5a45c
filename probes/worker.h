/*
 * A probe worker: when a probe's next attempt is due, and what a row of outcomes
 * means.  One per container and probe, for the container's whole life.
 *
 *              start               deadline              outcome
 *      OFF ------------> WAITING ------------> PROBING ------------> WAITING
 *       ^                                                   `------> ON_HOLD
 *       `---- stop, from any state           (a verdict that ends the run's probing)
 *
 * Liveness and startup attempts stand on a grid that begins with the run: the
 * first at the first multiple of the period that is not before the initial delay
 * nor before one period.  Readiness begins as soon as the initial delay has
 * passed.  Ticks that pass while an attempt is under way collapse into one.  A new
 * run starts all counters at zero.  (kubelet-semantics 2.1 to 2.5, with difference
 * 3 of docs/differences.md.)
 *
 * Pure: no clock, no allocation; the caller runs the attempts it is asked for and
 * brings each one's outcome back, except of those it was told to cancel.
 */
#ifndef PIDLET_PROBES_WORKER_H
#define PIDLET_PROBES_WORKER_H

#include "base/clock.h"
#include "probes/outcome.h"

#include <stdbool.h>
#include <stdint.h>

struct probe_spec;

enum probe_type { PROBE_LIVENESS, PROBE_READINESS, PROBE_STARTUP };
enum { PROBE_TYPES = PROBE_STARTUP + 1 };

/* What is published: the verdict after thresholds. */
enum probe_result { PROBE_UNKNOWN, PROBE_SUCCESS, PROBE_FAILURE };

enum worker_state {
    WORKER_OFF,                         /* no run to look at, or not its turn yet */
    WORKER_WAITING,                     /* the next attempt begins at `deadline` */
    WORKER_PROBING,                     /* an attempt is under way */
    WORKER_ON_HOLD,                     /* its verdict is being acted upon; waits for a new run */
};
enum { WORKER_STATES = WORKER_ON_HOLD + 1 };

struct worker {
    const struct probe_spec *spec;      /* NULL: the container has no such probe; always OFF */
    mono_ms deadline;                   /* MONO_NEVER except in WAITING */
    mono_ms tick;                       /* the grid's next point */
    int32_t run;                        /* outcomes in a row that equal `last` */
    enum probe_type type : 8;
    enum worker_state state : 8;
    enum probe_result result : 8;       /* published */
    enum probe_result last : 8;
    uint8_t tries;                      /* of the attempt under way */
};

enum worker_event_kind {
    WORKER_START,                       /* look at the run that began at `started` */
    WORKER_STOP,                        /* the run ended, or nobody needs the verdict any more */
    WORKER_DEADLINE,
    WORKER_OUTCOME,                     /* the attempt under way ended in `outcome` */
};
enum { WORKER_EVENTS = WORKER_OUTCOME + 1 };

struct worker_event {
    enum worker_event_kind kind;
    mono_ms now;
    mono_ms started;                    /* WORKER_START */
    enum attempt_outcome outcome;       /* WORKER_OUTCOME */
};

enum worker_action {
    WORKER_DO_NOTHING,
    WORKER_DO_ATTEMPT,                  /* begin an attempt now */
    WORKER_DO_CANCEL,                   /* drop the attempt under way; no outcome follows */
};

struct worker_step {
    enum worker_action action;
    bool failed;                        /* an attempt counted as a failure: Event Unhealthy */
    bool warned;                        /* one counted as a success, with a warning */
    bool errored;                       /* three tries in a row could not tell: thrown away */
    bool changed;                       /* `result` was published anew and differs */
};

void worker_init(struct worker *w, enum probe_type type, const struct probe_spec *spec);
struct worker_step worker_step(struct worker *w, const struct worker_event *ev);

const char *probe_type_name(enum probe_type type);      /* "Liveness", as in the kubelet's messages */
const char *worker_state_name(enum worker_state state);

#endif
