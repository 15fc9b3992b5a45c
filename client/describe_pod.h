/*
 * A pod as `kubectl describe` tells it (kubelet-semantics 7.7), and its back-off.
 */
#ifndef PIDLET_CLIENT_DESCRIBE_POD_H
#define PIDLET_CLIENT_DESCRIBE_POD_H

#include <jansson.h>

struct buf;

/* Appends lines with tabs, for elastic_format().  `backoff` and `events`, which are sorted, may be NULL. */
void describe_pod_text(const json_t *pod, const json_t *backoff, json_t *events, struct buf *out);

/* Of one container, as far as it is not the status: ports, command, probes, environment. */
void describe_container_spec(const json_t *spec, struct buf *out);
void describe_container_probes(const json_t *pod, const json_t *spec, struct buf *out);

#endif
