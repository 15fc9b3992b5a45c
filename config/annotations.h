/*
 * pidlet's own settings in a manifest: the annotations pidlet.dev/….
 */
#ifndef PIDLET_CONFIG_ANNOTATIONS_H
#define PIDLET_CONFIG_ANNOTATIONS_H

#include "config/backoff_policy.h"
#include "config/spec.h"

struct arena;
struct diags;
struct path;

/*
 * The back-off of each container, in spec order, in `arena`: the daemon's cap, over it
 * the pod's annotation, over that the container's own.  Annotations that pidlet does
 * not know, or of containers that are not there, are findings.  NULL: no memory.
 */
const struct backoff_policy *annotations_backoff(const struct pod_manifest *pod,
                                                 mono_ms max_restart_period, const struct path *at,
                                                 struct arena *arena, struct diags *diags);

#endif
