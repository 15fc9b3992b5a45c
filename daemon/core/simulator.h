/*
 * The daemon's core in virtual time: the same pod_step(), with made-up processes.
 *
 * Each container behaves as scripted: how long its runs last, when its probes are
 * answered, how it takes a signal.  Time jumps from one thing that happens to the
 * next.  While it runs, the simulator holds the core to its invariants; the first
 * one broken stops it and is named by simulator_violation().
 */
#ifndef PIDLET_CORE_SIMULATOR_H
#define PIDLET_CORE_SIMULATOR_H

#include "daemon/core/pod.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_run {
    mono_ms length;             /* from the start to its own end; MONO_NEVER: it does not end */
    int exit_code;
    int signal;                 /* not 0: ends by this signal, whatever exit_code says */
    bool start_fails;           /* never starts: StartError */
    bool oom_killed;            /* the kernel's OOM killer took one of its processes */
    bool not_created;           /* never made: what its configuration names is not there */
};

struct sim_behaviour {
    const struct sim_run *runs; /* in turn, the last one repeating; borrowed */
    size_t run_count;           /* 0: runs that do not end; an init container's end well after a second */
    mono_ms term_after;         /* exits so long after TERM, with term_code; MONO_NEVER: ignores it */
    int term_code;              /* 0 also means: killed by SIGTERM, unless term_exits */
    bool term_exits;            /* handles TERM and exits with term_code */
    mono_ms startup_after;      /* startup probes fail until so long after the start; READY=1 comes then */
    mono_ms ready_after;        /* so do the others */
    mono_ms hang_after;         /* from then on in each run probes time out, TERM is not heard, and the
                                   process tells nothing of itself */
    mono_ms attempt_takes;      /* a probe's attempt that is answered lasts so long */
    mono_ms hook_takes;         /* so does a hook */
    enum attempt_outcome hook_outcome;
    enum attempt_outcome probe_fails_with;      /* before ready_after; ATTEMPT_OK: connect failed */
};

/* Runs for ever, is ready at once, dies of TERM at once. */
#define SIM_BEHAVIOUR_CALM {.hang_after = MONO_NEVER}

/* Each action of the core as it is done; `now` on the pod's clock. */
typedef void sim_observe_fn(void *arg, const struct pod *p, const struct action *action, mono_ms now);

struct simulator;

/*
 * Borrows `config` and the `behaviours` (one a container) until simulator_free().
 * The pod starts at time 0.  NULL: no memory.
 */
struct simulator *simulator_new(const struct pod_config *config,
                                const struct sim_behaviour *behaviours, uint64_t seed,
                                sim_observe_fn *observe, void *arg);
void simulator_free(struct simulator *s);

/* Does everything up to and including `until`; stops early when a violation is found. */
void simulator_run(struct simulator *s, mono_ms until);

/* When the next thing happens by itself; MONO_NEVER: nothing is left to happen. */
mono_ms simulator_next(const struct simulator *s);

/* Breaks it off; an observer may. */
void simulator_break(struct simulator *s, const char *why);

/* Gives the pod an event at the present instant (`now` is filled in). */
void simulator_post(struct simulator *s, const struct pod_event *ev);

/* What befalls the run that is under way, and ends with it; nothing without a run. */
enum sim_fault_kind {
    SIM_FAULT_END,              /* `end` now: an exit, a signal from outside */
    SIM_FAULT_HANG,             /* until `until`: probes time out, SIGTERM is not heard */
    SIM_FAULT_FAIL_PROBES,      /* until `until`: probes fail */
};

struct sim_fault {
    enum sim_fault_kind kind;
    int exit_code;              /* END */
    int signal;                 /* END: not 0: by this signal, whatever exit_code says */
    mono_ms until;              /* HANG, FAIL_PROBES: on the pod's clock; MONO_NEVER: to the run's end */
};

/* At the present instant; an END is seen by the next simulator_run(). */
void simulator_fault(struct simulator *s, unsigned container, const struct sim_fault *fault);

mono_ms simulator_now(const struct simulator *s);
const struct pod *simulator_pod(const struct simulator *s);
const char *simulator_violation(const struct simulator *s);     /* NULL: none */

#endif
