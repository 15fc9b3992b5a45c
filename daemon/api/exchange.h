/*
 * One request and its answer, between libmicrohttpd and the API.  Private to the server.
 */
#ifndef PIDLET_API_EXCHANGE_H
#define PIDLET_API_EXCHANGE_H

#include "base/clock.h"
#include "daemon/api/access.h"
#include "daemon/api/http.h"
#include "daemon/api/server.h"
#include "daemon/api/watch.h"

#include <ev.h>
#include <microhttpd.h>
#include <stdbool.h>

struct connection {                     /* exists from accept to close */
    struct connection *next, *previous;
    int fd;                             /* libmicrohttpd's */
    mono_ms deadline;                   /* the client must have sent something whole by then */
};

struct listener {
    struct listener *next;
    struct server *server;
    int fd;                             /* listening, until the first connection; then libmicrohttpd's */
    struct MHD_Daemon *daemon;          /* NULL until then */
    struct access access;
    unsigned idle_seconds;
    ev_io io;                           /* on `fd`, then on libmicrohttpd's epoll descriptor */
    ev_timer timer;                     /* as libmicrohttpd asks; fed for work in the next turn */
    bool failed;                        /* libmicrohttpd could not be started, which was said */
    bool running;                       /* libmicrohttpd is at work */
    bool again;                         /* and has more to do in the next turn */
};

struct exchange {                       /* exists from a request's first line to its end */
    struct exchange *next, *previous;   /* of all of the server's */
    struct listener *listener;
    struct MHD_Connection *mhd;
    struct connection *connection;      /* NULL: it was not noticed, for want of memory */
    struct http_request rq;
    struct http_reply reply;
    struct buf body;
    size_t received;                    /* of the body */
    bool begun;                         /* the head has been looked at */
    bool refused;                       /* `reply` is an error about the head or the body */
    bool resting;                       /* suspended, in the epoll set of those who may leave */
    bool client_is_gone;
};

struct server {
    struct api *api;
    struct ev_loop *loop;
    struct listener *listeners;
    struct connection *connections;
    struct exchange *exchanges;
    ev_io gone;                         /* on gone_fd */
    int gone_fd;                        /* an epoll set: connections that rest, for their hang-up */
    ev_timer tick;                      /* runs while there are connections */
    mono_ms last_tick;
    ev_timer wake;                      /* runs while watches are to be told of changes */
};

void server_run_soon(struct listener *l);

/* libmicrohttpd's callbacks. */
void *exchange_begun(void *arg, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result exchange_handle(void *arg, struct MHD_Connection *mhd, const char *url, const char *method,
                                const char *version, const char *upload, size_t *upload_size, void **context);
void exchange_completed(void *arg, struct MHD_Connection *mhd, void **context,
                        enum MHD_RequestTerminationCode code);

/* One that rests goes on; any other is not touched: false. */
bool exchange_resume(struct exchange *x);

/* Those that wait for the store go on. */
void exchange_go_on(struct server *s);

/* Before libmicrohttpd stops: nothing may rest then. */
void exchange_end_all(struct server *s);

#endif
