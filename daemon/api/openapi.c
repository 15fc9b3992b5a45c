#include "daemon/api/discovery.h"

#include "base/hash.h"
#include "config/openapi.h"
#include "daemon/api/http.h"
#include "daemon/api/resource.h"

#include <inttypes.h>
#include <stdint.h>
#include <string.h>

/* ---- /openapi/v3: from the field table; kubectl explain reads it ---- */

/* kubectl keeps a document for ever, by its hash. */
void discovery_openapi_v3(struct http_request *rq, struct http_reply *reply)
{
    struct buf document = BUF_INIT, *out = http_answer(reply, 200, "application/json");

    (void)rq;
    openapi_document("v1", &document);
    buf_addf(out, "{\"paths\":{\"api/v1\":{\"serverRelativeURL\":\"/openapi/v3/api/v1?hash=%016" PRIx64 "\"}}}\n",
             hash_text(HASH_INIT, buf_text(&document)));
    out->failed |= buf_failed(&document);
    buf_deinit(&document);
}

void discovery_openapi_v3_core(struct http_request *rq, struct http_reply *reply)
{
    (void)rq;
    openapi_document("v1", http_answer(reply, 200, "application/json"));
}

/* ---- /openapi/v2: protobuf by hand, see kubectl-api 3.3 ---- */

static void add_varint(struct buf *out, size_t value)
{
    for (; value >= 0x80; value >>= 7)
        buf_addc(out, (char)(value | 0x80));
    buf_addc(out, (char)value);
}

/* A field of the length-delimited kind. */
static void add_field(struct buf *out, unsigned number, const void *bytes, size_t length)
{
    add_varint(out, (size_t)number << 3 | 2);
    add_varint(out, length);
    buf_add(out, bytes, length);
}

static void add_string(struct buf *out, unsigned number, const char *text)
{
    add_field(out, number, text, strlen(text));
}

/* Wraps what `inner` holds in a field, and makes that its content. */
static void wrap(struct buf *inner, unsigned number)
{
    struct buf outer = BUF_INIT;

    add_field(&outer, number, inner->data, inner->length);
    buf_deinit(inner);
    *inner = outer;
}

/* parameters(8){parameter(1){non_body(2){query(3){in 2, name 4, type 6}}}} */
static void add_query_parameter(struct buf *operation, const char *name)
{
    struct buf p = BUF_INIT;

    add_string(&p, 2, "query");
    add_string(&p, 4, name);
    add_string(&p, 6, "string");
    wrap(&p, 3);
    wrap(&p, 2);
    wrap(&p, 1);
    add_field(operation, 8, p.data, p.length);
    buf_deinit(&p);
}

/* That PATCH of the kind takes dryRun: kubectl 1.20 looks for it before `diff`. */
static void add_path(struct buf *paths, const struct resource *r)
{
    struct buf operation = BUF_INIT, text = BUF_INIT, path = BUF_INIT;

    buf_addf(&text, "patch%s", r->kind);
    add_string(&operation, 5, buf_text(&text));
    add_query_parameter(&operation, "dryRun");
    add_query_parameter(&operation, "fieldValidation");
    buf_clear(&text);
    buf_addf(&text, "group: \"\"\nkind: %s\nversion: v1\n", r->kind);
    add_string(&path, 2, buf_text(&text));              /* the extension's YAML */
    buf_clear(&text);
    add_string(&text, 1, "x-kubernetes-group-version-kind");
    add_field(&text, 2, path.data, path.length);
    add_field(&operation, 13, text.data, text.length);
    wrap(&operation, 8);                                /* PathItem.patch */
    buf_clear(&text);
    buf_clear(&path);
    buf_addf(&text, "/api/v1/%s%s/{name}", r->namespaced ? "namespaces/{namespace}/" : "", r->plural);
    add_string(&path, 1, buf_text(&text));
    add_field(&path, 2, operation.data, operation.length);
    add_field(paths, 2, path.data, path.length);
    buf_deinit(&operation);
    buf_deinit(&text);
    buf_deinit(&path);
}

void discovery_openapi_v2(struct http_request *rq, struct http_reply *reply)
{
    struct buf *out = http_answer(reply, 200, "application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
    struct buf part = BUF_INIT;

    (void)rq;
    add_string(out, 1, "2.0");
    add_string(&part, 1, "pidlet");
    add_string(&part, 2, "v1.32.0");
    add_field(out, 2, part.data, part.length);
    buf_clear(&part);
    for (size_t i = 0; i < RESOURCES; i++) {
        if ((resources[i]->verbs & VERB_PATCH) != 0)
            add_path(&part, resources[i]);
    }
    add_field(out, 8, part.data, part.length);
    buf_deinit(&part);
}
