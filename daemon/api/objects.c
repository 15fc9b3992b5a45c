#include "daemon/api/objects.h"

#include "base/arena.h"
#include "base/clock.h"
#include "daemon/api/api.h"
#include "daemon/api/fault.h"
#include "daemon/api/listing.h"
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

void objects_list(struct http_request *rq, struct http_reply *reply)
{
    struct view v;

    if (query_bool(&rq->query, "watch")) {
        watch_open(rq, reply);
        return;
    }
    if (view_of(rq, &v, reply))
        listing_answer(rq, &v, reply);
}
