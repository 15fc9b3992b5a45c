/* With a process that is meant to run. */
#include "daemon/core/states.h"

#include "daemon/core/moves.h"

void state_starting(struct container *c, const struct container_event *ev, struct actions *out)
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
    case CONTAINER_RESTART:
        move_note_anew(c, ev, out);
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

void state_post_start(struct container *c, const struct container_event *ev, struct actions *out)
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
    case CONTAINER_RESTART:
        move_stop_anew(c, ev, out);
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

void state_running(struct container *c, const struct container_event *ev, struct actions *out)
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
    case CONTAINER_RESTART:
        move_stop_anew(c, ev, out);
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
