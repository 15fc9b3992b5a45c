#include "daemon/core/restart_rules.h"

bool run_succeeded(const struct run_end *end)
{
    return end->exit_code == 0 && end->reason != END_OOM_KILLED;
}

/* It is stopped so that it starts anew, whatever its policy says. */
static bool is_for_a_new_start(enum stop_reason why)
{
    return why == STOP_CHANGED || why == STOP_FILES_CHANGED || why == STOP_RESTART;
}

bool restarts_after_kill(const struct container *c, enum stop_reason why)
{
    return c->wanted && (is_for_a_new_start(why) || c->restart_policy != RESTART_NEVER);
}

static bool is_listed(const struct int_list *list, int value)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i] == value)
            return true;
    }
    return false;
}

/* The first rule that fits decides (kubelet-semantics 5.1); unset: none fits. */
static enum restart_rule_action rule_for(const struct container *c, int exit_code)
{
    for (size_t i = 0; i < c->spec->restart_policy_rules.count; i++) {
        const struct restart_rule_spec *rule = &c->spec->restart_policy_rules.items[i];
        const bool listed = is_listed(&rule->exit_codes->values, exit_code);

        if (listed == (rule->exit_codes->operator == EXIT_CODES_IN))
            return rule->action;
    }
    return restart_rule_action_UNSET;
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
    enum restart_rule_action rule;

    if (!c->wanted)
        return VERDICT_STAYS;
    if (c->stop == STOP_RESTART_ALL)
        return VERDICT_REMOVED;
    if (is_for_a_new_start(c->stop))
        return VERDICT_RESTARTS_AT_ONCE;
    if (c->stop == STOP_LIVENESS || c->stop == STOP_STARTUP)    /* the rules have no say */
        return restarts_after_kill(c, c->stop) ? VERDICT_RESTARTS : VERDICT_STAYS;
    rule = rule_for(c, end->exit_code);
    if (rule == RULE_RESTART_ALL_CONTAINERS)
        return VERDICT_RESTARTS_ALL;
    switch (c->role) {
    case ROLE_INIT:                     /* its success is final, under Always too */
        return run_succeeded(end) ? VERDICT_STAYS
               : rule == RULE_RESTART ? VERDICT_RESTARTS : by_policy(c->restart_policy, true);
    case ROLE_SIDECAR:
        return VERDICT_RESTARTS;
    case ROLE_REGULAR:
        return rule == RULE_RESTART ? VERDICT_RESTARTS : by_policy(c->restart_policy, end->exit_code != 0);
    }
    return VERDICT_STAYS;
}
