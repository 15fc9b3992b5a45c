#include "daemon/core/container.h"

#include <assert.h>

/* The least time from the stop signal to SIGKILL, unless the grace is 0 (kubelet-semantics 3.3). */
static const mono_ms least_grace = 2 * MONO_SECOND;

static const char *const state_names[CONTAINER_STATES] = {
    [CONTAINER_PENDING]    = "pending",
    [CONTAINER_WAITING]    = "waiting",
    [CONTAINER_STARTING]   = "starting",
    [CONTAINER_POST_START] = "post-start",
    [CONTAINER_RUNNING]    = "running",
    [CONTAINER_PRE_STOP]   = "pre-stop",
    [CONTAINER_STOPPING]   = "stopping",
    [CONTAINER_KILLING]    = "killing",
    [CONTAINER_TERMINATED] = "terminated",
};

const char *container_state_name(enum container_state state)
{
    return state_names[state];
}

void container_init(struct container *c, const struct container_spec *spec, int index,
                    enum restart_policy policy, const struct backoff_policy *backoff, uint64_t seed)
{
    *c = (struct container){
        .spec = spec,
        .policy = backoff,
        .deadline = MONO_NEVER,
        .index = index,
        .state = CONTAINER_PENDING,
        .restart_policy = policy,
        .wanted = true,
    };
    backoff_init(&c->backoff, seed);
    worker_init(&c->workers[PROBE_LIVENESS], PROBE_LIVENESS, spec->liveness_probe);
    worker_init(&c->workers[PROBE_READINESS], PROBE_READINESS, spec->readiness_probe);
    worker_init(&c->workers[PROBE_STARTUP], PROBE_STARTUP, NULL);
}

bool container_has_process(const struct container *c)
{
    switch (c->state) {
    case CONTAINER_PENDING:
    case CONTAINER_WAITING:
    case CONTAINER_TERMINATED:
        return false;
    case CONTAINER_STARTING:
    case CONTAINER_POST_START:
    case CONTAINER_RUNNING:
    case CONTAINER_PRE_STOP:
    case CONTAINER_STOPPING:
    case CONTAINER_KILLING:
        return true;
    }
    return false;
}

mono_ms container_deadline(const struct container *c)
{
    mono_ms deadline = c->deadline;

    for (int i = 0; i < PROBE_TYPES; i++)
        deadline = mono_min(deadline, c->workers[i].deadline);
    return deadline;
}

/* ---- what goes out ---- */

static struct action *add(const struct container *c, struct actions *out, enum action_kind kind)
{
    assert(out->count < out->capacity);         /* the caller lends room for every step */
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
    c->live_slots &= (uint8_t)~(1u << slot);
    add(c, out, DO_CANCEL)->slot = slot;
}

/* The only writer of the state: no state keeps the deadline of the one before. */
static void enter(struct container *c, enum container_state state, mono_ms deadline)
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

static void worker_deadlines(struct container *c, mono_ms now, struct actions *out)
{
    const struct worker_event ev = {.kind = WORKER_DEADLINE, .now = now};

    for (int i = 0; i < PROBE_TYPES; i++) {
        if (c->workers[i].deadline <= now)
            step_worker(c, (enum probe_type)i, &ev, out);
    }
}

/* A probe's attempt has ended: counts it, notes it; true when liveness has failed. */
static bool probe_ended(struct container *c, const struct container_event *ev, struct actions *out)
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
    c->live_slots &= (uint8_t)~(1u << ev->slot);
    step = step_worker(c, type,
                       &(struct worker_event){
                           .kind = WORKER_OUTCOME, .now = ev->now, .outcome = ev->outcome},
                       out);
    if (step.errored) {
        note->kind = NOTE_PROBE_ERROR;
    } else if (!step.failed) {
        for (size_t i = noted + 1; i < out->count; i++)
            out->items[i - 1] = out->items[i];
        out->count--;
    }
    if (step.changed && type == PROBE_READINESS)
        set_ready(c, out, w->result == PROBE_SUCCESS, ev->now);
    return step.changed && type == PROBE_LIVENESS && w->result == PROBE_FAILURE;
}

static bool is_probe(enum attempt_slot slot)
{
    return slot == SLOT_LIVENESS || slot == SLOT_READINESS || slot == SLOT_STARTUP;
}

/* ---- starting ---- */

static void spawn(struct container *c, mono_ms now, struct actions *out)
{
    if (c->state == CONTAINER_WAITING)
        c->restart_count++;
    c->started = now;
    c->stop = STOP_NONE;
    add_note(c, out, NOTE_CREATED, now);
    add(c, out, DO_SPAWN);
    enter(c, CONTAINER_STARTING, MONO_NEVER);
}

static void go_running(struct container *c, mono_ms now, struct actions *out)
{
    const struct worker_event start = {.kind = WORKER_START, .now = now, .started = c->started};

    enter(c, CONTAINER_RUNNING, MONO_NEVER);
    if (c->spec->readiness_probe == NULL)
        set_ready(c, out, true, now);
    step_worker(c, PROBE_LIVENESS, &start, out);
    step_worker(c, PROBE_READINESS, &start, out);
    worker_deadlines(c, now, out);      /* a readiness probe without delay begins at once */
}

/* ---- stopping ---- */

/* What is left of the grace period, counted in whole seconds (kubelet-semantics 3.3). */
static mono_ms grace_left(const struct container *c, mono_ms now)
{
    mono_ms left = c->stop_grace - (now - c->stop_began) / MONO_SECOND * MONO_SECOND;

    return left < least_grace ? least_grace : left;
}

static void terminate(struct container *c, mono_ms now, struct actions *out)
{
    add(c, out, DO_TERM);
    enter(c, CONTAINER_STOPPING, mono_add(now, grace_left(c, now)));
}

static void kill_now(struct container *c, struct actions *out)
{
    add(c, out, DO_KILL);
    enter(c, CONTAINER_KILLING, MONO_NEVER);
}

static bool restarts_after_probe_kill(const struct container *c)
{
    return c->wanted && c->restart_policy != RESTART_NEVER;
}

static void begin_stop(struct container *c, enum stop_reason why, mono_ms grace, mono_ms now,
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
    stop_worker(c, PROBE_LIVENESS, now, out);   /* readiness goes on until the end */
    stop_worker(c, PROBE_STARTUP, now, out);
    if (grace == 0) {
        kill_now(c, out);
    } else if (lifecycle != NULL && lifecycle->pre_stop != NULL) {
        attempt(c, out, SLOT_PRE_STOP);
        enter(c, CONTAINER_PRE_STOP, mono_add(now, grace));
    } else {
        terminate(c, now, out);
    }
}

/* A stop for good while it is being stopped already: the grace period can only shrink. */
static void stop_sooner(struct container *c, const struct container_event *ev, struct actions *out)
{
    mono_ms sooner = mono_add(ev->now - c->stop_began, ev->grace);

    c->wanted = false;
    if (ev->grace == 0) {
        kill_now(c, out);
        return;
    }
    if (sooner >= c->stop_grace)
        return;
    c->stop_grace = sooner;
    if (c->state == CONTAINER_PRE_STOP)
        enter(c, c->state, mono_min(c->deadline, mono_add(c->stop_began, sooner)));
    else
        enter(c, c->state, mono_min(c->deadline, mono_add(ev->now, grace_left(c, ev->now))));
}

static void pre_stop_ended(struct container *c, const struct container_event *ev, struct actions *out)
{
    struct note *note = add_note(c, out, NOTE_HOOK, ev->now);

    note->slot = ev->slot;
    note->outcome = ev->outcome;
    note->text = ev->text;
    c->live_slots &= (uint8_t)~(1u << SLOT_PRE_STOP);
}

static void kill_for_good(struct container *c, struct actions *out)
{
    c->wanted = false;
    kill_now(c, out);
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
    c->last = *end;
    c->has_last = true;
    add_note(c, out, NOTE_EXITED, end->finished)->end = *end;
    set_ready(c, out, false, end->finished);
    if (!restarts(c, end)) {
        enter(c, CONTAINER_TERMINATED, MONO_NEVER);
        return;
    }
    next = backoff_next(&c->backoff, c->policy, end->started, end->finished);
    if (next.reset)
        add_note(c, out, NOTE_RESET, end->finished);
    add_note(c, out, NOTE_BACKOFF, end->finished)->delay = next.delay;
    enter(c, CONTAINER_WAITING, next.start);
}

static void exited(struct container *c, const struct container_event *ev, struct actions *out)
{
    struct run_end end = ev->end;

    end.started = c->started;
    end.finished = ev->now;
    end_run(c, &end, out);
    if (c->state == CONTAINER_WAITING && c->deadline <= ev->now)
        spawn(c, ev->now, out);
}

/*
 * Tried again at the earliest in a later step, even when the wait is 0: a policy that
 * never waits must not make one event an endless row of starts that fail.
 */
static void start_failed(struct container *c, const struct container_event *ev, struct actions *out)
{
    const struct run_end end = {
        .reason = END_START_ERROR, .exit_code = 128, .started = c->started, .finished = ev->now};

    add_note(c, out, NOTE_START_FAILED, ev->now)->text = ev->text;
    end_run(c, &end, out);
}

/* ---- one function a state; every event has an answer in each ---- */

static void step_pending(struct container *c, const struct container_event *ev, struct actions *out)
{
    switch (ev->kind) {
    case CONTAINER_START:
        spawn(c, ev->now, out);
        break;
    case CONTAINER_STOP:
    case CONTAINER_KILL:
        c->wanted = false;
        enter(c, CONTAINER_TERMINATED, MONO_NEVER);
        break;
    case CONTAINER_STARTED:
    case CONTAINER_START_FAILED:
    case CONTAINER_EXITED:
    case CONTAINER_ATTEMPT:
    case CONTAINER_DEADLINE:
    case CONTAINER_BACKOFF_RESET:
    case CONTAINER_BACKOFF_RETRY:
        break;
    }
}

static void step_waiting(struct container *c, const struct container_event *ev, struct actions *out)
{
    switch (ev->kind) {
    case CONTAINER_DEADLINE:
        if (c->deadline <= ev->now)
            spawn(c, ev->now, out);
        break;
    case CONTAINER_BACKOFF_RESET:
        backoff_reset(&c->backoff);
        spawn(c, ev->now, out);
        break;
    case CONTAINER_BACKOFF_RETRY:
        spawn(c, ev->now, out);
        break;
    case CONTAINER_STOP:
    case CONTAINER_KILL:
        c->wanted = false;
        enter(c, CONTAINER_TERMINATED, MONO_NEVER);
        break;
    case CONTAINER_START:
    case CONTAINER_STARTED:
    case CONTAINER_START_FAILED:
    case CONTAINER_EXITED:
    case CONTAINER_ATTEMPT:
        break;
    }
}

static void started(struct container *c, const struct container_event *ev, struct actions *out)
{
    const struct lifecycle_spec *lifecycle = c->spec->lifecycle;

    c->started = ev->now;
    add_note(c, out, NOTE_STARTED, ev->now);
    if (!c->wanted) {                   /* stopped while the spawn was under way */
        begin_stop(c, STOP_DELETED, c->stop_grace, ev->now, out);
    } else if (lifecycle != NULL && lifecycle->post_start != NULL) {
        attempt(c, out, SLOT_POST_START);
        enter(c, CONTAINER_POST_START, MONO_NEVER);
    } else {
        go_running(c, ev->now, out);
    }
}

static void step_starting(struct container *c, const struct container_event *ev, struct actions *out)
{
    switch (ev->kind) {
    case CONTAINER_STARTED:
        started(c, ev, out);
        break;
    case CONTAINER_START_FAILED:
        start_failed(c, ev, out);
        break;
    case CONTAINER_STOP:                /* begins when the process is there */
        c->stop_grace = c->wanted ? ev->grace : mono_min(c->stop_grace, ev->grace);
        c->wanted = false;
        break;
    case CONTAINER_KILL:
        c->stop_grace = 0;
        c->wanted = false;
        break;
    case CONTAINER_BACKOFF_RESET:
        backoff_reset(&c->backoff);
        break;
    case CONTAINER_START:
    case CONTAINER_EXITED:              /* not before STARTED */
    case CONTAINER_ATTEMPT:
    case CONTAINER_DEADLINE:
    case CONTAINER_BACKOFF_RETRY:
        break;
    }
}

static void post_start_ended(struct container *c, const struct container_event *ev,
                             struct actions *out)
{
    struct note *note = add_note(c, out, NOTE_HOOK, ev->now);

    note->slot = ev->slot;
    note->outcome = ev->outcome;
    note->text = ev->text;
    c->live_slots &= (uint8_t)~(1u << SLOT_POST_START);
    if (ev->outcome == ATTEMPT_OK)
        go_running(c, ev->now, out);
    else
        begin_stop(c, STOP_POST_START, ev->grace, ev->now, out);
}

static void step_post_start(struct container *c, const struct container_event *ev,
                            struct actions *out)
{
    switch (ev->kind) {
    case CONTAINER_ATTEMPT:
        if (ev->slot == SLOT_POST_START)
            post_start_ended(c, ev, out);
        break;
    case CONTAINER_EXITED:
        exited(c, ev, out);
        break;
    case CONTAINER_STOP:
        c->wanted = false;
        begin_stop(c, STOP_DELETED, ev->grace, ev->now, out);
        break;
    case CONTAINER_KILL:
        c->wanted = false;
        begin_stop(c, STOP_DELETED, 0, ev->now, out);
        break;
    case CONTAINER_BACKOFF_RESET:
        backoff_reset(&c->backoff);
        break;
    case CONTAINER_START:
    case CONTAINER_STARTED:
    case CONTAINER_START_FAILED:
    case CONTAINER_DEADLINE:
    case CONTAINER_BACKOFF_RETRY:
        break;
    }
}

static mono_ms probe_grace(const struct probe_spec *probe, mono_ms otherwise)
{
    int64_t seconds = probe->termination_grace_period_seconds;

    if (seconds == INT_UNSET)
        return otherwise;
    return seconds > MONO_NEVER / MONO_SECOND ? MONO_NEVER : seconds * MONO_SECOND;
}

static void step_running(struct container *c, const struct container_event *ev, struct actions *out)
{
    switch (ev->kind) {
    case CONTAINER_EXITED:
        exited(c, ev, out);
        break;
    case CONTAINER_ATTEMPT:
        if (is_probe(ev->slot) && probe_ended(c, ev, out))
            begin_stop(c, STOP_LIVENESS, probe_grace(c->spec->liveness_probe, ev->grace), ev->now,
                       out);
        break;
    case CONTAINER_DEADLINE:
        worker_deadlines(c, ev->now, out);
        break;
    case CONTAINER_STOP:
        c->wanted = false;
        begin_stop(c, STOP_DELETED, ev->grace, ev->now, out);
        break;
    case CONTAINER_KILL:
        c->wanted = false;
        begin_stop(c, STOP_DELETED, 0, ev->now, out);
        break;
    case CONTAINER_BACKOFF_RESET:
        backoff_reset(&c->backoff);
        break;
    case CONTAINER_START:
    case CONTAINER_STARTED:
    case CONTAINER_START_FAILED:
    case CONTAINER_BACKOFF_RETRY:
        break;
    }
}

static void step_pre_stop(struct container *c, const struct container_event *ev, struct actions *out)
{
    switch (ev->kind) {
    case CONTAINER_ATTEMPT:
        if (ev->slot == SLOT_PRE_STOP) {
            pre_stop_ended(c, ev, out);
            terminate(c, ev->now, out);
        } else if (is_probe(ev->slot)) {
            probe_ended(c, ev, out);
        }
        break;
    case CONTAINER_DEADLINE:
        worker_deadlines(c, ev->now, out);
        if (c->deadline <= ev->now)     /* the hook overran: it goes on beside the signal */
            terminate(c, ev->now, out);
        break;
    case CONTAINER_EXITED:
        exited(c, ev, out);
        break;
    case CONTAINER_STOP:
        stop_sooner(c, ev, out);
        break;
    case CONTAINER_KILL:
        kill_for_good(c, out);
        break;
    case CONTAINER_BACKOFF_RESET:
        backoff_reset(&c->backoff);
        break;
    case CONTAINER_START:
    case CONTAINER_STARTED:
    case CONTAINER_START_FAILED:
    case CONTAINER_BACKOFF_RETRY:
        break;
    }
}

static void step_stopping(struct container *c, const struct container_event *ev, struct actions *out)
{
    switch (ev->kind) {
    case CONTAINER_EXITED:
        exited(c, ev, out);
        break;
    case CONTAINER_DEADLINE:
        worker_deadlines(c, ev->now, out);
        if (c->deadline <= ev->now)
            kill_now(c, out);
        break;
    case CONTAINER_ATTEMPT:
        if (ev->slot == SLOT_PRE_STOP)
            pre_stop_ended(c, ev, out);
        else if (is_probe(ev->slot))
            probe_ended(c, ev, out);
        break;
    case CONTAINER_STOP:
        stop_sooner(c, ev, out);
        break;
    case CONTAINER_KILL:
        kill_for_good(c, out);
        break;
    case CONTAINER_BACKOFF_RESET:
        backoff_reset(&c->backoff);
        break;
    case CONTAINER_START:
    case CONTAINER_STARTED:
    case CONTAINER_START_FAILED:
    case CONTAINER_BACKOFF_RETRY:
        break;
    }
}

static void step_killing(struct container *c, const struct container_event *ev, struct actions *out)
{
    switch (ev->kind) {
    case CONTAINER_EXITED:
        exited(c, ev, out);
        break;
    case CONTAINER_STOP:
    case CONTAINER_KILL:
        c->wanted = false;
        break;
    case CONTAINER_ATTEMPT:
        if (ev->slot == SLOT_PRE_STOP)
            pre_stop_ended(c, ev, out);
        else if (is_probe(ev->slot))
            probe_ended(c, ev, out);
        break;
    case CONTAINER_DEADLINE:
        worker_deadlines(c, ev->now, out);
        break;
    case CONTAINER_BACKOFF_RESET:
        backoff_reset(&c->backoff);
        break;
    case CONTAINER_START:
    case CONTAINER_STARTED:
    case CONTAINER_START_FAILED:
    case CONTAINER_BACKOFF_RETRY:
        break;
    }
}

void container_step(struct container *c, const struct container_event *ev, struct actions *out)
{
    /* An attempt that was cancelled, or never begun, has no say in any state. */
    if (ev->kind == CONTAINER_ATTEMPT && (c->live_slots & 1u << ev->slot) == 0)
        return;

    switch (c->state) {
    case CONTAINER_PENDING:
        step_pending(c, ev, out);
        break;
    case CONTAINER_WAITING:
        step_waiting(c, ev, out);
        break;
    case CONTAINER_STARTING:
        step_starting(c, ev, out);
        break;
    case CONTAINER_POST_START:
        step_post_start(c, ev, out);
        break;
    case CONTAINER_RUNNING:
        step_running(c, ev, out);
        break;
    case CONTAINER_PRE_STOP:
        step_pre_stop(c, ev, out);
        break;
    case CONTAINER_STOPPING:
        step_stopping(c, ev, out);
        break;
    case CONTAINER_KILLING:
        step_killing(c, ev, out);
        break;
    case CONTAINER_TERMINATED:
        break;                          /* nothing changes it any more */
    }
}
