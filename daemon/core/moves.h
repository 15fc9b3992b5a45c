/*
 * What a container does: it starts, probes, stops, ends.  When it does it is said by
 * its states, in states.h, and nowhere else are these called.
 */
#ifndef PIDLET_CORE_MOVES_H
#define PIDLET_CORE_MOVES_H

#include "daemon/core/container.h"

/* The only writer of the state: no state keeps the deadline of the one before. */
void move_enter(struct container *c, enum container_state state, mono_ms deadline);

/* ---- starting (starting.c) ---- */

void move_spawn(struct container *c, mono_ms now, struct actions *out);
void move_started(struct container *c, const struct container_event *ev, struct actions *out);
void move_not_created(struct container *c, const struct container_event *ev, struct actions *out);
void move_start_failed(struct container *c, const struct container_event *ev, struct actions *out);
void move_post_start_ended(struct container *c, const struct container_event *ev, struct actions *out);

/* The run has ended: it starts again, at once or after the back-off, or never. */
void move_exited(struct container *c, const struct container_event *ev, struct actions *out);

/* It will not run again, and does not run. */
void move_end(struct container *c);

/* ---- a new definition (changing.c) ---- */

/* Of a container that does not run, or that stays the same: at once. */
void move_take_config(struct container *c, const struct container_config *config);

/* Of one whose run goes on, or is being stopped: at the run's end unless it is the same. */
void move_keep_change(struct container *c, const struct container_config *config);

/* Of one that is about to run, and of one that runs: the run is stopped for it. */
void move_note_change(struct container *c, const struct container_event *ev);
void move_run_changed(struct container *c, const struct container_event *ev, struct actions *out);

/* ---- FILES_CHANGED and RESTART: a start anew (changing.c); its back-off is a new series ---- */

/* Of one that does not run: it starts at once. */
void move_spawn_anew(struct container *c, const struct container_event *ev, struct actions *out);

/* Of one whose wait all others wait for. */
void move_remove_anew(struct container *c, const struct container_event *ev, struct actions *out);

/* Of one that is about to run, of one that runs, and of one that is being stopped. */
void move_note_anew(struct container *c, const struct container_event *ev, struct actions *out);
void move_stop_anew(struct container *c, const struct container_event *ev, struct actions *out);
void move_restart_anew(struct container *c, const struct container_event *ev, struct actions *out);

/* ---- probes (probing.c) ---- */

bool move_is_probe(enum attempt_slot slot);
void move_begin_probes(struct container *c, const struct container_event *ev, struct actions *out);
void move_start_up(struct container *c, mono_ms now, struct actions *out);
void move_end_probe(struct container *c, enum probe_type type, mono_ms now, struct actions *out);

/* All but readiness, which goes on until the end; nor is a notice waited for. */
void move_end_checks(struct container *c, mono_ms now, struct actions *out);

/* The grace period that a probe's failure brings; `otherwise`: without one of its own, or without a probe. */
mono_ms move_probe_grace(const struct probe_spec *probe, mono_ms otherwise);
void move_worker_deadlines(struct container *c, mono_ms now, struct actions *out);
/* The note of a change, for more to be said in it; NULL: nothing has changed. */
struct note *move_set_ready(struct container *c, struct actions *out, bool ready, mono_ms now);

/*
 * A probe's attempt has ended: counts it, notes it, and does what a new verdict means
 * but for a stop, which it returns the reason of; STOP_NONE: none.
 */
enum stop_reason move_probe_ended(struct container *c, const struct container_event *ev,
                                  struct actions *out);

/* The same in a container that runs: a failed liveness or startup probe stops it. */
void move_run_probed(struct container *c, const struct container_event *ev, struct actions *out);

/* ---- what the process tells of itself (noticing.c) ---- */

/* Nothing yet, in a run that begins; nothing is expected any more, of one that ends. */
void move_forget_notices(struct container *c);
void move_expect_no_notice(struct container *c);

/* The run may be looked at: true when it is known by its notices for the time being, and no probe begins. */
bool move_await_notices(struct container *c, const struct container_event *ev);
void move_begin_watchdog(struct container *c, mono_ms now);

/* A notice while the postStart hook is at work, and one of a container that runs. */
void move_noticed_early(struct container *c, const struct container_event *ev);
void move_run_noticed(struct container *c, const struct container_event *ev, struct actions *out);

/* DEADLINE: a notice that did not come, or an end, stops the run as a failed probe does. */
void move_notice_overdue(struct container *c, const struct container_event *ev, struct actions *out);

/* ---- stopping (stopping.c): hook, turn, signal and deadline within one grace period
 * (kubelet-semantics 3.3, 4) ---- */

void move_begin_stop(struct container *c, enum stop_reason why, mono_ms grace, mono_ms now,
                     struct actions *out);

/* STOP or KILL of a container that runs, and of one that is about to. */
void move_stop_for_good(struct container *c, const struct container_event *ev, struct actions *out);
void move_note_stop(struct container *c, const struct container_event *ev);

/* STOP or KILL of one that is being stopped already. */
void move_stop_sooner(struct container *c, const struct container_event *ev, struct actions *out);
void move_kill_for_good(struct container *c, struct actions *out);

/* REMOVE of one that does not run, that is about to, that runs, and that is being stopped
 * (kubelet-semantics 5.3: without a hook, and with no more than the least grace period). */
void move_remove(struct container *c);
void move_note_removal(struct container *c);
void move_begin_removal(struct container *c, mono_ms now, struct actions *out);
void move_remove_sooner(struct container *c, mono_ms now, struct actions *out);

void move_pre_stop_ended(struct container *c, const struct container_event *ev, struct actions *out);
void move_signal_in_turn(struct container *c, mono_ms now, struct actions *out);
void move_terminate(struct container *c, mono_ms now, struct actions *out);
void move_kill_now(struct container *c, struct actions *out);

#endif
