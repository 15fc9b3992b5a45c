/*
 * The process at the other end of a connection, as the kernel knows it.
 */
#ifndef PIDLET_API_PEER_H
#define PIDLET_API_PEER_H

#include <stdbool.h>
#include <sys/types.h>

struct peer {
    uid_t uid;
    gid_t gid;
    int fd;                             /* of the connection; borrowed */
};

/* SO_PEERCRED; false: none. */
bool peer_of_unix(int fd, struct peer *peer);

/* The owner of the other end of a TCP connection within this host; false: it is not. */
bool peer_of_loopback(int fd, struct peer *peer);

/* One of its groups, supplementary ones too: as they were when it connected. */
bool peer_has_group(const struct peer *peer, gid_t group);

#endif
