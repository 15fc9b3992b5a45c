#include "daemon/api/discovery.h"

#include "base/macros.h"
#include "daemon/api/http.h"
#include "daemon/api/resource.h"

#include <stdint.h>
#include <string.h>
#include <sys/utsname.h>

static const char json_media[] = "application/json";

static const struct {
    enum verb_bit bit;
    const char *name;
} verb_names[] = {
    {VERB_CREATE, "create"}, {VERB_DELETE, "delete"}, {VERB_DELETE_COLLECTION, "deletecollection"},
    {VERB_GET, "get"},       {VERB_LIST, "list"},     {VERB_PATCH, "patch"},
    {VERB_UPDATE, "update"}, {VERB_WATCH, "watch"},
};

void discovery_version(struct http_request *rq, struct http_reply *reply)
{
    struct buf *out = http_answer(reply, 200, json_media);
    struct utsname host;

    (void)rq;
    if (uname(&host) == -1)
        strcpy(host.machine, "unknown");
    /* kubectl wants semver that begins with "v1."; the minor is the API's that we follow. */
    buf_addf(out,
             "{\"major\":\"1\",\"minor\":\"32\",\"gitVersion\":\"v1.32.0+pidlet.%s\",\"gitCommit\":\"\","
             "\"gitTreeState\":\"clean\",\"buildDate\":\"\",\"goVersion\":\"\",\"compiler\":\"%s\",\"platform\":\"linux/%s\"}\n",
             PIDLET_VERSION, "gcc", strcmp(host.machine, "x86_64") == 0 ? "amd64" : host.machine);
}

void discovery_api(struct http_request *rq, struct http_reply *reply)
{
    (void)rq;
    buf_adds(http_answer(reply, 200, json_media),
             "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"],\"serverAddressByClientCIDRs\":[]}\n");
}

#define METRICS_VERSION "{\"groupVersion\":\"metrics.k8s.io/v1beta1\",\"version\":\"v1beta1\"}"
#define METRICS_VERSIONS                                                                        \
    "\"name\":\"metrics.k8s.io\",\"versions\":[" METRICS_VERSION "],\"preferredVersion\":" METRICS_VERSION
#define METRICS_GROUP "{" METRICS_VERSIONS "}"

void discovery_apis(struct http_request *rq, struct http_reply *reply)
{
    (void)rq;
    buf_adds(http_answer(reply, 200, json_media),
             "{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":[" METRICS_GROUP "]}\n");
}

void discovery_metrics_group(struct http_request *rq, struct http_reply *reply)
{
    (void)rq;
    buf_adds(http_answer(reply, 200, json_media), "{\"kind\":\"APIGroup\",\"apiVersion\":\"v1\"," METRICS_VERSIONS "}\n");
}

void discovery_metrics(struct http_request *rq, struct http_reply *reply)
{
    (void)rq;
    buf_adds(http_answer(reply, 200, json_media),
             "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":\"metrics.k8s.io/v1beta1\",\"resources\":["
             "{\"name\":\"nodes\",\"singularName\":\"\",\"namespaced\":false,\"kind\":\"NodeMetrics\",\"verbs\":[\"get\",\"list\"]},"
             "{\"name\":\"pods\",\"singularName\":\"\",\"namespaced\":true,\"kind\":\"PodMetrics\",\"verbs\":[\"get\",\"list\"]}]}\n");
}

static void add_verbs(struct buf *out, unsigned verbs)
{
    const char *separator = "";

    buf_adds(out, "\"verbs\":[");
    for (size_t i = 0; i < array_count(verb_names); i++) {
        if ((verbs & verb_names[i].bit) != 0) {
            buf_addf(out, "%s\"%s\"", separator, verb_names[i].name);
            separator = ",";
        }
    }
    buf_addc(out, ']');
}

static void add_resource(struct buf *out, const struct resource *r)
{
    buf_addf(out, "{\"name\":\"%s\",\"singularName\":\"%s\",\"namespaced\":%s,\"kind\":\"%s\",", r->plural,
             r->singular, r->namespaced ? "true" : "false", r->kind);
    add_verbs(out, r->verbs);
    if (r->short_name != NULL)
        buf_addf(out, ",\"shortNames\":[\"%s\"]", r->short_name);
    if (r->in_all)
        buf_adds(out, ",\"categories\":[\"all\"]");
    buf_addc(out, '}');
    for (size_t i = 0; i < r->subresource_count; i++) {
        buf_addf(out, ",{\"name\":\"%s/%s\",\"singularName\":\"\",\"namespaced\":%s,\"kind\":\"%s\",", r->plural,
                 r->subresources[i].name, r->namespaced ? "true" : "false", r->subresources[i].kind);
        add_verbs(out, r->subresources[i].verbs);
        buf_addc(out, '}');
    }
}

void discovery_resources(struct http_request *rq, struct http_reply *reply)
{
    struct buf *out = http_answer(reply, 200, json_media);

    (void)rq;
    buf_adds(out, "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":\"v1\",\"resources\":[");
    for (size_t i = 0; i < RESOURCES; i++) {
        if (i > 0)
            buf_addc(out, ',');
        add_resource(out, resources[i]);
    }
    buf_adds(out, "]}\n");
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
