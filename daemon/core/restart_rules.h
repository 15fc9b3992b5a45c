/*
 * Whether a container that ended runs again (kubelet-semantics 5.1, 6.1, 6.2).
 *
 * Pure.
 */
#ifndef PIDLET_CORE_RESTART_RULES_H
#define PIDLET_CORE_RESTART_RULES_H

#include "daemon/core/container.h"

enum restart_verdict {
    VERDICT_STAYS,              /* ended for good */
    VERDICT_RESTARTS,           /* by itself, after its back-off */
    VERDICT_RESTARTS_AT_ONCE,   /* it was stopped for a new definition, or new files: no failure of its own */
    VERDICT_RESTARTS_ALL,       /* and all the others with it, after its back-off */
    VERDICT_REMOVED,            /* when another has asked for that */
};

/* What becomes of `c`, whose run ended so. */
enum restart_verdict restart_verdict(const struct container *c, const struct run_end *end);

/* Whether a container that is killed for this reason runs again, as far as is known then. */
bool restarts_after_kill(const struct container *c, enum stop_reason why);

/* An init container's run did its work: exit code 0 and no OOM kill. */
bool run_succeeded(const struct run_end *end);

#endif
