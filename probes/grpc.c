/*
 * A grpc attempt: HTTP/2 without TLS, one call of grpc.health.v1.Health/Check
 * (kubelet-semantics 2.4).
 *
 * As grpc-go does it for the kubelet: a connection counts from the server's SETTINGS on;
 * until then it is tried again and again, within the one deadline.  A call that the
 * server did not begin to work on is made once more, on another connection.
 */
#include "base/duration.h"
#include "base/fd.h"
#include "base/macros.h"
#include "probes/attempt_private.h"
#include "probes/gotext.h"
#include "probes/grpc_message.h"
#include "probes/http_request.h"

#include <errno.h>
#include <inttypes.h>
#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READS_A_TURN = 8 };              /* of a server that never stops talking */

static const double first_pause = 1., pause_factor = 1.6, longest_pause = 120.; /* of grpc-go */

struct response {
    int http_status;                    /* 0: no headers yet */
    bool is_grpc;                       /* by its content-type */
    struct buf content_type;
    int64_t status;                     /* grpc-status; -1: not given */
    struct buf message;                 /* grpc-message, decoded */
    struct buf body;
    bool too_large;
};

struct grpc_attempt {
    struct attempt *attempt;
    const char *host;
    uint16_t port;
    char authority[300];                /* "127.0.0.1:50051" */
    struct buf request;                 /* the message, with its prefix */
    size_t sent;                        /* of it */
    struct dial dial;
    bool dialing;
    ev_timer again;                     /* until the next connection is tried */
    double pause;
    int fd;                             /* -1: no connection */
    ev_io io;
    nghttp2_session *session;
    struct buf out;                     /* what the socket did not take */
    char ends[DIAL_ENDS];
    bool ready;                         /* SETTINGS have come: the call is under way */
    bool retried;                       /* the call was made before, and refused unseen */
    bool closed;                        /* the stream; with `stream_error` of HTTP/2 */
    uint32_t stream_error;
    struct response response;
};

static void connect_now(struct grpc_attempt *g);

/* ---- the end ---- */

static void finish(struct grpc_attempt *g, enum attempt_outcome outcome)
{
    attempt_finish(g->attempt, outcome, 0);
}

static void add_timeout(const struct attempt *a, struct buf *out)
{
    char text[DURATION_SIZE];

    duration_format(a->timeout, text);
    buf_adds(out, text);
}

static void rpc_failed(struct grpc_attempt *g, int64_t code, const char *message)
{
    struct buf *text = &g->attempt->text;

    switch (code) {
    case GRPC_UNIMPLEMENTED:
        buf_addf(text, "error: this server does not implement the grpc health protocol "
                       "(grpc.health.v1.Health): %s", message);
        break;
    case GRPC_DEADLINE_EXCEEDED:
        buf_adds(text, "timeout: health rpc did not complete within ");
        add_timeout(g->attempt, text);
        break;
    default:
        buf_adds(text, "error: health rpc probe failed: rpc error: code = ");
        grpc_add_code(text, code);
        buf_addf(text, " desc = %s", message);
        break;
    }
    finish(g, ATTEMPT_UNSERVING);
}

static void out_of_memory(struct grpc_attempt *g)
{
    buf_adds(&g->attempt->text, "out of memory");
    finish(g, ATTEMPT_NOT_RUN);
}

/* ---- what the server said ---- */

static void not_grpc(struct grpc_attempt *g)
{
    const struct response *r = &g->response;
    struct buf why = BUF_INIT;

    buf_addf(&why, "unexpected HTTP status code received from server: %d (%s)", r->http_status,
             grpc_http_status_text(r->http_status));
    if (r->content_type.length > 0) {
        buf_adds(&why, "; transport: received unexpected content-type ");
        gotext_add_quoted(&why, buf_text(&r->content_type), r->content_type.length);
    } else {
        buf_adds(&why, "; malformed header: missing HTTP content-type");
    }
    rpc_failed(g, grpc_code_of_http(r->http_status), buf_text(&why));
    buf_deinit(&why);
}

static void checked(struct grpc_attempt *g)
{
    const struct response *r = &g->response;
    struct buf *text = &g->attempt->text, why = BUF_INIT;
    int64_t serving;
    int code = grpc_read_reply((const uint8_t *)buf_text(&r->body), r->body.length, &serving, &why);

    if (code != GRPC_OK) {
        rpc_failed(g, code, buf_text(&why));
    } else if (serving != GRPC_SERVING) {
        buf_adds(text, "service unhealthy (responded with \"");
        grpc_add_serving(text, serving);
        buf_adds(text, "\")");
        finish(g, ATTEMPT_UNSERVING);
    } else {
        buf_adds(text, "service healthy");
        finish(g, ATTEMPT_OK);
    }
    buf_deinit(&why);
}

static void stream_broke(struct grpc_attempt *g)
{
    char why[100];

    if (g->stream_error == NGHTTP2_REFUSED_STREAM && !g->retried) {
        g->retried = true;
        connect_now(g);
        return;
    }
    snprintf(why, sizeof why, "stream terminated by RST_STREAM with error code: %s",
             nghttp2_http2_strerror(g->stream_error));
    rpc_failed(g, grpc_code_of_h2(g->stream_error), why);
}

static void stream_closed(struct grpc_attempt *g)
{
    const struct response *r = &g->response;

    if (buf_failed(&r->body) || buf_failed(&r->message))
        out_of_memory(g);
    else if (r->too_large)
        rpc_failed(g, GRPC_RESOURCE_EXHAUSTED, "grpc: received message larger than max (10240)");
    else if (r->http_status != 0 && !r->is_grpc)
        not_grpc(g);
    else if (r->status > GRPC_OK)
        rpc_failed(g, r->status, buf_text(&r->message));
    else if (g->stream_error != NGHTTP2_NO_ERROR && r->status < 0)
        stream_broke(g);
    else if (r->status < 0)
        rpc_failed(g, GRPC_INTERNAL, "server closed the stream without sending trailers");
    else
        checked(g);
}

/* ---- what comes, by nghttp2 ---- */

static bool name_is(const uint8_t *name, size_t length, const char *wanted)
{
    return length == strlen(wanted) && memcmp(name, wanted, length) == 0;
}

/* A number in decimal digits; -1: it is none. */
static int64_t number_of(const uint8_t *digits, size_t length)
{
    int64_t number = 0;

    if (length == 0 || length > 9)
        return -1;
    for (size_t i = 0; i < length; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return -1;
        number = number * 10 + (digits[i] - '0');
    }
    return number;
}

static int got_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                      size_t name_length, const uint8_t *value, size_t length, uint8_t flags, void *arg)
{
    static const char grpc_type[] = "application/grpc";
    struct response *r = &((struct grpc_attempt *)arg)->response;

    (void)session;
    (void)frame;
    (void)flags;
    if (name_is(name, name_length, ":status")) {
        r->http_status = (int)number_of(value, length);
    } else if (name_is(name, name_length, "content-type")) {
        size_t n = sizeof grpc_type - 1;

        buf_clear(&r->content_type);
        buf_add(&r->content_type, value, length < 200 ? length : 200);
        r->is_grpc = length >= n && memcmp(value, grpc_type, n) == 0
                     && (length == n || value[n] == '+' || value[n] == ';');
    } else if (name_is(name, name_length, "grpc-status")) {
        r->status = number_of(value, length);
        if (r->status < 0)
            r->status = GRPC_UNKNOWN;
    } else if (name_is(name, name_length, "grpc-message")) {
        buf_clear(&r->message);
        grpc_add_message(&r->message, (const char *)value,
                         length < ATTEMPT_TEXT_MAX ? length : ATTEMPT_TEXT_MAX);
    }
    return 0;
}

static int got_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *bytes,
                    size_t length, void *arg)
{
    struct response *r = &((struct grpc_attempt *)arg)->response;

    (void)flags;
    if (r->too_large)
        return 0;
    if (length > GRPC_PREFIX + ATTEMPT_TEXT_MAX - r->body.length) {
        r->too_large = true;
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
        return 0;
    }
    buf_add(&r->body, bytes, length);
    return 0;
}

static int closed_stream(nghttp2_session *session, int32_t stream, uint32_t error, void *arg)
{
    struct grpc_attempt *g = arg;

    (void)session;
    (void)stream;
    g->closed = true;
    g->stream_error = error;
    return 0;
}

static ssize_t give_request(nghttp2_session *session, int32_t stream, uint8_t *out, size_t room,
                            uint32_t *flags, nghttp2_data_source *source, void *arg)
{
    struct grpc_attempt *g = arg;
    size_t left = g->request.length - g->sent, n = left < room ? left : room;

    (void)session;
    (void)stream;
    (void)source;
    memcpy(out, buf_text(&g->request) + g->sent, n);
    g->sent += n;
    if (g->sent == g->request.length)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)n;
}

#define HEADER(name_, value_)                                                              \
    {.name = (uint8_t *)(uintptr_t)(name_), .value = (uint8_t *)(uintptr_t)(value_),       \
     .namelen = strlen(name_), .valuelen = strlen(value_)}

/* At most eight digits and a unit, as gRPC wants it. */
static void write_timeout(char out[32], mono_ms timeout)
{
    static const mono_ms most = 99999999;

    if (timeout <= most)
        snprintf(out, 32, "%" PRId64 "m", timeout);
    else
        snprintf(out, 32, "%" PRId64 "S", timeout / MONO_SECOND < most ? timeout / MONO_SECOND : most);
}

static int call(struct grpc_attempt *g)
{
    char timeout[32] = "";
    const nghttp2_data_provider provider = {.read_callback = give_request};
    nghttp2_nv headers[] = {
        HEADER(":method", "POST"),
        HEADER(":scheme", "http"),
        HEADER(":path", "/grpc.health.v1.Health/Check"),
        HEADER(":authority", g->authority),
        HEADER("content-type", "application/grpc"),
        HEADER("user-agent", "kube-probe/" HTTP_KUBERNETES_VERSION " pidlet/" PIDLET_VERSION),
        HEADER("te", "trailers"),
        HEADER("grpc-timeout", timeout),
    };
    int32_t stream;

    write_timeout(timeout, g->attempt->timeout);
    headers[array_count(headers) - 1].valuelen = strlen(timeout);
    stream = nghttp2_submit_request(g->session, NULL, headers, array_count(headers), &provider, NULL);
    return stream < 0 ? stream : 0;
}

static int got_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
    struct grpc_attempt *g = arg;

    (void)session;
    if (frame->hd.type != NGHTTP2_SETTINGS || (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0 || g->ready)
        return 0;
    g->ready = true;
    return call(g) == 0 ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

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
    rpc_failed(g, GRPC_UNAVAILABLE, buf_text(&why));
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
        stream_closed(g);
    else if (error == ENOMEM || write_error == ENOMEM)
        out_of_memory(g);
    else if (error != 0)
        lost(g, "read", error > 0 ? error : 0);
    else if (write_error != 0)
        lost(g, "write", write_error);
    else if (session_is_over(g))
        lost(g, "read", 0);
    else
        watch(g);
}

static bool session_new(struct grpc_attempt *g)
{
    const nghttp2_settings_entry no_push = {NGHTTP2_SETTINGS_ENABLE_PUSH, 0};
    nghttp2_session_callbacks *callbacks;
    int result;

    if (nghttp2_session_callbacks_new(&callbacks) != 0)
        return false;
    nghttp2_session_callbacks_set_on_header_callback(callbacks, got_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, got_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, closed_stream);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, got_frame);
    result = nghttp2_session_client_new(&g->session, callbacks, g);
    nghttp2_session_callbacks_del(callbacks);
    return result == 0 && nghttp2_submit_settings(g->session, NGHTTP2_FLAG_NONE, &no_push, 1) == 0;
}

static void response_clear(struct response *r)
{
    buf_clear(&r->content_type);
    buf_clear(&r->message);
    buf_clear(&r->body);
    r->http_status = 0;
    r->is_grpc = r->too_large = false;
    r->status = -1;
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
    if (!session_new(g)) {
        out_of_memory(g);
        return;
    }
    error = flush(g);
    if (error != 0)
        lost(g, "write", error);
    else
        watch(g);
}

static void connect_now(struct grpc_attempt *g)
{
    disconnect(g);
    response_clear(&g->response);
    g->ready = g->closed = false;
    g->sent = 0;
    g->dialing = true;
    dial_start(&g->dial, g->attempt->loop, g->host, g->port, dialed, g);
}

static void again(struct ev_loop *loop, ev_timer *w, int revents)
{
    (void)loop;
    (void)revents;
    connect_now(container_of(w, struct grpc_attempt, again));
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
    connect_now(g);
}

static void timed_out(struct attempt *a)
{
    struct grpc_attempt *g = a->grpc;
    struct buf *text = &a->text;
    enum attempt_outcome outcome = ATTEMPT_TIMED_OUT;

    if (g->dialing && dial_is_short(&g->dial)) {
        dial_add_why(&g->dial, text);
        outcome = ATTEMPT_NOT_RUN;
    } else if (g->ready) {
        buf_adds(text, "timeout: health rpc did not complete within ");
        add_timeout(a, text);
    } else {
        buf_addf(text, "timeout: failed to connect service \"%s\" within ", g->authority);
        add_timeout(a, text);
        buf_adds(text, ": context deadline exceeded");
    }
    finish(g, outcome);
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
