/*
 * The listening TCP socket.
 */
#ifndef PIDLET_API_TCP_SOCKET_H
#define PIDLET_API_TCP_SOCKET_H

#include <stdbool.h>

struct buf;

struct tcp_address {
    char host[128];                     /* numeric, or a name; "" for all addresses */
    char port[16];
};

/* "127.0.0.1:6443", "[::1]:6443", "localhost:0", ":6443"; false: none of these. */
bool tcp_address_parse(struct tcp_address *a, const char *text);

/*
 * Listens; the descriptor, and in *a the address as it became.  *loopback: nobody else can
 * reach it.  A negative errno with the reason in `why`.
 */
int tcp_listen(struct tcp_address *a, bool *loopback, struct buf *why);

#endif
