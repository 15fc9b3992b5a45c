#include "daemon/api/listing.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/macros.h"
#include "daemon/api/api.h"
#include "daemon/api/fault.h"
#include "daemon/api/snapshot.h"
#include "daemon/api/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A shorter list is a body, made in one go: what a client that takes nothing of it holds is small. */
enum { SHORT_LIST = 100, SHORT_TEXT = 256 * 1024 };     /* objects, bytes */

/*
 * Where a list goes on: "NAMESPACE/NAME" of the last object that was sent, opaque
 * to clients.  Objects that came or went since then are seen or not, as they sort.
 */
struct page {
    const char *namespace, *name;       /* after this object; NULL: from the beginning */
    int64_t limit;                      /* 0: none */
};

static bool page_of(struct http_request *rq, struct page *page, struct http_reply *reply)
{
    const char *token = query_get(&rq->query, "continue");
    char *copy, *slash;

    *page = (struct page){0};
    if (!query_int(&rq->query, "limit", &page->limit))
        return fault_bad_request(reply, "limit must be an integer that is not negative");
    if (token == NULL || *token == '\0')
        return true;
    copy = arena_strdup(rq->arena, token);
    slash = copy == NULL ? NULL : strchr(copy, '/');
    if (slash == NULL)
        return copy == NULL ? fault_no_memory(reply) : fault_bad_request(reply, "continue key is not valid");
    *slash = '\0';
    page->namespace = copy;
    page->name = slash + 1;
    return true;
}

static bool is_after(const struct snapshot *s, const struct page *page)
{
    int order;

    if (page->name == NULL)
        return true;
    order = strcmp(s->namespace, page->namespace);
    return order > 0 || (order == 0 && strcmp(s->name, page->name) > 0);
}

/* ---- what is listed ---- */

struct listing {
    struct http_stream stream;
    const struct resource *resource;
    bool table;
    enum table_object object;
    int64_t now;                        /* ages are counted from here, Unix seconds */
    struct snapshot **items;            /* references, from `next` on */
    size_t count, next;
    size_t length;                      /* of their texts, with commas between */
    size_t remaining;                   /* that match, beyond the page */
    struct snapshot *current;           /* a reference: what `at` is in */
    struct buf part;                    /* the head, a row, the end */
    bool comma;                         /* to be sent; and then */
    const char *at;
    size_t left;
    bool over;                          /* the end is in `part` */
};

static bool gather(struct listing *l, const struct store *store, const struct view *v, const struct page *page)
{
    const struct collection *c = &store->collections[v->resource];
    size_t i = v->namespace[0] != '\0' ? store_first(store, v->resource, v->namespace) : 0;

    l->items = calloc(c->count - i + 1, sizeof(struct snapshot *));
    for (; l->items != NULL && i < c->count; i++) {
        struct snapshot *s = c->items[i];

        if (v->namespace[0] != '\0' && strcmp(s->namespace, v->namespace) != 0)
            break;
        if (!is_after(s, page) || !view_matches(v, s))
            continue;
        if (page->limit > 0 && l->count >= (size_t)page->limit) {
            l->remaining++;
            continue;
        }
        l->length += s->length + (l->count > 0);
        snapshot_ref(s);
        l->items[l->count++] = s;
    }
    return l->items != NULL;
}

static void add_metadata(struct buf *out, const struct api *api, const struct listing *l)
{
    buf_addf(out, "{\"resourceVersion\":\"%" PRIu64 "\"", api->store.version);
    if (l->remaining > 0)
        buf_addf(out, ",\"continue\":\"%s/%s\",\"remainingItemCount\":%zu", l->items[l->count - 1]->namespace,
                 l->items[l->count - 1]->name, l->remaining);
    buf_addc(out, '}');
}

/* ---- piece by piece ---- */

static const char end[] = "]}\n";

static bool begin(struct listing *l, const struct api *api)
{
    struct buf metadata = BUF_INIT;
    bool ok;

    add_metadata(&metadata, api, l);
    if (l->table)
        table_begin(&l->part, l->resource, buf_text(&metadata));
    else
        buf_addf(&l->part, "{\"kind\":\"%sList\",\"apiVersion\":\"v1\",\"metadata\":%s,\"items\":[", l->resource->kind,
                 buf_text(&metadata));
    ok = !buf_failed(&metadata) && !buf_failed(&l->part);
    buf_deinit(&metadata);
    l->at = l->part.data;
    l->left = l->part.length;
    if (!l->table)
        l->stream.length = l->left + l->length + strlen(end);
    return ok;
}

/* An object's text is sent from where it is; all else by way of `part`.  False: no memory. */
static bool next_piece(struct listing *l)
{
    snapshot_unref(l->current);
    l->comma = l->next > 0 && l->next < l->count;
    l->current = l->next < l->count ? l->items[l->next++] : NULL;
    l->over = l->current == NULL;
    buf_clear(&l->part);
    if (l->over)
        buf_adds(&l->part, end);
    else if (l->table)
        table_row(&l->part, l->current, l->object, l->now);
    l->at = l->over || l->table ? l->part.data : l->current->text;
    l->left = l->over || l->table ? l->part.length : l->current->length;
    return !buf_failed(&l->part);
}

static ssize_t listing_read(struct http_stream *stream, char *out, size_t max)
{
    struct listing *l = container_of(stream, struct listing, stream);
    size_t length = 0;

    while (length < max) {
        size_t part;

        if (l->comma)
            out[length++] = ',';
        l->comma = false;
        part = l->left < max - length ? l->left : max - length;
        memcpy(out + length, l->at, part);
        l->at += part;
        l->left -= part;
        length += part;
        if (l->left > 0)
            break;
        if (l->over)
            return length > 0 ? (ssize_t)length : STREAM_END;
        if (!next_piece(l))
            return STREAM_BROKEN;
    }
    return (ssize_t)length;
}

static void listing_free(struct http_stream *stream)
{
    struct listing *l = container_of(stream, struct listing, stream);

    snapshot_unref(l->current);
    while (l->next < l->count)
        snapshot_unref(l->items[l->next++]);
    free(l->items);
    buf_deinit(&l->part);
    free(l);
}

/* ---- the answer ---- */

static struct listing *listing_new(struct http_request *rq, const struct view *v, const struct page *page)
{
    struct listing *l = calloc(1, sizeof *l);

    if (l == NULL)
        return NULL;
    *l = (struct listing){.stream = {.read = listing_read, .free = listing_free}, .resource = resources[v->resource],
                          .table = v->table, .object = v->object, .now = clock_wall().seconds};
    if (gather(l, &rq->api->store, v, page) && begin(l, rq->api))
        return l;
    listing_free(&l->stream);
    return NULL;
}

static bool read_all(struct listing *l, struct buf *out)
{
    enum { PIECE = 16 * 1024 };
    ssize_t n = 1;

    while (n > 0) {
        char *room = buf_reserve(out, PIECE);

        n = room == NULL ? STREAM_BROKEN : listing_read(&l->stream, room, PIECE);
        if (n > 0)
            buf_grow(out, (size_t)n);
    }
    return n == STREAM_END;
}

void listing_answer(struct http_request *rq, const struct view *v, struct http_reply *reply)
{
    struct listing *l;
    struct page page;
    struct buf *out;

    if (!page_of(rq, &page, reply))
        return;
    l = listing_new(rq, v, &page);
    if (l == NULL) {
        fault_no_memory(reply);
        return;
    }
    out = http_answer(reply, 200, "application/json");
    if (l->count > SHORT_LIST || l->length > SHORT_TEXT) {
        reply->stream = &l->stream;
        return;
    }
    out->failed = !read_all(l, out);
    listing_free(&l->stream);
}
