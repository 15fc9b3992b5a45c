#include "daemon/api/watch.h"

#include "base/arena.h"
#include "base/macros.h"
#include "daemon/api/api.h"
#include "daemon/api/fault.h"
#include "daemon/api/snapshot.h"
#include "daemon/api/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BOOKMARK_EVERY = 60 * 1000,         /* ms; as often as a cluster's server */
    BLOCK = 8 * 1024,                   /* bytes; a change or two: there may be thousands of watches */
};

struct watch {
    struct http_stream stream;
    struct api *api;
    struct watch *next, *previous;
    struct arena *arena;                /* of the view, and of `client` */
    const char *client;                 /* whose it is */
    struct view view;
    struct buf out;                     /* a document under way, `sent` of it taken */
    size_t sent;
    struct snapshot **initial;          /* objects still to be shown as ADDED; owned */
    size_t initial_count, initial_next;
    uint64_t sequence;                  /* of the newest change that was looked at */
    uint64_t version;                   /* and its version */
    mono_ms ends;                       /* MONO_NEVER: the client decides */
    mono_ms bookmark;                   /* when the next one is due; MONO_NEVER: none are wanted */
    bool initial_bookmark;              /* sendInitialEvents: say when they are through */
    bool bookmark_due;
    bool over;
};

/* ---- documents ---- */

static void add_object(struct watch *w, const struct snapshot *s)
{
    char metadata[64];

    if (!w->view.table) {
        buf_add(&w->out, s->text, s->length);
        return;
    }
    snprintf(metadata, sizeof metadata, "{\"resourceVersion\":\"%" PRIu64 "\"}", s->version);
    table_begin(&w->out, s->resource, metadata);
    table_row(&w->out, s, w->view.object, clock_wall().seconds);
    table_end(&w->out);
}

static void add_event(struct watch *w, const char *type, const struct snapshot *s)
{
    buf_addf(&w->out, "{\"type\":\"%s\",\"object\":", type);
    add_object(w, s);
    buf_adds(&w->out, "}\n");
}

static void add_bookmark(struct watch *w, const char *annotations)
{
    const struct resource *r = resources[w->view.resource];

    buf_adds(&w->out, "{\"type\":\"BOOKMARK\",\"object\":");
    if (w->view.table) {
        char metadata[64];

        snprintf(metadata, sizeof metadata, "{\"resourceVersion\":\"%" PRIu64 "\"}", w->version);
        table_begin(&w->out, r, metadata);
        table_end(&w->out);
        buf_adds(&w->out, "}\n");
        return;
    }
    buf_addf(&w->out, "{\"kind\":\"%s\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"%" PRIu64 "\"%s}}}\n",
             r->kind, w->version, annotations);
}

/* What a change is to this watch: an object that ceases to match has gone, for it. */
static void add_change(struct watch *w, const struct change *c)
{
    bool was, is;

    if (c->resource != resources[w->view.resource])
        return;
    was = c->old != NULL && view_matches(&w->view, c->old);
    is = c->new != NULL && view_matches(&w->view, c->new);
    if (is && was && strcmp(c->old->uid, c->new->uid) != 0) {   /* another one of the same name */
        add_event(w, "DELETED", c->old);
        was = false;
    }
    if (is)
        add_event(w, was ? "MODIFIED" : "ADDED", c->new);
    else if (was)
        add_event(w, "DELETED", c->new != NULL ? c->new : c->last);
}

static void add_lost(struct watch *w)
{
    struct buf message = BUF_INIT;

    buf_addf(&message, "too old resource version: %" PRIu64 " (%" PRIu64 ")", w->version, w->api->store.version);
    buf_adds(&w->out, "{\"type\":\"ERROR\",\"object\":");
    fault_format(&w->out, 410, "Expired", buf_text(&message));
    buf_adds(&w->out, "}\n");
    buf_deinit(&message);
    w->over = true;
}

static void next_initial(struct watch *w)
{
    struct snapshot *s = w->initial[w->initial_next++];

    add_event(w, "ADDED", s);
    snapshot_unref(s);
    if (w->initial_next == w->initial_count && w->initial_bookmark)
        add_bookmark(w, ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}");
}

/* Puts the next document in `out`; false: there is none now. */
static bool next_document(struct watch *w)
{
    const struct change *c;
    bool lost;

    buf_clear(&w->out);
    w->sent = 0;
    while (w->out.length == 0 && !w->over) {
        if (w->initial_next < w->initial_count) {
            next_initial(w);
            continue;
        }
        c = store_change(&w->api->store, w->sequence + 1, &lost);
        if (lost) {
            add_lost(w);
        } else if (c != NULL) {
            w->sequence = c->sequence;
            w->version = c->version;
            add_change(w, c);
        } else if (w->bookmark_due) {
            w->bookmark_due = false;
            add_bookmark(w, "");
        } else {
            return false;
        }
    }
    return w->out.length > 0;
}

/* ---- the stream ---- */

static ssize_t watch_read(struct http_stream *stream, char *out, size_t max)
{
    struct watch *w = container_of(stream, struct watch, stream);
    size_t length = 0;

    while (length < max) {
        size_t part;

        if (w->sent == w->out.length && !next_document(w))
            break;
        if (buf_failed(&w->out))
            return STREAM_BROKEN;
        part = w->out.length - w->sent < max - length ? w->out.length - w->sent : max - length;
        memcpy(out + length, w->out.data + w->sent, part);
        w->sent += part;
        length += part;
    }
    if (length == 0 && w->over)
        return STREAM_END;
    return (ssize_t)length;
}

static void watch_free(struct http_stream *stream)
{
    struct watch *w = container_of(stream, struct watch, stream);

    if (w->previous != NULL)
        w->previous->next = w->next;
    else
        w->api->watches = w->next;
    if (w->next != NULL)
        w->next->previous = w->previous;
    w->api->watch_count--;
    while (w->initial_next < w->initial_count)
        snapshot_unref(w->initial[w->initial_next++]);
    free(w->initial);
    buf_deinit(&w->out);
    arena_free(w->arena);
    free(w);
}

static bool wake(struct watch *w)
{
    return w->stream.wake != NULL && w->stream.wake(&w->stream);
}

bool watch_wake_some(struct api *api, unsigned most)
{
    for (struct watch *w = api->watches, *next; w != NULL; w = next) {
        next = w->next;
        if (w->sequence == api->store.sequence)
            continue;
        if (most == 0)
            return false;
        most -= wake(w);
    }
    return true;
}

mono_ms watch_tick(struct api *api, mono_ms now)
{
    mono_ms soonest = MONO_NEVER;

    for (struct watch *w = api->watches, *next; w != NULL; w = next) {
        next = w->next;
        if (w->ends <= now) {
            w->over = true;
            wake(w);
            continue;
        }
        if (w->bookmark <= now) {
            w->bookmark = now + BOOKMARK_EVERY;
            w->bookmark_due = true;
            wake(w);
        }
        soonest = mono_min(soonest, mono_min(w->ends, w->bookmark));
    }
    return soonest;
}

/* ---- opening ---- */

static bool take_initial(struct watch *w)
{
    const struct collection *c = &w->api->store.collections[w->view.resource];

    w->initial = calloc(c->count + 1, sizeof(struct snapshot *));
    if (w->initial == NULL)
        return false;
    for (size_t i = 0; i < c->count; i++) {
        if (!view_matches(&w->view, c->items[i]))
            continue;
        w->initial[w->initial_count++] = c->items[i];
        snapshot_ref(c->items[i]);
    }
    if (w->initial_count == 0 && w->initial_bookmark)
        add_bookmark(w, ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}");
    return true;
}

static bool expired(struct http_reply *reply, uint64_t version, const struct api *api)
{
    return fault(reply, 410, "Expired", "too old resource version: %" PRIu64 " (%" PRIu64 ")", version,
                 api->store.version);
}

/* Where it begins: after resourceVersion, or with all that there is. */
static bool begin_at(struct watch *w, struct http_request *rq, struct http_reply *reply)
{
    int64_t version = 0, seconds = 0;

    if (!query_int(&rq->query, "resourceVersion", &version))
        return fault_bad_request(reply, "resourceVersion must be a number");
    if (!query_int(&rq->query, "timeoutSeconds", &seconds))
        return fault_bad_request(reply, "timeoutSeconds must be a number");
    w->ends = seconds > 0 && seconds < INT32_MAX ? clock_mono() + seconds * MONO_SECOND : MONO_NEVER;
    w->bookmark = query_bool(&rq->query, "allowWatchBookmarks") ? clock_mono() + BOOKMARK_EVERY : MONO_NEVER;
    w->initial_bookmark = query_bool(&rq->query, "sendInitialEvents");
    w->sequence = w->api->store.sequence;
    w->version = w->api->store.version;
    if (version == 0 || w->initial_bookmark)
        return take_initial(w) || fault_no_memory(reply);
    if (!store_sequence_of(&w->api->store, (uint64_t)version, &w->sequence))
        return expired(reply, (uint64_t)version, w->api);
    w->version = (uint64_t)version;
    return true;
}

static struct watch *watch_new(struct http_request *rq)
{
    struct watch *w = calloc(1, sizeof *w);

    if (w == NULL)
        return NULL;
    *w = (struct watch){.stream = {.read = watch_read, .free = watch_free, .block = BLOCK}, .api = rq->api, .next = rq->api->watches};
    if (w->next != NULL)
        w->next->previous = w;
    rq->api->watches = w;
    rq->api->watch_count++;
    w->arena = arena_new();
    return w;
}

/* The request as far as a view needs it, in the watch's own memory. */
static bool copy_request(struct watch *w, const struct http_request *rq, struct http_request *copy)
{
    *copy = *rq;
    copy->arena = w->arena;
    if (w->arena == NULL || (copy->namespace = arena_strdup(w->arena, rq->namespace)) == NULL
        || (w->client = arena_strdup(w->arena, rq->client)) == NULL)
        return false;
    for (size_t i = 0; i < copy->query.count; i++) {
        copy->query.items[i].value = arena_strdup(w->arena, rq->query.items[i].value);
        if (copy->query.items[i].value == NULL)
            return false;
    }
    return true;
}

static bool may_have_one_more(const struct http_request *rq, struct http_reply *reply)
{
    unsigned count = 0;

    if (rq->api->watch_count >= WATCHES_MAX)
        return fault_too_many(reply, "too many watches: there are %d of all clients", WATCHES_MAX);
    for (const struct watch *w = rq->api->watches; w != NULL; w = w->next)
        count += strcmp(w->client, rq->client) == 0;
    return count < WATCHES_OF_A_CLIENT_MAX
           || fault_too_many(reply, "too many watches: %s has %d, which is the most of one client", rq->client,
                             WATCHES_OF_A_CLIENT_MAX);
}

void watch_open(struct http_request *rq, struct http_reply *reply)
{
    struct http_request copy;
    struct watch *w;

    if (!may_have_one_more(rq, reply))
        return;
    w = watch_new(rq);
    if (w == NULL) {
        fault_no_memory(reply);
        return;
    }
    if (!copy_request(w, rq, &copy)) {
        fault_no_memory(reply);
        watch_free(&w->stream);
        return;
    }
    if (!view_of(&copy, &w->view, reply) || !begin_at(w, &copy, reply)) {
        watch_free(&w->stream);
        return;
    }
    reply->code = 200;
    reply->content_type = "application/json";
    reply->stream = &w->stream;
}
