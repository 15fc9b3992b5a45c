/* What is made of a server's answer, in grpc-go's words (kubelet-semantics 2.4). */
#include "probes/grpc_private.h"

#include "base/duration.h"
#include "probes/gotext.h"
#include "probes/grpc_message.h"

#include <stdio.h>

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

void grpc_failed(struct grpc_attempt *g, int64_t code, const char *message)
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

void grpc_out_of_memory(struct grpc_attempt *g)
{
    buf_adds(&g->attempt->text, "out of memory");
    finish(g, ATTEMPT_NOT_RUN);
}

/* ---- what the server said ---- */

static void not_grpc(struct grpc_attempt *g)
{
    const struct grpc_response *r = &g->response;
    struct buf why = BUF_INIT;

    buf_addf(&why, "unexpected HTTP status code received from server: %d (%s)", r->http_status,
             grpc_http_status_text(r->http_status));
    if (r->content_type.length > 0) {
        buf_adds(&why, "; transport: received unexpected content-type ");
        gotext_add_quoted(&why, buf_text(&r->content_type), r->content_type.length);
    } else {
        buf_adds(&why, "; malformed header: missing HTTP content-type");
    }
    grpc_failed(g, grpc_code_of_http(r->http_status), buf_text(&why));
    buf_deinit(&why);
}

static void checked(struct grpc_attempt *g)
{
    const struct grpc_response *r = &g->response;
    struct buf *text = &g->attempt->text, why = BUF_INIT;
    int64_t serving;
    int code = grpc_read_reply((const uint8_t *)buf_text(&r->body), r->body.length, &serving, &why);

    if (code != GRPC_OK) {
        grpc_failed(g, code, buf_text(&why));
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
        grpc_connect(g);
        return;
    }
    snprintf(why, sizeof why, "stream terminated by RST_STREAM with error code: %s",
             nghttp2_http2_strerror(g->stream_error));
    grpc_failed(g, grpc_code_of_h2(g->stream_error), why);
}

void grpc_judge(struct grpc_attempt *g)
{
    const struct grpc_response *r = &g->response;

    if (buf_failed(&r->body) || buf_failed(&r->message))
        grpc_out_of_memory(g);
    else if (r->too_large)
        grpc_failed(g, GRPC_RESOURCE_EXHAUSTED, "grpc: received message larger than max (10240)");
    else if (r->http_status != 0 && !r->is_grpc)
        not_grpc(g);
    else if (r->status > GRPC_OK)
        grpc_failed(g, r->status, buf_text(&r->message));
    else if (g->stream_error != NGHTTP2_NO_ERROR && r->status < 0)
        stream_broke(g);
    else if (r->status < 0)
        grpc_failed(g, GRPC_INTERNAL, "server closed the stream without sending trailers");
    else
        checked(g);
}

void grpc_timed_out(struct grpc_attempt *g)
{
    struct buf *text = &g->attempt->text;
    enum attempt_outcome outcome = ATTEMPT_TIMED_OUT;

    if (g->dialing && dial_is_short(&g->dial)) {
        dial_add_why(&g->dial, text);
        outcome = ATTEMPT_NOT_RUN;
    } else if (g->ready) {
        buf_adds(text, "timeout: health rpc did not complete within ");
        add_timeout(g->attempt, text);
    } else {
        buf_addf(text, "timeout: failed to connect service \"%s\" within ", g->authority);
        add_timeout(g->attempt, text);
        buf_adds(text, ": context deadline exceeded");
    }
    finish(g, outcome);
}
