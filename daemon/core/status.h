/*
 * A pod's status, computed from the core's state on demand: there is no second
 * copy of the truth.  (kubelet-semantics 7.)
 */
#ifndef PIDLET_CORE_STATUS_H
#define PIDLET_CORE_STATUS_H

#include "daemon/core/pod.h"

enum pod_phase { PHASE_PENDING, PHASE_RUNNING, PHASE_SUCCEEDED, PHASE_FAILED };

enum pod_phase status_phase(const struct pod *p);
const char *pod_phase_name(enum pod_phase phase);

/* Every container is ready. */
bool status_ready(const struct pod *p);

/* The container waits for a restart at `now`: its waiting reason is CrashLoopBackOff. */
bool status_in_backoff(const struct container *c, mono_ms now);

#endif
