#include "daemon/api/tcp_socket.h"

#include "base/buf.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

bool tcp_address_parse(struct tcp_address *a, const char *text)
{
    const char *colon = strrchr(text, ':'), *begin = text, *end = colon;

    if (colon == NULL || colon[1] == '\0' || strlen(colon + 1) >= sizeof a->port
        || strspn(colon + 1, "0123456789") != strlen(colon + 1))
        return false;
    if (*begin == '[') {
        begin++;
        end--;
        if (end < begin || *end != ']')
            return false;
    } else if (memchr(begin, ':', (size_t)(end - begin)) != NULL) {
        return false;                   /* an IPv6 address wants brackets */
    }
    if ((size_t)(end - begin) >= sizeof a->host)
        return false;
    snprintf(a->host, sizeof a->host, "%.*s", (int)(end - begin), begin);
    snprintf(a->port, sizeof a->port, "%s", colon + 1);
    return true;
}

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return (ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >> 24) == 127;
    return address->sa_family == AF_INET6
           && IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
}

static int listen_at(const struct addrinfo *ai)
{
    const int on = 1;
    int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), error;

    if (fd == -1)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 && bind(fd, ai->ai_addr, ai->ai_addrlen) == 0
        && listen(fd, BACKLOG) == 0)
        return fd;
    error = errno;
    close(fd);
    return -error;
}

int tcp_listen(struct tcp_address *a, bool *loopback, struct buf *why)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct sockaddr_storage bound;
    socklen_t size = sizeof bound;
    struct addrinfo *list;
    int fd, r = getaddrinfo(a->host[0] != '\0' ? a->host : NULL, a->port, &hints, &list);

    if (r != 0) {
        buf_addf(why, "%s: %s", a->host, gai_strerror(r));
        return -EADDRNOTAVAIL;
    }
    fd = listen_at(list);
    freeaddrinfo(list);
    if (fd >= 0 && getsockname(fd, (struct sockaddr *)&bound, &size) == 0) {
        *loopback = is_loopback((struct sockaddr *)&bound);
        getnameinfo((struct sockaddr *)&bound, size, a->host, sizeof a->host, a->port, sizeof a->port,
                    NI_NUMERICHOST | NI_NUMERICSERV);
        return fd;
    }
    buf_addf(why, "%s port %s: %s", a->host, a->port, strerror(fd < 0 ? -fd : errno));
    return fd < 0 ? fd : -EIO;
}
