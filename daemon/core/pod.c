#include "daemon/core/pod.h"

#include "config/load.h"
#include "daemon/core/conditions.h"
#include "daemon/core/emit.h"
#include "daemon/core/order.h"
#include "daemon/core/restart_rules.h"
#include "daemon/core/status.h"

#include <assert.h>

static const char *const state_names[POD_STATES] = {
    [POD_NEW]      = "new",
    [POD_ACTIVE]   = "active",
    [POD_RESTARTING] = "restarting",
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

/* When an active pod has to end, the spec's activeDeadlineSeconds after its start (4.7). */
static mono_ms active_deadline(const struct pod *p)
{
    const int64_t seconds = p->config->spec->active_deadline_seconds;

    return seconds == INT_UNSET ? MONO_NEVER : mono_add(p->started, seconds * MONO_SECOND);
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
        .deadline = MONO_NEVER,
        .state = POD_NEW,
        .count = config->count,
        .gate_count = (unsigned)spec->readiness_gates.count,
    };
    for (unsigned i = 0; i < p->count; i++)
        container_init(&p->containers[i], config->containers[i], (int)i, i < config->init_count,
                       spec->restart_policy, &config->backoff[i], &config->notify[i], seed + i);
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
    mono_ms deadline = p->deadline;

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
    if (p->deadline_exceeded)
        return true;
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
    p->deadline = MONO_NEVER;
    /* How the containers of a deleted pod ended is no verdict on it: they were told to. */
    if (p->deleted)
        pod_note(out, NOTE_DELETED, now);
    else
        pod_note(out, pod_failed(p) ? NOTE_FAILED : NOTE_SUCCEEDED, now);
}

/* When it should be long gone (kubelet-semantics 8.2, ExceededGracePeriod). */
static mono_ms overdue(mono_ms now, mono_ms grace)
{
    const mono_ms least = 10 * MONO_SECOND;
    const mono_ms wait = mono_add(grace, grace / 2);

    return mono_add(now, wait > least ? wait : least);
}

/* Of a pod that has failed nothing is asked any more, though its processes may take a while (kubelet-semantics 2.3). */
static void end_probes_if_failed(struct pod *p, mono_ms now, struct actions *out)
{
    if (status_phase(p) != PHASE_FAILED)
        return;
    for (unsigned i = 0; i < p->count; i++)
        container_end_probes(&p->containers[i], now, out);
}

/* All at once, the sidecars' signals in their turn (order.h). */
static void stop_all(struct pod *p, const struct container_event *like, struct actions *out)
{
    const mono_ms until = overdue(like->now, like->grace);
    struct container_event ev = *like;

    p->deadline = p->state == POD_STOPPING ? mono_min(p->deadline, until) : until;
    p->state = POD_STOPPING;
    for (unsigned i = 0; i < p->count; i++) {
        ev.in_turn = ev.kind == CONTAINER_STOP && p->containers[i].role == ROLE_SIDECAR;
        container_step(&p->containers[i], &ev, out);
    }
    order_signal_next(p, ev.now, out);
    end_probes_if_failed(p, ev.now, out);
    end_if_done(p, ev.now, out);
}

static mono_ms deletion_grace(const struct pod *p, const struct pod_event *ev)
{
    if (ev->kind == POD_KILL)
        return 0;
    return ev->grace == MONO_NEVER ? p->grace : ev->grace;
}

static void note_deletion(struct pod *p, const struct pod_event *ev)
{
    p->deleted_at = mono_min(p->deleted_at, ev->now);
    p->deleted_grace = mono_min(p->deleted_grace, deletion_grace(p, ev));
    p->deleted = true;
}

static void delete(struct pod *p, const struct pod_event *ev, struct actions *out)
{
    const struct container_event stop = {
        .kind = ev->kind == POD_KILL ? CONTAINER_KILL : CONTAINER_STOP,
        .now = ev->now,
        .grace = deletion_grace(p, ev),
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
    const struct container_event remove = {.kind = CONTAINER_REMOVE, .now = now, .grace = p->grace};

    if (order_restarts_all(p)) {        /* kubelet-semantics 5.3: the others at once, in no order */
        p->state = POD_RESTARTING;
        pod_note(out, NOTE_RESTARTING_ALL, now);
        for (unsigned i = 0; i < p->count; i++)
            container_step(&p->containers[i], &remove, out);
        return;
    }
    order_start_next(p, now, out);
    if (order_is_done(p))
        stop_all(p, &stop, out);
}

/* Once nothing is left of any container the pod begins again with the first one. */
static void begin_again_if_removed(struct pod *p, mono_ms now, struct actions *out)
{
    if (!order_is_removed(p))
        return;
    p->state = POD_ACTIVE;
    p->next = 0;
    go_on(p, now, out);
}

/* Its activeDeadlineSeconds are over (kubelet-semantics 4.7). */
static void fail(struct pod *p, mono_ms now, struct actions *out)
{
    const struct container_event stop = {
        .kind = CONTAINER_STOP, .now = now, .grace = p->grace, .why = STOP_DEADLINE};

    p->deadline_exceeded = true;
    pod_note(out, NOTE_DEADLINE_EXCEEDED, now);
    stop_all(p, &stop, out);
    each_deadline(p, now, out);         /* what else is due, of those that go on for a while */
}

static void tell_if_overdue(struct pod *p, mono_ms now, struct actions *out)
{
    if (now < p->deadline)
        return;
    p->deadline = MONO_NEVER;           /* said once */
    pod_note(out, NOTE_OVERDUE, now);
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

/* Each container gets its new definition; what that leads to follows as after any event. */
static void take_config(struct pod *p, const struct pod_event *ev, struct actions *out)
{
    struct container_event of_container = {.kind = CONTAINER_CONFIG, .now = ev->now};

    assert(ev->config->count == p->count);
    p->config = ev->config;
    p->grace = spec_grace(ev->config->spec);
    of_container.grace = p->grace;
    for (unsigned i = 0; i < p->count; i++) {
        of_container.config = (struct container_config){
            .spec = ev->config->containers[i], .policy = &ev->config->backoff[i],
            .notify = &ev->config->notify[i],
            .restart_policy = (int)ev->config->spec->restart_policy, .change = ev->changes[i]};
        container_step(&p->containers[i], &of_container, out);
    }
    if (p->state == POD_ACTIVE || p->state == POD_RESTARTING)
        p->deadline = active_deadline(p);
}

static void step_new(struct pod *p, const struct pod_event *ev, struct actions *out)
{
    switch (ev->kind) {
    case POD_START:
        p->state = POD_ACTIVE;
        p->started = ev->now;
        p->deadline = active_deadline(p);
        go_on(p, ev->now, out);
        break;
    case POD_STOP:
    case POD_KILL:
        delete(p, ev, out);
        break;
    case POD_CONFIG:
        take_config(p, ev, out);
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
        if (ev->now >= p->deadline) {
            fail(p, ev->now, out);
            break;
        }
        each_deadline(p, ev->now, out);
        go_on(p, ev->now, out);
        break;
    case POD_CONTAINER:
        step_container(p, ev, out);
        go_on(p, ev->now, out);
        break;
    case POD_CONFIG:
        take_config(p, ev, out);
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

static void step_restarting(struct pod *p, const struct pod_event *ev, struct actions *out)
{
    switch (ev->kind) {
    case POD_DEADLINE:
        if (ev->now >= p->deadline) {
            fail(p, ev->now, out);
            break;
        }
        each_deadline(p, ev->now, out);
        begin_again_if_removed(p, ev->now, out);
        break;
    case POD_CONTAINER:
        step_container(p, ev, out);
        begin_again_if_removed(p, ev->now, out);
        break;
    case POD_CONFIG:
        take_config(p, ev, out);
        begin_again_if_removed(p, ev->now, out);
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
        tell_if_overdue(p, ev->now, out);
        break;
    case POD_CONTAINER:
        step_container(p, ev, out);
        order_signal_next(p, ev->now, out);
        end_probes_if_failed(p, ev->now, out);
        end_if_done(p, ev->now, out);
        break;
    case POD_STOP:                      /* once more: the grace period can only shrink */
    case POD_KILL:
        delete(p, ev, out);
        break;
    case POD_REPORT:
        report(p, ev, out);
        break;
    case POD_CONFIG:
        take_config(p, ev, out);
        break;
    case POD_START:
    case POD_CONDITION:
        break;
    }
}

static void step_ended(struct pod *p, const struct pod_event *ev, struct actions *out)
{
    if (ev->kind == POD_CONFIG)
        take_config(p, ev, out);
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
    case POD_RESTARTING:
        step_restarting(p, ev, out);
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
