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
};

/* What becomes of `c`, whose run ended so. */
enum restart_verdict restart_verdict(const struct container *c, const struct run_end *end);

/* Whether a container that is killed for a failed probe runs again. */
bool restarts_after_probe_kill(const struct container *c);

/* An init container's run did its work: exit code 0 and no OOM kill. */
bool run_succeeded(const struct run_end *end);

#endif
