/*
 * Nobody in who does not belong: who a connection comes from, and whether that will do.
 */
#ifndef PIDLET_API_ACCESS_H
#define PIDLET_API_ACCESS_H

#include "daemon/api/server.h"

#include <microhttpd.h>
#include <stdbool.h>

struct http_reply;
struct sockaddr;

struct access {
    enum server_trust trust;
    gid_t group;
    char *token;                        /* owned; NULL: none */
};

bool access_init(struct access *a, const struct server_listener *with);         /* false: no memory */
void access_deinit(struct access *a);

/* libmicrohttpd's callback on a new connection: nothing is refused as early as that. */
enum MHD_Result access_accept(void *arg, const struct sockaddr *address, socklen_t length);

/* False: `reply` is a 401 or 403. */
bool access_permits(const struct access *a, struct MHD_Connection *mhd, struct http_reply *reply);

#endif
