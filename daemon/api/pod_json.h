/*
 * A pod as the API shows it: what the author wants, by the field table, and what has
 * become of it, by the core.
 */
#ifndef PIDLET_API_POD_JSON_H
#define PIDLET_API_POD_JSON_H

#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

struct backing;
struct buf;
struct pod_config;
struct pod;
struct snapshot;

/* At `now` and with `version`; NULL: no memory.  `config` has the newest metadata. */
struct snapshot *pod_json(const struct backing *b, const struct pod_config *config, const struct pod *core,
                          mono_ms now, uint64_t version);

/* Of one that ended under an earlier daemon; `status` is JSON. */
struct snapshot *pod_json_ended(const struct backing *b, const struct pod_config *config, const char *status,
                                uint64_t version);

/* As it is kept on the disk: without a version; with a status when `status` is not NULL. */
void pod_json_keep(const struct backing *b, const struct pod_config *config, const char *status, struct buf *out);

/* The status alone. */
void pod_json_status(const struct backing *b, const struct pod *core, mono_ms now, struct buf *out);

#endif
