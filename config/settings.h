/*
 * The daemon's settings: a KubeletConfiguration file, with the kubelet's names, defaults,
 * bounds and words (kubelet-semantics 1.8).  config/fields/kubelet.def has its rows.
 */
#ifndef PIDLET_CONFIG_SETTINGS_H
#define PIDLET_CONFIG_SETTINGS_H

#include "base/clock.h"
#include "config/spec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct diags;
struct node;
struct path;
struct report;

enum { PRIORITY_CRITICAL = 2000000000 };        /* system-cluster-critical, and above */

/* When pidlet is stopped: pods of this priority and above, up to the next stage's. */
struct shutdown_stage {
    int64_t priority;
    mono_ms grace;                      /* the most that they get; their own grace period may be shorter */
};

struct settings {
    const char *static_pod_path;        /* NULL: none */
    const char *pod_logs_dir;           /* absolute; NULL: not said */
    int64_t container_log_max_size;     /* bytes; > 0 */
    int64_t container_log_max_files;    /* >= 2 */
    mono_ms max_restart_period;         /* cap of the back-off; annotations win */
    int64_t pod_pids_limit;             /* of all containers of a pod together; <= 0: none */
    mono_ms stream_idle;                /* the most that a client of the API takes nothing of its answer; >= 1 s */
    struct shutdown_stage *shutdown;    /* in order of priority, which is the order of stopping */
    size_t shutdown_count;              /* 0: all pods at once, each with its own grace period */
};

/* What holds without a file. */
#define SETTINGS_DEFAULT                                                                        \
    {.container_log_max_size = 10 * 1024 * 1024, .container_log_max_files = 5,                  \
     .max_restart_period = 300 * MONO_SECOND, .pod_pids_limit = -1,                             \
     .stream_idle = 90 * MONO_SECOND}

/*
 * Reads `file`, which may be empty; its texts lie in `arena`.  `report` (may be NULL) gets its fields.  False
 * with findings: then *out is not written.
 */
bool settings_read(struct settings *out, const char *file, struct arena *arena, struct report *report,
                   struct diags *diags);

/* The same for a text in memory; `name` stands in the findings. */
bool settings_parse(struct settings *out, const char *name, const char *text, size_t length,
                    struct arena *arena, struct report *report, struct diags *diags);

/* Decodes and validates a document that is a KubeletConfiguration. */
bool settings_decode(struct settings *out, const struct node *n, const struct path *at,
                     struct arena *arena, struct diags *diags);

#endif
