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
