/*
 * Nobody in who does not belong: who a connection comes from, and whether that will do.
 */
#ifndef PIDLET_API_ACCESS_H
#define PIDLET_API_ACCESS_H

#include "daemon/api/server.h"

#include <microhttpd.h>
#include <stdbool.h>

struct arena;
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

/*
 * False: `reply` is a 401 or 403.  Else *client is who it is, for what each may have only so much
 * of: "uid 1000" by a unix socket or from within the loopback, "token", "certificate CN=NAME".
 * It lies in `arena`; NULL: no memory.
 */
bool access_permits(const struct access *a, struct MHD_Connection *mhd, struct arena *arena, const char **client,
                    struct http_reply *reply);

#endif
