#include "tests/properties/shrink.h"

#include <string.h>

/* What is shrunk, and what has to stay. */
struct search {
    uint64_t seed;
    struct run_options options;
    const char *broken;
    bool progress;              /* something was left out in this round */
};

static bool is_possible(const struct plan *p)
{
    for (unsigned i = 0; i < p->count; i++) {
        if (p->containers[i].role == ROLE_REGULAR)
            return true;
    }
    return false;
}

static struct run_result try(struct plan *p, const struct search *s, struct buf *trace)
{
    struct run_options options = s->options;
    struct pod_config_set set;
    struct run_result result;

    options.trace = trace;
    run_load(&set, p);
    result = run_plan(set.items[0], p, s->seed, &options);
    pod_config_set_deinit(&set);
    return result;
}

/* Takes the smaller plan if it breaks as the larger one does. */
static void offer(struct plan *p, const struct plan *smaller, struct search *s)
{
    struct plan candidate = *smaller;
    struct run_result result;

    if (memcmp(smaller, p, sizeof *p) == 0 || !is_possible(&candidate))
        return;
    result = try(&candidate, s, NULL);
    if (result.broken == NULL || strcmp(result.broken, s->broken) != 0)
        return;
    if (memcmp(&candidate, p, sizeof *p) == 0)
        return;                         /* the run has put its times in order: it is as before */
    *p = candidate;
    s->progress = true;
}

/* ---- what can be left out ---- */

static void without_fault(struct plan *p, unsigned i)
{
    memmove(&p->faults[i], &p->faults[i + 1], (p->fault_count - i - 1) * sizeof p->faults[0]);
    p->fault_count--;
    memset(&p->faults[p->fault_count], 0, sizeof p->faults[0]);
}

static void without_container(struct plan *p, unsigned i)
{
    memmove(&p->containers[i], &p->containers[i + 1], (p->count - i - 1) * sizeof p->containers[0]);
    p->count--;
    memset(&p->containers[p->count], 0, sizeof p->containers[0]);
    for (unsigned f = p->fault_count; f-- > 0;) {
        struct plan_fault *fault = &p->faults[f];

        if (fault->container > i || fault->container >= p->count)
            fault->container -= fault->container > 0;
    }
}

static void leave_out_parts(struct plan *p, struct search *s)
{
    struct plan smaller;

    for (unsigned i = p->count; i-- > 0;) {
        smaller = *p;
        without_container(&smaller, i);
        offer(p, &smaller, s);
    }
    for (unsigned i = p->fault_count; i-- > 0;) {
        smaller = *p;
        without_fault(&smaller, i);
        offer(p, &smaller, s);
    }
}

/* ---- what can be made plain ---- */

/* Offers the plan with one of its values, which lies in `smaller`, made plain. */
#define PLAIN(value, plain)          \
    do {                             \
        smaller = *p;                \
        (value) = (plain);           \
        offer(p, &smaller, s);       \
    } while (0)

/* Likewise a time, never to a later one: what goes to and fro would have no end. */
#define SOONER(value, sooner)        \
    do {                             \
        smaller = *p;                \
        (value) = mono_min((value), (sooner)); \
        offer(p, &smaller, s);       \
    } while (0)

/* Some fault sets the condition that the gate waits for. */
static bool any_condition(const struct plan *p)
{
    for (unsigned i = 0; i < p->fault_count; i++) {
        if (p->faults[i].kind == FAULT_CONDITION)
            return true;
    }
    return false;
}

static void make_pod_plain(struct plan *p, struct search *s)
{
    struct plan smaller;

    PLAIN(smaller.policy, RESTART_ALWAYS);
    PLAIN(smaller.grace, 30);
    PLAIN(smaller.deadline, 0);
    if (!any_condition(p))
        PLAIN(smaller.gate, false);
    for (unsigned i = 0; i < p->fault_count; i++) {
        PLAIN(smaller.faults[i].kind, FAULT_DELETE);
        PLAIN(smaller.faults[i].grace, -1);
        PLAIN(smaller.faults[i].container, 0);
        PLAIN(smaller.faults[i].notice, NOTICE_READY);
        SOONER(smaller.faults[i].at, i > 0 ? p->faults[i - 1].at : 0);
        SOONER(smaller.faults[i].at, (p->faults[i].at + 1999) / 2000 * MONO_SECOND);
        SOONER(smaller.faults[i].at, p->faults[i].at / 1000 * MONO_SECOND);
    }
}

static void make_probe_plain(struct plan *p, unsigned i, int type, struct search *s)
{
    struct plan smaller;
    struct plan_probe *probe = &smaller.containers[i].probes[type];

    PLAIN(*probe, (struct plan_probe){0});
    if (!p->containers[i].probes[type].there)
        return;
    PLAIN(probe->delay, 0);
    PLAIN(probe->period, 1);
    PLAIN(probe->timeout, 1);
    PLAIN(probe->success, 1);
    PLAIN(probe->failure, 1);
    PLAIN(probe->grace, 0);
}

static void make_spec_plain(struct plan *p, unsigned i, struct search *s)
{
    struct plan smaller;
    struct plan_container *c = &smaller.containers[i];

    PLAIN(c->rule_count, 0);
    if (p->containers[i].role == ROLE_REGULAR && p->containers[i].rule_count == 0)
        PLAIN(c->policy, restart_policy_UNSET);
    for (int type = 0; type < PROBE_TYPES; type++)
        make_probe_plain(p, i, type, s);
    for (unsigned rule = 0; rule < p->containers[i].rule_count; rule++) {
        PLAIN(c->rules[rule].not_in, false);
        PLAIN(c->rules[rule].all, false);
    }
    PLAIN(c->own_signal, false);
    PLAIN(c->post_start, false);
    PLAIN(c->pre_stop, false);
    PLAIN(c->notify, false);
    PLAIN(c->watchdog, 0);
    PLAIN(c->own_backoff, false);
    if (!p->containers[i].own_backoff)
        return;
    PLAIN(c->backoff.initial, 10 * MONO_SECOND);
    PLAIN(c->backoff.max, 300 * MONO_SECOND);
    PLAIN(c->backoff.reset, 600 * MONO_SECOND);
    PLAIN(c->backoff.factor_milli, 2000);
    PLAIN(c->backoff.jitter_milli, 0);
}

static void make_behaviour_plain(struct plan *p, unsigned i, struct search *s)
{
    struct plan smaller;
    struct plan_container *c = &smaller.containers[i];
    struct sim_behaviour *b = &c->behaviour;

    for (unsigned run = p->containers[i].run_count; run-- > 0;) {
        PLAIN(c->run_count, run);
        if (p->containers[i].run_count <= run)
            continue;
        PLAIN(c->runs[run], ((struct sim_run){.length = MONO_NEVER}));
        PLAIN(c->runs[run].start_fails, false);
        PLAIN(c->runs[run].not_created, false);
        PLAIN(c->runs[run].oom_killed, false);
        PLAIN(c->runs[run].signal, 0);
        PLAIN(c->runs[run].exit_code, 0);
        if (p->containers[i].runs[run].length != MONO_NEVER)    /* which is as plain, see above */
            PLAIN(c->runs[run].length, MONO_SECOND);
    }
    PLAIN(b->term_after, 0);
    PLAIN(b->term_exits, false);
    PLAIN(b->term_code, 0);
    PLAIN(b->startup_after, 0);
    PLAIN(b->ready_after, 0);
    PLAIN(b->hang_after, MONO_NEVER);
    PLAIN(b->attempt_takes, 0);
    PLAIN(b->hook_takes, 0);
    PLAIN(b->hook_outcome, ATTEMPT_OK);
    PLAIN(b->probe_fails_with, ATTEMPT_OK);
}

struct run_result shrink(struct plan *p, uint64_t seed, const struct run_options *options)
{
    struct search s = {.seed = seed, .options = *options};

    s.broken = try(p, &s, NULL).broken; /* and from here on the plan says when */
    for (s.progress = s.broken != NULL; s.progress;) {
        s.progress = false;
        leave_out_parts(p, &s);
        make_pod_plain(p, &s);
        for (unsigned i = 0; i < p->count; i++) {
            make_spec_plain(p, i, &s);
            make_behaviour_plain(p, i, &s);
        }
    }
    return try(p, &s, options->trace);
}
