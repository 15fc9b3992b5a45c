#include "daemon/core/emit.h"
#include "daemon/core/moves.h"
#include "daemon/core/restart_rules.h"

/* The least time from the stop signal to SIGKILL, unless the grace is 0 (kubelet-semantics 3.3). */
static const mono_ms least_grace = 2 * MONO_SECOND;

/* What is left of the grace period, counted in whole seconds (kubelet-semantics 3.3). */
static mono_ms grace_left(const struct container *c, mono_ms now)
{
    mono_ms left = c->stop_grace - (now - c->stop_began) / MONO_SECOND * MONO_SECOND;

    return left < least_grace ? least_grace : left;
}

void move_terminate(struct container *c, mono_ms now, struct actions *out)
{
    emit(c, out, DO_TERM)->signal = c->stop_signal;
    move_enter(c, CONTAINER_STOPPING, mono_add(now, grace_left(c, now)));
}

void move_signal_in_turn(struct container *c, mono_ms now, struct actions *out)
{
    if (c->in_turn)
        move_enter(c, CONTAINER_QUEUED, mono_add(c->stop_began, c->stop_grace));
    else
        move_terminate(c, now, out);
}

void move_kill_now(struct container *c, struct actions *out)
{
    emit(c, out, DO_KILL);
    move_enter(c, CONTAINER_KILLING, MONO_NEVER);
}

void move_begin_stop(struct container *c, enum stop_reason why, mono_ms grace, mono_ms now,
                     struct actions *out)
{
    const struct lifecycle_spec *lifecycle = c->spec->lifecycle;
    struct note *note = emit_note(c, out, NOTE_KILLING, now);

    note->stop = why;
    note->will_restart = restarts_after_kill(c, why);
    c->stop = why;
    c->stop_began = now;
    c->stop_grace = grace;
    emit_cancel(c, out, SLOT_POST_START);
    move_end_checks(c, now, out);
    if (grace == 0) {
        move_kill_now(c, out);
    } else if (lifecycle != NULL && lifecycle->pre_stop != NULL) {
        emit_attempt(c, out, SLOT_PRE_STOP);
        move_enter(c, CONTAINER_PRE_STOP, mono_add(now, grace));
    } else {
        move_signal_in_turn(c, now, out);
    }
}

void move_stop_for_good(struct container *c, const struct container_event *ev, struct actions *out)
{
    c->wanted = false;
    c->in_turn = ev->in_turn;
    move_begin_stop(c, ev->why, ev->kind == CONTAINER_KILL ? 0 : ev->grace, ev->now, out);
}

void move_note_stop(struct container *c, const struct container_event *ev)
{
    mono_ms grace = ev->kind == CONTAINER_KILL ? 0 : ev->grace;

    c->stop_grace = c->wanted ? grace : mono_min(c->stop_grace, grace);
    c->stop = ev->why;
    c->in_turn = ev->in_turn;
    c->wanted = false;
}

/* The grace period can only shrink. */
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
    if (c->state == CONTAINER_STOPPING)
        move_enter(c, c->state,
                   mono_min(c->deadline, mono_add(ev->now, ev->grace < least_grace ? least_grace : ev->grace)));
    else
        move_enter(c, c->state, mono_min(c->deadline, mono_add(c->stop_began, sooner)));
}

void move_note_removal(struct container *c)
{
    if (c->wanted)
        c->stop = STOP_RESTART_ALL;
}

void move_begin_removal(struct container *c, mono_ms now, struct actions *out)
{
    struct note *note = emit_note(c, out, NOTE_KILLING, now);

    note->stop = STOP_RESTART_ALL;
    note->will_restart = true;
    c->stop = STOP_RESTART_ALL;
    c->stop_began = now;
    c->stop_grace = least_grace;
    emit_cancel(c, out, SLOT_POST_START);
    move_end_checks(c, now, out);
    move_terminate(c, now, out);
}

void move_remove_sooner(struct container *c, mono_ms now, struct actions *out)
{
    c->stop = STOP_RESTART_ALL;
    c->stop_grace = mono_min(c->stop_grace, mono_add(now - c->stop_began, least_grace));
    if (c->state == CONTAINER_STOPPING)
        move_enter(c, c->state, mono_min(c->deadline, mono_add(now, least_grace)));
    else
        move_terminate(c, now, out);
}

void move_pre_stop_ended(struct container *c, const struct container_event *ev, struct actions *out)
{
    emit_attempt_note(c, out, NOTE_HOOK, ev);
    emit_attempt_over(c, SLOT_PRE_STOP);
}

void move_kill_for_good(struct container *c, struct actions *out)
{
    c->wanted = false;
    move_kill_now(c, out);
}
