/*
 * Whole requests: a line "METHOD PATH?QUERY", a line with the Content-Type, a line with
 * Accept, and the body.  Every one is answered; what is answered with JSON is JSON; a
 * request that fails changes nothing.  Pods are checked and not started.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "daemon/api/backing.h"
#include "daemon/api/http.h"
#include "daemon/api/namespaces.h"
#include "daemon/runtime/executor.h"
#include "daemon/runtime/host.h"
#include "daemon/runtime/manager.h"
#include "tests/fuzz/fuzz.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static struct api api;
static struct backing backing;
static struct manager manager;
static struct source_set files;
static struct host host;

static void on_change(void *arg)
{
    (void)arg;
}

static void begin(void)
{
    api_init(&api, NULL);
    store_init(&api.store, on_change, NULL);
    manager = (struct manager){.stopping = true};       /* nothing starts */
    backing = (struct backing){.api = &api, .manager = &manager, .files = &files, .host = &host, .persist = {.fd = -1}};
    api.backing = &backing;
    if (!namespaces_show(&backing))
        abort();
}

static void end(void)
{
    source_set_deinit(&backing.applied);
    api_deinit(&api);
}

/* The next line, without its end. */
static char *line(struct arena *arena, const char **at, const char *end)
{
    const char *stop = memchr(*at, '\n', (size_t)(end - *at));
    char *text = arena_strndup(arena, *at, (size_t)((stop != NULL ? stop : end) - *at));

    *at = stop != NULL ? stop + 1 : end;
    return text;
}

static bool take_head(struct http_request *rq, char *head)
{
    char *space = strchr(head, ' '), *query;

    if (space == NULL)
        return false;
    *space = '\0';
    for (int i = 0; i < METHODS; i++) {
        if (strcmp(http_method_name(i), head) == 0)
            rq->method = (enum http_method)i;
    }
    rq->path = space + 1;
    query = strchr(rq->path, '?');
    if (query != NULL)
        *query++ = '\0';
    return *rq->path == '/' && query_parse(&rq->query, query != NULL ? query : "", rq->arena);
}

static void read_stream(struct http_stream *s)
{
    char bytes[256];
    ssize_t n;

    for (int i = 0; i < 100 && (n = s->read(s, bytes, sizeof bytes)) > 0; i++)
        ;
    s->free(s);
}

static void answer(struct http_request *rq)
{
    const uint64_t version = api.store.version;
    struct http_reply reply = {0};

    api_handle(rq, &reply);
    if (reply.code < 200 || reply.code > 599 || reply.content_type == NULL)
        abort();
    if (reply.code >= 400 && api.store.version != version)
        abort();
    if (reply.stream != NULL)
        read_stream(reply.stream);
    else if (strcmp(reply.content_type, "application/json") == 0) {
        json_t *json = json_loadb(buf_text(&reply.body), reply.body.length, 0, NULL);

        if (json == NULL)
            abort();
        json_decref(json);
    }
    buf_deinit(&reply.body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *at = (const char *)data, *stop = at + size;
    struct arena *arena = arena_new();

    begin();
    while (arena != NULL && at < stop) {        /* "\f" between requests */
        const char *next = memchr(at, '\f', (size_t)(stop - at));
        const char *until = next != NULL ? next : stop;
        struct http_request rq = {.api = &api, .arena = arena, .local = true, .client = "uid 0", .resource = RESOURCES};
        char *head = line(arena, &at, until);

        rq.content_type = line(arena, &at, until);
        rq.accept = line(arena, &at, until);
        rq.body_length = (size_t)(until - at);
        rq.body = arena_strndup(arena, at, rq.body_length);
        if (head != NULL && rq.content_type != NULL && rq.accept != NULL && rq.body != NULL && take_head(&rq, head))
            answer(&rq);
        at = next != NULL ? next + 1 : stop;
    }
    end();
    arena_free(arena);
    return 0;
}
