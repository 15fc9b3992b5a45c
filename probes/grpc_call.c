/* The call of a grpc attempt in HTTP/2: one request, and what comes of its answer. */
#include "probes/grpc_private.h"

#include "base/macros.h"
#include "probes/grpc_message.h"
#include "probes/http_request.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- what comes ---- */

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
    struct grpc_response *r = &((struct grpc_attempt *)arg)->response;

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
    struct grpc_response *r = &((struct grpc_attempt *)arg)->response;

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

/* ---- what goes ---- */

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

/* ---- both ---- */

bool grpc_call_begin(struct grpc_attempt *g)
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

void grpc_response_clear(struct grpc_response *r)
{
    buf_clear(&r->content_type);
    buf_clear(&r->message);
    buf_clear(&r->body);
    r->http_status = 0;
    r->is_grpc = r->too_large = false;
    r->status = -1;
}
