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
    if (c->state == CONTAINER_WAITING)
        c->restart_count++;
    c->started = now;
    c->stop = STOP_NONE;
    emit_note(c, out, NOTE_CREATED, now);
    emit(c, out, DO_SPAWN);
    move_enter(c, CONTAINER_STARTING, MONO_NEVER);
}

static void go_running(struct container *c, mono_ms now, struct actions *out)
{
    move_enter(c, CONTAINER_RUNNING, MONO_NEVER);
    move_begin_probes(c, now, out);
}

void move_started(struct container *c, const struct container_event *ev, struct actions *out)
{
    const struct lifecycle_spec *lifecycle = c->spec->lifecycle;

    c->started = ev->now;
    emit_note(c, out, NOTE_STARTED, ev->now);
    if (!c->wanted) {                   /* stopped while the spawn was under way */
        move_begin_stop(c, c->stop, c->stop_grace, ev->now, out);
    } else if (lifecycle != NULL && lifecycle->post_start != NULL) {
        emit_attempt(c, out, SLOT_POST_START);
        move_enter(c, CONTAINER_POST_START, MONO_NEVER);
    } else {
        go_running(c, ev->now, out);
    }
}

void move_post_start_ended(struct container *c, const struct container_event *ev,
                           struct actions *out)
{
    emit_attempt_note(c, out, NOTE_HOOK, ev);
    emit_attempt_over(c, SLOT_POST_START);
    if (attempt_succeeded(ev->outcome))
        go_running(c, ev->now, out);
    else
        move_begin_stop(c, STOP_POST_START, ev->grace, ev->now, out);
}

/* ---- the end of a run ---- */

static void wait_for_restart(struct container *c, const struct run_end *end, struct actions *out)
{
    struct backoff_decision next = backoff_next(&c->backoff, c->policy, end->started, end->finished);

    if (next.reset)
        emit_note(c, out, NOTE_RESET, end->finished);
    emit_note(c, out, NOTE_BACKOFF, end->finished)->delay = next.delay;
    move_enter(c, CONTAINER_WAITING, next.start);
}

static void end_run(struct container *c, const struct run_end *end, struct actions *out)
{
    for (int i = 0; i < PROBE_TYPES; i++)
        move_end_probe(c, (enum probe_type)i, end->finished, out);
    emit_cancel(c, out, SLOT_POST_START);
    emit_cancel(c, out, SLOT_PRE_STOP);
    c->before = c->last;
    c->has_before = c->has_last;
    c->last = *end;
    c->has_last = true;
    c->started_up = false;
    emit_note(c, out, NOTE_EXITED, end->finished)->end = *end;
    move_set_ready(c, out, false, end->finished);
    switch (restart_verdict(c, end)) {  /* GCOVR_EXCL_BR_LINE: all members; no way past them */
    case VERDICT_STAYS:
        move_enter(c, CONTAINER_TERMINATED, MONO_NEVER);
        break;
    case VERDICT_RESTARTS:
        wait_for_restart(c, end, out);
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

    emit_note(c, out, NOTE_START_FAILED, ev->now)->text = ev->text;
    end_run(c, &end, out);
}
