#include "daemon/core/container.h"

#include "daemon/core/moves.h"

static const char *const state_names[CONTAINER_STATES] = {
    [CONTAINER_PENDING]    = "pending",
    [CONTAINER_WAITING]    = "waiting",
    [CONTAINER_BLOCKED]    = "blocked",
    [CONTAINER_RESTARTS_ALL] = "restarts-all",
    [CONTAINER_STARTING]   = "starting",
    [CONTAINER_POST_START] = "post-start",
    [CONTAINER_RUNNING]    = "running",
    [CONTAINER_PRE_STOP]   = "pre-stop",
    [CONTAINER_QUEUED]     = "queued",
    [CONTAINER_STOPPING]   = "stopping",
    [CONTAINER_KILLING]    = "killing",
    [CONTAINER_TERMINATED] = "terminated",
};

const char *container_state_name(enum container_state state)
{
    return state_names[state];
}

enum container_role container_role(const struct container_spec *spec, bool init)
{
    if (!init)
        return ROLE_REGULAR;
    return spec->restart_policy == RESTART_ALWAYS ? ROLE_SIDECAR : ROLE_INIT;
}

void container_init(struct container *c, const struct container_spec *spec, int index, bool init,
                    enum restart_policy pod_policy, const struct backoff_policy *backoff,
                    const struct notify_rules *notify, uint64_t seed)
{
    const struct container_config config = {
        .spec = spec, .policy = backoff, .notify = notify, .restart_policy = pod_policy};

    *c = (struct container){
        .deadline = MONO_NEVER,
        .notices.deadline = MONO_NEVER,
        .index = index,
        .state = CONTAINER_PENDING,
        .role = container_role(spec, init),
        .wanted = true,
    };
    backoff_init(&c->backoff, seed);
    move_take_config(c, &config);
}

bool container_has_process(const struct container *c)
{
    switch (c->state) {
    case CONTAINER_PENDING:
    case CONTAINER_WAITING:
    case CONTAINER_BLOCKED:
    case CONTAINER_RESTARTS_ALL:
    case CONTAINER_TERMINATED:
        return false;
    case CONTAINER_STARTING:
    case CONTAINER_POST_START:
    case CONTAINER_RUNNING:
    case CONTAINER_PRE_STOP:
    case CONTAINER_QUEUED:
    case CONTAINER_STOPPING:
    case CONTAINER_KILLING:
        return true;
    }
    return false;
}

mono_ms container_deadline(const struct container *c)
{
    mono_ms deadline = mono_min(c->deadline, c->notices.deadline);

    for (int i = 0; i < PROBE_TYPES; i++)
        deadline = mono_min(deadline, c->workers[i].deadline);
    return deadline;
}

void container_end_probes(struct container *c, mono_ms now, struct actions *out)
{
    for (int i = 0; i < PROBE_TYPES; i++)
        move_end_probe(c, (enum probe_type)i, now, out);
}

/* ---- one function a state; every event has an answer in each ---- */

static void step_pending(struct container *c, const struct container_event *ev, struct actions *out)
{
    switch (ev->kind) {
    case CONTAINER_START:
        c->first_run = true;
        move_spawn(c, ev->now, out);
        break;
    case CONTAINER_STOP:
    case CONTAINER_KILL:
        move_end(c);
        break;
    case CONTAINER_BACKOFF_RESET:       /* it may have run before all were restarted */
        backoff_reset(&c->backoff);
        break;
    case CONTAINER_CONFIG:
        move_take_config(c, &ev->config);
        break;
    case CONTAINER_STARTED:
    case CONTAINER_START_FAILED:
    case CONTAINER_NOT_CREATED:
    case CONTAINER_EXITED:
    case CONTAINER_ATTEMPT:
    case CONTAINER_DEADLINE:
    case CONTAINER_TURN:
    case CONTAINER_BACKOFF_RETRY:
    case CONTAINER_REMOVE:              /* it waits for its turn as it is */
    case CONTAINER_FILES_CHANGED:
    case CONTAINER_NOTICE:
        break;
    }
}

static void step_waiting(struct container *c, const struct container_event *ev, struct actions *out)
{
    switch (ev->kind) {
    case CONTAINER_DEADLINE:
        if (c->deadline <= ev->now)
            move_spawn(c, ev->now, out);
        break;
    case CONTAINER_BACKOFF_RESET:
        backoff_reset(&c->backoff);
        move_spawn(c, ev->now, out);
        break;
    case CONTAINER_BACKOFF_RETRY:
        move_spawn(c, ev->now, out);
        break;
    case CONTAINER_CONFIG:
        move_take_config(c, &ev->config);
        if (ev->config.change == SPEC_NEW_COMMAND)      /* which never crashed */
            move_spawn(c, ev->now, out);
        break;
    case CONTAINER_FILES_CHANGED:
        move_spawn_for_files(c, ev, out);
        break;
    case CONTAINER_STOP:
    case CONTAINER_KILL:
        move_end(c);
        break;
    case CONTAINER_REMOVE:
        move_remove(c);
        break;
    case CONTAINER_START:
    case CONTAINER_STARTED:
    case CONTAINER_START_FAILED:
    case CONTAINER_NOT_CREATED:
    case CONTAINER_EXITED:
    case CONTAINER_ATTEMPT:
    case CONTAINER_TURN:
    case CONTAINER_NOTICE:
        break;
    }
}

static void step_blocked(struct container *c, const struct container_event *ev, struct actions *out)
{
    switch (ev->kind) {
    case CONTAINER_DEADLINE:
        if (c->deadline <= ev->now)
            move_spawn(c, ev->now, out);
        break;
    case CONTAINER_BACKOFF_RESET:
        backoff_reset(&c->backoff);
        move_spawn(c, ev->now, out);
        break;
    case CONTAINER_BACKOFF_RETRY:
        move_spawn(c, ev->now, out);
        break;
    case CONTAINER_CONFIG:
        move_take_config(c, &ev->config);
        if (ev->config.change != SPEC_SAME)     /* it may be what was missing */
            move_spawn(c, ev->now, out);
        break;
    case CONTAINER_FILES_CHANGED:
        move_spawn_for_files(c, ev, out);
        break;
    case CONTAINER_STOP:
    case CONTAINER_KILL:
        move_end(c);
        break;
    case CONTAINER_REMOVE:
        move_remove(c);
        break;
    case CONTAINER_START:
    case CONTAINER_STARTED:
    case CONTAINER_START_FAILED:
    case CONTAINER_NOT_CREATED:
    case CONTAINER_EXITED:
    case CONTAINER_ATTEMPT:
    case CONTAINER_TURN:
    case CONTAINER_NOTICE:
        break;
    }
}

/* The pod restarts when this one's wait is over and nothing of the others is left. */
static void step_restarts_all(struct container *c, const struct container_event *ev, struct actions *out)
{
    switch (ev->kind) {
    case CONTAINER_DEADLINE:
        if (c->deadline <= ev->now)
            move_remove(c);
        break;
    case CONTAINER_BACKOFF_RESET:
        backoff_reset(&c->backoff);
        move_remove(c);
        break;
    case CONTAINER_BACKOFF_RETRY:
        move_remove(c);
        break;
    case CONTAINER_CONFIG:
        move_take_config(c, &ev->config);
        if (ev->config.change == SPEC_NEW_COMMAND)
            move_remove(c);
        break;
    case CONTAINER_FILES_CHANGED:
        move_remove_for_files(c, ev, out);
        break;
    case CONTAINER_STOP:
    case CONTAINER_KILL:
        move_end(c);
        break;
    case CONTAINER_START:
    case CONTAINER_STARTED:
    case CONTAINER_START_FAILED:
    case CONTAINER_NOT_CREATED:
    case CONTAINER_EXITED:
    case CONTAINER_ATTEMPT:
    case CONTAINER_TURN:
    case CONTAINER_REMOVE:              /* in its own time */
    case CONTAINER_NOTICE:
        break;
    }
}

static void step_starting(struct container *c, const struct container_event *ev, struct actions *out)
{
    switch (ev->kind) {
    case CONTAINER_STARTED:
        move_started(c, ev, out);
        break;
    case CONTAINER_START_FAILED:
        move_start_failed(c, ev, out);
        break;
    case CONTAINER_NOT_CREATED:
        move_not_created(c, ev, out);
        break;
    case CONTAINER_STOP:                /* begins when the process is there */
    case CONTAINER_KILL:
        move_note_stop(c, ev);
        break;
    case CONTAINER_REMOVE:
        move_note_removal(c);
        break;
    case CONTAINER_CONFIG:
        move_note_change(c, ev);
        break;
    case CONTAINER_FILES_CHANGED:
        move_note_files(c, ev, out);
        break;
    case CONTAINER_TURN:
        c->in_turn = false;
        break;
    case CONTAINER_BACKOFF_RESET:
        backoff_reset(&c->backoff);
        break;
    case CONTAINER_START:
    case CONTAINER_EXITED:              /* not before STARTED */
    case CONTAINER_ATTEMPT:
    case CONTAINER_DEADLINE:
    case CONTAINER_BACKOFF_RETRY:
    case CONTAINER_NOTICE:
        break;
    }
}

static void step_post_start(struct container *c, const struct container_event *ev,
                            struct actions *out)
{
    switch (ev->kind) {
    case CONTAINER_ATTEMPT:
        if (ev->slot == SLOT_POST_START)
            move_post_start_ended(c, ev, out);
        break;
    case CONTAINER_NOTICE:
        move_noticed_early(c, ev);
        break;
    case CONTAINER_EXITED:
        move_exited(c, ev, out);
        break;
    case CONTAINER_STOP:
    case CONTAINER_KILL:
        move_stop_for_good(c, ev, out);
        break;
    case CONTAINER_BACKOFF_RESET:
        backoff_reset(&c->backoff);
        break;
    case CONTAINER_REMOVE:
        move_begin_removal(c, ev->now, out);
        break;
    case CONTAINER_CONFIG:
        move_run_changed(c, ev, out);
        break;
    case CONTAINER_FILES_CHANGED:
        move_stop_for_files(c, ev, out);
        break;
    case CONTAINER_START:
    case CONTAINER_STARTED:
    case CONTAINER_START_FAILED:
    case CONTAINER_NOT_CREATED:
    case CONTAINER_DEADLINE:
    case CONTAINER_TURN:
    case CONTAINER_BACKOFF_RETRY:
        break;
    }
}

static void step_running(struct container *c, const struct container_event *ev, struct actions *out)
{
    switch (ev->kind) {
    case CONTAINER_EXITED:
        move_exited(c, ev, out);
        break;
    case CONTAINER_ATTEMPT:
        if (move_is_probe(ev->slot))
            move_run_probed(c, ev, out);
        break;
    case CONTAINER_NOTICE:
        move_run_noticed(c, ev, out);
        break;
    case CONTAINER_DEADLINE:
        move_notice_overdue(c, ev, out);        /* which leaves the readiness probe at work */
        move_worker_deadlines(c, ev->now, out);
        break;
    case CONTAINER_STOP:
    case CONTAINER_KILL:
        move_stop_for_good(c, ev, out);
        break;
    case CONTAINER_BACKOFF_RESET:
        backoff_reset(&c->backoff);
        break;
    case CONTAINER_REMOVE:
        move_begin_removal(c, ev->now, out);
        break;
    case CONTAINER_CONFIG:
        move_run_changed(c, ev, out);
        break;
    case CONTAINER_FILES_CHANGED:
        move_stop_for_files(c, ev, out);
        break;
    case CONTAINER_START:
    case CONTAINER_STARTED:
    case CONTAINER_START_FAILED:
    case CONTAINER_NOT_CREATED:
    case CONTAINER_TURN:
    case CONTAINER_BACKOFF_RETRY:
        break;
    }
}

static void step_pre_stop(struct container *c, const struct container_event *ev, struct actions *out)
{
    switch (ev->kind) {
    case CONTAINER_ATTEMPT:
        if (ev->slot == SLOT_PRE_STOP) {
            move_pre_stop_ended(c, ev, out);
            move_signal_in_turn(c, ev->now, out);
        } else if (move_is_probe(ev->slot)) {
            move_probe_ended(c, ev, out);
        }
        break;
    case CONTAINER_DEADLINE:
        move_worker_deadlines(c, ev->now, out);
        if (c->deadline <= ev->now)     /* the hook overran: it goes on beside the signal */
            move_terminate(c, ev->now, out);
        break;
    case CONTAINER_EXITED:
        move_exited(c, ev, out);
        break;
    case CONTAINER_STOP:
        move_stop_sooner(c, ev, out);
        break;
    case CONTAINER_KILL:
        move_kill_for_good(c, out);
        break;
    case CONTAINER_TURN:                /* the hook comes first */
        c->in_turn = false;
        break;
    case CONTAINER_BACKOFF_RESET:
        backoff_reset(&c->backoff);
        break;
    case CONTAINER_REMOVE:
        move_remove_sooner(c, ev->now, out);
        break;
    case CONTAINER_CONFIG:
        move_keep_change(c, &ev->config);
        break;
    case CONTAINER_FILES_CHANGED:
        move_restart_for_files(c, ev, out);
        break;
    case CONTAINER_START:
    case CONTAINER_STARTED:
    case CONTAINER_START_FAILED:
    case CONTAINER_NOT_CREATED:
    case CONTAINER_BACKOFF_RETRY:
    case CONTAINER_NOTICE:
        break;
    }
}

static void step_queued(struct container *c, const struct container_event *ev, struct actions *out)
{
    switch (ev->kind) {
    case CONTAINER_TURN:
        move_terminate(c, ev->now, out);
        break;
    case CONTAINER_DEADLINE:
        move_worker_deadlines(c, ev->now, out);
        if (c->deadline <= ev->now)     /* those before it took all the time there was */
            move_terminate(c, ev->now, out);
        break;
    case CONTAINER_EXITED:
        move_exited(c, ev, out);
        break;
    case CONTAINER_ATTEMPT:
        if (move_is_probe(ev->slot))
            move_probe_ended(c, ev, out);
        break;
    case CONTAINER_STOP:
        move_stop_sooner(c, ev, out);
        break;
    case CONTAINER_KILL:
        move_kill_for_good(c, out);
        break;
    case CONTAINER_BACKOFF_RESET:
        backoff_reset(&c->backoff);
        break;
    case CONTAINER_REMOVE:
        move_remove_sooner(c, ev->now, out);
        break;
    case CONTAINER_CONFIG:
        move_keep_change(c, &ev->config);
        break;
    case CONTAINER_FILES_CHANGED:
        move_restart_for_files(c, ev, out);
        break;
    case CONTAINER_START:
    case CONTAINER_STARTED:
    case CONTAINER_START_FAILED:
    case CONTAINER_NOT_CREATED:
    case CONTAINER_BACKOFF_RETRY:
    case CONTAINER_NOTICE:
        break;
    }
}

static void step_stopping(struct container *c, const struct container_event *ev, struct actions *out)
{
    switch (ev->kind) {
    case CONTAINER_EXITED:
        move_exited(c, ev, out);
        break;
    case CONTAINER_DEADLINE:
        move_worker_deadlines(c, ev->now, out);
        if (c->deadline <= ev->now)
            move_kill_now(c, out);
        break;
    case CONTAINER_ATTEMPT:
        if (ev->slot == SLOT_PRE_STOP)
            move_pre_stop_ended(c, ev, out);
        else if (move_is_probe(ev->slot))
            move_probe_ended(c, ev, out);
        break;
    case CONTAINER_STOP:
        move_stop_sooner(c, ev, out);
        break;
    case CONTAINER_KILL:
        move_kill_for_good(c, out);
        break;
    case CONTAINER_BACKOFF_RESET:
        backoff_reset(&c->backoff);
        break;
    case CONTAINER_REMOVE:
        move_remove_sooner(c, ev->now, out);
        break;
    case CONTAINER_CONFIG:
        move_keep_change(c, &ev->config);
        break;
    case CONTAINER_FILES_CHANGED:
        move_restart_for_files(c, ev, out);
        break;
    case CONTAINER_START:
    case CONTAINER_STARTED:
    case CONTAINER_START_FAILED:
    case CONTAINER_NOT_CREATED:
    case CONTAINER_TURN:
    case CONTAINER_BACKOFF_RETRY:
    case CONTAINER_NOTICE:
        break;
    }
}

static void step_killing(struct container *c, const struct container_event *ev, struct actions *out)
{
    switch (ev->kind) {
    case CONTAINER_EXITED:
        move_exited(c, ev, out);
        break;
    case CONTAINER_STOP:
    case CONTAINER_KILL:
        c->wanted = false;
        break;
    case CONTAINER_ATTEMPT:
        if (ev->slot == SLOT_PRE_STOP)
            move_pre_stop_ended(c, ev, out);
        else if (move_is_probe(ev->slot))
            move_probe_ended(c, ev, out);
        break;
    case CONTAINER_DEADLINE:
        move_worker_deadlines(c, ev->now, out);
        break;
    case CONTAINER_BACKOFF_RESET:
        backoff_reset(&c->backoff);
        break;
    case CONTAINER_REMOVE:
        move_note_removal(c);
        break;
    case CONTAINER_CONFIG:
        move_keep_change(c, &ev->config);
        break;
    case CONTAINER_FILES_CHANGED:
        move_restart_for_files(c, ev, out);
        break;
    case CONTAINER_START:
    case CONTAINER_STARTED:
    case CONTAINER_START_FAILED:
    case CONTAINER_NOT_CREATED:
    case CONTAINER_TURN:
    case CONTAINER_BACKOFF_RETRY:
    case CONTAINER_NOTICE:
        break;
    }
}

static void step_terminated(struct container *c, const struct container_event *ev, struct actions *out)
{
    switch (ev->kind) {
    case CONTAINER_REMOVE:
        if (c->wanted)                  /* it has ended by itself */
            move_remove(c);
        break;
    case CONTAINER_STOP:
    case CONTAINER_KILL:
        c->wanted = false;
        break;
    case CONTAINER_BACKOFF_RESET:       /* it may run again when all are restarted */
        backoff_reset(&c->backoff);
        break;
    case CONTAINER_CONFIG:
        move_take_config(c, &ev->config);
        break;
    case CONTAINER_FILES_CHANGED:
        if (c->wanted && c->role == ROLE_REGULAR)       /* it has ended by itself */
            move_spawn_for_files(c, ev, out);
        break;
    case CONTAINER_START:
    case CONTAINER_STARTED:
    case CONTAINER_START_FAILED:
    case CONTAINER_NOT_CREATED:
    case CONTAINER_EXITED:
    case CONTAINER_ATTEMPT:
    case CONTAINER_DEADLINE:
    case CONTAINER_TURN:
    case CONTAINER_BACKOFF_RETRY:
    case CONTAINER_NOTICE:
        break;
    }
}

void container_step(struct container *c, const struct container_event *ev, struct actions *out)
{
    /* An attempt that was cancelled, or never begun, has no say in any state. */
    if (ev->kind == CONTAINER_ATTEMPT && (c->live_slots & 1u << ev->slot) == 0)
        return;
    /* In every state: what it crashed of may be mended. */
    if (ev->kind == CONTAINER_FILES_CHANGED)
        backoff_reset(&c->backoff);
    /* Whatever the state: the text takes the place of the one before, which is freed. */
    if (ev->kind == CONTAINER_NOTICE && ev->notice == NOTICE_STATUS)
        c->notices.status = ev->text;

    switch (c->state) {
    case CONTAINER_PENDING:
        step_pending(c, ev, out);
        break;
    case CONTAINER_WAITING:
        step_waiting(c, ev, out);
        break;
    case CONTAINER_BLOCKED:
        step_blocked(c, ev, out);
        break;
    case CONTAINER_RESTARTS_ALL:
        step_restarts_all(c, ev, out);
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
    case CONTAINER_QUEUED:
        step_queued(c, ev, out);
        break;
    case CONTAINER_STOPPING:
        step_stopping(c, ev, out);
        break;
    case CONTAINER_KILLING:
        step_killing(c, ev, out);
        break;
    case CONTAINER_TERMINATED:
        step_terminated(c, ev, out);
        break;
    }
}
