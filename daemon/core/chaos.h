/*
 * Faults on purpose: which container of a pod is hit next, with what, and when.
 *
 * Every container that the plan is for is hit on its own clock, which starts with
 * each of its runs; init containers are not, sidecars are.  A process that was sent
 * SIGSTOP is for its liveness probe to find; one that is not found by the time at which
 * it should have been is sent SIGCONT, and goes on as if it had started then.  A run
 * that ends by itself before its fault costs no round.  After its last round a
 * container is done when it runs again, or when it never will.
 *
 * Pure: it is shown the actions of the pod's core and says which signals are due; the
 * daemon sends them, the simulator acts them out.  The memory is the caller's:
 * chaos_size() bytes, then chaos_init(); there is nothing to undo.
 */
#ifndef PIDLET_CORE_CHAOS_H
#define PIDLET_CORE_CHAOS_H

#include "config/chaos_plan.h"
#include "daemon/core/pod.h"

enum chaos_state {
    CHAOS_AWAITED,              /* no run to hit: none has started, or it has just been hit */
    CHAOS_ARMED,                /* runs; `fault` comes at `deadline` */
    CHAOS_HALTED,               /* SIGSTOP was sent; SIGCONT at `deadline` */
    CHAOS_SPARED,               /* will not be hit any more */
};

enum chaos_deed { CHAOS_KILL, CHAOS_STOP, CHAOS_CONTINUE };

struct chaos_target {
    enum chaos_state state;
    enum chaos_deed fault;      /* the next one */
    mono_ms deadline;           /* MONO_NEVER while none is due */
    unsigned draws;             /* how often a fault was chosen */
    unsigned rounds;            /* faults that came */
    unsigned kills, stops;      /* of which */
    unsigned found;             /* stopped processes that a probe found */
    unsigned continued;         /* and those that none found in time */
};

struct chaos {
    const struct chaos_plan *plan;      /* borrowed, like the next */
    const struct pod_config *config;
    mono_ms ends;                       /* of plan->length; MONO_NEVER: not by itself */
    unsigned count;
    struct chaos_target targets[];      /* one a container, in the pod's order */
};

/* A signal that is due. */
struct chaos_order {
    unsigned container;
    enum chaos_deed deed;
    unsigned round;             /* of KILL and STOP: the number of this container's faults, this one included */
};

/* Whether the plan is for that container of a pod. */
bool chaos_is_target(const struct chaos_plan *plan, const struct pod_config *config, unsigned container);

size_t chaos_size(const struct pod_config *config);
void chaos_init(struct chaos *c, const struct chaos_plan *plan, const struct pod_config *config, mono_ms now);

/* Each action of the pod's core, as it is done. */
void chaos_observe(struct chaos *c, const struct pod *p, const struct action *action);

/* When chaos_next() has something to say; MONO_NEVER: not for now. */
mono_ms chaos_deadline(const struct chaos *c);

/* The next signal that is due at `now`, which counts as sent; false: none is. */
bool chaos_next(struct chaos *c, const struct pod *p, mono_ms now, struct chaos_order *order);

/* No more faults; CONTINUE for what is stopped is due now. */
void chaos_end(struct chaos *c, mono_ms now);

/* Nothing is to come: every container had its rounds, or the time is over. */
bool chaos_done(const struct chaos *c);

const char *chaos_signal_name(enum chaos_deed deed);    /* "SIGKILL" */

#endif
