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

struct event_store;
struct host;
struct live_pod;
struct log_stream;
struct manager;

/* Applied pods that had ended for good when the daemon before this one did: shown, not run. */
struct ended_pod {
    struct ended_pod *next;
    struct pod_config *config;          /* a reference */
    char *status;                       /* as JSON */
};

struct backing {
    struct api *api;
    struct ev_loop *loop;               /* borrowed, like the next ones */
    struct manager *manager;
    struct event_store *events;         /* NULL: none */
    const char *log_root;               /* NULL: no logs are kept */
    const struct source_set *files;     /* of the manifests */
    const struct host *host;
    struct source_set applied;          /* ConfigMaps and Secrets that came by the API */
    struct persist persist;
    struct ended_pod *ended;
    struct log_stream *logs;            /* all that are being read */
    struct live_pod **changed;          /* pods to be shown anew; each marked */
    size_t changed_count, changed_capacity;
    bool shown;                         /* all that there is has been shown once */
    bool events_shown, events_lost;
    bool all_changed;                   /* memory was short: look at every pod */
    int64_t wall_offset;                /* Unix milliseconds less clock_mono() */
};

#endif
