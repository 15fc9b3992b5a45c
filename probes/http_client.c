#include "probes/http_client.h"

#include "base/fd.h"
#include "base/libcurl.h"
#include "base/log.h"
#include "base/macros.h"
#include "probes/http_private.h"
#include "probes/http_request.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct http_client {
    struct ev_loop *loop;
    CURLM *multi;
    ev_timer timer;                     /* libcurl's next deadline */
    bool openssl;
};

static const struct libcurl *libcurl;   /* not NULL once there is a client */

/* ---- the loop's side ---- */

/* Tells the ends of exchanges: what is done about one may end or begin others. */
static void drain(struct http_client *c)
{
    CURLMsg *message;
    int left;

    while ((message = libcurl->multi_info_read(c->multi, &left)) != NULL) {
        struct http_transfer *t = NULL;
        CURLcode code = message->data.result;
        long error = 0;

        if (message->msg != CURLMSG_DONE)
            continue;
        libcurl->easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t);
        libcurl->easy_getinfo(message->easy_handle, CURLINFO_OS_ERRNO, &error);
        t->os_error = (int)error;
        http_transfer_stop(t);
        t->ops->done(t, code);          /* last: t may be gone afterwards */
    }
}

static void timer_fired(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct http_client *c = container_of(w, struct http_client, timer);
    int running;

    (void)loop;
    (void)revents;
    libcurl->multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    drain(c);
}

/* Whether a server speaks TLS at all is seen in its first bytes, which libcurl keeps to itself. */
static void peek(struct http_transfer *t)
{
    ssize_t n = recv(t->io.fd, t->first, sizeof t->first, MSG_PEEK | MSG_DONTWAIT);

    if (n >= 0) {
        t->first_length = n;
        t->peeked = true;
    }
}

static void socket_ready(struct ev_loop *loop, ev_io *w, int revents)
{
    struct http_transfer *t = container_of(w, struct http_transfer, io);
    struct http_client *c = t->client;
    int running, mask = ((revents & EV_READ) != 0 ? CURL_CSELECT_IN : 0)
                        | ((revents & EV_WRITE) != 0 ? CURL_CSELECT_OUT : 0);

    (void)loop;
    if (t->tls && !t->peeked && (revents & EV_READ) != 0)
        peek(t);
    libcurl->multi_socket_action(c->multi, w->fd, mask, &running);
    drain(c);
}

/* ---- libcurl's side ---- */

static int watch_timer(CURLM *multi, long milliseconds, void *arg)
{
    struct http_client *c = arg;

    (void)multi;
    ev_timer_stop(c->loop, &c->timer);
    if (milliseconds >= 0) {
        ev_now_update(c->loop);
        ev_timer_set(&c->timer, (ev_tstamp)milliseconds / 1000., 0.);
        ev_timer_start(c->loop, &c->timer);
    }
    return 0;
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *of_socket)
{
    struct http_client *c = arg;
    struct http_transfer *t = NULL;
    int events = (what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0);

    (void)of_socket;
    libcurl->easy_getinfo(easy, CURLINFO_PRIVATE, &t);
    ev_io_stop(c->loop, &t->io);
    if (what != CURL_POLL_REMOVE) {
        ev_io_set(&t->io, fd, events);
        ev_io_start(c->loop, &t->io);
    }
    return 0;
}

static curl_socket_t hand_socket_over(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct http_transfer *t = arg;

    (void)purpose;
    (void)address;
    return t->fd >= 0 ? steal_fd(&t->fd) : CURL_SOCKET_BAD;
}

/*
 * libcurl 7.88 calls connect(2) all the same.  Linux takes the first such call after one
 * that was EINPROGRESS, as dial's always is, for the question whether it has succeeded.
 */
static int say_it_is_connected(void *arg, curl_socket_t fd, curlsocktype purpose)
{
    (void)arg;
    (void)fd;
    (void)purpose;
    return CURL_SOCKOPT_ALREADY_CONNECTED;
}

static size_t got_header(char *line, size_t one, size_t length, void *arg)
{
    struct http_transfer *t = arg;

    return t->ops->header(t, line, one * length) ? one * length : 0;
}

static size_t got_body(char *bytes, size_t one, size_t length, void *arg)
{
    struct http_transfer *t = arg;

    return t->ops->body(t, bytes, one * length) ? one * length : 0;
}

/* ---- one exchange ---- */

static bool is_address(const char *host)
{
    struct in6_addr any;

    return inet_pton(AF_INET, host, &any) == 1 || strchr(host, ':') != NULL;
}

static bool append(struct curl_slist **list, const char *text)
{
    struct curl_slist *longer = libcurl->slist_append(*list, text);

    if (longer == NULL)
        return false;
    *list = longer;
    return true;
}

/* The name matters to TLS alone, which sends it; nothing here is resolved or dialed. */
static bool set_url(struct http_transfer *t, const struct http_request *request)
{
    const bool named = request->tls && !is_address(request->host);
    char url[300];

    if (snprintf(url, sizeof url, "%s://%s/", request->tls ? "https" : "http",
                 named ? request->host : "127.0.0.1") >= (int)sizeof url)
        return false;
    return append(&t->connect_to, "::127.0.0.1:")
           && libcurl->easy_setopt(t->easy, CURLOPT_URL, url) == CURLE_OK
           && libcurl->easy_setopt(t->easy, CURLOPT_CONNECT_TO, t->connect_to) == CURLE_OK
           && libcurl->easy_setopt(t->easy, CURLOPT_REQUEST_TARGET, request->target) == CURLE_OK;
}

static void set_options(struct http_transfer *t)
{
    CURL *easy = t->easy;

    libcurl->easy_setopt(easy, CURLOPT_PRIVATE, t);
    libcurl->easy_setopt(easy, CURLOPT_ERRORBUFFER, t->error);
    libcurl->easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, hand_socket_over);
    libcurl->easy_setopt(easy, CURLOPT_OPENSOCKETDATA, t);
    libcurl->easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, say_it_is_connected);
    libcurl->easy_setopt(easy, CURLOPT_HEADERFUNCTION, got_header);
    libcurl->easy_setopt(easy, CURLOPT_HEADERDATA, t);
    libcurl->easy_setopt(easy, CURLOPT_WRITEFUNCTION, got_body);
    libcurl->easy_setopt(easy, CURLOPT_WRITEDATA, t);
    libcurl->easy_setopt(easy, CURLOPT_HTTPHEADER, t->lines);
    libcurl->easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    libcurl->easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    libcurl->easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 1L); /* garbage comes as a body without headers */
    libcurl->easy_setopt(easy, CURLOPT_PROXY, "");
    libcurl->easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    libcurl->easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    libcurl->easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    libcurl->easy_setopt(easy, CURLOPT_BUFFERSIZE, 4096L);
    libcurl->easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)INT_MAX);   /* the attempt has its own */
    if (!t->tls)
        return;
    libcurl->easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    libcurl->easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    libcurl->easy_setopt(easy, CURLOPT_CAINFO, NULL);       /* reading them takes 30 ms, for nothing */
    libcurl->easy_setopt(easy, CURLOPT_CAPATH, NULL);
    libcurl->easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    libcurl->easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, 0L);
    if (t->client->openssl)             /* short keys are no trouble of a probe's, either */
        libcurl->easy_setopt(easy, CURLOPT_SSL_CIPHER_LIST, "DEFAULT:@SECLEVEL=0");
}

bool http_transfer_start(struct http_transfer *t, struct http_client *client,
                         const struct http_transfer_ops *ops, const struct http_request *request, int fd)
{
    bool ok;

    *t = (struct http_transfer){.client = client, .ops = ops, .easy = libcurl->easy_init(), .fd = fd,
                                .tls = request->tls, .first_length = -1};
    ev_init(&t->io, socket_ready);
    ok = t->easy != NULL && set_url(t, request);
    for (const char **line = request->lines; ok && *line != NULL; line++)
        ok = append(&t->lines, *line);
    if (ok) {
        set_options(t);
        ok = libcurl->multi_add_handle(client->multi, t->easy) == CURLM_OK;
    }
    if (!ok)
        http_transfer_stop(t);
    return ok;
}

void http_transfer_stop(struct http_transfer *t)
{
    if (t->client == NULL)
        return;
    if (t->easy != NULL) {
        libcurl->multi_remove_handle(t->client->multi, t->easy);
        ev_io_stop(t->client->loop, &t->io);
        libcurl->easy_cleanup(t->easy);
        t->easy = NULL;
    }
    libcurl->slist_free_all(t->lines);
    libcurl->slist_free_all(t->connect_to);
    t->lines = t->connect_to = NULL;
    fd_close(&t->fd);
}

/* ---- the client ---- */

struct http_client *http_client_new(struct ev_loop *loop)
{
    static bool told;
    struct http_client *c = calloc(1, sizeof *c);
    const char *tls, *why;

    if (c == NULL)
        return NULL;
    libcurl = libcurl_load(&why);
    if (libcurl == NULL) {
        if (!told)
            log_error("HTTP probes and hooks cannot run: %s", why);
        told = true;
        free(c);
        return NULL;
    }
    if (libcurl->global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(c);
        return NULL;
    }
    c->loop = loop;
    ev_timer_init(&c->timer, timer_fired, 0., 0.);
    c->multi = libcurl->multi_init();
    if (c->multi == NULL) {
        http_client_free(c);
        return NULL;
    }
    tls = libcurl->version_info(CURLVERSION_NOW)->ssl_version;
    c->openssl = tls != NULL && strstr(tls, "OpenSSL") != NULL;
    libcurl->multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    libcurl->multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    libcurl->multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, watch_timer);
    libcurl->multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
    return c;
}

void http_client_free(struct http_client *c)
{
    if (c == NULL)
        return;
    ev_timer_stop(c->loop, &c->timer);
    libcurl->multi_cleanup(c->multi);
    libcurl->global_cleanup();
    free(c);
}

long http_transfer_status(const struct http_transfer *t)
{
    long status = 0;

    libcurl->easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

const char *http_transfer_error(const struct http_transfer *t, CURLcode code)
{
    return t->error[0] != '\0' ? t->error : libcurl->easy_strerror(code);
}
