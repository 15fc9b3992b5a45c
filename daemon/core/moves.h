/*
 * What a container does: it starts, probes, stops, ends.  When it does it is said by
 * its states, in container.c, and nowhere else are these called.
 */
#ifndef PIDLET_CORE_MOVES_H
#define PIDLET_CORE_MOVES_H

#include "daemon/core/container.h"

/* The only writer of the state: no state keeps the deadline of the one before. */
void move_enter(struct container *c, enum container_state state, mono_ms deadline);

/* Starting. */
void move_spawn(struct container *c, mono_ms now, struct actions *out);
void move_started(struct container *c, const struct container_event *ev, struct actions *out);
void move_start_failed(struct container *c, const struct container_event *ev, struct actions *out);
void move_post_start_ended(struct container *c, const struct container_event *ev, struct actions *out);

/* Probes. */
bool move_is_probe(enum attempt_slot slot);
void move_worker_deadlines(struct container *c, mono_ms now, struct actions *out);

/* A probe's attempt has ended: counts it, notes it; true when liveness has failed. */
bool move_probe_ended(struct container *c, const struct container_event *ev, struct actions *out);

/* The grace period that a probe's failure brings, `otherwise` if it has none of its own. */
mono_ms move_probe_grace(const struct probe_spec *probe, mono_ms otherwise);

/* Stopping: hook, signal and deadline within one grace period (kubelet-semantics 3.3, 4). */
void move_begin_stop(struct container *c, enum stop_reason why, mono_ms grace, mono_ms now,
                     struct actions *out);
void move_stop_sooner(struct container *c, const struct container_event *ev, struct actions *out);
void move_pre_stop_ended(struct container *c, const struct container_event *ev, struct actions *out);
void move_terminate(struct container *c, mono_ms now, struct actions *out);
void move_kill_now(struct container *c, struct actions *out);
void move_kill_for_good(struct container *c, struct actions *out);

/* The run has ended: it starts again, at once or after the back-off, or never. */
void move_exited(struct container *c, const struct container_event *ev, struct actions *out);

#endif
