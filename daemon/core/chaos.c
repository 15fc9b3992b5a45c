#include "daemon/core/chaos.h"

#include "base/hash.h"
#include "base/random.h"
#include "config/load.h"

#include <string.h>

/* Without a probe that could find it, a stopped process goes on after this. */
static const mono_ms unseen = 10 * MONO_SECOND;

static const char *const signal_names[] = {
    [CHAOS_KILL]     = "SIGKILL",
    [CHAOS_STOP]     = "SIGSTOP",
    [CHAOS_CONTINUE] = "SIGCONT",
};

const char *chaos_signal_name(enum chaos_deed deed)
{
    return signal_names[deed];
}

size_t chaos_size(const struct pod_config *config)
{
    return sizeof(struct chaos) + config->count * sizeof(struct chaos_target);
}

/* The only writer of the state: no state keeps the deadline of the one before. */
static void enter(struct chaos_target *t, enum chaos_state state, mono_ms deadline)
{
    t->state = state;
    t->deadline = deadline;
}

bool chaos_is_target(const struct chaos_plan *plan, const struct pod_config *config, unsigned i)
{
    const struct container_spec *spec = config->containers[i];

    if (i < config->init_count && spec->restart_policy != RESTART_ALWAYS)
        return false;
    return chaos_plan_hits(plan, config->name, spec->name);
}

void chaos_init(struct chaos *c, const struct chaos_plan *plan, const struct pod_config *config, mono_ms now)
{
    *c = (struct chaos){
        .plan = plan, .config = config, .ends = mono_add(now, plan->length), .count = config->count};
    for (unsigned i = 0; i < c->count; i++) {
        c->targets[i] = (struct chaos_target){.state = CHAOS_AWAITED, .deadline = MONO_NEVER};
        if (!chaos_is_target(plan, config, i))
            enter(&c->targets[i], CHAOS_SPARED, MONO_NEVER);
    }
}

/* ---- the next fault ---- */

/* Containers of one plan draw apart from each other, whatever their order. */
static uint64_t mixed(uint64_t state, const char *text)
{
    return hash_bytes(state, text, strlen(text));
}

static mono_ms drawn(const struct chaos_span *span, uint64_t *random)
{
    return span->least + (mono_ms)(random_next(random) % (uint64_t)(span->most - span->least + 1));
}

/* What befalls the run that begins at `now`, or goes on then after a stop. */
static void arm(struct chaos *c, unsigned i, mono_ms now)
{
    struct chaos_target *t = &c->targets[i];
    const struct chaos_plan *plan = c->plan;
    uint64_t random = mixed(mixed(plan->seed ^ HASH_INIT, c->config->name),
                            c->config->containers[i]->name) + t->draws++;
    bool stops = plan->stop.least != MONO_NEVER;

    if (stops && plan->kill.least != MONO_NEVER)
        stops = (random_next(&random) & 1) != 0;
    t->fault = stops ? CHAOS_STOP : CHAOS_KILL;
    enter(t, CHAOS_ARMED, mono_add(now, drawn(stops ? &plan->stop : &plan->kill, &random)));
}

/* It runs at `now`: hit again, or done. */
static void runs(struct chaos *c, unsigned i, mono_ms now)
{
    struct chaos_target *t = &c->targets[i];

    if (c->plan->rounds != 0 && t->rounds >= c->plan->rounds)
        enter(t, CHAOS_SPARED, MONO_NEVER);
    else
        arm(c, i, now);
}

/* ---- what happened ---- */

static void ended(struct chaos_target *t, const struct container *of)
{
    enter(t, of->state == CONTAINER_TERMINATED ? CHAOS_SPARED : CHAOS_AWAITED, MONO_NEVER);
}

/* The container is being stopped, with a grace period: that is no time for faults. */
static void stopping(struct chaos_target *t, const struct note *note)
{
    if (t->state == CHAOS_ARMED) {
        enter(t, CHAOS_AWAITED, MONO_NEVER);
    } else if (t->state == CHAOS_HALTED && (note->stop == STOP_LIVENESS || note->stop == STOP_STARTUP)) {
        t->found++;                     /* it stays as it is until SIGKILL, as a hung process does */
        enter(t, CHAOS_AWAITED, MONO_NEVER);
    } else if (t->state == CHAOS_HALTED) {
        t->deadline = note->now;        /* SIGTERM is for it to hear */
    }
}

static void of_pod(struct chaos *c, const struct pod *p)
{
    for (unsigned i = 0; i < c->count; i++) {
        if (p->containers[i].state == CONTAINER_TERMINATED)
            enter(&c->targets[i], CHAOS_SPARED, MONO_NEVER);
    }
}

void chaos_observe(struct chaos *c, const struct pod *p, const struct action *action)
{
    const struct note *note = &action->note;
    struct chaos_target *t;

    if (action->kind != DO_NOTE)
        return;
    if (action->container == NO_CONTAINER) {
        of_pod(c, p);
        return;
    }
    t = &c->targets[action->container];
    if (t->state == CHAOS_SPARED)
        return;
    if (note->kind == NOTE_STARTED)
        runs(c, (unsigned)action->container, note->now);
    else if (note->kind == NOTE_EXITED)
        ended(t, &p->containers[action->container]);
    else if (note->kind == NOTE_KILLING)
        stopping(t, note);
}

/* ---- what is due ---- */

/* So long a probe takes at most to give up on a process that has just stopped; never over an hour. */
static mono_ms patience_of(const struct probe_spec *probe)
{
    int64_t step = probe->period_seconds > probe->timeout_seconds ? probe->period_seconds : probe->timeout_seconds;
    __int128 seconds = (__int128)probe->failure_threshold * step + probe->initial_delay_seconds
                       + probe->timeout_seconds + 1;

    return (seconds < 3600 ? (mono_ms)seconds : 3600) * MONO_SECOND;
}

static mono_ms halted_for(const struct chaos_plan *plan, const struct container *of)
{
    if (plan->stop_for != MONO_NEVER)
        return plan->stop_for;
    if (of->spec->startup_probe != NULL && !of->started_up)
        return patience_of(of->spec->startup_probe);
    return of->spec->liveness_probe != NULL ? patience_of(of->spec->liveness_probe) : unseen;
}

static void halt(struct chaos *c, unsigned i, const struct container *of, mono_ms now)
{
    c->targets[i].stops++;
    enter(&c->targets[i], CHAOS_HALTED, mono_add(now, halted_for(c->plan, of)));
}

static void go_on(struct chaos *c, unsigned i, const struct container *of, mono_ms now)
{
    c->targets[i].continued++;
    if (now >= c->ends)
        enter(&c->targets[i], CHAOS_SPARED, MONO_NEVER);
    else if (of->stop != STOP_NONE)
        enter(&c->targets[i], CHAOS_AWAITED, MONO_NEVER);
    else
        runs(c, i, now);
}

static struct chaos_order fault_of(struct chaos *c, unsigned i, const struct container *of, mono_ms now)
{
    struct chaos_target *t = &c->targets[i];
    struct chaos_order order = {.container = i, .deed = t->fault, .round = ++t->rounds};

    if (t->fault == CHAOS_STOP) {
        halt(c, i, of, now);
    } else {
        t->kills++;
        enter(t, CHAOS_AWAITED, MONO_NEVER);
    }
    return order;
}

bool chaos_next(struct chaos *c, const struct pod *p, mono_ms now, struct chaos_order *order)
{
    if (now >= c->ends)
        chaos_end(c, now);
    for (unsigned i = 0; i < c->count; i++) {
        if (c->targets[i].deadline > now)
            continue;
        if (c->targets[i].state == CHAOS_ARMED) {
            *order = fault_of(c, i, &p->containers[i], now);
        } else {
            *order = (struct chaos_order){.container = i, .deed = CHAOS_CONTINUE};
            go_on(c, i, &p->containers[i], now);
        }
        return true;
    }
    return false;
}

mono_ms chaos_deadline(const struct chaos *c)
{
    mono_ms deadline = MONO_NEVER;
    bool done = true;

    for (unsigned i = 0; i < c->count; i++) {
        deadline = mono_min(deadline, c->targets[i].deadline);
        done &= c->targets[i].state == CHAOS_SPARED;
    }
    return done ? MONO_NEVER : mono_min(deadline, c->ends);
}

void chaos_end(struct chaos *c, mono_ms now)
{
    c->ends = mono_min(c->ends, now);
    for (unsigned i = 0; i < c->count; i++) {
        if (c->targets[i].state == CHAOS_HALTED)
            c->targets[i].deadline = mono_min(c->targets[i].deadline, now);
        else
            enter(&c->targets[i], CHAOS_SPARED, MONO_NEVER);
    }
}

bool chaos_done(const struct chaos *c)
{
    for (unsigned i = 0; i < c->count; i++) {
        if (c->targets[i].state != CHAOS_SPARED)
            return false;
    }
    return true;
}
