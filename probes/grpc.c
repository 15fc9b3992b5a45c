/*
 * A grpc attempt: HTTP/2 without TLS, one call of grpc.health.v1.Health/Check
 * (kubelet-semantics 2.4).
 *
 * As grpc-go does it for the kubelet: a connection counts from the server's SETTINGS on;
 * until then it is tried again and again, within the one deadline.  A call that the
 * server did not begin to work on is made once more, on another connection.
 */
#include "probes/grpc_private.h"

#include "base/fd.h"
#include "base/macros.h"
#include "probes/gotext.h"
#include "probes/grpc_message.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READS_A_TURN = 8 };              /* of a server that never stops talking */

static const double first_pause = 1., pause_factor = 1.6, longest_pause = 120.; /* of grpc-go */

/* ---- a connection ---- */

static void disconnect(struct grpc_attempt *g)
{
    if (g->fd >= 0)
        ev_io_stop(g->attempt->loop, &g->io);
    fd_close(&g->fd);
    nghttp2_session_del(g->session);    /* NULL is fine */
    g->session = NULL;
    buf_clear(&g->out);
}

/* It was no connection yet, as gRPC sees it. */
static void connect_later(struct grpc_attempt *g)
{
    disconnect(g);
    ev_timer_set(&g->again, g->pause, 0.);
    ev_timer_start(g->attempt->loop, &g->again);
    g->pause = g->pause * pause_factor < longest_pause ? g->pause * pause_factor : longest_pause;
}

/* `error` is of a read or write; 0: the server closed it. */
static void lost(struct grpc_attempt *g, const char *operation, int error)
{
    struct buf why = BUF_INIT;

    if (!g->ready) {
        connect_later(g);
        return;
    }
    buf_adds(&why, "error reading from server: ");
    if (error == 0) {
        buf_adds(&why, "EOF");
    } else {
        buf_addf(&why, "%s tcp %s: %s: ", operation, g->ends, operation);
        gotext_add_errno(&why, error);
    }
    grpc_failed(g, GRPC_UNAVAILABLE, buf_text(&why));
    buf_deinit(&why);
}

/* Writes `length` bytes and keeps what the socket does not take.  0, or an errno. */
static int write_some(struct grpc_attempt *g, const void *bytes, size_t length)
{
    ssize_t n = write(g->fd, bytes, length);

    if (n == -1 && errno != EAGAIN && errno != EINTR)
        return errno;
    n = n == -1 ? 0 : n;
    buf_add(&g->out, (const char *)bytes + n, length - (size_t)n);
    return buf_failed(&g->out) ? ENOMEM : 0;
}

/* Sends what there is to send.  0, or an errno. */
static int flush(struct grpc_attempt *g)
{
    const uint8_t *bytes;
    ssize_t n;
    int error;

    if (g->out.length > 0) {
        n = write(g->fd, g->out.data, g->out.length);
        if (n == -1)
            return errno == EAGAIN || errno == EINTR ? 0 : errno;
        buf_drop(&g->out, (size_t)n);
    }
    while (g->out.length == 0 && (n = nghttp2_session_mem_send(g->session, &bytes)) > 0) {
        error = write_some(g, bytes, (size_t)n);
        if (error != 0)
            return error;
    }
    return 0;
}

static void watch(struct grpc_attempt *g)
{
    const int events = EV_READ | (g->out.length > 0 ? EV_WRITE : 0);

    if (ev_is_active(&g->io) && g->io.events == events)
        return;
    ev_io_stop(g->attempt->loop, &g->io);
    ev_io_set(&g->io, g->fd, events);
    ev_io_start(g->attempt->loop, &g->io);
}

/* Reads what is there.  0, an errno, or -1 at the end of what the server says. */
static int receive(struct grpc_attempt *g)
{
    uint8_t piece[4096];

    for (int i = 0; i < READS_A_TURN && !g->closed; i++) {
        ssize_t n = read(g->fd, piece, sizeof piece);

        if (n == -1)
            return errno == EAGAIN || errno == EINTR ? 0 : errno;
        if (n == 0)
            return -1;
        n = nghttp2_session_mem_recv(g->session, piece, (size_t)n);
        if (n < 0)
            return n == NGHTTP2_ERR_NOMEM ? ENOMEM : EPROTO;
    }
    return 0;
}

static bool session_is_over(const struct grpc_attempt *g)
{
    return nghttp2_session_want_read(g->session) == 0 && nghttp2_session_want_write(g->session) == 0;
}

static void ready(struct ev_loop *loop, ev_io *w, int revents)
{
    struct grpc_attempt *g = container_of(w, struct grpc_attempt, io);
    int error = receive(g), write_error;

    (void)loop;
    (void)revents;
    write_error = flush(g);             /* also what the session answers by itself */
    if (g->closed)
        grpc_judge(g);
    else if (error == ENOMEM || write_error == ENOMEM)
        grpc_out_of_memory(g);
    else if (error != 0)
        lost(g, "read", error > 0 ? error : 0);
    else if (write_error != 0)
        lost(g, "write", write_error);
    else if (session_is_over(g))
        lost(g, "read", 0);
    else
        watch(g);
}

static void dialed(void *arg, enum dial_result result, int fd)
{
    struct grpc_attempt *g = arg;
    int error;

    g->dialing = false;
    dial_stop(&g->dial);
    if (result != DIAL_CONNECTED) {
        connect_later(g);
        return;
    }
    g->fd = fd;
    dial_describe_ends(fd, g->ends);
    if (!grpc_call_begin(g)) {
        grpc_out_of_memory(g);
        return;
    }
    error = flush(g);
    if (error != 0)
        lost(g, "write", error);
    else
        watch(g);
}

void grpc_connect(struct grpc_attempt *g)
{
    disconnect(g);
    grpc_response_clear(&g->response);
    g->ready = g->closed = false;
    g->sent = 0;
    g->dialing = true;
    dial_start(&g->dial, g->attempt->loop, g->host, g->port, dialed, g);
}

static void again(struct ev_loop *loop, ev_timer *w, int revents)
{
    (void)loop;
    (void)revents;
    grpc_connect(container_of(w, struct grpc_attempt, again));
}

/* ---- the handler ---- */

static void start(struct attempt *a, const struct attempt_request *request)
{
    struct grpc_attempt *g = calloc(1, sizeof *g);

    a->grpc = g;
    if (g != NULL) {
        g->attempt = a;
        g->fd = -1;
        g->host = request->host;
        g->port = request->port;
        g->pause = first_pause;
        ev_init(&g->io, ready);
        ev_timer_init(&g->again, again, 0., 0.);
        snprintf(g->authority, sizeof g->authority, strchr(g->host, ':') != NULL ? "[%s]:%u" : "%s:%u",
                 g->host, g->port);
        grpc_add_request(&g->request, request->grpc_service);
    }
    if (g == NULL || buf_failed(&g->request)) {
        buf_adds(&a->text, "out of memory");
        attempt_finish_later(a, ATTEMPT_NOT_RUN);
        return;
    }
    grpc_connect(g);
}

static void timed_out(struct attempt *a)
{
    grpc_timed_out(a->grpc);
}

static void deinit(struct attempt *a)
{
    struct grpc_attempt *g = a->grpc;

    if (g == NULL)
        return;
    a->grpc = NULL;
    dial_stop(&g->dial);
    ev_timer_stop(a->loop, &g->again);
    disconnect(g);
    buf_deinit(&g->request);
    buf_deinit(&g->out);
    buf_deinit(&g->response.content_type);
    buf_deinit(&g->response.message);
    buf_deinit(&g->response.body);
    free(g);
}

const struct attempt_ops grpc_attempt_ops = {.start = start, .timed_out = timed_out, .deinit = deinit};
