#include "daemon/api/pod_conditions.h"

#include "base/buf.h"
#include "config/load.h"
#include "daemon/api/backing.h"
#include "daemon/api/body.h"
#include "daemon/api/fault.h"
#include "daemon/api/http.h"
#include "daemon/api/objects.h"
#include "daemon/api/patch.h"
#include "daemon/api/pods.h"
#include "daemon/api/snapshot.h"
#include "daemon/runtime/manager.h"

#include <jansson.h>
#include <string.h>

static const char *text_at(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* What the body makes of the pod; NULL: answered with an error. */
static json_t *changed(struct http_request *rq, const json_t *old, struct http_reply *reply)
{
    const enum body_type type = body_type_of(rq->content_type);
    struct buf why = BUF_INIT;
    json_t *body, *new = NULL;
    bool duplicates;

    if (type == BODY_OTHER || type == BODY_PROTOBUF || type == BODY_APPLY || (type == BODY_OBJECT) != (rq->method == METHOD_PUT)) {
        fault(reply, 415, "UnsupportedMediaType", "the body of the request was in an unknown format");
        return NULL;
    }
    body = body_parse(rq, false, &duplicates, reply);
    if (body == NULL)
        return NULL;
    switch (type) {
    case BODY_STRATEGIC:
        new = patch_strategic(old, body, &why);
        break;
    case BODY_MERGE:
        new = patch_merge(old, body, &why);
        break;
    case BODY_JSON_PATCH:
        new = patch_json(old, body, &why);
        break;
    case BODY_OBJECT:
    case BODY_APPLY:
    case BODY_PROTOBUF:
    case BODY_OTHER:
        new = json_incref(body);
        break;
    }
    json_decref(body);
    if (new == NULL)
        fault(reply, 422, "Invalid", "the server rejected our request due to an error in our request: %s", buf_text(&why));
    buf_deinit(&why);
    return new;
}

static const json_t *condition_of(const json_t *pod, const char *type)
{
    const json_t *conditions = json_object_get(json_object_get(pod, "status"), "conditions"), *c;
    size_t i;

    json_array_foreach(conditions, i, c) {
        const char *its = text_at(c, "type");

        if (its != NULL && strcmp(its, type) == 0)
            return c;
    }
    return NULL;
}

static bool value_of(const json_t *condition, enum condition_value *out)
{
    static const struct {
        const char *text;
        enum condition_value value;
    } values[] = {{"True", CONDITION_TRUE}, {"False", CONDITION_FALSE}, {"Unknown", CONDITION_UNKNOWN}};
    const char *text = text_at(condition, "status");

    *out = CONDITION_UNSET;
    for (size_t i = 0; i < sizeof values / sizeof *values && text != NULL; i++) {
        if (strcmp(values[i].text, text) == 0)
            *out = values[i].value;
    }
    return condition == NULL || *out != CONDITION_UNSET;
}

/* All conditions of gates as they are to be, or none of them. */
static bool set_gates(const struct snapshot *s, struct live_pod *p, const json_t *new, bool dry_run,
                      struct http_reply *reply)
{
    const struct readiness_gate_spec_list *gates = &live_pod_config(p)->spec->readiness_gates;
    enum condition_value value;

    for (size_t i = 0; i < gates->count; i++) {
        if (!value_of(condition_of(new, gates->items[i].condition_type), &value))
            return fault_cause(reply, s->resource, s->name, "FieldValueNotSupported", "status.conditions",
                               "Unsupported value: the status of %s: supported values: \"False\", \"True\", \"Unknown\"",
                               gates->items[i].condition_type);
    }
    for (unsigned i = 0; i < gates->count && !dry_run; i++) {
        const json_t *c = condition_of(new, gates->items[i].condition_type);

        value_of(c, &value);
        if (!live_pod_set_condition(p, i, value, text_at(c, "reason"), text_at(c, "message")))
            return fault_no_memory(reply);
    }
    return true;
}

static bool write_conditions(struct http_request *rq, const struct snapshot *s, struct http_reply *reply)
{
    struct live_pod *p = manager_find(rq->api->backing->manager, s->namespace, s->name);
    const char *dry_run = query_get(&rq->query, "dryRun");
    json_t *old, *new;
    bool ok;

    if (p == NULL)
        return fault_of(reply, s->resource, s->name, 409, "Conflict", "pod %s has ended, under an earlier pidlet", s->name);
    old = snapshot_json(s);
    if (old == NULL)
        return fault_no_memory(reply);
    new = changed(rq, old, reply);
    json_decref(old);
    ok = new != NULL && set_gates(s, p, new, dry_run != NULL && *dry_run != '\0', reply);
    json_decref(new);
    return ok && (pods_show(rq->api->backing) || fault_no_memory(reply));
}

void pod_conditions(struct http_request *rq, const struct snapshot *s, struct http_reply *reply)
{
    if (rq->method != METHOD_GET) {
        if (!write_conditions(rq, s, reply))
            return;
        s = store_get(&rq->api->store, rq->resource, rq->namespace, rq->name);
    }
    if (s == NULL)
        fault_no_memory(reply);
    else
        objects_answer(rq, reply, 200, s);
}
