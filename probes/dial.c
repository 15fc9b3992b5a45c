#include "probes/dial.h"

#include "base/fd.h"
#include "base/macros.h"
#include "probes/gotext.h"
#include "probes/lookup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DESCRIPTORS_LEFT_ALONE = 32 };

static const double pause_least = 0.01, pause_most = 0.16;     /* seconds */

/*
 * Closed politely: a reset would spare us TIME_WAIT, and make many a server log an error
 * at every probe.  Ports do not run out all the same: they are per destination, and
 * Linux takes those of the loopback again after a second (tcp_tw_reuse 2).  Nor with a
 * linger of 1 s, as the kubelet has it: close(2) could then hold up the loop.
 */
static void close_socket(struct dial *d)
{
    if (d->fd < 0)
        return;
    ev_io_stop(d->loop, &d->connected);
    fd_close(&d->fd);
}

/* The first address' trouble is told: those after it are second choice. */
static void note_failure(struct dial *d, const char *call, int error)
{
    if (d->why.length > 0)
        return;
    buf_addf(&d->why, "dial tcp %s: %s: ", d->peer, call);
    gotext_add_errno(&d->why, error);
}

static void set_peer(struct dial *d, const struct addrinfo *address)
{
    char host[INET6_ADDRSTRLEN] = "?";

    if (address->ai_family == AF_INET6) {
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)address->ai_addr)->sin6_addr,
                  host, sizeof host);
        snprintf(d->peer, sizeof d->peer, "[%s]:%u", host, d->port);
    } else {
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address->ai_addr)->sin_addr,
                  host, sizeof host);
        snprintf(d->peer, sizeof d->peer, "%s:%u", host, d->port);
    }
}

static void set_port(const struct addrinfo *address, uint16_t port)
{
    if (address->ai_family == AF_INET6)
        ((struct sockaddr_in6 *)(void *)address->ai_addr)->sin6_port = htons(port);
    else
        ((struct sockaddr_in *)(void *)address->ai_addr)->sin_port = htons(port);
}

/*
 * EADDRNOTAVAIL is "no port left" or "no address of that kind here" (IPv6 off).  UDP has
 * ports of its own: if those are short of nothing, TCP's have run out.
 */
static bool ports_ran_out(const struct addrinfo *address)
{
    cleanup_fd int fd = socket(address->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    return fd == -1 || connect(fd, address->ai_addr, address->ai_addrlen) == 0;
}

static bool is_shortage(int error, const struct addrinfo *address)
{
    switch (error) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case EAGAIN:                        /* no port left, says connect(2) */
        return true;
    case EADDRNOTAVAIL:
        return ports_ran_out(address);
    default:
        return false;
    }
}

/*
 * The last descriptors are for starting containers, which probes of those that run must
 * not keep from it.  The kernel gives the lowest that is free.
 */
static int open_socket(int family)
{
    static struct rlimit limit;         /* as it was when it last mattered */
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd == -1 || (rlim_t)fd + DESCRIPTORS_LEFT_ALONE < limit.rlim_cur)
        return fd;
    if (fd < DESCRIPTORS_LEFT_ALONE || getrlimit(RLIMIT_NOFILE, &limit) == -1
        || (rlim_t)fd + DESCRIPTORS_LEFT_ALONE < limit.rlim_cur)
        return fd;
    close(fd);
    errno = EMFILE;
    return -1;
}

/* What became of an address. */
enum try { TRY_FAILED, TRY_SHORT, TRY_CONNECTING, TRY_CONNECTED };

static enum try try_one(struct dial *d, const struct addrinfo *address)
{
    const char *call = "socket";
    int error;

    set_port(address, d->port);
    set_peer(d, address);
    d->fd = open_socket(address->ai_family);
    if (d->fd != -1) {
        call = "connect";
        ev_io_set(&d->connected, d->fd, EV_WRITE);
        if (connect(d->fd, address->ai_addr, address->ai_addrlen) == 0)
            return TRY_CONNECTED;
        if (errno == EINPROGRESS) {
            ev_io_start(d->loop, &d->connected);
            return TRY_CONNECTING;
        }
    }
    error = errno;
    close_socket(d);
    note_failure(d, call, error);
    return is_shortage(error, address) ? TRY_SHORT : TRY_FAILED;
}

/* Nothing is told from inside dial_start(): a fed event comes from the loop. */
static void settle(struct dial *d, enum dial_result result)
{
    d->result = result;
    ev_feed_event(d->loop, &d->connected, EV_CUSTOM);
}

static void go_on(struct dial *d)
{
    while (d->next != NULL) {
        const struct addrinfo *address = d->next;

        d->next = address->ai_next;
        if (address->ai_family != AF_INET && address->ai_family != AF_INET6)
            continue;
        switch (try_one(d, address)) {
        case TRY_CONNECTED:
            settle(d, DIAL_CONNECTED);
            return;
        case TRY_CONNECTING:
            return;
        case TRY_SHORT:
            d->pause = d->pause == 0. ? pause_least : d->pause < pause_most ? d->pause * 2. : pause_most;
            ev_timer_set(&d->again, d->pause, 0.);
            ev_timer_start(d->loop, &d->again);
            return;
        case TRY_FAILED:
            break;
        }
    }
    settle(d, DIAL_FAILED);
}

static void begin(struct dial *d)
{
    buf_clear(&d->why);
    d->next = d->first;
    go_on(d);
}

static void again(struct ev_loop *loop, ev_timer *w, int revents)
{
    (void)loop;
    (void)revents;
    begin(container_of(w, struct dial, again));
}

static void tell(struct dial *d, enum dial_result result)
{
    int fd = steal_fd(&d->fd);

    ev_io_stop(d->loop, &d->connected);
    d->done(d->arg, result, fd);        /* last: d may be gone afterwards */
}

static void connected(struct ev_loop *loop, ev_io *w, int revents)
{
    struct dial *d = container_of(w, struct dial, connected);
    socklen_t size = sizeof(int);
    int error = 0;

    (void)loop;
    if ((revents & EV_CUSTOM) != 0) {
        tell(d, d->result);
        return;
    }
    if (getsockopt(d->fd, SOL_SOCKET, SO_ERROR, &error, &size) == -1)
        error = errno;
    if (error == 0) {
        tell(d, DIAL_CONNECTED);
        return;
    }
    note_failure(d, "connect", error);
    close_socket(d);
    go_on(d);
}

static void looked_up(void *arg, int error, struct addrinfo *addresses)
{
    struct dial *d = arg;

    d->lookup = NULL;
    if (error != 0) {
        buf_addf(&d->why, "dial tcp: lookup %s: %s", d->host,
                 error == EAI_NONAME || error == EAI_NODATA ? "no such host" : gai_strerror(error));
        tell(d, error == EAI_MEMORY ? DIAL_OWN_TROUBLE : DIAL_NO_SUCH_NAME);
        return;
    }
    d->looked_up = addresses;
    d->first = addresses;
    begin(d);
}

static bool is_literal(struct dial *d)
{
    const struct addrinfo numeric = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};

    if (inet_pton(AF_INET, d->host, &d->literal_address.v4.sin_addr) == 1) {
        d->literal_address.v4.sin_family = AF_INET;
        d->literal = (struct addrinfo){.ai_family = AF_INET, .ai_addr = &d->literal_address.any,
                                       .ai_addrlen = sizeof d->literal_address.v4};
        d->first = &d->literal;
        return true;
    }
    if (getaddrinfo(d->host, NULL, &numeric, &d->looked_up) == 0) {     /* IPv6, with scopes */
        d->first = d->looked_up;
        return true;
    }
    d->looked_up = NULL;
    return false;
}

static void start_lookup(struct ev_loop *loop, ev_timer *w, int revents);

void dial_start(struct dial *d, struct ev_loop *loop, const char *host, uint16_t port,
                dial_done_fn *done, void *arg)
{
    *d = (struct dial){.loop = loop, .done = done, .arg = arg, .host = host, .port = port, .fd = -1};
    ev_init(&d->connected, connected);
    ev_timer_init(&d->again, again, 0., 0.);
    if (is_literal(d)) {
        begin(d);
        return;
    }
    ev_set_cb(&d->again, start_lookup);
    start_lookup(loop, &d->again, 0);
}

/* A shortage of descriptors passes here as well. */
static void start_lookup(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct dial *d = container_of(w, struct dial, again);

    (void)revents;
    d->lookup = lookup_start(loop, d->host, looked_up, d);
    if (d->lookup != NULL) {
        ev_set_cb(&d->again, again);
        return;
    }
    buf_clear(&d->why);
    buf_addf(&d->why, "dial tcp: lookup %s: ", d->host);
    gotext_add_errno(&d->why, errno);
    ev_timer_set(&d->again, pause_most, 0.);
    ev_timer_start(loop, &d->again);
}

void dial_stop(struct dial *d)
{
    if (d->loop == NULL)
        return;
    close_socket(d);
    ev_io_stop(d->loop, &d->connected); /* one that was only fed */
    ev_timer_stop(d->loop, &d->again);
    if (d->lookup != NULL)
        lookup_cancel(d->lookup);
    d->lookup = NULL;
    if (d->looked_up != NULL)
        freeaddrinfo(d->looked_up);
    d->looked_up = NULL;
    buf_deinit(&d->why);
}

void dial_add_why(const struct dial *d, struct buf *out)
{
    buf_adds(out, buf_text(&d->why));
}

void dial_add_timeout(const struct dial *d, struct buf *out)
{
    if (dial_is_short(d))
        dial_add_why(d, out);
    else if (d->lookup != NULL)
        buf_addf(out, "dial tcp: lookup %s: i/o timeout", d->host);
    else
        buf_addf(out, "dial tcp %s: i/o timeout", d->peer);
}

static void add_end(char *out, size_t size, const struct sockaddr_storage *address)
{
    char host[INET6_ADDRSTRLEN] = "?";

    if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const void *)address;

        inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
        snprintf(out, size, "[%s]:%u", host, ntohs(v6->sin6_port));
    } else {
        const struct sockaddr_in *v4 = (const void *)address;

        inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
        snprintf(out, size, "%s:%u", host, ntohs(v4->sin_port));
    }
}

void dial_describe_ends(int fd, char out[DIAL_ENDS])
{
    struct sockaddr_storage local = {0}, peer = {0};
    socklen_t size = sizeof local;
    char ends[2][72];

    getsockname(fd, (void *)&local, &size);
    size = sizeof peer;
    getpeername(fd, (void *)&peer, &size);
    add_end(ends[0], sizeof ends[0], &local);
    add_end(ends[1], sizeof ends[1], &peer);
    snprintf(out, DIAL_ENDS, "%s->%s", ends[0], ends[1]);
}
