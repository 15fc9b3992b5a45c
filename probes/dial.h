/*
 * A TCP connection to a name or an address: what every attempt over the network begins with.
 *
 * Names are resolved beside the loop, and their addresses tried in order.  Texts are
 * Go's, as the kubelet shows them: "dial tcp 127.0.0.1:80: connect: connection refused".
 */
#ifndef PIDLET_PROBES_DIAL_H
#define PIDLET_PROBES_DIAL_H

#include "base/buf.h"

#include <ev.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>

enum dial_result {
    DIAL_CONNECTED,
    DIAL_FAILED,                        /* refused, unreachable, reset */
    DIAL_NO_SUCH_NAME,                  /* the name has no address */
    DIAL_OWN_TROUBLE,                   /* no memory */
};

/* Called once, from the loop.  `fd` (-1 unless connected) is the callee's to close. */
typedef void dial_done_fn(void *arg, enum dial_result result, int fd);

/*
 * While pidlet itself is short of a descriptor or a port, it tries again after a little
 * while: the shortage says nothing about the peer, and ends when other attempts do.
 */
struct dial {
    struct ev_loop *loop;
    dial_done_fn *done;
    void *arg;
    struct lookup *lookup;              /* NULL: none under way */
    struct addrinfo *looked_up;         /* owned; NULL: none */
    struct addrinfo literal;            /* in its place when the host is an address */
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } literal_address;
    const struct addrinfo *first;       /* of all addresses */
    const struct addrinfo *next;        /* to be tried after the one under way */
    ev_io connected;                    /* active while a connect is under way */
    ev_timer again;                     /* active during a shortage */
    double pause;                       /* seconds to the next try; 0: no shortage yet */
    int fd;
    enum dial_result result;            /* when it is known before the loop can tell it */
    const char *host;
    uint16_t port;
    char peer[64];                      /* "127.0.0.1:80" of the one under way */
    struct buf why;                     /* the first address' trouble */
};

/* Begins; `host` is borrowed until the end.  dial_stop() is due whatever comes of it. */
void dial_start(struct dial *d, struct ev_loop *loop, const char *host, uint16_t port,
                dial_done_fn *done, void *arg);

/* Ends it without a call, or lets go of what is left after one.  Zeroed memory is fine. */
void dial_stop(struct dial *d);

/* Appends why it failed, or what it is waiting for when the time is up. */
void dial_add_why(const struct dial *d, struct buf *out);
void dial_add_timeout(const struct dial *d, struct buf *out);

enum { DIAL_ENDS = 160 };

/* Of a connection, for Go's texts: "127.0.0.1:4711->127.0.0.1:80". */
void dial_describe_ends(int fd, char out[DIAL_ENDS]);

/* It waits for a descriptor or a port of ours. */
static inline bool dial_is_short(const struct dial *d)
{
    return ev_is_active(&d->again);
}

#endif
