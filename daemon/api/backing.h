/*
 * What stands behind the API: the pods that run, the values that they take, the disk.
 */
#ifndef PIDLET_API_BACKING_H
#define PIDLET_API_BACKING_H

#include "config/sources.h"
#include "daemon/api/api.h"
#include "daemon/api/persist.h"

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

struct host;
struct live_pod;
struct manager;

/* Applied pods that had ended for good when the daemon before this one did: shown, not run. */
struct ended_pod {
    struct ended_pod *next;
    struct pod_config *config;          /* a reference */
    char *status;                       /* as JSON */
};

struct backing {
    struct api *api;
    struct manager *manager;            /* borrowed, like `files` and `host` */
    const struct source_set *files;     /* of the manifests */
    const struct host *host;
    struct source_set applied;          /* ConfigMaps and Secrets that came by the API */
    struct persist persist;
    struct ended_pod *ended;
    struct live_pod **changed;          /* pods to be shown anew; each marked */
    size_t changed_count, changed_capacity;
    bool shown;                         /* all that there is has been shown once */
    bool all_changed;                   /* memory was short: look at every pod */
    int64_t wall_offset;                /* Unix milliseconds less clock_mono() */
};

#endif
