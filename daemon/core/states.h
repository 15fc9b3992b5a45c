/*
 * A container's states, one function each: its answer to every event, which is one of
 * the moves, a note for later, or nothing.  Called by container_step() alone.
 */
#ifndef PIDLET_CORE_STATES_H
#define PIDLET_CORE_STATES_H

#include "daemon/core/container.h"

/* ---- without a process (states_idle.c) ---- */

void state_pending(struct container *c, const struct container_event *ev, struct actions *out);
void state_waiting(struct container *c, const struct container_event *ev, struct actions *out);
void state_blocked(struct container *c, const struct container_event *ev, struct actions *out);

/* The pod restarts when this one's wait is over and nothing of the others is left. */
void state_restarts_all(struct container *c, const struct container_event *ev, struct actions *out);

void state_terminated(struct container *c, const struct container_event *ev, struct actions *out);

/* ---- with one that is meant to run (states_running.c) ---- */

void state_starting(struct container *c, const struct container_event *ev, struct actions *out);
void state_post_start(struct container *c, const struct container_event *ev, struct actions *out);
void state_running(struct container *c, const struct container_event *ev, struct actions *out);

/* ---- with one that is being stopped (states_stopping.c) ---- */

void state_pre_stop(struct container *c, const struct container_event *ev, struct actions *out);
void state_queued(struct container *c, const struct container_event *ev, struct actions *out);
void state_stopping(struct container *c, const struct container_event *ev, struct actions *out);
void state_killing(struct container *c, const struct container_event *ev, struct actions *out);

#endif
