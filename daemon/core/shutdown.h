/*
 * In which order pods are stopped when pidlet is, and how long they get: the kubelet's
 * graceful node shutdown (KEP-2000, KEP-2712).  Pure.
 *
 * A stage is of the pods from its priority up to the next stage's; those below the first
 * one belong to it.  A stage begins when the pods of the one before it are gone, or have
 * had their time.
 */
#ifndef PIDLET_CORE_SHUTDOWN_H
#define PIDLET_CORE_SHUTDOWN_H

#include "config/settings.h"
#include "config/spec.h"

/* spec.priority, else that of the two classes that every cluster has, else 0. */
int64_t shutdown_priority(const struct pod_spec *spec);

/* The pod's stage; count > 0. */
size_t shutdown_stage_of(const struct shutdown_stage *stages, size_t count, const struct pod_spec *spec);

#endif
