/*
 * Whether a pod that runs can take a new definition as it is, and which of its
 * containers differ (kubelet-semantics 1.2, 8.2: "definition changed").
 *
 * Pure.
 */
#ifndef PIDLET_CORE_CHANGE_H
#define PIDLET_CORE_CHANGE_H

#include "daemon/core/step.h"

#include <stdbool.h>

struct pod_config;

/*
 * Fills `changes`, one a container of either.  False when the new one is another pod: of
 * another name or UID, with other containers, in another order or of another kind, or
 * with other readiness gates.
 */
bool change_between(const struct pod_config *old, const struct pod_config *new, enum spec_change *changes);

#endif
