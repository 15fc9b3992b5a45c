/* Without a process: not yet, not now, or not any more. */
#include "daemon/core/states.h"

#include "daemon/core/moves.h"

void state_pending(struct container *c, const struct container_event *ev, struct actions *out)
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
    case CONTAINER_RESTART:
    case CONTAINER_NOTICE:
        break;
    }
}

void state_waiting(struct container *c, const struct container_event *ev, struct actions *out)
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
    case CONTAINER_RESTART:
        move_spawn_anew(c, ev, out);
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

void state_blocked(struct container *c, const struct container_event *ev, struct actions *out)
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
    case CONTAINER_RESTART:
        move_spawn_anew(c, ev, out);
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

void state_restarts_all(struct container *c, const struct container_event *ev, struct actions *out)
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
    case CONTAINER_RESTART:
        move_remove_anew(c, ev, out);
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

void state_terminated(struct container *c, const struct container_event *ev, struct actions *out)
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
    case CONTAINER_RESTART:
        if (c->wanted && c->role == ROLE_REGULAR)       /* it has ended by itself */
            move_spawn_anew(c, ev, out);
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
