/* With a process that is being stopped, for good or to start again. */
#include "daemon/core/states.h"

#include "daemon/core/moves.h"

void state_pre_stop(struct container *c, const struct container_event *ev, struct actions *out)
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
    case CONTAINER_RESTART:
        move_restart_anew(c, ev, out);
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

void state_queued(struct container *c, const struct container_event *ev, struct actions *out)
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
    case CONTAINER_RESTART:
        move_restart_anew(c, ev, out);
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

void state_stopping(struct container *c, const struct container_event *ev, struct actions *out)
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
    case CONTAINER_RESTART:
        move_restart_anew(c, ev, out);
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

void state_killing(struct container *c, const struct container_event *ev, struct actions *out)
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
    case CONTAINER_RESTART:
        move_restart_anew(c, ev, out);
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
