#include "probes/tcp.h"

#include "base/fd.h"
#include "base/macros.h"
#include "probes/attempt_private.h"
#include "probes/lookup.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Closed politely: a reset would spare us TIME_WAIT, and make many a server log an error
 * at every probe.  Ports do not run out all the same: they are per destination, and
 * Linux takes those of the loopback again after a second (tcp_tw_reuse 2).  Nor with a
 * linger of 1 s, as the kubelet has it: close(2) could then hold up the loop.
 */
static void close_socket(struct attempt *a)
{
    struct tcp_attempt *t = &a->tcp;

    if (t->fd < 0)
        return;
    ev_io_stop(a->loop, &t->connected);
    fd_close(&t->fd);
}

/* Go's texts of an errno are Linux' with a small letter in front. */
static void add_errno(struct buf *out, int error)
{
    const char *text = strerror(error);

    buf_addc(out, (char)tolower((unsigned char)text[0]));
    buf_adds(out, text + 1);
}

/* The first address' trouble is told: those after it are second choice. */
static void note_failure(struct attempt *a, const char *call, int error)
{
    if (a->text.length > 0)
        return;
    buf_addf(&a->text, "dial tcp %s: %s: ", a->tcp.peer, call);
    add_errno(&a->text, error);
}

static bool is_own_trouble(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS
           || error == EADDRNOTAVAIL;   /* no port left */
}

static void set_peer(struct tcp_attempt *t, const struct addrinfo *address)
{
    char host[INET6_ADDRSTRLEN] = "?";

    if (address->ai_family == AF_INET6) {
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)address->ai_addr)->sin6_addr,
                  host, sizeof host);
        snprintf(t->peer, sizeof t->peer, "[%s]:%u", host, t->port);
    } else {
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address->ai_addr)->sin_addr,
                  host, sizeof host);
        snprintf(t->peer, sizeof t->peer, "%s:%u", host, t->port);
    }
}

static void set_port(const struct addrinfo *address, uint16_t port)
{
    if (address->ai_family == AF_INET6)
        ((struct sockaddr_in6 *)(void *)address->ai_addr)->sin6_port = htons(port);
    else
        ((struct sockaddr_in *)(void *)address->ai_addr)->sin_port = htons(port);
}

/* What became of the addresses; DIALING while one is under way. */
enum dial { DIALING, DIALED, DIAL_FAILED, DIAL_OWN_TROUBLE };

static void connected(struct ev_loop *loop, ev_io *w, int revents);

static enum dial dial_one(struct attempt *a, const struct addrinfo *address)
{
    struct tcp_attempt *t = &a->tcp;

    set_port(address, t->port);
    set_peer(t, address);
    t->fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (t->fd == -1) {
        note_failure(a, "socket", errno);
        return is_own_trouble(errno) ? DIAL_OWN_TROUBLE : DIAL_FAILED;
    }
    ev_io_init(&t->connected, connected, t->fd, EV_WRITE);
    if (connect(t->fd, address->ai_addr, address->ai_addrlen) == 0)
        return DIALED;
    if (errno == EINPROGRESS) {
        ev_io_start(a->loop, &t->connected);
        return DIALING;
    }
    note_failure(a, "connect", errno);
    return is_own_trouble(errno) ? DIAL_OWN_TROUBLE : DIAL_FAILED;
}

static enum dial dial_next(struct attempt *a)
{
    enum dial result = DIAL_FAILED;

    while (a->tcp.next != NULL) {
        const struct addrinfo *address = a->tcp.next;

        a->tcp.next = address->ai_next;
        if (address->ai_family != AF_INET && address->ai_family != AF_INET6)
            continue;
        close_socket(a);
        result = dial_one(a, address);
        if (result != DIAL_FAILED)
            return result;
    }
    return result;
}

static enum attempt_outcome outcome_of(enum dial dial)
{
    switch (dial) {
    case DIALED:
        return ATTEMPT_OK;
    case DIAL_OWN_TROUBLE:
        return ATTEMPT_NOT_RUN;
    case DIAL_FAILED:
    case DIALING:
        return ATTEMPT_CONNECT_FAILED;
    }
    return ATTEMPT_CONNECT_FAILED;
}

static void finish(struct attempt *a, enum dial dial)
{
    if (dial == DIALED)
        buf_clear(&a->text);            /* of addresses that failed before */
    attempt_finish(a, outcome_of(dial), 0);
}

static void connected(struct ev_loop *loop, ev_io *w, int revents)
{
    struct attempt *a = container_of(w, struct attempt, tcp.connected);
    socklen_t size = sizeof(int);
    enum dial dial = DIALED;
    int error = 0;

    (void)loop;
    (void)revents;
    if (getsockopt(a->tcp.fd, SOL_SOCKET, SO_ERROR, &error, &size) == -1)
        error = errno;
    if (error != 0) {
        note_failure(a, "connect", error);
        close_socket(a);
        dial = dial_next(a);
    }
    if (dial != DIALING)
        finish(a, dial);
}

static void looked_up(void *arg, int error, struct addrinfo *addresses)
{
    struct attempt *a = arg;
    enum dial dial;

    a->tcp.lookup = NULL;
    if (error != 0) {
        buf_addf(&a->text, "dial tcp: lookup %s: %s", a->tcp.host,
                 error == EAI_NONAME || error == EAI_NODATA ? "no such host" : gai_strerror(error));
        attempt_finish(a, error == EAI_MEMORY ? ATTEMPT_NOT_RUN : ATTEMPT_NAME_NOT_RESOLVED, 0);
        return;
    }
    a->tcp.addresses = addresses;
    a->tcp.next = addresses;
    dial = dial_next(a);
    if (dial != DIALING)
        finish(a, dial);
}

void tcp_attempt_start(struct attempt *a, const struct attempt_request *request)
{
    const struct addrinfo numeric = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
    struct tcp_attempt *t = &a->tcp;
    enum dial dial;

    t->fd = -1;
    t->host = request->tcp.host;
    t->port = request->tcp.port;
    if (getaddrinfo(t->host, NULL, &numeric, &t->addresses) == 0) {
        t->next = t->addresses;
        dial = dial_next(a);
        if (dial != DIALING)
            attempt_finish_later(a, outcome_of(dial));
        return;
    }
    t->addresses = NULL;
    t->lookup = lookup_start(a->loop, t->host, looked_up, a);
    if (t->lookup == NULL) {
        buf_addf(&a->text, "looking up %s: %s", t->host, strerror(errno));
        attempt_finish_later(a, ATTEMPT_NOT_RUN);
    }
}

void tcp_attempt_timed_out(struct attempt *a)
{
    buf_clear(&a->text);
    if (a->tcp.lookup != NULL)
        buf_addf(&a->text, "dial tcp: lookup %s: i/o timeout", a->tcp.host);
    else
        buf_addf(&a->text, "dial tcp %s: i/o timeout", a->tcp.peer);
    attempt_finish(a, ATTEMPT_TIMED_OUT, 0);
}

void tcp_attempt_deinit(struct attempt *a)
{
    close_socket(a);
    if (a->tcp.lookup != NULL)
        lookup_cancel(a->tcp.lookup);
    a->tcp.lookup = NULL;
    if (a->tcp.addresses != NULL)
        freeaddrinfo(a->tcp.addresses);
    a->tcp.addresses = NULL;
}
