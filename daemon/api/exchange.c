#include "daemon/api/exchange.h"

#include "base/arena.h"
#include "base/macros.h"
#include "daemon/api/api.h"
#include "daemon/api/fault.h"
#include "daemon/api/microhttpd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

enum { STREAM_BLOCK = 64 * 1024 };       /* bytes of a stream in one turn of the loop, at most */

/* ---- life ---- */

static void exchange_free(struct exchange *x)
{
    struct server *s = x->listener->server;

    if (x->previous != NULL)
        x->previous->next = x->next;
    else
        s->exchanges = x->next;
    if (x->next != NULL)
        x->next->previous = x->previous;
    if (x->reply.stream != NULL)
        x->reply.stream->free(x->reply.stream);
    buf_deinit(&x->reply.body);
    buf_deinit(&x->body);
    arena_free(x->rq.arena);
    free(x);
}

static bool take_uri(struct exchange *x, const char *uri)
{
    const char *query = strchr(uri, '?');

    x->rq.path = arena_strndup(x->rq.arena, uri, query == NULL ? strlen(uri) : (size_t)(query - uri));
    if (x->rq.path == NULL)
        return false;
    if (!query_parse(&x->rq.query, query == NULL ? "" : query + 1, x->rq.arena)) {
        x->refused = true;
        fault_bad_request(&x->reply, "the query of the request is malformed");
    }
    return true;
}

void *exchange_begun(void *arg, const char *uri, struct MHD_Connection *mhd)
{
    struct listener *l = arg;
    struct exchange *x = calloc(1, sizeof *x);
    const union MHD_ConnectionInfo *info = microhttpd.get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    if (x == NULL)
        return NULL;
    x->listener = l;
    x->mhd = mhd;
    x->connection = info == NULL ? NULL : info->socket_context;
    x->rq = (struct http_request){.api = l->server->api, .arena = arena_new(),
                                  .local = l->access.trust == TRUST_PEER, .client = "", .body = "",
                                  .resource = RESOURCES};
    x->next = l->server->exchanges;
    if (x->next != NULL)
        x->next->previous = x;
    l->server->exchanges = x;
    if (x->rq.arena == NULL || !take_uri(x, uri)) {
        exchange_free(x);
        return NULL;
    }
    return x;
}

static void expect_within(struct exchange *x, mono_ms time)
{
    if (x->connection != NULL)
        x->connection->deadline = mono_add(clock_mono(), time);
}

void exchange_completed(void *arg, struct MHD_Connection *mhd, void **context, enum MHD_RequestTerminationCode code)
{
    struct exchange *x = *context;

    (void)arg;
    (void)mhd;
    (void)code;
    if (x == NULL)
        return;
    *context = NULL;
    /* The next request's head: from now on, idle time included. */
    expect_within(x, SERVER_IDLE_SECONDS * MONO_SECOND);
    exchange_free(x);
}

/* ---- rest and resume ---- */

static void rest(struct exchange *x)
{
    const struct server *s = x->listener->server;
    struct epoll_event event = {.events = EPOLLRDHUP, .data.ptr = x};

    /* What cannot be watched for its leaving is noticed at the next write. */
    if (x->connection != NULL)
        epoll_ctl(s->gone_fd, EPOLL_CTL_ADD, x->connection->fd, &event);
    x->resting = true;
    microhttpd.suspend_connection(x->mhd);
}

bool exchange_resume(struct exchange *x)
{
    if (!x->resting)
        return false;
    x->resting = false;
    if (x->connection != NULL)
        epoll_ctl(x->listener->server->gone_fd, EPOLL_CTL_DEL, x->connection->fd, NULL);
    microhttpd.resume_connection(x->mhd);
    server_run_soon(x->listener);
    return true;
}

void exchange_go_on(struct server *s)
{
    for (struct exchange *x = s->exchanges; x != NULL; x = x->next) {
        if (x->rq.has_waited)
            exchange_resume(x);
    }
}

void exchange_end_all(struct server *s)
{
    for (struct exchange *x = s->exchanges; x != NULL; x = x->next) {
        x->client_is_gone = true;
        exchange_resume(x);
    }
}

/* ---- the answer ---- */

static bool wake(struct http_stream *stream)
{
    return exchange_resume(stream->connection);
}

static ssize_t read_stream(void *arg, uint64_t position, char *out, size_t max)
{
    struct exchange *x = arg;
    ssize_t n;

    (void)position;
    if (x->client_is_gone)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    n = x->reply.stream->read(x->reply.stream, out, max);
    if (n == STREAM_END)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (n < 0)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (n == 0)
        rest(x);
    return n;
}

static void free_buf(void *bytes)
{
    free(bytes);
}

static struct MHD_Response *response_of(struct exchange *x)
{
    struct http_reply *reply = &x->reply;
    struct MHD_Response *r;

    if (reply->stream != NULL) {
        reply->stream->connection = x;
        reply->stream->wake = wake;
        return microhttpd.create_response_from_callback(
            reply->stream->length > 0 ? reply->stream->length : MHD_SIZE_UNKNOWN,
            reply->stream->block > 0 ? reply->stream->block : STREAM_BLOCK, read_stream, x, NULL);
    }
    r = microhttpd.create_response_from_buffer_with_free_callback(reply->body.length, reply->body.data, free_buf);
    if (r != NULL)
        reply->body = (struct buf)BUF_INIT;         /* the response's now */
    return r;
}

/* Warning: 299 - "text", with what a quoted string cannot hold escaped or left out. */
static void add_warning(struct MHD_Response *r, const char *text)
{
    struct buf value = BUF_INIT;

    buf_adds(&value, "299 - \"");
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            buf_addc(&value, '\\');
        buf_addc(&value, (unsigned char)*p < 0x20 || *p == 0x7f ? ' ' : *p);
    }
    buf_addc(&value, '"');
    if (!buf_failed(&value))
        microhttpd.add_response_header(r, "Warning", buf_text(&value));
    buf_deinit(&value);
}

static enum MHD_Result send_reply(struct exchange *x)
{
    struct MHD_Response *r = response_of(x);
    enum MHD_Result result;

    if (r == NULL)
        return MHD_NO;
    microhttpd.add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, x->reply.content_type);
    microhttpd.add_response_header(r, "Cache-Control", "no-cache, private");
    microhttpd.add_response_header(r, "X-Content-Type-Options", "nosniff");
    for (unsigned i = 0; i < x->reply.warning_count; i++)
        add_warning(r, x->reply.warnings[i]);
    if (x->reply.retry_after > 0) {
        char seconds[16];

        snprintf(seconds, sizeof seconds, "%u", x->reply.retry_after);
        microhttpd.add_response_header(r, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
    }
    if (x->reply.code == 401)
        microhttpd.add_response_header(r, "WWW-Authenticate", "Bearer realm=\"pidlet\"");
    expect_within(x, MONO_NEVER);       /* from here on the idle timeout sees to slow readers */
    result = microhttpd.queue_response(x->mhd, x->reply.code, r);
    microhttpd.destroy_response(r);
    return result;
}

/* ---- the request ---- */

static const char *header(const struct exchange *x, const char *name)
{
    const char *value = microhttpd.lookup_connection_value(x->mhd, MHD_HEADER_KIND, name);

    return value != NULL ? value : "";
}

static bool take_method(struct exchange *x, const char *method)
{
    for (int i = 0; i < METHODS; i++) {
        if (strcmp(http_method_name(i), method) == 0) {
            x->rq.method = (enum http_method)i;
            return true;
        }
    }
    if (strcmp(method, "HEAD") == 0) {
        x->rq.method = METHOD_GET;      /* libmicrohttpd leaves the body out */
        return true;
    }
    return fault(&x->reply, 405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
}

static bool too_large(struct exchange *x)
{
    fault(&x->reply, 413, "RequestEntityTooLarge", "Request entity too large: limit is %d", SERVER_BODY_MAX);
    return false;
}

/* The head is here.  False: `reply` says why it goes no further. */
static bool look_at_head(struct exchange *x, const char *method)
{
    const unsigned long long length = strtoull(header(x, MHD_HTTP_HEADER_CONTENT_LENGTH), NULL, 10);

    expect_within(x, SERVER_BODY_SECONDS * MONO_SECOND);
    if (!access_permits(&x->listener->access, x->mhd, x->rq.arena, &x->rq.client, &x->reply) || x->refused || !take_method(x, method))
        return false;
    if (length > SERVER_BODY_MAX) {
        x->received = length > SERVER_DISCARD_MAX ? SERVER_DISCARD_MAX + 1 : 0;
        return too_large(x);
    }
    x->rq.accept = arena_strdup(x->rq.arena, header(x, MHD_HTTP_HEADER_ACCEPT));
    x->rq.content_type = arena_strdup(x->rq.arena, header(x, MHD_HTTP_HEADER_CONTENT_TYPE));
    return (x->rq.client != NULL && x->rq.accept != NULL && x->rq.content_type != NULL) || fault_no_memory(&x->reply);
}

static void take_body(struct exchange *x, const char *bytes, size_t length)
{
    x->received += length;
    if (x->received > SERVER_DISCARD_MAX && x->connection != NULL)
        shutdown(x->connection->fd, SHUT_RD);
    if (x->refused)
        return;
    buf_add(&x->body, bytes, length);
    if (buf_failed(&x->body)) {
        x->refused = true;
        fault_no_memory(&x->reply);
    } else if (x->body.length > SERVER_BODY_MAX) {
        x->refused = true;
        too_large(x);
        buf_deinit(&x->body);
    }
}

/* All of the request is here. */
static enum MHD_Result answer(struct exchange *x)
{
    if (x->client_is_gone)
        return MHD_NO;
    x->rq.body = buf_text(&x->body);
    x->rq.body_length = x->body.length;
    if (!x->refused && !api_handle(&x->rq, &x->reply)) {
        x->rq.has_waited = true;
        expect_within(x, MONO_NEVER);   /* it is not the client who is slow */
        rest(x);
        return MHD_YES;                 /* libmicrohttpd asks again when it goes on */
    }
    return send_reply(x);
}

enum MHD_Result exchange_handle(void *arg, struct MHD_Connection *mhd, const char *url, const char *method,
                                const char *version, const char *upload, size_t *upload_size, void **context)
{
    struct exchange *x = *context;

    (void)arg;
    (void)mhd;
    (void)url;
    (void)version;
    if (x == NULL)
        return MHD_NO;
    if (!x->begun) {
        /* A client sends its body before it looks for an answer: it is read in any case. */
        x->begun = true;
        if (!look_at_head(x, method))
            x->refused = true;
        return x->received > SERVER_DISCARD_MAX ? send_reply(x) : MHD_YES;
    }
    if (*upload_size > 0) {
        take_body(x, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    return answer(x);
}
