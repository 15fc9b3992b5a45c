/*
 * What became of a pod, gathered from its notes: runs, waits, times of readiness.  The
 * same for simulated and for real pods, so that both end in the same report.
 *
 * All times are on the pod's clock: since it was created.
 */
#ifndef PIDLET_CLIENT_TALLY_H
#define PIDLET_CLIENT_TALLY_H

#include "daemon/core/pod.h"

#include <stdbool.h>
#include <stddef.h>

struct tally_run {
    unsigned container;         /* its index in the pod */
    unsigned restart;           /* 0: the first run */
    mono_ms started;
    mono_ms ended;              /* MONO_NEVER: it still ran at the end */
    mono_ms ready_from;         /* MONO_NEVER: never ready */
    mono_ms ready;              /* how long it was ready, all in all */
    enum stop_reason stop;      /* why it was stopped; STOP_NONE: it was not */
    struct run_end end;
    unsigned unhealthy;         /* attempts of probes that failed */
    bool restarts;              /* a restart was decided on when it had ended: */
    mono_ms delay;              /* so long after its end */
    bool reset;                 /* it was long enough to start the series over */
};

enum tally_mark_kind { TALLY_READY, TALLY_NOT_READY, TALLY_UNHEALTHY };

struct tally_mark {
    enum tally_mark_kind kind;
    unsigned container;
    mono_ms at;
};

struct tally {
    const struct pod_config *config;    /* borrowed */
    struct tally_run *runs;             /* in order of their starts; owned */
    size_t run_count, run_capacity;
    struct tally_mark *marks;           /* in order of time; owned */
    size_t mark_count, mark_capacity;
    mono_ms *ready_since;               /* one a container; MONO_NEVER: it is not */
    enum note_kind ended_as;            /* SUCCEEDED, FAILED, DELETED; meaningful when ended_at is not NEVER */
    mono_ms ended_at;                   /* MONO_NEVER: the pod lived at the end */
    mono_ms length;                     /* of all that was watched; set by tally_finish() */
    bool out_of_memory;
};

bool tally_init(struct tally *t, const struct pod_config *config);      /* false: no memory */
void tally_deinit(struct tally *t);

/* Each action of the core; those that are no notes say nothing. */
void tally_action(struct tally *t, const struct pod *p, const struct action *action);

/* Watching ends at `now`, which cuts off what still goes on. */
void tally_finish(struct tally *t, mono_ms now);

struct tally_sum {
    unsigned restarts;          /* decided on */
    mono_ms longest_wait;
    mono_ms waited;             /* all waits, as far as they passed */
    unsigned crash_loop;        /* the first restart that had to wait; 0: none */
    mono_ms crash_loop_at;      /* when that wait began */
    unsigned resets;
    mono_ms shortest_run, longest_run;  /* of those that ended; 0: none did */
    mono_ms serving;            /* it was ready so long */
    mono_ms length;             /* of so long */
};

struct tally_sum tally_sum(const struct tally *t, unsigned container);

/* serving / length in tenths of a per cent, rounded; 0 for no time at all. */
unsigned tally_permille(mono_ms serving, mono_ms length);

#endif
