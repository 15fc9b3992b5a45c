/*
 * A pod's status as JSON, and where things stand in a pod's snapshot.
 */
#ifndef PIDLET_API_POD_STATUS_H
#define PIDLET_API_POD_STATUS_H

#include "base/clock.h"

#include <stdint.h>

struct backing;
struct buf;
struct pod_status;

enum { POD_FIELD_NODE_NAME, POD_FIELD_PHASE, POD_FIELD_POD_IP, POD_FIELD_RESTART_POLICY, POD_FIELD_SERVICE_ACCOUNT };
enum { POD_FIELDS = POD_FIELD_SERVICE_ACCOUNT + 1 };

enum {
    POD_COLUMN_NAME,
    POD_COLUMN_READY,
    POD_COLUMN_STATUS,
    POD_COLUMN_RESTARTS,
    POD_COLUMN_AGE,
    POD_COLUMN_IP,
    POD_COLUMN_NODE,
    POD_COLUMN_NOMINATED,
    POD_COLUMN_GATES,
};
enum { POD_COLUMNS = POD_COLUMN_GATES + 1 };

/* Unix seconds of an instant of the core. */
int64_t pod_wall(const struct backing *b, mono_ms t);

void pod_status_add(const struct backing *b, const struct pod_status *s, struct buf *out);

#endif
