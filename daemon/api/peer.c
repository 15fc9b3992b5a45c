#include "daemon/api/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

bool peer_of_unix(int fd, struct peer *peer)
{
    struct ucred credentials;
    socklen_t size = sizeof credentials;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == -1)
        return false;
    *peer = (struct peer){.uid = credentials.uid, .gid = credentials.gid, .fd = fd};
    return true;
}

bool peer_has_group(const struct peer *peer, gid_t group)
{
    gid_t groups[1024];
    socklen_t size = sizeof groups;

    if (peer->gid == group)
        return true;
    if (getsockopt(peer->fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) == -1)
        return false;
    for (size_t i = 0; i < size / sizeof *groups; i++) {
        if (groups[i] == group)
            return true;
    }
    return false;
}

/* ---- /proc/net/tcp: the row of the client's socket names its owner ---- */

/* As the kernel prints an address there: words of 32 bits in the host's order, and the port. */
static bool print_address(const struct sockaddr_storage *address, char *out, size_t size)
{
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
    const struct sockaddr_in *in = (const struct sockaddr_in *)address;
    uint32_t words[4];

    if (address->ss_family == AF_INET) {
        snprintf(out, size, "%08X:%04X", in->sin_addr.s_addr, ntohs(in->sin_port));
        return true;
    }
    if (address->ss_family != AF_INET6)
        return false;
    memcpy(words, &in6->sin6_addr, sizeof words);
    snprintf(out, size, "%08X%08X%08X%08X:%04X", words[0], words[1], words[2], words[3], ntohs(in6->sin6_port));
    return true;
}

bool peer_of_loopback(int fd, struct peer *peer)
{
    struct sockaddr_storage theirs, ours;
    socklen_t their_size = sizeof theirs, our_size = sizeof ours;
    char local[48], remote[48], line[512];
    bool found = false;
    FILE *table;

    if (getpeername(fd, (struct sockaddr *)&theirs, &their_size) == -1
        || getsockname(fd, (struct sockaddr *)&ours, &our_size) == -1
        || !print_address(&theirs, local, sizeof local) || !print_address(&ours, remote, sizeof remote))
        return false;
    table = fopen(theirs.ss_family == AF_INET ? "/proc/net/tcp" : "/proc/net/tcp6", "re");
    if (table == NULL)
        return false;
    while (!found && fgets(line, sizeof line, table) != NULL) {
        char from[48], to[48];
        unsigned uid;

        if (sscanf(line, " %*d: %47s %47s %*s %*s %*s %*s %u", from, to, &uid) == 3 && strcmp(from, local) == 0
            && strcmp(to, remote) == 0) {
            *peer = (struct peer){.uid = uid, .gid = (gid_t)-1, .fd = fd};
            found = true;
        }
    }
    fclose(table);
    return found;
}
