#include "daemon/api/objects.h"

#include "base/arena.h"
#include "base/clock.h"
#include "daemon/api/api.h"
#include "daemon/api/fault.h"
#include "daemon/api/listing.h"
#include "daemon/api/snapshot.h"
#include "daemon/api/view.h"
#include "daemon/api/watch.h"

#include <inttypes.h>
#include <stdio.h>

static const char json_media[] = "application/json";

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
    table_row(out, s, view_object(rq), clock_wall().seconds);
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
