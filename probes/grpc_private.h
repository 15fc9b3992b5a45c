/*
 * A grpc attempt, private to its parts:
 *
 *     grpc.c          the attempt, and the connection below the call
 *     grpc_call.c     the call in HTTP/2, by nghttp2
 *     grpc_verdict.c  what is made of the server's answer
 */
#ifndef PIDLET_PROBES_GRPC_PRIVATE_H
#define PIDLET_PROBES_GRPC_PRIVATE_H

#include "base/buf.h"
#include "probes/attempt_private.h"
#include "probes/dial.h"

#include <ev.h>
#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct grpc_response {
    int http_status;                    /* 0: no headers yet */
    bool is_grpc;                       /* by its content-type */
    struct buf content_type;
    int64_t status;                     /* grpc-status; -1: not given */
    struct buf message;                 /* grpc-message, decoded */
    struct buf body;
    bool too_large;
};

struct grpc_attempt {
    struct attempt *attempt;
    const char *host;
    uint16_t port;
    char authority[300];                /* "127.0.0.1:50051" */
    struct buf request;                 /* the message, with its prefix */
    size_t sent;                        /* of it */
    struct dial dial;
    bool dialing;
    ev_timer again;                     /* until the next connection is tried */
    double pause;
    int fd;                             /* -1: no connection */
    ev_io io;
    nghttp2_session *session;
    struct buf out;                     /* what the socket did not take */
    char ends[DIAL_ENDS];
    bool ready;                         /* SETTINGS have come: the call is under way */
    bool retried;                       /* the call was made before, and refused unseen */
    bool closed;                        /* the stream; with `stream_error` of HTTP/2 */
    uint32_t stream_error;
    struct grpc_response response;
};

/* Anew, on another connection; whatever was there is gone. */
void grpc_connect(struct grpc_attempt *g);

/* A session on a new connection; the call is made when the server's SETTINGS come.  False: no memory. */
bool grpc_call_begin(struct grpc_attempt *g);
void grpc_response_clear(struct grpc_response *r);

/* Each ends the attempt, and `g` is gone; grpc_judge() may connect anew instead. */
void grpc_failed(struct grpc_attempt *g, int64_t code, const char *message);
void grpc_out_of_memory(struct grpc_attempt *g);
void grpc_judge(struct grpc_attempt *g);        /* the stream is closed */
void grpc_timed_out(struct grpc_attempt *g);

#endif
