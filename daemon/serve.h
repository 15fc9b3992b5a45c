/*
 * The API of a running daemon: its sockets, what stands behind it, and the hooks by which
 * it sees what becomes of the pods.
 */
#ifndef PIDLET_DAEMON_SERVE_H
#define PIDLET_DAEMON_SERVE_H

#include "base/clock.h"
#include "client/usage.h"

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct ev_loop;
struct event_store;
struct host;
struct manager;
struct serve;
struct source_set;

struct serve_options {
    const char *socket;                 /* NULL: the one in its place, if it can be had */
    bool no_socket;
    const char *group;                  /* may use the socket too; NULL: none */
    const char *listen;                 /* ADDR:PORT; NULL: no TCP */
    bool plain_http;                    /* there, without TLS */
    const char *state_dir;              /* NULL: beside the socket, or the one in its place */
    const char *log_root;               /* where the containers' logs are; NULL: nowhere */
    mono_ms stream_idle;                /* of the settings */
};

/* Takes an option of a command line; false: it is none of these. */
bool serve_option(struct serve_options *o, int option, const char *value);

/* Each appends its path, nothing when there is no such place. */
void serve_state_place(const struct serve_options *o, struct buf *path);
void serve_log_place(const struct serve_options *o, struct buf *path);

/* It was asked for, not just there by default. */
static inline bool serve_is_wanted(const struct serve_options *o)
{
    return o->socket != NULL || o->listen != NULL;
}

/* What it shows, all borrowed. */
struct serve_world {
    struct ev_loop *loop;
    struct manager *manager;
    const struct host *host;
    struct source_set *sources;         /* the run's own; that of applied objects is chained to it */
    struct event_store *events;
};

/*
 * Starts to serve.  0: *out is NULL when nobody asked and nothing could be had.  Else a
 * negative errno, and why has been logged.
 */
int serve_start(struct serve **out, const struct serve_options *o, const struct serve_world *world);

/* Pods that were applied to an earlier daemon: after the manifests', which come first. */
void serve_restore(struct serve *s);

void serve_stop(struct serve *s);       /* NULL is fine, here and below */

/* `sources` has other content now; chains the applied ones to it again. */
void serve_manifests_changed(struct serve *s);

/* There is more to come though every pod has ended. */
bool serve_stays(const struct serve *s);

#endif
