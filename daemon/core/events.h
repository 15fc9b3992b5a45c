/*
 * The Events of the pods: counted, combined and filtered as client-go does it for the
 * kubelet (kubelet-semantics 8.1, 8.3), kept for a while, in bounded memory.
 *
 * An Event that came before – of the same pod and container, with the same type, reason
 * and message – is the same record once more: its count rises.  A record that nobody
 * has written for the time to live is no longer shown; it keeps its count, until a newer
 * one needs its room or its pod is gone.
 *
 * Every change has a number in sequence; who wants to list and watch takes the numbers,
 * or the call on each change.  Time comes in with each call.
 */
#ifndef PIDLET_CORE_EVENTS_H
#define PIDLET_CORE_EVENTS_H

#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

struct event_limits {
    unsigned per_pod;           /* records of one pod; the oldest gives way; > 0 */
    mono_ms ttl;                /* how long a record is shown after it was last written; > 0 */
};

#define EVENT_LIMITS_DEFAULT {.per_pod = 1000, .ttl = 3600 * MONO_SECOND}

/* Whom an Event is about; borrowed for the call. */
struct event_pod_name {
    const char *namespace, *name, *uid;
};

struct event_record {
    const struct event_pod *pod;        /* event_record_pod() */
    const char *field_path;     /* "spec.containers{app}"; "": of the pod itself */
    const char *type, *reason;  /* constants */
    const char *message;
    uint64_t name_stamp;        /* of the first one: Unix nanoseconds, unique within the store */
    int64_t first_at, last_at;  /* Unix milliseconds */
    mono_ms last;               /* the same as last_at */
    uint64_t sequence;          /* of its last change */
    unsigned count;             /* as written: what the spam filter holds back shows with the next */
    /* ---- the store's own ---- */
    char *text;                 /* of message and field path */
    mono_ms seen;               /* written or not */
    unsigned seen_count;
    uint64_t hash;              /* of what tells it from others */
};

enum event_change { EVENT_ADDED, EVENT_MODIFIED, EVENT_DELETED };

/* The record is good for the call; a deleted one as it was. */
typedef void event_change_fn(void *arg, enum event_change change, const struct event_record *record);

/* One that happens. */
struct event {
    struct event_pod_name pod;
    const char *container;      /* its name; NULL: of the pod itself */
    bool init;                  /* the container is one of initContainers */
    const char *type, *reason;  /* constants */
    const char *message;        /* borrowed for the call */
    mono_ms now;
    uint64_t unix_ns;           /* the same by the wall clock */
};

struct event_store;

struct event_store *event_store_new(const struct event_limits *limits);        /* NULL: no memory */
void event_store_free(struct event_store *store);       /* NULL is fine */

/* From now on `on_change` is called for each change, within the call that makes it; NULL: nobody. */
void event_store_listen(struct event_store *store, event_change_fn *on_change, void *arg);

/* False when it was held back by the spam filter, or lost for want of memory. */
bool event_store_add(struct event_store *store, const struct event *ev);

/* The pod is gone: its records stay until they are too old, and then nothing of it does. */
void event_store_pod_gone(struct event_store *store, const struct event_pod_name *pod);

/* Drops what is too old.  Costs next to nothing when nothing is. */
void event_store_expire(struct event_store *store, mono_ms now);

/* When event_store_expire() next has something to do; MONO_NEVER: there is no record. */
mono_ms event_store_deadline(const struct event_store *store);

enum { EVENT_STORE_PARTS = 1024 };

/*
 * Calls `fn` with every record of that part of the store that is shown, in no order, as
 * EVENT_ADDED.  `part` is less than EVENT_STORE_PARTS; a pod's records are all in one.
 */
void event_store_each(const struct event_store *store, unsigned part, event_change_fn *fn, void *arg);

uint64_t event_store_sequence(const struct event_store *store);        /* of the newest change */
uint64_t event_store_lost(const struct event_store *store);    /* Events lost for want of memory */

struct event_pod_name event_record_pod(const struct event_record *record);

/* Appends the name of the object: "web.18ead8b78c2375a6". */
void event_record_add_name(const struct event_record *record, struct buf *out);

#endif
