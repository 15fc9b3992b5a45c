#include "tests/properties/plan.h"

#include "tests/properties/dice.h"

enum { FEW_FAULTS = 4 };

/* Small values make things meet; the extremes must do no harm. */
/* The longest duration that a manifest can say: a hundred years. */
#define YEARS INT64_C(3153600000000)

static const int32_t delays[] = {0, 0, 0, 1, 3, 7, 60, INT32_MAX};
static const int32_t periods[] = {1, 1, 2, 3, 5, 10, 60, INT32_MAX};
static const int32_t timeouts[] = {1, 1, 2, 5, 30, INT32_MAX};
static const int32_t thresholds[] = {1, 1, 2, 3, 5, INT32_MAX};
static const int64_t graces[] = {30, 30, 0, 1, 2, 3, 5, 10, 600, -1, INT64_MIN + 1, INT64_MAX};
static const int64_t probe_graces[] = {0, 0, 0, 1, 2, 5, 30, INT64_MAX};
static const int64_t stop_graces[] = {-1, -1, 0, 1, 2, 5, 30, 3600};
static const mono_ms initials[] = {0, 1, 500, 1000, 10000, 60000};
static const mono_ms maxima[] = {1, 1000, 20000, 300000, 3600000, YEARS};
static const mono_ms resets[] = {1, 1000, 10000, 600000, YEARS};
static const int32_t factors[] = {1000, 1001, 1500, 2000, 3000, 1000000};
static const int32_t jitters[] = {0, 0, 0, 1, 100, 1000};
static const mono_ms watchdogs[] = {0, 0, 100, 1000, 2500, 30000, YEARS};
static const mono_ms lengths[] = {0, 1, 999, 1000, 1500, 5000, 9000, 30000, 599999, 600001, MONO_NEVER};
static const mono_ms term_times[] = {0, 0, 1, 700, 2000, 4500, 31000, MONO_NEVER};
static const mono_ms ready_times[] = {0, 0, 0, 1000, 4500, 20000, MONO_NEVER};
static const mono_ms hang_times[] = {MONO_NEVER, MONO_NEVER, MONO_NEVER, 0, 2500, 15000};
static const mono_ms attempt_times[] = {0, 0, 0, 10, 999, 1000, 2500, 6000};
static const mono_ms hook_times[] = {0, 0, 1, 800, 1700, 2000, 12300, MONO_NEVER};
static const mono_ms fault_times[] = {0, 1, 500, 1000, 2000, 4500, 10000, 12345, 31000, 60000, 700000};

static const int64_t deadlines[] = {0, 0, 0, 0, 1, 20, 600, INT32_MAX};
static const int codes[] = {0, 1, 1, 137, 143, 128};

static struct plan_rule a_rule(struct dice *d)
{
    return (struct plan_rule){
        .not_in = dice_once_in(d, 4), .code = dice_pick(d, codes), .all = dice_once_in(d, 2)};
}

static struct plan_probe a_probe(struct dice *d, enum probe_type type)
{
    struct plan_probe p = {
        .there = true,
        .delay = dice_pick(d, delays),
        .period = dice_pick(d, periods),
        .timeout = dice_pick(d, timeouts),
        .success = type == PROBE_READINESS ? dice_pick(d, thresholds) : 1,
        .failure = dice_pick(d, thresholds),
        .grace = type == PROBE_READINESS ? 0 : dice_pick(d, probe_graces),
    };

    return p;
}

static struct backoff_policy a_backoff(struct dice *d)
{
    struct backoff_policy p = {
        .initial = dice_pick(d, initials),
        .max = dice_pick(d, maxima),
        .reset = dice_pick(d, resets),
        .factor_milli = dice_pick(d, factors),
        .jitter_milli = dice_pick(d, jitters),
    };

    return p;
}

static void a_container(struct plan_container *c, struct dice *d, enum container_role role)
{
    static const enum restart_policy policies[] = {
        restart_policy_UNSET, restart_policy_UNSET, RESTART_ALWAYS, RESTART_ON_FAILURE, RESTART_NEVER};

    c->role = role;
    if (role == ROLE_SIDECAR)
        c->policy = RESTART_ALWAYS;
    else if (role == ROLE_REGULAR)
        c->policy = dice_pick(d, policies);
    else                                /* Always would make a sidecar of it */
        c->policy = dice_once_in(d, 4) ? RESTART_NEVER : restart_policy_UNSET;
    if (c->policy != restart_policy_UNSET && dice_once_in(d, 3))
        c->rule_count = 1 + dice_roll(d, PLAN_RULES);
    for (unsigned i = 0; i < c->rule_count; i++)
        c->rules[i] = a_rule(d);
    c->own_backoff = dice_once_in(d, 2);
    if (c->own_backoff)
        c->backoff = a_backoff(d);
    if (role == ROLE_INIT)
        return;                         /* has neither probes nor hooks */
    for (int type = 0; type < PROBE_TYPES; type++) {
        if (dice_once_in(d, 3))
            c->probes[type] = a_probe(d, (enum probe_type)type);
    }
    c->post_start = dice_once_in(d, 4);
    c->pre_stop = dice_once_in(d, 4);
    c->own_signal = dice_once_in(d, 4);
    c->watch = dice_once_in(d, 4);
    c->notify = dice_once_in(d, 4);
    c->watchdog = dice_once_in(d, 4) ? dice_pick(d, watchdogs) : 0;
}

void plan_pod(struct plan *p, struct dice *d)
{
    static const enum restart_policy policies[] = {
        RESTART_ALWAYS, RESTART_ALWAYS, RESTART_ON_FAILURE, RESTART_NEVER};
    unsigned before = dice_once_in(d, 2) ? dice_roll(d, 3) : 0;
    unsigned beside = 1 + dice_roll(d, 4);

    *p = (struct plan){.policy = dice_pick(d, policies), .grace = dice_pick(d, graces),
                       .deadline = dice_pick(d, deadlines), .gate = dice_once_in(d, 4)};
    p->count = before + beside;
    for (unsigned i = 0; i < p->count; i++)
        a_container(&p->containers[i], d,
                    i >= before ? ROLE_REGULAR : dice_once_in(d, 2) ? ROLE_INIT : ROLE_SIDECAR);
}

static struct sim_run a_run(struct dice *d)
{
    struct sim_run run = {.length = dice_pick(d, lengths)};

    if (dice_once_in(d, 2))
        run.exit_code = dice_once_in(d, 2) ? 1 : (int)dice_roll(d, 256);
    else if (dice_once_in(d, 4))
        run.signal = 9;
    run.start_fails = dice_once_in(d, 8);
    run.not_created = dice_once_in(d, 12);
    run.oom_killed = dice_once_in(d, 12);
    return run;
}

/* Runs of no length that start again without a wait would stop time for ever. */
static void take_time(struct plan_container *c)
{
    if (!c->own_backoff || c->backoff.initial != 0)
        return;
    for (unsigned i = 0; i < c->run_count; i++) {
        c->runs[i].start_fails = false;
        if (c->runs[i].length == 0)
            c->runs[i].length = 1;
    }
    if (c->behaviour.hook_takes == 0)
        c->behaviour.hook_takes = 1;
}

static void fare(struct plan_container *c, struct dice *d)
{
    c->run_count = dice_roll(d, PLAN_RUNS + 1);
    for (unsigned i = 0; i < c->run_count; i++)
        c->runs[i] = a_run(d);
    c->behaviour = (struct sim_behaviour){
        .term_after = dice_pick(d, term_times),
        .term_code = dice_once_in(d, 3) ? 3 : 0,
        .term_exits = dice_once_in(d, 2),
        .startup_after = dice_pick(d, ready_times),
        .ready_after = dice_pick(d, ready_times),
        .hang_after = dice_pick(d, hang_times),
        .attempt_takes = dice_pick(d, attempt_times),
        .hook_takes = dice_pick(d, hook_times),
        .hook_outcome = dice_once_in(d, 4) ? ATTEMPT_EXIT_CODE : dice_once_in(d, 8) ? ATTEMPT_FELL_BACK : ATTEMPT_OK,
        .probe_fails_with = (enum attempt_outcome)dice_roll(d, ATTEMPT_OUTCOMES),
    };
    take_time(c);
}

void plan_faults(struct plan *p, struct dice *d)
{
    mono_ms at = 0;

    for (unsigned i = 0; i < p->count; i++)
        fare(&p->containers[i], d);
    p->fault_count = dice_roll(d, FEW_FAULTS + 1);
    for (unsigned i = 0; i < p->fault_count; i++) {
        at += dice_pick(d, fault_times);
        p->faults[i] = (struct plan_fault){
            .at = at,
            .kind = (enum plan_fault_kind)dice_roll(d, p->gate ? FAULT_CONDITION + 1 : FAULT_CONDITION),
            .container = dice_roll(d, p->count),
            .grace = dice_pick(d, stop_graces),
            .value = (enum condition_value)(1 + dice_roll(d, 3)),
            .notice = (enum notice)dice_roll(d, PLAN_NOTICES),
        };
    }
    p->horizon = at + (dice_once_in(d, 4) ? 4000 : 90) * MONO_SECOND;
}

/* ---- all of it ---- */

static const mono_ms long_lengths[] = {0, 1500, 45000, 200000, 601000, MONO_NEVER, MONO_NEVER};
static const mono_ms short_hooks[] = {0, 800, 2500, 12300};

static struct plan_probe a_full_probe(struct dice *d, enum probe_type type)
{
    static const int32_t some_periods[] = {5, 7, 10, 30};
    struct plan_probe p = {.there = true, .delay = dice_once_in(d, 2) ? 3 : 0, .timeout = 2,
                           .period = dice_pick(d, some_periods), .success = 1, .failure = 3};

    if (type == PROBE_READINESS)
        p.success = 2;
    else
        p.grace = dice_once_in(d, 2) ? 5 : 0;
    return p;
}

static void a_full_container(struct plan_container *c, struct dice *d, enum container_role role)
{
    static const enum restart_policy policies[] = {RESTART_ALWAYS, RESTART_ON_FAILURE, RESTART_NEVER};

    c->role = role;
    c->policy = role == ROLE_SIDECAR ? RESTART_ALWAYS : role == ROLE_INIT ? RESTART_ON_FAILURE : dice_pick(d, policies);
    c->rule_count = PLAN_RULES;
    for (unsigned i = 0; i < PLAN_RULES; i++)
        c->rules[i] = (struct plan_rule){.code = i == 0 ? 42 : 43, .all = i == 0};
    c->own_backoff = true;
    c->backoff = (struct backoff_policy){.initial = 1000, .max = 60000, .reset = 300000, .factor_milli = 2000,
                                         .jitter_milli = dice_once_in(d, 2) ? 100 : 0};
    if (role == ROLE_INIT)
        return;
    for (int type = 0; type < PROBE_TYPES; type++)
        c->probes[type] = a_full_probe(d, (enum probe_type)type);
    c->post_start = c->pre_stop = c->own_signal = true;
    c->watch = role == ROLE_REGULAR && dice_once_in(d, 2);
    c->notify = dice_once_in(d, 2);
    c->watchdog = dice_once_in(d, 2) ? 20 * MONO_SECOND : 0;
}

static void fare_for_an_hour(struct plan_container *c, struct dice *d)
{
    static const int ends[] = {0, 0, 1, 42, 43, 139};

    fare(c, d);
    c->run_count = PLAN_RUNS;
    for (unsigned i = 0; i < PLAN_RUNS; i++) {
        c->runs[i].length = c->role == ROLE_INIT ? 1500 : dice_pick(d, long_lengths);
        c->runs[i].exit_code = dice_pick(d, ends);
    }
    if (c->role == ROLE_INIT)           /* comes to its end, so that the rest begins */
        c->runs[PLAN_RUNS - 1] = (struct sim_run){.length = 1500};
    c->behaviour.hook_takes = dice_pick(d, short_hooks);
    c->behaviour.hook_outcome = dice_once_in(d, 8) ? ATTEMPT_EXIT_CODE : ATTEMPT_OK;
    c->behaviour.attempt_takes = 10;
    c->behaviour.startup_after = c->behaviour.ready_after = dice_once_in(d, 2) ? 8000 : 0;
    c->behaviour.hang_after = dice_once_in(d, 3) ? 400000 : MONO_NEVER;
}

void plan_everything(struct plan *p, struct dice *d)
{
    static const enum container_role roles[PLAN_CONTAINERS] = {ROLE_INIT, ROLE_SIDECAR, ROLE_SIDECAR,
                                                               ROLE_REGULAR, ROLE_REGULAR, ROLE_REGULAR};
    const mono_ms hour = 3600 * MONO_SECOND;

    *p = (struct plan){.policy = RESTART_ALWAYS, .grace = 10, .gate = true, .count = PLAN_CONTAINERS,
                       .deadline = dice_once_in(d, 4) ? 3000 : 7200, .fault_count = PLAN_FAULTS, .horizon = hour};
    for (unsigned i = 0; i < p->count; i++) {
        a_full_container(&p->containers[i], d, roles[i]);
        fare_for_an_hour(&p->containers[i], d);
    }
    for (unsigned i = 0; i < PLAN_FAULTS; i++) {
        /* The pod lives on until the last one, which may end it. */
        const bool last = i == PLAN_FAULTS - 1;
        const unsigned first = last && dice_once_in(d, 2) ? FAULT_DELETE : FAULT_RESET;

        p->faults[i] = (struct plan_fault){
            .at = (i + 1) * hour / (PLAN_FAULTS + 1) + dice_roll(d, 100000),
            .kind = (enum plan_fault_kind)(first + dice_roll(d, FAULT_CONDITION + 1 - first)),
            .container = dice_roll(d, p->count),
            .grace = dice_pick(d, stop_graces),
            .value = (enum condition_value)(1 + dice_roll(d, 3)),
            .notice = (enum notice)dice_roll(d, PLAN_NOTICES),
        };
    }
}

/* ---- as what the simulator takes ---- */

void plan_behaviours(const struct plan *p, struct sim_behaviour out[PLAN_CONTAINERS])
{
    for (unsigned i = 0; i < p->count; i++) {
        out[i] = p->containers[i].behaviour;
        out[i].runs = p->containers[i].runs;
        out[i].run_count = p->containers[i].run_count;
    }
}

static struct pod_event a_change(struct plan_fault *fault, const struct pod_config *config,
                                 enum spec_change change)
{
    for (unsigned i = 0; i < PLAN_CONTAINERS; i++)
        fault->changes[i] = i == fault->container ? change : SPEC_SAME;
    return (struct pod_event){.kind = POD_CONFIG, .config = config, .changes = fault->changes};
}

struct pod_event plan_event(struct plan_fault *fault, const struct pod_config *config)
{
    switch (fault->kind) {
    case FAULT_DELETE:
        return (struct pod_event){
            .kind = POD_STOP, .grace = fault->grace < 0 ? MONO_NEVER : fault->grace * MONO_SECOND};
    case FAULT_DELETE_NOW:
        return (struct pod_event){.kind = POD_KILL};
    case FAULT_RESET:
        return (struct pod_event){
            .kind = POD_CONTAINER, .container = fault->container,
            .of_container = {.kind = CONTAINER_BACKOFF_RESET}};
    case FAULT_RETRY:
        return (struct pod_event){
            .kind = POD_CONTAINER, .container = fault->container,
            .of_container = {.kind = CONTAINER_BACKOFF_RETRY}};
    case FAULT_CHANGE:
        return a_change(fault, config, SPEC_CHANGED);
    case FAULT_CHANGE_COMMAND:
        return a_change(fault, config, SPEC_NEW_COMMAND);
    case FAULT_FILES:
        return (struct pod_event){
            .kind = POD_CONTAINER, .container = fault->container,
            .of_container = {.kind = CONTAINER_FILES_CHANGED}};
    case FAULT_RESTART:
        return (struct pod_event){
            .kind = POD_CONTAINER, .container = fault->container,
            .of_container = {.kind = CONTAINER_RESTART}};
    case FAULT_NOTICE:
        return (struct pod_event){
            .kind = POD_CONTAINER, .container = fault->container,
            .of_container = {.kind = CONTAINER_NOTICE, .notice = fault->notice}};
    case FAULT_CONDITION:
        return (struct pod_event){.kind = POD_CONDITION, .condition = fault->value};
    }
    return (struct pod_event){.kind = POD_KILL};
}
