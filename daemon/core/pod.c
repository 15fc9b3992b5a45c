#include "daemon/core/pod.h"

#include "config/load.h"
#include "daemon/core/conditions.h"
#include "daemon/core/emit.h"
#include "daemon/core/order.h"
#include "daemon/core/restart_rules.h"

#include <assert.h>

static const char *const state_names[POD_STATES] = {
    [POD_NEW]      = "new",
    [POD_ACTIVE]   = "active",
    [POD_STOPPING] = "stopping",
    [POD_ENDED]    = "ended",
};

const char *pod_state_name(enum pod_state state)
{
    return state_names[state];
}

size_t pod_size(const struct pod_config *config)
{
    return sizeof(struct pod) + config->count * sizeof(struct container)
           + config->spec->readiness_gates.count * sizeof(struct gate);
}

/* Negative was allowed once and means 1 (kubelet-semantics 4.2). */
static mono_ms spec_grace(const struct pod_spec *spec)
{
    int64_t seconds = spec->termination_grace_period_seconds;

    if (seconds < 0)
        return MONO_SECOND;
    return seconds > MONO_NEVER / MONO_SECOND ? MONO_NEVER : seconds * MONO_SECOND;
}

static struct gate *gate_of(struct pod *p, unsigned i)
{
    return (struct gate *)(void *)(p->containers + p->count) + i;
}

void pod_init(struct pod *p, const struct pod_config *config, mono_ms now, uint64_t seed)
{
    const struct pod_spec *spec = config->spec;

    *p = (struct pod){
        .config = config,
        .created = now,
        .started = MONO_NEVER,
        .deleted_at = MONO_NEVER,
        .deleted_grace = MONO_NEVER,
        .grace = spec_grace(spec),
        .state = POD_NEW,
        .count = config->count,
        .gate_count = (unsigned)spec->readiness_gates.count,
    };
    for (unsigned i = 0; i < p->count; i++)
        container_init(&p->containers[i], config->containers[i], (int)i, i < config->init_count,
                       spec->restart_policy, &config->backoff[i], seed + i);
    for (unsigned i = 0; i < p->gate_count; i++)
        *gate_of(p, i) = (struct gate){.since = now};
    conditions_init(p, now);
}

size_t pod_actions_max(const struct pod *p)
{
    return (size_t)(p->count + 1) * CONTAINER_ACTIONS_MAX;
}

mono_ms pod_deadline(const struct pod *p)
{
    mono_ms deadline = MONO_NEVER;

    for (unsigned i = 0; i < p->count; i++)
        deadline = mono_min(deadline, container_deadline(&p->containers[i]));
    return deadline;
}

static void each_deadline(struct pod *p, mono_ms now, struct actions *out)
{
    const struct container_event ev = {.kind = CONTAINER_DEADLINE, .now = now, .grace = p->grace};

    for (unsigned i = 0; i < p->count; i++)
        container_step(&p->containers[i], &ev, out);
}

static void pod_note(struct actions *out, enum note_kind kind, mono_ms now)
{
    assert(out->count < out->capacity);
    out->items[out->count++] = (struct action){
        .kind = DO_NOTE, .container = NO_CONTAINER, .note = {.kind = kind, .now = now}};
}

/* An init container that did not succeed, or another that did not exit with 0; never a sidecar. */
static bool container_failed(const struct container *c)
{
    switch (c->role) {
    case ROLE_INIT:
        return !c->has_last || !run_succeeded(&c->last);
    case ROLE_SIDECAR:
        return false;
    case ROLE_REGULAR:
        return !c->has_last || c->last.exit_code != 0;
    }
    return false;
}

bool pod_failed(const struct pod *p)
{
    for (unsigned i = 0; i < p->count; i++) {
        if (container_failed(&p->containers[i]))
            return true;
    }
    return false;
}

/* The pod's end, once no container runs or will run again (kubelet-semantics 4.5). */
static void end_if_done(struct pod *p, mono_ms now, struct actions *out)
{
    for (unsigned i = 0; i < p->count; i++) {
        if (p->containers[i].state != CONTAINER_TERMINATED)
            return;
    }
    p->state = POD_ENDED;
    /* How the containers of a deleted pod ended is no verdict on it: they were told to. */
    if (p->deleted)
        pod_note(out, NOTE_DELETED, now);
    else
        pod_note(out, pod_failed(p) ? NOTE_FAILED : NOTE_SUCCEEDED, now);
}

/* All at once, the sidecars' signals in their turn (order.h). */
static void stop_all(struct pod *p, const struct container_event *like, struct actions *out)
{
    struct container_event ev = *like;

    p->state = POD_STOPPING;
    for (unsigned i = 0; i < p->count; i++) {
        ev.in_turn = ev.kind == CONTAINER_STOP && p->containers[i].role == ROLE_SIDECAR;
        container_step(&p->containers[i], &ev, out);
    }
    order_signal_next(p, ev.now, out);
    end_if_done(p, ev.now, out);
}

static void note_deletion(struct pod *p, const struct pod_event *ev)
{
    const mono_ms grace = ev->kind == POD_KILL ? 0 : ev->grace == MONO_NEVER ? p->grace : ev->grace;

    p->deleted_at = mono_min(p->deleted_at, ev->now);
    p->deleted_grace = mono_min(p->deleted_grace, grace);
    p->deleted = true;
}

static void delete(struct pod *p, const struct pod_event *ev, struct actions *out)
{
    const struct container_event stop = {
        .kind = ev->kind == POD_KILL ? CONTAINER_KILL : CONTAINER_STOP,
        .now = ev->now,
        .grace = ev->grace == MONO_NEVER ? p->grace : ev->grace,
        .why = STOP_DELETED,
    };

    note_deletion(p, ev);
    stop_all(p, &stop, out);
}

/* What follows from what the containers did. */
static void go_on(struct pod *p, mono_ms now, struct actions *out)
{
    const struct container_event stop = {
        .kind = CONTAINER_STOP, .now = now, .grace = p->grace, .why = STOP_FINISHED};

    order_start_next(p, now, out);
    if (order_is_done(p))
        stop_all(p, &stop, out);
}

static void step_container(struct pod *p, const struct pod_event *ev, struct actions *out)
{
    struct container_event of_container = ev->of_container;

    assert(ev->container < p->count);
    of_container.now = ev->now;
    of_container.grace = p->grace;
    container_step(&p->containers[ev->container], &of_container, out);
}

static void report(const struct pod *p, const struct pod_event *ev, struct actions *out)
{
    struct note *note;

    assert(ev->container < p->count);
    note = emit_note(&p->containers[ev->container], out, NOTE_REPORT, ev->now);
    note->report = ev->report;
    note->text = ev->text;
    note->lines = ev->lines;
}

static void step_new(struct pod *p, const struct pod_event *ev, struct actions *out)
{
    switch (ev->kind) {
    case POD_START:
        p->state = POD_ACTIVE;
        p->started = ev->now;
        go_on(p, ev->now, out);
        break;
    case POD_STOP:
    case POD_KILL:
        delete(p, ev, out);
        break;
    case POD_DEADLINE:
    case POD_CONTAINER:
    case POD_CONDITION:
    case POD_REPORT:                    /* there is nothing to tell of yet */
        break;
    }
}

static void step_active(struct pod *p, const struct pod_event *ev, struct actions *out)
{
    switch (ev->kind) {
    case POD_DEADLINE:
        each_deadline(p, ev->now, out);
        go_on(p, ev->now, out);
        break;
    case POD_CONTAINER:
        step_container(p, ev, out);
        go_on(p, ev->now, out);
        break;
    case POD_STOP:
    case POD_KILL:
        delete(p, ev, out);
        break;
    case POD_REPORT:
        report(p, ev, out);
        break;
    case POD_START:
    case POD_CONDITION:
        break;
    }
}

static void step_stopping(struct pod *p, const struct pod_event *ev, struct actions *out)
{
    switch (ev->kind) {
    case POD_DEADLINE:
        each_deadline(p, ev->now, out);
        break;
    case POD_CONTAINER:
        step_container(p, ev, out);
        order_signal_next(p, ev->now, out);
        end_if_done(p, ev->now, out);
        break;
    case POD_STOP:                      /* once more: the grace period can only shrink */
    case POD_KILL:
        delete(p, ev, out);
        break;
    case POD_REPORT:
        report(p, ev, out);
        break;
    case POD_START:
    case POD_CONDITION:
        break;
    }
}

static void step_ended(struct pod *p, const struct pod_event *ev, struct actions *out)
{
    if ((ev->kind == POD_STOP || ev->kind == POD_KILL) && !p->deleted) {
        note_deletion(p, ev);
        pod_note(out, NOTE_DELETED, ev->now);
    } else if (ev->kind == POD_REPORT) {
        report(p, ev, out);
    }
}

static void set_gate(struct pod *p, const struct pod_event *ev)
{
    struct gate *gate = gate_of(p, ev->gate);

    if (ev->gate >= p->gate_count)
        return;
    if (gate->value != ev->condition)
        gate->since = ev->now;
    gate->value = ev->condition;
    gate->reason = ev->reason;
    gate->message = ev->message;
}

void pod_step(struct pod *p, const struct pod_event *ev, struct actions *out)
{
    out->count = 0;
    if (ev->kind == POD_CONDITION)      /* in every state: nothing is done about it */
        set_gate(p, ev);
    switch (p->state) {
    case POD_NEW:
        step_new(p, ev, out);
        break;
    case POD_ACTIVE:
        step_active(p, ev, out);
        break;
    case POD_STOPPING:
        step_stopping(p, ev, out);
        break;
    case POD_ENDED:
        step_ended(p, ev, out);
        break;
    }
    conditions_update(p, ev->now);
}
