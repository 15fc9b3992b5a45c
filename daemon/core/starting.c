#include "daemon/core/emit.h"
#include "daemon/core/moves.h"
#include "daemon/core/restart_rules.h"

void move_enter(struct container *c, enum container_state state, mono_ms deadline)
{
    c->state = state;
    c->deadline = deadline;
}

void move_spawn(struct container *c, mono_ms now, struct actions *out)
{
    if (c->has_last)
        c->restart_count++;
    c->started = now;
    c->stop = STOP_NONE;
    move_forget_notices(c);
    emit(c, out, DO_SPAWN);
    move_enter(c, CONTAINER_STARTING, MONO_NEVER);
}

static void go_running(struct container *c, const struct container_event *ev, struct actions *out)
{
    move_enter(c, CONTAINER_RUNNING, MONO_NEVER);
    move_begin_probes(c, ev, out);
}

void move_started(struct container *c, const struct container_event *ev, struct actions *out)
{
    const struct lifecycle_spec *lifecycle = c->spec->lifecycle;

    c->started = ev->now;
    emit_note(c, out, NOTE_CREATED, ev->now);
    emit_note(c, out, NOTE_STARTED, ev->now);
    if (c->stop == STOP_RESTART_ALL) {  /* while the spawn was under way, like the next */
        move_begin_removal(c, ev->now, out);
    } else if (c->stop != STOP_NONE) {
        move_begin_stop(c, c->stop, c->stop_grace, ev->now, out);
    } else if (lifecycle != NULL && lifecycle->post_start != NULL) {
        emit_attempt(c, out, SLOT_POST_START);
        move_enter(c, CONTAINER_POST_START, MONO_NEVER);
    } else {
        go_running(c, ev, out);
    }
}

void move_post_start_ended(struct container *c, const struct container_event *ev,
                           struct actions *out)
{
    emit_attempt_note(c, out, NOTE_HOOK, ev);
    emit_attempt_over(c, SLOT_POST_START);
    if (attempt_succeeded(ev->outcome)) {
        go_running(c, ev, out);
        return;
    }
    c->complaint = ev->text;
    move_begin_stop(c, STOP_POST_START, ev->grace, ev->now, out);
}

/* ---- the end of a run ---- */

static void wait_for_restart(struct container *c, enum container_state state, const struct run_end *end,
                             struct actions *out)
{
    struct backoff_decision next = backoff_next(&c->backoff, c->policy, end->started, end->finished);

    if (next.reset)
        emit_note(c, out, NOTE_RESET, end->finished);
    emit_note(c, out, NOTE_BACKOFF, end->finished)->delay = next.delay;
    move_enter(c, state, next.start);
}

void move_end(struct container *c)
{
    c->wanted = false;
    move_enter(c, CONTAINER_TERMINATED, MONO_NEVER);
}

void move_remove(struct container *c)
{
    if (c->has_last) {
        c->last.reason = END_REMOVED;
        c->last.exit_code = 137;
        c->last.signal = 0;
        c->last.message = "The container is removed because RestartAllContainers in place";
    }
    c->stop = STOP_NONE;
    move_enter(c, CONTAINER_PENDING, MONO_NEVER);
}

/* Killed by its stop signal, or with the exit code of a program that has caught it and says so. */
static bool ended_as_asked(const struct container *c, const struct run_end *end)
{
    return c->stop != STOP_NONE && end->reason == END_ERROR && end->exit_code == 128 + c->stop_signal;
}

static void end_run(struct container *c, const struct run_end *end, struct actions *out)
{
    enum restart_verdict verdict;
    struct note *note;

    container_end_probes(c, end->finished, out);
    move_forget_notices(c);
    emit_cancel(c, out, SLOT_POST_START);
    emit_cancel(c, out, SLOT_PRE_STOP);
    c->before = c->last;
    c->has_before = c->has_last;
    c->last = *end;
    c->has_last = true;
    c->started_up = false;
    c->first_run = false;
    note = emit_note(c, out, NOTE_EXITED, end->finished);
    note->end = *end;
    note->as_asked = ended_as_asked(c, end);
    if (c->ready)
        move_set_ready(c, out, false, end->finished)->as_asked |= end->exit_code == 0;
    verdict = restart_verdict(c, end);
    if (c->next.spec != NULL)
        move_take_config(c, &c->next);
    switch (verdict) {  /* GCOVR_EXCL_BR_LINE: all members; no way past them */
    case VERDICT_STAYS:
        move_enter(c, CONTAINER_TERMINATED, MONO_NEVER);
        break;
    case VERDICT_RESTARTS:
        wait_for_restart(c, CONTAINER_WAITING, end, out);
        break;
    case VERDICT_RESTARTS_AT_ONCE:
        emit_note(c, out, NOTE_BACKOFF, end->finished)->delay = 0;
        move_enter(c, CONTAINER_WAITING, end->finished);
        break;
    case VERDICT_RESTARTS_ALL:
        wait_for_restart(c, CONTAINER_RESTARTS_ALL, end, out);
        break;
    case VERDICT_REMOVED:
        move_remove(c);
        break;
    }
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

    emit_note(c, out, NOTE_CREATED, ev->now);
    emit_note(c, out, NOTE_START_FAILED, ev->now)->text = ev->text;
    end_run(c, &end, out);
}

/* How long until what could not be made is tried again: no back-off (kubelet-semantics 1.4). */
static const mono_ms retry_after = 10 * MONO_SECOND;

void move_not_created(struct container *c, const struct container_event *ev, struct actions *out)
{
    if (c->has_last)
        c->restart_count--;             /* there was no start after all */
    c->first_run = false;
    c->complaint = ev->text;
    c->create_error = ev->create_error;
    emit_note(c, out, NOTE_NOT_CREATED, ev->now)->text = ev->text;
    if (c->next.spec != NULL)
        move_take_config(c, &c->next);
    if (!c->wanted)
        move_enter(c, CONTAINER_TERMINATED, MONO_NEVER);
    else if (c->stop == STOP_RESTART_ALL)
        move_remove(c);
    else
        move_enter(c, CONTAINER_BLOCKED, mono_add(ev->now, retry_after));
}
