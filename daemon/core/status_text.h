/*
 * The messages of a status that have to be put together, in the kubelet's words
 * (kubelet-semantics 1.3, 2.9, 7.3).  Each appends to the caller's buf, nothing when
 * there is no message.
 *
 * Pure.
 */
#ifndef PIDLET_CORE_STATUS_TEXT_H
#define PIDLET_CORE_STATUS_TEXT_H

#include "daemon/core/status.h"

struct buf;

/* Of the container's state. */
void status_add_message(const struct pod *p, const struct container_status *c, struct buf *out);

/* Of one of the pod's conditions. */
void status_add_condition_message(const struct pod_status *s, enum condition_type type, struct buf *out);

/* Of the pod: what its processes say of themselves (STATUS, RELOADING=1), "NAME: TEXT; NAME: TEXT". */
void status_add_notices(const struct pod *p, struct buf *out);

#endif
