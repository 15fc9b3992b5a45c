/*
 * An httpGet attempt: dial, exchange, perhaps another after a redirect, one outcome
 * (kubelet-semantics 2.4 and 3.1).
 */
#include "base/arena.h"
#include "base/fd.h"
#include "base/macros.h"
#include "config/spec.h"
#include "probes/attempt_private.h"
#include "probes/gotext.h"
#include "probes/http_private.h"
#include "probes/http_request.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum { GARBAGE_SHOWN = 80 };            /* bytes of an answer that is none */

struct http_attempt {
    struct attempt *attempt;
    struct arena *arena;                /* of the requests */
    struct http_client *client;
    const struct http_get_spec *get;
    enum http_agent agent;              /* a hook's: any answer will do */
    const char *host;                   /* of the first request */
    uint16_t port;
    struct http_request request;        /* the one under way */
    struct http_request next;           /* what the answer redirects to */
    unsigned made;
    struct dial dial;
    bool dialing;
    struct http_transfer transfer;
    char ends[DIAL_ENDS];               /* "127.0.0.1:4711->127.0.0.1:80", for Go's texts */
    long status;                        /* 0: no status line yet */
    char *location;                     /* of the headers under way; NULL: none; in the arena */
    bool headers_done;
    enum http_redirect redirect;
    size_t body_length;
    struct buf body;                    /* of an answer that is a warning */
    struct buf garbage;
    struct buf why_not_tls;             /* a hook's HTTPS failed so, before it fell back to HTTP */
    bool fell_back;
};

static bool is_hook(const struct http_attempt *h)
{
    return h->agent == HTTP_AGENT_LIFECYCLE;
}

/* 'Get "URL": ', in front of everything that went wrong before an answer came. */
static void begin_error(struct http_attempt *h, struct buf *out)
{
    buf_adds(out, "Get ");
    gotext_add_quoted(out, h->request.text, strlen(h->request.text));
    buf_adds(out, ": ");
}

/* ---- the end ---- */

static void finish(struct http_attempt *h, enum attempt_outcome outcome)
{
    struct attempt *a = h->attempt;

    if (h->fell_back && outcome != ATTEMPT_OK && outcome != ATTEMPT_NOT_RUN) {
        buf_clear(&a->text);            /* the first failure is told, not the second */
        buf_adds(&a->text, buf_text(&h->why_not_tls));
    }
    attempt_finish(a, outcome, 0);
}

static void answered(struct http_attempt *h)
{
    struct buf *text = &h->attempt->text;

    if (h->fell_back) {
        buf_addf(text, "request to HTTPS lifecycle hook %s got HTTP response, retry with HTTP succeeded",
                 h->request.url.host);
        attempt_finish(h->attempt, ATTEMPT_FELL_BACK, 0);
    } else if (is_hook(h) || (h->status >= 200 && h->status < 300)) {
        finish(h, ATTEMPT_OK);
    } else if (h->status >= 300 && h->status < 400) {
        buf_adds(text, "Probe terminated redirects, Response body: ");
        buf_add(text, buf_text(&h->body), buf_failed(&h->body) ? 0 : h->body.length);
        finish(h, ATTEMPT_REDIRECTED);
    } else {
        buf_addf(text, "HTTP probe failed with statuscode: %ld", h->status);
        finish(h, ATTEMPT_HTTP_STATUS);
    }
}

static void add_error(struct http_attempt *h, CURLcode code, struct buf *out)
{
    http_add_failure(&(struct http_failure){.transfer = &h->transfer, .code = code, .ends = h->ends, .garbage = &h->garbage,
                                            .has_status = h->status != 0}, out);
}

/* ---- one request after the other ---- */

static void dialed(void *arg, enum dial_result result, int fd);

static void begin_request(struct http_attempt *h, const struct http_request *request)
{
    h->request = *request;
    h->made++;
    h->status = 0;
    h->location = NULL;
    h->headers_done = false;
    h->redirect = HTTP_ANSWER;
    h->body_length = 0;
    h->dialing = true;
    dial_start(&h->dial, h->attempt->loop, h->request.host, h->request.port, dialed, h);
}

static bool fall_back(struct http_attempt *h)
{
    struct buf why = BUF_INIT;
    bool ok;

    begin_error(h, &h->why_not_tls);
    add_error(h, CURLE_SSL_CONNECT_ERROR, &h->why_not_tls);
    h->fell_back = true;
    ok = http_request_make_plain(&h->next, h->arena, h->get, h->host, h->port, h->agent, &why);
    buf_deinit(&why);
    if (ok)
        begin_request(h, &h->next);
    return ok;
}

/* The headers are here, and the end of the body, or as much of it as is wanted, or a failure. */
static void body_ended(struct http_attempt *h, CURLcode code)
{
    const bool whole = code == CURLE_OK || h->body_length > ATTEMPT_TEXT_MAX || h->status == 101;

    switch (h->redirect) {
    case HTTP_FOLLOW:
        begin_request(h, &h->next);
        return;
    case HTTP_BROKEN:                   /* which has its text */
        finish(h, ATTEMPT_HTTP_REQUEST);
        return;
    case HTTP_ANSWER:
        break;
    }
    if (whole || is_hook(h)) {
        answered(h);
        return;
    }
    add_error(h, code, &h->attempt->text);
    finish(h, ATTEMPT_BODY_UNREADABLE);
}

static void transfer_done(struct http_transfer *t, CURLcode code)
{
    struct http_attempt *h = container_of(t, struct http_attempt, transfer);

    if (h->headers_done) {
        body_ended(h, code);
        return;
    }
    if (code == CURLE_OUT_OF_MEMORY) {
        buf_adds(&h->attempt->text, "out of memory");
        finish(h, ATTEMPT_NOT_RUN);
        return;
    }
    if (is_hook(h) && !h->fell_back && http_is_plain_answer(&h->transfer) && fall_back(h))
        return;
    begin_error(h, &h->attempt->text);
    add_error(h, code, &h->attempt->text);
    finish(h, ATTEMPT_HTTP_REQUEST);
}

/* ---- what comes ---- */

/* Not the status of an interim answer: those are followed by another. */
static bool is_final(long status)
{
    return status >= 200 || status == 101;
}

static bool headers_end(struct http_attempt *h)
{
    if (!is_final(h->status))
        return true;
    h->headers_done = true;
    h->redirect = http_request_redirect(&h->next, h->arena, &h->request, h->get, h->agent, h->host,
                                        h->made, h->status, h->location, &h->attempt->text);
    return h->redirect == HTTP_ANSWER && h->status != 101;      /* else there is no need for a body */
}

static bool got_header(struct http_transfer *t, const char *line, size_t length)
{
    static const char location[] = "location:";
    struct http_attempt *h = container_of(t, struct http_attempt, transfer);

    if (h->headers_done)
        return true;                    /* trailers */
    while (length > 0 && strchr(" \t\r\n", line[length - 1]) != NULL)
        length--;
    if (length == 0)
        return h->status == 0 || headers_end(h);
    if (length > 5 && strncmp(line, "HTTP/", 5) == 0) {
        h->status = http_transfer_status(t);
        h->location = NULL;
    } else if (h->location == NULL && length >= sizeof location - 1
               && strncasecmp(line, location, sizeof location - 1) == 0) {
        line += sizeof location - 1;
        length -= sizeof location - 1;
        while (length > 0 && strchr(" \t", *line) != NULL) {
            line++;
            length--;
        }
        h->location = arena_strndup(h->arena, line, length);
    }
    return true;
}

static bool got_body(struct http_transfer *t, const char *bytes, size_t length)
{
    struct http_attempt *h = container_of(t, struct http_attempt, transfer);

    if (!h->headers_done) {             /* HTTP/0.9: no answer that Go takes */
        buf_add(&h->garbage, bytes, length < GARBAGE_SHOWN ? length : GARBAGE_SHOWN);
        return false;
    }
    if (h->status >= 300 && h->status < 400 && h->body.length < ATTEMPT_TEXT_MAX)
        buf_add(&h->body, bytes, length < ATTEMPT_TEXT_MAX - h->body.length
                                     ? length : ATTEMPT_TEXT_MAX - h->body.length);
    h->body_length += length;
    return h->body_length <= ATTEMPT_TEXT_MAX;
}

static const struct http_transfer_ops transfer_ops = {
    .header = got_header, .body = got_body, .done = transfer_done};

/* ---- connecting ---- */

/* A hook has no timeout: a peer that vanished must be noticed by the kernel, as with Go's dialer. */
static void keep_alive(int fd)
{
    const int on = 1, seconds = 15;

    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &seconds, sizeof seconds);
}

static void dialed(void *arg, enum dial_result result, int fd)
{
    struct http_attempt *h = arg;

    h->dialing = false;
    if (result != DIAL_CONNECTED) {
        begin_error(h, &h->attempt->text);
        dial_add_why(&h->dial, &h->attempt->text);
        finish(h, attempt_outcome_of_dial(result));
        return;
    }
    dial_stop(&h->dial);
    dial_describe_ends(fd, h->ends);
    if (h->attempt->timeout == MONO_NEVER)
        keep_alive(fd);
    if (!http_transfer_start(&h->transfer, h->client, &transfer_ops, &h->request, fd)) {
        buf_adds(&h->attempt->text, "out of memory");
        finish(h, ATTEMPT_NOT_RUN);
    }
}

static void start(struct attempt *a, const struct attempt_request *request)
{
    struct http_attempt *h = calloc(1, sizeof *h);
    struct buf why = BUF_INIT;

    a->http = h;
    if (h != NULL)
        h->arena = arena_new();
    if (h == NULL || h->arena == NULL) {
        buf_adds(&a->text, "out of memory");
        attempt_finish_later(a, ATTEMPT_NOT_RUN);
        return;
    }
    if (request->http.client == NULL) {
        buf_adds(&a->text, "pidlet cannot make HTTP requests here: see its log");
        attempt_finish_later(a, ATTEMPT_NOT_RUN);
        return;
    }
    h->attempt = a;
    h->client = request->http.client;
    h->get = request->http.get;
    h->agent = request->http.hook ? HTTP_AGENT_LIFECYCLE : HTTP_AGENT_PROBE;
    h->host = request->host;
    h->port = request->port;
    if (http_request_make(&h->request, h->arena, h->get, h->host, h->port, h->agent, &why)) {
        begin_request(h, &h->request);
    } else if (h->request.text == NULL) {
        buf_adds(&a->text, buf_text(&why));
        attempt_finish_later(a, ATTEMPT_NOT_RUN);
    } else {
        begin_error(h, &a->text);
        buf_adds(&a->text, buf_text(&why));
        attempt_finish_later(a, ATTEMPT_HTTP_REQUEST);
    }
    buf_deinit(&why);
}

static void timed_out(struct attempt *a)
{
    struct http_attempt *h = a->http;
    enum attempt_outcome outcome = ATTEMPT_TIMED_OUT;

    if (h->headers_done && h->redirect == HTTP_ANSWER && !h->dialing) {
        buf_adds(&a->text,
                 "context deadline exceeded (Client.Timeout or context cancellation while reading body)");
        outcome = ATTEMPT_BODY_UNREADABLE;
    } else {
        begin_error(h, &a->text);
        if (h->dialing && dial_is_short(&h->dial)) {
            dial_add_why(&h->dial, &a->text);
            outcome = ATTEMPT_NOT_RUN;
        } else {
            buf_adds(&a->text, "context deadline exceeded (Client.Timeout exceeded while awaiting headers)");
        }
    }
    attempt_finish(a, outcome, 0);
}

static void deinit(struct attempt *a)
{
    struct http_attempt *h = a->http;

    if (h == NULL)
        return;
    a->http = NULL;
    dial_stop(&h->dial);
    http_transfer_stop(&h->transfer);
    buf_deinit(&h->body);
    buf_deinit(&h->garbage);
    buf_deinit(&h->why_not_tls);
    arena_free(h->arena);
    free(h);
}

const struct attempt_ops http_attempt_ops = {.start = start, .timed_out = timed_out, .deinit = deinit};
