#include "daemon/api/view.h"

#include "daemon/api/fault.h"
#include "daemon/api/resource.h"
#include "daemon/api/snapshot.h"

#include <string.h>

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

enum table_object view_object(const struct http_request *rq)
{
    const char *text = query_get(&rq->query, "includeObject");

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
                       .object = view_object(rq)};
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
