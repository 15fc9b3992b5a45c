/*
 * Between the parts of the model.
 */
#ifndef PIDLET_TESTS_MODEL_PRIVATE_H
#define PIDLET_TESTS_MODEL_PRIVATE_H

#include "daemon/core/status.h"
#include "tests/properties/model.h"

/* SIGKILL follows the stop signal by so much at the least, unless at once (kubelet-semantics 3.3). */
static const mono_ms least_after_term = 2 * MONO_SECOND;

/* ---- model_order.c ---- */

bool model_did_its_work(const struct model_container *c);

/* Its turn to start for the first time has come. */
bool model_has_its_turn(const struct model *m, const struct model_container *c);

/* Nothing that a sidecar serves is left: what comes after it, but for init containers. */
bool model_serves_nobody(const struct model *m, const struct model_container *c);

/* All the work is done, or cannot be. */
bool model_is_done(const struct model *m);

/* Nothing is left of it but its counts: its turn is to come. */
void model_removed(struct model_container *c);
void model_restart_all(struct model *m);
bool model_any_holds(const struct model *m);
bool model_all_removed(const struct model *m);

/* ---- model_status.c ---- */

enum pod_phase model_phase(const struct model *m);

/* ---- model_end.c ---- */

void model_run_ended(struct model *m, struct model_container *c, const struct run_end *end);
void model_not_created(struct model *m, struct model_container *c);

/* The core has told how long the container waits. */
void model_backoff_noted(struct model *m, struct model_container *c, mono_ms delay);

#endif
