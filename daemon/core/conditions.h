/*
 * A pod's conditions, and since when each is as it is (kubelet-semantics 7.3, 2.9).
 *
 * What they are follows from the containers; the instants are state of the pod,
 * written at the end of every step that changed a value.
 *
 * Pure.
 */
#ifndef PIDLET_CORE_CONDITIONS_H
#define PIDLET_CORE_CONDITIONS_H

#include "daemon/core/pod.h"

/* All of them False from now on, but for PodScheduled. */
void conditions_init(struct pod *p, mono_ms now);

/* At the end of a step.  O(containers + gates). */
void conditions_update(struct pod *p, mono_ms now);

/* What an init container or sidecar must have come to before the pod is Initialized. */
bool condition_is_complete(const struct container *c);

/* A regular container has run, or runs: the pod stays Initialized for ever. */
bool condition_has_run(const struct pod *p);

/* Every readiness gate's condition is True. */
bool condition_gates_are_open(const struct pod *p);

/* "PodReadyToStartContainers" … */
const char *condition_name(enum condition_type type);

/* "True", "False", "Unknown"; NULL for a condition that nobody has set. */
const char *condition_value_name(enum condition_value value);

#endif
