/*
 * Listening sockets and HTTP/1.1, by libmicrohttpd inside the daemon's loop: no threads.
 *
 * A request is read whole (within limits), handed to api_handle(), and answered.  Streams
 * are read when their client takes more; while they have nothing to say the connection
 * rests, and a client that leaves is noticed.
 */
#ifndef PIDLET_API_SERVER_H
#define PIDLET_API_SERVER_H

#include "base/clock.h"

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct api;
struct server;

/* Who may come by a listener. */
enum server_trust {
    TRUST_PEER,                         /* unix socket: our own uid, root, members of `group` */
    TRUST_TLS,                          /* bearer token, or a client certificate of our CA */
    TRUST_LOOPBACK,                     /* plain HTTP: our own uid at the other end; Host is checked */
};

struct server_listener {
    int fd;                             /* listening; taken over */
    enum server_trust trust;
    gid_t group;                        /* TRUST_PEER: (gid_t)-1: none */
    const char *certificate, *key, *ca; /* TRUST_TLS: PEM; borrowed for the call */
    const char *token;                  /* TRUST_TLS; copied */
    mono_ms idle;                       /* the most that a client takes nothing of its answer; rounded up to seconds; 0: SERVER_IDLE_SECONDS */
};

enum {
    SERVER_CONNECTIONS_MAX = 2200,      /* a listener; more wait in the backlog */
    SERVER_HEADER_MAX = 32 * 1024,      /* bytes of a request's line and headers */
    SERVER_BODY_MAX = 1024 * 1024,
    SERVER_DISCARD_MAX = 8 * 1024 * 1024,       /* of a body that is refused, before its client is cut */
    SERVER_HEADER_SECONDS = 10,         /* from the connection's begin to a whole request head */
    SERVER_BODY_SECONDS = 30,           /* from there to a whole body */
    SERVER_IDLE_SECONDS = 90,           /* between requests; and without progress in an answer, if nothing else is said */
};

/* NULL: no memory. */
struct server *server_new(struct api *api, struct ev_loop *loop);
void server_free(struct server *s);     /* closes every connection */

/* The store is up to date: requests that wait for it are answered. */
void server_go_on(struct server *s);

/* 0 or a negative errno; the descriptor is closed on failure. */
int server_listen(struct server *s, const struct server_listener *l);

#endif
