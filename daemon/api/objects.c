#include "daemon/api/objects.h"

#include "base/arena.h"
#include "base/clock.h"
#include "daemon/api/api.h"
#include "daemon/api/fault.h"
#include "daemon/api/snapshot.h"
#include "daemon/api/watch.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char json_media[] = "application/json";

/* ---- views ---- */

static bool fields_are_known(const struct view *v, struct http_reply *reply)
{
    const struct resource *r = resources[v->resource];

    for (size_t i = 0; i < v->fields.count; i++) {
        const char *key = v->fields.items[i].key;
        bool known = strcmp(key, "metadata.name") == 0 || strcmp(key, "metadata.namespace") == 0;

        for (size_t j = 0; j < r->field_count; j++)
            known |= strcmp(key, r->fields[j]) == 0;
        if (!known)
            return fault_bad_request(reply, "field label not supported: %s", key);
    }
    return true;
}

static enum table_object object_of(const char *text)
{
    if (text != NULL && strcmp(text, "Object") == 0)
        return TABLE_OBJECT;
    return text != NULL && strcmp(text, "None") == 0 ? TABLE_NONE : TABLE_METADATA;
}

bool view_of(struct http_request *rq, struct view *v, struct http_reply *reply)
{
    const char *labels = query_get(&rq->query, "labelSelector");
    const char *fields = query_get(&rq->query, "fieldSelector");
    struct buf why = BUF_INIT;
    bool ok;

    *v = (struct view){.resource = rq->resource, .namespace = rq->namespace,
                       .table = http_accepts_table(rq->accept),
                       .object = object_of(query_get(&rq->query, "includeObject"))};
    ok = selector_parse_labels(&v->labels, labels != NULL ? labels : "", rq->arena, &why)
         && selector_parse_fields(&v->fields, fields != NULL ? fields : "", rq->arena, &why);
    if (!ok)
        fault_bad_request(reply, "%s", buf_text(&why));
    buf_deinit(&why);
    return ok && fields_are_known(v, reply);
}

bool view_matches(const struct view *v, const struct snapshot *s)
{
    return (v->namespace[0] == '\0' || strcmp(v->namespace, s->namespace) == 0)
           && selector_matches_labels(&v->labels, &s->labels)
           && selector_matches_fields(&v->fields, s, snapshot_field);
}

/* ---- one ---- */

void objects_answer(struct http_request *rq, struct http_reply *reply, unsigned code, const struct snapshot *s)
{
    struct buf *out = http_answer(reply, code, json_media);
    char metadata[64];

    if (!http_accepts_table(rq->accept)) {
        buf_add(out, s->text, s->length);
        buf_addc(out, '\n');
        return;
    }
    snprintf(metadata, sizeof metadata, "{\"resourceVersion\":\"%" PRIu64 "\"}", s->version);
    table_begin(out, s->resource, metadata);
    table_row(out, s, object_of(query_get(&rq->query, "includeObject")), clock_wall().seconds);
    table_end(out);
}

void objects_get(struct http_request *rq, struct http_reply *reply)
{
    const struct snapshot *s = store_get(&rq->api->store, rq->resource, rq->namespace, rq->name);

    if (s == NULL)
        fault_not_found(reply, resources[rq->resource], rq->name);
    else
        objects_answer(rq, reply, 200, s);
}

/* ---- lists ---- */

/*
 * Where a list goes on: "VERSION/NAMESPACE/NAME" of the last object that was sent, opaque
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

struct listing {
    const struct snapshot **items;
    size_t count;
    size_t length;                      /* of their texts */
    size_t remaining;                   /* that match, beyond the page */
};

static bool gather(struct http_request *rq, const struct view *v, const struct page *page, struct listing *l)
{
    const struct store *store = &rq->api->store;
    const struct collection *c = &store->collections[v->resource];
    size_t i = v->namespace[0] != '\0' ? store_first(store, v->resource, v->namespace) : 0;

    *l = (struct listing){.items = arena_array(rq->arena, c->count + 1, sizeof(struct snapshot *))};
    for (; l->items != NULL && i < c->count; i++) {
        const struct snapshot *s = c->items[i];

        if (v->namespace[0] != '\0' && strcmp(s->namespace, v->namespace) != 0)
            break;
        if (!is_after(s, page) || !view_matches(v, s))
            continue;
        if (page->limit > 0 && l->count >= (size_t)page->limit) {
            l->remaining++;
            continue;
        }
        l->items[l->count++] = s;
        l->length += s->length + 1;
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

static void list(struct http_request *rq, const struct view *v, struct http_reply *reply)
{
    const struct resource *r = resources[v->resource];
    const int64_t now = clock_wall().seconds;
    struct buf metadata = BUF_INIT, *out;
    struct listing l;
    struct page page;

    if (!page_of(rq, &page, reply))
        return;
    if (!gather(rq, v, &page, &l)) {
        fault_no_memory(reply);
        return;
    }
    add_metadata(&metadata, rq->api, &l);
    out = http_answer(reply, 200, json_media);
    if (v->table) {
        table_begin(out, r, buf_text(&metadata));
    } else {
        buf_reserve(out, l.length + 256);       /* at once: a long list is not copied as it grows */
        buf_addf(out, "{\"kind\":\"%sList\",\"apiVersion\":\"v1\",\"metadata\":%s,\"items\":[", r->kind,
                 buf_text(&metadata));
    }
    for (size_t i = 0; i < l.count; i++) {
        if (i > 0)
            buf_addc(out, ',');
        if (v->table)
            table_row(out, l.items[i], v->object, now);
        else
            buf_add(out, l.items[i]->text, l.items[i]->length);
    }
    buf_adds(out, "]}\n");
    if (buf_failed(&metadata))
        out->failed = true;
    buf_deinit(&metadata);
}

void objects_list(struct http_request *rq, struct http_reply *reply)
{
    struct view v;

    if (query_bool(&rq->query, "watch")) {
        watch_open(rq, reply);
        return;
    }
    if (view_of(rq, &v, reply))
        list(rq, &v, reply);
}
