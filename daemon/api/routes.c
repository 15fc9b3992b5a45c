/*
 * From a method and a path to the function that answers: a table.
 */
#include "base/arena.h"
#include "base/macros.h"
#include "daemon/api/api.h"
#include "daemon/api/discovery.h"
#include "daemon/api/fault.h"
#include "daemon/api/objects.h"
#include "daemon/api/pod_usage.h"
#include "daemon/api/resource.h"
#include "daemon/api/watch.h"
#include "daemon/api/write.h"

#include <stdlib.h>
#include <string.h>

typedef void handler_fn(struct http_request *rq, struct http_reply *reply);

/* {resource}, {namespace}, {name}, {subresource} stand for one step each. */
struct route {
    enum http_method method;
    const char *pattern;
    unsigned verb;                      /* that the resource must have; 0: any */
    bool namespaced;                    /* the pattern is for such resources, or for the others */
    handler_fn *handle;
};

static void health(struct http_request *rq, struct http_reply *reply);
static void metrics(struct http_request *rq, struct http_reply *reply);
static void kubeconfig(struct http_request *rq, struct http_reply *reply);
static void subresource(struct http_request *rq, struct http_reply *reply);

#define IN_NAMESPACE "/api/v1/namespaces/{namespace}/{resource}"
#define ALL "/api/v1/{resource}"
#define USAGE "/apis/metrics.k8s.io/v1beta1"

static const struct route routes[] = {
    {METHOD_GET, "/version", 0, false, discovery_version},
    {METHOD_GET, "/healthz", 0, false, health},
    {METHOD_GET, "/livez", 0, false, health},
    {METHOD_GET, "/readyz", 0, false, health},
    {METHOD_GET, "/metrics", 0, false, metrics},
    {METHOD_GET, "/pidlet/kubeconfig", 0, false, kubeconfig},
    {METHOD_GET, "/api", 0, false, discovery_api},
    {METHOD_GET, "/apis", 0, false, discovery_apis},
    {METHOD_GET, "/api/v1", 0, false, discovery_resources},
    {METHOD_GET, "/openapi/v2", 0, false, discovery_openapi_v2},
    {METHOD_GET, "/openapi/v3", 0, false, discovery_openapi_v3},
    {METHOD_GET, "/openapi/v3/api/v1", 0, false, discovery_openapi_v3_core},
    {METHOD_GET, "/apis/metrics.k8s.io", 0, false, discovery_metrics_group},
    {METHOD_GET, USAGE, 0, false, discovery_metrics},
    {METHOD_GET, USAGE "/{resource}", 0, false, pod_usage_list},
    {METHOD_GET, USAGE "/{resource}", 0, true, pod_usage_list},
    {METHOD_GET, USAGE "/{resource}/{name}", 0, false, pod_usage_get},
    {METHOD_GET, USAGE "/namespaces/{namespace}/{resource}", 0, true, pod_usage_list},
    {METHOD_GET, USAGE "/namespaces/{namespace}/{resource}/{name}", 0, true, pod_usage_get},
    {METHOD_GET, ALL, VERB_LIST, false, objects_list},
    {METHOD_GET, ALL, VERB_LIST, true, objects_list},
    {METHOD_POST, ALL, VERB_CREATE, false, write_create},
    {METHOD_DELETE, ALL, VERB_DELETE_COLLECTION, false, write_delete_collection},
    {METHOD_GET, ALL "/{name}", VERB_GET, false, objects_get},
    {METHOD_PUT, ALL "/{name}", VERB_UPDATE, false, write_replace},
    {METHOD_PATCH, ALL "/{name}", VERB_PATCH, false, write_patch},
    {METHOD_DELETE, ALL "/{name}", VERB_DELETE, false, write_delete},
    {METHOD_GET, IN_NAMESPACE, VERB_LIST, true, objects_list},
    {METHOD_POST, IN_NAMESPACE, VERB_CREATE, true, write_create},
    {METHOD_DELETE, IN_NAMESPACE, VERB_DELETE_COLLECTION, true, write_delete_collection},
    {METHOD_GET, IN_NAMESPACE "/{name}", VERB_GET, true, objects_get},
    {METHOD_PUT, IN_NAMESPACE "/{name}", VERB_UPDATE, true, write_replace},
    {METHOD_PATCH, IN_NAMESPACE "/{name}", VERB_PATCH, true, write_patch},
    {METHOD_DELETE, IN_NAMESPACE "/{name}", VERB_DELETE, true, write_delete},
    {METHOD_GET, IN_NAMESPACE "/{name}/{subresource}", 0, true, subresource},
    {METHOD_POST, IN_NAMESPACE "/{name}/{subresource}", 0, true, subresource},
    {METHOD_PUT, IN_NAMESPACE "/{name}/{subresource}", 0, true, subresource},
    {METHOD_PATCH, IN_NAMESPACE "/{name}/{subresource}", 0, true, subresource},
};

/* ---- what is not worth a file ---- */

static void health(struct http_request *rq, struct http_reply *reply)
{
    (void)rq;
    buf_adds(http_answer(reply, 200, "text/plain"), "ok");
}

static void metrics(struct http_request *rq, struct http_reply *reply)
{
    struct buf *out = http_answer(reply, 200, "text/plain; version=0.0.4; charset=utf-8");

    if (rq->api->metrics != NULL)
        rq->api->metrics(rq->api->arg, out);
}

/* Only to whoever may use the socket: they may do everything, and need no secret for it. */
static void kubeconfig(struct http_request *rq, struct http_reply *reply)
{
    if (!rq->local) {
        fault_no_path(reply);
        return;
    }
    if (rq->api->kubeconfig == NULL || !rq->api->kubeconfig(rq->api->arg, http_answer(reply, 200, "application/yaml")))
        fault(reply, 404, "NotFound", "kubectl cannot use a unix socket, and this pidlet listens on no TCP address: "
                                      "start it with --listen 127.0.0.1:6443");
}

static const unsigned verb_of_method[METHODS] = {
    [METHOD_GET] = VERB_GET, [METHOD_POST] = VERB_CREATE, [METHOD_PUT] = VERB_UPDATE,
    [METHOD_PATCH] = VERB_PATCH, [METHOD_DELETE] = VERB_DELETE,
};

static void subresource(struct http_request *rq, struct http_reply *reply)
{
    const struct resource *r = resources[rq->resource];
    const struct snapshot *s;

    for (size_t i = 0; i < r->subresource_count; i++) {
        const struct subresource *sub = &r->subresources[i];

        if (strcmp(sub->name, rq->subresource) != 0)
            continue;
        if ((sub->verbs & verb_of_method[rq->method]) == 0) {
            fault(reply, 405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
            return;
        }
        s = store_get(&rq->api->store, rq->resource, rq->namespace, rq->name);
        if (s == NULL)
            fault_not_found(reply, r, rq->name);
        else
            sub->handle(rq, s, reply);
        return;
    }
    fault_no_path(reply);
}

/* ---- matching ---- */

static bool is_step(const char *pattern, size_t length, const char *name)
{
    return strlen(name) == length && memcmp(pattern, name, length) == 0;
}

/* Takes a step of the path as what the pattern calls it. */
static bool take(struct http_request *rq, const char *pattern, size_t pattern_length, const char *step, size_t length)
{
    char *text;

    if (*pattern != '{')
        return length == pattern_length && memcmp(step, pattern, length) == 0;
    text = arena_strndup(rq->arena, step, length);
    if (text == NULL || length == 0 || !query_unescape(text, false))
        return false;
    if (is_step(pattern, pattern_length, "{resource}"))
        return (rq->resource = resource_find(text)) != RESOURCES;
    if (is_step(pattern, pattern_length, "{namespace}"))
        rq->namespace = text;
    else if (is_step(pattern, pattern_length, "{name}"))
        rq->name = text;
    else
        rq->subresource = text;
    return true;
}

static bool matches(const struct route *route, struct http_request *rq)
{
    const char *pattern = route->pattern, *path = rq->path;

    rq->resource = RESOURCES;
    rq->namespace = rq->name = rq->subresource = "";
    while (*pattern == '/' && *path == '/') {
        size_t pattern_length = strcspn(++pattern, "/"), length = strcspn(++path, "/");

        if (!take(rq, pattern, pattern_length, path, length))
            return false;
        pattern += pattern_length;
        path += length;
    }
    if (*pattern != '\0' || *path != '\0')
        return false;
    return rq->resource == RESOURCES || resources[rq->resource]->namespaced == route->namespaced;
}

/* Whoever has waited gets what there was when it was up to date: more changes do not make it wait anew. */
static bool is_up_to_date(struct http_request *rq)
{
    return rq->resource == RESOURCES || rq->has_waited || rq->api->refresh == NULL || rq->api->refresh(rq->api->arg);
}

static bool answer(struct http_request *rq, struct http_reply *reply)
{
    bool path_is_known = false;

    for (size_t i = 0; i < array_count(routes); i++) {
        const struct route *route = &routes[i];

        if (!matches(route, rq))
            continue;
        path_is_known = true;
        if (route->method != rq->method)
            continue;
        if (route->verb != 0 && (resources[rq->resource]->verbs & route->verb) == 0)
            continue;
        if (!is_up_to_date(rq))
            return false;
        route->handle(rq, reply);
        return true;
    }
    if (path_is_known)
        fault(reply, 405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
    else
        fault_no_path(reply);
    return true;
}

bool api_handle(struct http_request *rq, struct http_reply *reply)
{
    size_t length = strlen(rq->path);

    while (length > 1 && rq->path[length - 1] == '/')   /* Python asks for /version/ */
        rq->path[--length] = '\0';
    rq->api->used = true;
    if (!answer(rq, reply))
        return false;
    if (reply->code == 0)
        fault(reply, 500, "InternalError", "Internal error occurred: no answer");
    if (reply->stream == NULL && buf_failed(&reply->body))
        fault_no_memory(reply);
    return true;
}

void api_init(struct api *api, void *arg)
{
    *api = (struct api){.arg = arg};
}

void api_deinit(struct api *api)
{
    store_deinit(&api->store);
}
