#include "daemon/core/restart_rules.h"

bool run_succeeded(const struct run_end *end)
{
    return end->exit_code == 0 && end->reason != END_OOM_KILLED;
}

bool restarts_after_probe_kill(const struct container *c)
{
    return c->wanted && c->restart_policy != RESTART_NEVER;
}

static enum restart_verdict by_policy(enum restart_policy policy, bool failed)
{
    switch (policy) {
    case RESTART_ALWAYS:
        return VERDICT_RESTARTS;
    case RESTART_ON_FAILURE:
        return failed ? VERDICT_RESTARTS : VERDICT_STAYS;
    case RESTART_NEVER:
    case restart_policy_UNSET:
        return VERDICT_STAYS;
    }
    return VERDICT_STAYS;
}

enum restart_verdict restart_verdict(const struct container *c, const struct run_end *end)
{
    if (!c->wanted)
        return VERDICT_STAYS;
    if (c->stop == STOP_LIVENESS || c->stop == STOP_STARTUP)
        return restarts_after_probe_kill(c) ? VERDICT_RESTARTS : VERDICT_STAYS;
    switch (c->role) {
    case ROLE_INIT:                     /* its success is final, under Always too */
        return run_succeeded(end) ? VERDICT_STAYS : by_policy(c->restart_policy, true);
    case ROLE_SIDECAR:
        return VERDICT_RESTARTS;
    case ROLE_REGULAR:
        return by_policy(c->restart_policy, end->exit_code != 0);
    }
    return VERDICT_STAYS;
}
