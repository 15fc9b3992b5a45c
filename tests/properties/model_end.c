/* The model's ends of runs: kubelet-semantics 1.3, 1.4, 5.1, 6. */
#include "tests/properties/model_private.h"

#include <stddef.h>

/* ---- ends ---- */

enum outcome { STAYS, RESTARTS, RESTARTS_AT_ONCE, RESTARTS_ALL, IS_REMOVED };

/* What the first rule that fits says; unset: none (kubelet-semantics 5.1). */
static enum restart_rule_action rule_says(const struct model_container *c)
{
    const struct restart_rule_spec_list *rules = &c->spec->restart_policy_rules;

    for (size_t i = 0; i < rules->count; i++) {
        const struct exit_codes_spec *codes = rules->items[i].exit_codes;
        bool in = false;

        for (size_t j = 0; j < codes->values.count; j++)
            in |= codes->values.items[j] == c->end.exit_code;
        if (codes->operator == EXIT_CODES_IN ? in : !in)
            return rules->items[i].action;
    }
    return restart_rule_action_UNSET;
}

static bool policy_says(const struct model_container *c)
{
    if (c->role == ROLE_SIDECAR)
        return true;
    if (c->restart_policy == RESTART_ON_FAILURE)
        return c->end.exit_code != 0;
    return c->restart_policy == RESTART_ALWAYS;
}

/* kubelet-semantics 5.1, 6.1 and 6.2. */
static enum outcome outcome_of(const struct model_container *c)
{
    const bool for_a_probe = c->must_stop == STOP_LIVENESS || c->must_stop == STOP_STARTUP;
    const bool done = c->end.exit_code == 0 && c->end.reason != END_OOM_KILLED;
    enum restart_rule_action rule;

    if (c->for_good)
        return STAYS;
    if (c->removing)
        return IS_REMOVED;
    if (c->must_stop == STOP_CHANGED || c->must_stop == STOP_FILES_CHANGED
        || c->must_stop == STOP_RESTART)
        return RESTARTS_AT_ONCE;
    if (for_a_probe)
        return c->restart_policy == RESTART_NEVER ? STAYS : RESTARTS;
    rule = rule_says(c);
    if (rule == RULE_RESTART_ALL_CONTAINERS)
        return RESTARTS_ALL;
    if (c->role == ROLE_INIT && done)
        return STAYS;
    if (rule == RULE_RESTART)
        return RESTARTS;
    if (c->role == ROLE_INIT)
        return c->restart_policy == RESTART_NEVER ? STAYS : RESTARTS;
    return policy_says(c) ? RESTARTS : STAYS;
}

static void take_next(struct model_container *c)
{
    if (c->next == SPEC_NEW_COMMAND)
        c->rule = (struct rule){0};
    c->next = SPEC_SAME;
}

static void wait(struct model_container *c, enum model_life life)
{
    c->life = life;
    c->due = MONO_NEVER;                /* the BackOff note tells */
    c->woken = c->rule_cleared = c->at_once = false;
    c->owed[NOTE_BACKOFF]++;
}

void model_run_ended(struct model *m, struct model_container *c, const struct run_end *end)
{
    enum outcome outcome;

    c->end = *end;
    c->has_end = true;
    c->was_removed = false;
    c->finished = m->now;
    c->owed[NOTE_EXITED]++;
    c->passed_first = true;
    c->up = c->begun = false;
    c->said_ready = c->said_stopping = false;
    c->told_by = MONO_NEVER;
    for (int i = 0; i < PROBE_TYPES; i++)
        c->probes[i].at_work = false;
    outcome = outcome_of(c);
    take_next(c);
    switch (outcome) {
    case STAYS:
        c->life = LIFE_GONE;
        break;
    case RESTARTS:
    case RESTARTS_ALL:
        wait(c, outcome == RESTARTS ? LIFE_RESTING : LIFE_HOLDING);
        if (rule_expired(&c->rule, c->policy, c->finished))
            c->owed[NOTE_RESET]++;
        break;
    case RESTARTS_AT_ONCE:
        wait(c, LIFE_RESTING);
        c->at_once = true;
        break;
    case IS_REMOVED:
        model_removed(c);
        break;
    }
}

void model_not_created(struct model *m, struct model_container *c)
{
    c->starts--;
    c->owed[NOTE_NOT_CREATED]++;
    c->passed_first = true;
    take_next(c);
    if (c->for_good) {
        c->life = LIFE_GONE;
    } else if (c->removing) {
        model_removed(c);
    } else {
        c->life = LIFE_BLOCKED;
        c->due = m->now + 10 * MONO_SECOND;
        c->woken = false;
        c->must_stop = STOP_NONE;
    }
}

void model_backoff_noted(struct model *m, struct model_container *c, mono_ms delay)
{
    mono_ms least = c->at_once ? 0 : rule_next_start(&c->rule, c->policy, c->finished) - c->finished;
    long double most = (long double)least + (long double)least * c->policy->jitter_milli / 1000 + 1;

    if (delay < least || (long double)delay > most || (delay > c->policy->max && delay > least)
        || (c->policy->jitter_milli == 0 && delay != least))
        model_break(m, c, "a wait that is not the rule's");
    c->due = mono_add(c->finished, delay);
}
