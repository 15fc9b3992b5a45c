/*
 * What stands behind the API: the pods that run, the values that they take, the disk.
 */
#ifndef PIDLET_API_BACKING_H
#define PIDLET_API_BACKING_H

#include "base/wall_history.h"
#include "config/sources.h"
#include "daemon/api/api.h"
#include "daemon/api/persist.h"
#include "daemon/runtime/usage.h"

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

/* `first` to `end` of `items`. */
struct pod_queue {
    struct live_pod **items;
    size_t first, end, capacity;
};

/* How far a call came that brings the store up to date. */
enum shown {
    SHOWN_ALL,
    SHOWN_PARTLY,                       /* call again, in another turn of the loop */
    SHOWN_FAILED,                       /* memory was short; the next call tries again */
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
    struct ended_pod *ended_next;       /* to be shown, with those after it */
    struct pod_queue changed;           /* pods to be shown anew; each marked */
    bool shown;                         /* somebody has looked: changes are kept track of */
    unsigned events_shown;              /* parts of the event store */
    bool events_lost;
    bool all_changed;                   /* memory was short: look at every pod */
    struct usage_sample node_usage;     /* of the host */
    struct wall_history wall;           /* looked at with each turn of the loop */
};

#endif
