#include "daemon/core/moves.h"

#include <assert.h>

/* The least time from the stop signal to SIGKILL, unless the grace is 0 (kubelet-semantics 3.3). */
static const mono_ms least_grace = 2 * MONO_SECOND;

/* ---- what goes out ---- */

static struct action *add(const struct container *c, struct actions *out, enum action_kind kind)
{
    assert(out->count < out->capacity); /* the caller lends room for every step */
    out->items[out->count] = (struct action){.kind = kind, .container = c->index};
    return &out->items[out->count++];
}

static struct note *add_note(const struct container *c, struct actions *out, enum note_kind kind,
                             mono_ms now)
{
    struct note *note = &add(c, out, DO_NOTE)->note;

    note->kind = kind;
    note->now = now;
    note->restart_count = c->restart_count;
    return note;
}

static void attempt(struct container *c, struct actions *out, enum attempt_slot slot)
{
    c->live_slots |= (uint8_t)(1u << slot);
    add(c, out, DO_ATTEMPT)->slot = slot;
}

static void cancel(struct container *c, struct actions *out, enum attempt_slot slot)
{
    if ((c->live_slots & 1u << slot) == 0)
        return;
    c->live_slots &= (uint8_t) ~(1u << slot);
    add(c, out, DO_CANCEL)->slot = slot;
}

/* The only writer of the state: no state keeps the deadline of the one before. */
void move_enter(struct container *c, enum container_state state, mono_ms deadline)
{
    c->state = state;
    c->deadline = deadline;
}

/* ---- probes ---- */

static void set_ready(struct container *c, struct actions *out, bool ready, mono_ms now)
{
    if (c->ready == ready)
        return;
    c->ready = ready;
    add_note(c, out, ready ? NOTE_READY : NOTE_NOT_READY, now);
}

static struct worker_step step_worker(struct container *c, enum probe_type type,
                                      const struct worker_event *ev, struct actions *out)
{
    struct worker_step step = worker_step(&c->workers[type], ev);

    switch (step.action) {
    case WORKER_DO_ATTEMPT:
        attempt(c, out, (enum attempt_slot)type);
        break;
    case WORKER_DO_CANCEL:
        cancel(c, out, (enum attempt_slot)type);
        break;
    case WORKER_DO_NOTHING:
        break;
    }
    return step;
}

static void stop_worker(struct container *c, enum probe_type type, mono_ms now, struct actions *out)
{
    step_worker(c, type, &(struct worker_event){.kind = WORKER_STOP, .now = now}, out);
}

void move_worker_deadlines(struct container *c, mono_ms now, struct actions *out)
{
    const struct worker_event ev = {.kind = WORKER_DEADLINE, .now = now};

    for (int i = 0; i < PROBE_TYPES; i++) {
        if (c->workers[i].deadline <= now)
            step_worker(c, (enum probe_type)i, &ev, out);
    }
}

/* A probe's attempt has ended: counts it, notes it; true when liveness has failed. */
bool move_probe_ended(struct container *c, const struct container_event *ev, struct actions *out)
{
    enum probe_type type = (enum probe_type)ev->slot;
    const struct worker *w = &c->workers[type];
    size_t noted = out->count;
    struct worker_step step;
    struct note *note;

    /* Noted before what follows from it; taken back if there is nothing to note. */
    note = add_note(c, out, NOTE_UNHEALTHY, ev->now);
    note->slot = ev->slot;
    note->outcome = ev->outcome;
    note->text = ev->text;
    c->live_slots &= (uint8_t) ~(1u << ev->slot);
    step = step_worker(
        c, type,
        &(struct worker_event){.kind = WORKER_OUTCOME, .now = ev->now, .outcome = ev->outcome},
        out);
    if (step.errored) {
        note->kind = NOTE_PROBE_ERROR;
    } else if (step.warned) {
        note->kind = NOTE_PROBE_WARNING;
    } else if (!step.failed) {
        for (size_t i = noted + 1; i < out->count; i++)
            out->items[i - 1] = out->items[i];
        out->count--;
    }
    if (step.changed && type == PROBE_READINESS)
        set_ready(c, out, w->result == PROBE_SUCCESS, ev->now);
    return step.changed && type == PROBE_LIVENESS && w->result == PROBE_FAILURE;
}

bool move_is_probe(enum attempt_slot slot)
{
    return slot == SLOT_LIVENESS || slot == SLOT_READINESS || slot == SLOT_STARTUP;
}

/* ---- starting ---- */

void move_spawn(struct container *c, mono_ms now, struct actions *out)
{
    if (c->state == CONTAINER_WAITING)
        c->restart_count++;
    c->started = now;
    c->stop = STOP_NONE;
    add_note(c, out, NOTE_CREATED, now);
    add(c, out, DO_SPAWN);
    move_enter(c, CONTAINER_STARTING, MONO_NEVER);
}

static void go_running(struct container *c, mono_ms now, struct actions *out)
{
    const struct worker_event start = {.kind = WORKER_START, .now = now, .started = c->started};

    move_enter(c, CONTAINER_RUNNING, MONO_NEVER);
    if (c->spec->readiness_probe == NULL)
        set_ready(c, out, true, now);
    step_worker(c, PROBE_LIVENESS, &start, out);
    step_worker(c, PROBE_READINESS, &start, out);
    move_worker_deadlines(c, now, out); /* a readiness probe without delay begins at once */
}

/* ---- stopping ---- */

/* What is left of the grace period, counted in whole seconds (kubelet-semantics 3.3). */
static mono_ms grace_left(const struct container *c, mono_ms now)
{
    mono_ms left = c->stop_grace - (now - c->stop_began) / MONO_SECOND * MONO_SECOND;

    return left < least_grace ? least_grace : left;
}

void move_terminate(struct container *c, mono_ms now, struct actions *out)
{
    add(c, out, DO_TERM);
    move_enter(c, CONTAINER_STOPPING, mono_add(now, grace_left(c, now)));
}

void move_kill_now(struct container *c, struct actions *out)
{
    add(c, out, DO_KILL);
    move_enter(c, CONTAINER_KILLING, MONO_NEVER);
}

static bool restarts_after_probe_kill(const struct container *c)
{
    return c->wanted && c->restart_policy != RESTART_NEVER;
}

void move_begin_stop(struct container *c, enum stop_reason why, mono_ms grace, mono_ms now,
                     struct actions *out)
{
    const struct lifecycle_spec *lifecycle = c->spec->lifecycle;
    struct note *note = add_note(c, out, NOTE_KILLING, now);

    note->stop = why;
    note->will_restart = restarts_after_probe_kill(c);
    c->stop = why;
    c->stop_began = now;
    c->stop_grace = grace;
    cancel(c, out, SLOT_POST_START);
    stop_worker(c, PROBE_LIVENESS, now, out); /* readiness goes on until the end */
    stop_worker(c, PROBE_STARTUP, now, out);
    if (grace == 0) {
        move_kill_now(c, out);
    } else if (lifecycle != NULL && lifecycle->pre_stop != NULL) {
        attempt(c, out, SLOT_PRE_STOP);
        move_enter(c, CONTAINER_PRE_STOP, mono_add(now, grace));
    } else {
        move_terminate(c, now, out);
    }
}

/* A stop for good while it is being stopped already: the grace period can only shrink. */
void move_stop_sooner(struct container *c, const struct container_event *ev, struct actions *out)
{
    mono_ms sooner = mono_add(ev->now - c->stop_began, ev->grace);

    c->wanted = false;
    if (ev->grace == 0) {
        move_kill_now(c, out);
        return;
    }
    if (sooner >= c->stop_grace)
        return;
    c->stop_grace = sooner;
    if (c->state == CONTAINER_PRE_STOP)
        move_enter(c, c->state, mono_min(c->deadline, mono_add(c->stop_began, sooner)));
    else
        move_enter(c, c->state, mono_min(c->deadline, mono_add(ev->now, grace_left(c, ev->now))));
}

void move_pre_stop_ended(struct container *c, const struct container_event *ev, struct actions *out)
{
    struct note *note = add_note(c, out, NOTE_HOOK, ev->now);

    note->slot = ev->slot;
    note->outcome = ev->outcome;
    note->text = ev->text;
    c->live_slots &= (uint8_t) ~(1u << SLOT_PRE_STOP);
}

void move_kill_for_good(struct container *c, struct actions *out)
{
    c->wanted = false;
    move_kill_now(c, out);
}

/* ---- the end of a run ---- */

static bool restarts(const struct container *c, const struct run_end *end)
{
    if (!c->wanted)
        return false;
    if (c->stop == STOP_LIVENESS || c->stop == STOP_STARTUP)
        return restarts_after_probe_kill(c);
    switch (c->restart_policy) {
    case RESTART_ALWAYS:
        return true;
    case RESTART_ON_FAILURE:
        return end->exit_code != 0;
    case RESTART_NEVER:
    case restart_policy_UNSET:
        return false;
    }
    return false;
}

static void end_run(struct container *c, const struct run_end *end, struct actions *out)
{
    struct backoff_decision next;

    for (int i = 0; i < PROBE_TYPES; i++)
        stop_worker(c, (enum probe_type)i, end->finished, out);
    cancel(c, out, SLOT_POST_START);
    cancel(c, out, SLOT_PRE_STOP);
    c->before = c->last;
    c->has_before = c->has_last;
    c->last = *end;
    c->has_last = true;
    add_note(c, out, NOTE_EXITED, end->finished)->end = *end;
    set_ready(c, out, false, end->finished);
    if (!restarts(c, end)) {
        move_enter(c, CONTAINER_TERMINATED, MONO_NEVER);
        return;
    }
    next = backoff_next(&c->backoff, c->policy, end->started, end->finished);
    if (next.reset)
        add_note(c, out, NOTE_RESET, end->finished);
    add_note(c, out, NOTE_BACKOFF, end->finished)->delay = next.delay;
    move_enter(c, CONTAINER_WAITING, next.start);
}

void move_exited(struct container *c, const struct container_event *ev, struct actions *out)
{
    struct run_end end = ev->end;

    end.started = c->started;
    end.finished = ev->now;
    end_run(c, &end, out);
    if (c->state == CONTAINER_WAITING && c->deadline <= ev->now)
        move_spawn(c, ev->now, out);
}

/*
 * Tried again at the earliest in a later step, even when the wait is 0: a policy that
 * never waits must not make one event an endless row of starts that fail.
 */
void move_start_failed(struct container *c, const struct container_event *ev, struct actions *out)
{
    const struct run_end end = {
        .reason = END_START_ERROR, .exit_code = 128, .started = c->started, .finished = ev->now,
        .message = ev->text};

    add_note(c, out, NOTE_START_FAILED, ev->now)->text = ev->text;
    end_run(c, &end, out);
}

void move_started(struct container *c, const struct container_event *ev, struct actions *out)
{
    const struct lifecycle_spec *lifecycle = c->spec->lifecycle;

    c->started = ev->now;
    add_note(c, out, NOTE_STARTED, ev->now);
    if (!c->wanted) { /* stopped while the spawn was under way */
        move_begin_stop(c, STOP_DELETED, c->stop_grace, ev->now, out);
    } else if (lifecycle != NULL && lifecycle->post_start != NULL) {
        attempt(c, out, SLOT_POST_START);
        move_enter(c, CONTAINER_POST_START, MONO_NEVER);
    } else {
        go_running(c, ev->now, out);
    }
}

void move_post_start_ended(struct container *c, const struct container_event *ev,
                           struct actions *out)
{
    struct note *note = add_note(c, out, NOTE_HOOK, ev->now);

    note->slot = ev->slot;
    note->outcome = ev->outcome;
    note->text = ev->text;
    c->live_slots &= (uint8_t) ~(1u << SLOT_POST_START);
    if (ev->outcome == ATTEMPT_OK)
        go_running(c, ev->now, out);
    else
        move_begin_stop(c, STOP_POST_START, ev->grace, ev->now, out);
}

mono_ms move_probe_grace(const struct probe_spec *probe, mono_ms otherwise)
{
    int64_t seconds = probe->termination_grace_period_seconds;

    if (seconds == INT_UNSET)
        return otherwise;
    return seconds > MONO_NEVER / MONO_SECOND ? MONO_NEVER : seconds * MONO_SECOND;
}
