#include "daemon/api/write.h"

#include "base/arena.h"
#include "base/clock.h"
#include "config/schema.h"
#include "config/value.h"
#include "daemon/api/api.h"
#include "daemon/api/body.h"
#include "daemon/api/fault.h"
#include "daemon/api/identity.h"
#include "daemon/api/objects.h"
#include "daemon/api/patch.h"
#include "daemon/api/protobuf.h"
#include "daemon/api/snapshot.h"
#include "daemon/api/view.h"
#include "base/stamp.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char modified[] =
    "the object has been modified; please apply your changes to the latest version and try again";

/* ---- what the request says ---- */

/* dryRun=All, in the query or in the options of a deletion. */
static bool take_dry_run(struct write *w, const char *value)
{
    if (value == NULL || *value == '\0')
        return true;
    if (strcmp(value, "All") != 0)
        return fault_bad_request(w->reply, "Invalid value: \"%s\": supported values of dryRun: \"All\"", value);
    w->dry_run = true;
    return true;
}

static bool take_validation(struct write *w)
{
    const char *value = query_get(&w->rq->query, "fieldValidation");

    w->validation = VALIDATE_WARN;
    if (value == NULL || *value == '\0' || strcmp(value, "Warn") == 0)
        return true;
    if (strcmp(value, "Strict") == 0)
        w->validation = VALIDATE_STRICT;
    else if (strcmp(value, "Ignore") == 0)
        w->validation = VALIDATE_IGNORE;
    else
        return fault_bad_request(w->reply, "Unsupported value: \"%s\": supported values of fieldValidation: "
                                           "\"Ignore\", \"Strict\", \"Warn\"", value);
    return true;
}

static bool write_begin(struct write *w, struct http_request *rq, struct http_reply *reply)
{
    *w = (struct write){.rq = rq, .reply = reply, .api = rq->api, .resource = resources[rq->resource], .grace = -1};
    return take_dry_run(w, query_get(&rq->query, "dryRun")) && take_validation(w);
}

static void write_end(struct write *w)
{
    json_decref(w->object);
    snapshot_unref(w->result);
}

static bool unsupported(struct http_reply *reply, const char *types)
{
    return fault(reply, 415, "UnsupportedMediaType",
                 "the body of the request was in an unknown format - accepted media types include: %s", types);
}

static bool duplicates_are_fine(struct write *w, bool duplicates)
{
    if (!duplicates || w->validation == VALIDATE_IGNORE)
        return true;
    if (w->validation == VALIDATE_STRICT)
        return fault_bad_request(w->reply, "%s in version \"v1\" cannot be handled as a %s: strict decoding error: "
                                           "json: a key stands twice in an object", w->resource->kind, w->resource->kind);
    http_warn(w->reply, w->rq->arena, "a key stands twice in an object: the last one counts");
    return true;
}

/* The object of a POST or PUT. */
static bool take_object(struct write *w)
{
    const enum body_type type = body_type_of(w->rq->content_type);
    bool duplicates;

    if (type != BODY_OBJECT && type != BODY_PROTOBUF)
        return unsupported(w->reply, "application/json, application/yaml, " PROTOBUF_MEDIA);
    w->object = body_parse(w->rq, false, &duplicates, w->reply);
    if (w->object == NULL)
        return false;
    if (!json_is_object(w->object))
        return fault_bad_request(w->reply, "the body is no object");
    return duplicates_are_fine(w, duplicates);
}

/* ---- what every object must be ---- */

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}

static bool check_type(struct write *w)
{
    const char *kind = text_at(w->object, "kind"), *version = text_at(w->object, "apiVersion");

    if (json_object_get(w->object, "kind") == NULL)
        json_object_set_new(w->object, "kind", json_string(kind = w->resource->kind));
    if (json_object_get(w->object, "apiVersion") == NULL)
        json_object_set_new(w->object, "apiVersion", json_string(version = "v1"));
    if (strcmp(kind, w->resource->kind) != 0 || strcmp(version, "v1") != 0)
        return fault_bad_request(w->reply, "%s in version \"%s\" cannot be handled as a %s: no kind \"%s\" is registered for version \"%s\"",
                                 kind, version, w->resource->kind, kind, version);
    return true;
}

/* metadata is there, and of the namespace that the path names. */
static bool check_namespace(struct write *w, json_t **metadata)
{
    const char *namespace;

    *metadata = json_object_get(w->object, "metadata");
    if (*metadata == NULL || json_is_null(*metadata)) {
        *metadata = json_object();
        if (json_object_set_new(w->object, "metadata", *metadata) != 0)
            return fault_no_memory(w->reply);
    }
    if (!json_is_object(*metadata))
        return fault_bad_request(w->reply, "metadata must be an object");
    if (!w->resource->namespaced) {
        json_object_del(*metadata, "namespace");
        return true;
    }
    namespace = text_at(*metadata, "namespace");
    if (*namespace != '\0' && strcmp(namespace, w->rq->namespace) != 0)
        return fault_bad_request(w->reply, "the namespace of the provided object does not match the namespace sent on "
                                           "the request");
    return json_object_set_new(*metadata, "namespace", json_string(w->rq->namespace)) == 0 || fault_no_memory(w->reply);
}

/* Of those that nothing else looks at: for the rest it is one finding among others (check_object()). */
static bool name_is_good(struct write *w, const char *name)
{
    enum field_format format = strcmp(w->resource->plural, "nodes") == 0 ? FORMAT_DNS_SUBDOMAIN : FORMAT_DNS_LABEL;
    const char *wrong = value_fault(format, name);

    if (w->resource->namespaced)
        return true;
    if (*name == '\0')
        return fault_cause(w->reply, w->resource, "", "FieldValueRequired", "metadata.name",
                           "Required value: name or generateName is required");
    return wrong == NULL
           || fault_cause(w->reply, w->resource, name, "FieldValueInvalid", "metadata.name", "Invalid value: \"%s\": %s", name,
                          wrong);
}

static bool take_name(struct write *w, json_t *metadata)
{
    const char *prefix = text_at(metadata, "generateName");
    char name[IDENTITY_NAME_SIZE];

    if (*text_at(metadata, "name") == '\0' && *prefix != '\0') {
        do {
            identity_name(prefix, name);
        } while (store_get(&w->api->store, w->rq->resource, w->rq->namespace, name) != NULL);
        if (json_object_set_new(metadata, "name", json_string(name)) != 0)
            return fault_no_memory(w->reply);
    }
    return name_is_good(w, text_at(metadata, "name"));
}

/* What a server sets, whatever the client says. */
static const char *const server_fields[] = {"managedFields", "selfLink", "deletionTimestamp", "deletionGracePeriodSeconds"};

static void drop_server_fields(struct write *w, json_t *metadata)
{
    for (size_t i = 0; i < sizeof server_fields / sizeof *server_fields; i++)
        json_object_del(metadata, server_fields[i]);
    json_object_del(w->object, "status");
}

static bool namespace_exists(struct write *w)
{
    const struct snapshot *s;

    if (!w->resource->namespaced)
        return true;
    s = store_get(&w->api->store, RESOURCE_NAMESPACES, "", w->rq->namespace);
    if (s == NULL)
        return fault_not_found(w->reply, resources[RESOURCE_NAMESPACES], w->rq->namespace);
    if (strcmp(s->cells[1].text, "Terminating") == 0)
        return fault(w->reply, 403, "Forbidden", "%s is forbidden: unable to create new content in namespace %s because it "
                                                 "is being terminated", w->resource->plural, w->rq->namespace);
    return true;
}

/* ---- create ---- */

static bool create(struct write *w)
{
    char uid[IDENTITY_UID_SIZE], stamp[STAMP_SIZE];
    json_t *metadata;
    const char *name;

    if (!take_object(w) || !check_type(w) || !check_namespace(w, &metadata))
        return false;
    if (*text_at(metadata, "resourceVersion") != '\0')
        return fault_bad_request(w->reply, "resourceVersion should not be set on objects to be created");
    if (!take_name(w, metadata) || !namespace_exists(w))
        return false;
    name = text_at(metadata, "name");
    if (store_get(&w->api->store, w->rq->resource, w->rq->namespace, name) != NULL)
        return fault_exists(w->reply, w->resource, name);
    drop_server_fields(w, metadata);
    json_object_del(metadata, "generation");
    identity_uid(uid);
    stamp_format(clock_wall().seconds, stamp);
    if (json_object_set_new(metadata, "uid", json_string(uid)) != 0
        || json_object_set_new(metadata, "creationTimestamp", json_string(stamp)) != 0)
        return fault_no_memory(w->reply);
    return w->resource->apply(w);
}

void write_create(struct http_request *rq, struct http_reply *reply)
{
    struct write w;

    if (write_begin(&w, rq, reply) && create(&w))
        objects_answer(rq, reply, 201, w.result);
    write_end(&w);
}

/* ---- change ---- */

/* Identity is kept; what is not the client's is taken from the old object. */
static bool keep_identity(struct write *w, const json_t *old_metadata, json_t *metadata)
{
    static const char *const fixed[] = {"uid", "creationTimestamp", "generation", "deletionTimestamp",
                                        "deletionGracePeriodSeconds", "generateName"};
    const char *version = text_at(metadata, "resourceVersion"), *uid = text_at(metadata, "uid");

    if (*version != '\0' && strcmp(version, text_at(old_metadata, "resourceVersion")) != 0)
        return fault_conflict(w->reply, w->resource, w->rq->name, modified);
    if (*uid != '\0' && strcmp(uid, w->old->uid) != 0)
        return fault_conflict(w->reply, w->resource, w->rq->name,
                              "Precondition failed: UID in precondition differs from UID in object meta");
    if (strcmp(text_at(metadata, "name"), w->rq->name) != 0)
        return fault_bad_request(w->reply, "the name of the object (%s) does not match the name on the URL (%s)",
                                 text_at(metadata, "name"), w->rq->name);
    json_object_del(metadata, "managedFields");
    json_object_del(metadata, "selfLink");
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        json_t *value = json_object_get(old_metadata, fixed[i]);

        if (value == NULL)
            json_object_del(metadata, fixed[i]);
        else if (json_object_set(metadata, fixed[i], value) != 0)
            return fault_no_memory(w->reply);
    }
    return json_object_set_new(metadata, "resourceVersion", json_string(text_at(old_metadata, "resourceVersion"))) == 0
           || fault_no_memory(w->reply);
}

/* From w->object, changed by whatever means, to the result. */
static bool change(struct write *w, json_t *old)
{
    json_t *metadata;

    if (!json_is_object(w->object))
        return fault_bad_request(w->reply, "the result is no object");
    if (!check_type(w) || !check_namespace(w, &metadata)
        || !keep_identity(w, json_object_get(old, "metadata"), metadata))
        return false;
    json_object_del(w->object, "status");
    json_object_del(old, "status");
    if (json_equal(w->object, old)) {           /* nothing: no new version */
        w->result = (struct snapshot *)w->old;
        snapshot_ref(w->result);
        return true;
    }
    return w->resource->apply(w);
}

static bool find_old(struct write *w, json_t **old)
{
    w->old = store_get(&w->api->store, w->rq->resource, w->rq->namespace, w->rq->name);
    if (w->old == NULL)
        return fault_not_found(w->reply, w->resource, w->rq->name);
    *old = snapshot_json(w->old);
    return *old != NULL || fault_no_memory(w->reply);
}

static bool patched(struct write *w, const json_t *old)
{
    const enum body_type type = body_type_of(w->rq->content_type);
    struct buf why = BUF_INIT;
    json_t *patch;
    bool duplicates;

    if (type == BODY_OTHER || type == BODY_PROTOBUF || type == BODY_OBJECT || type == BODY_APPLY)
        return unsupported(w->reply, "application/json-patch+json, application/merge-patch+json, "
                                     "application/strategic-merge-patch+json");
    patch = body_parse(w->rq, false, &duplicates, w->reply);
    if (patch == NULL || !duplicates_are_fine(w, duplicates)) {
        json_decref(patch);
        return false;
    }
    if (type == BODY_STRATEGIC)
        w->object = patch_strategic(old, patch, &why);
    else if (type == BODY_MERGE)
        w->object = patch_merge(old, patch, &why);
    else
        w->object = patch_json(old, patch, &why);
    json_decref(patch);
    if (w->object == NULL)
        fault(w->reply, 422, "Invalid", "the server rejected our request due to an error in our request: %s", buf_text(&why));
    buf_deinit(&why);
    return w->object != NULL;
}

void write_replace(struct http_request *rq, struct http_reply *reply)
{
    json_t *old = NULL;
    struct write w;

    if (write_begin(&w, rq, reply) && find_old(&w, &old) && take_object(&w) && change(&w, old))
        objects_answer(rq, reply, 200, w.result);
    json_decref(old);
    write_end(&w);
}

void write_patch(struct http_request *rq, struct http_reply *reply)
{
    json_t *old = NULL;
    struct write w;

    if (write_begin(&w, rq, reply) && find_old(&w, &old) && patched(&w, old) && change(&w, old))
        objects_answer(rq, reply, 200, w.result);
    json_decref(old);
    write_end(&w);
}

/* ---- delete ---- */

/* DeleteOptions, in the body or in the query. */
static bool take_delete_options(struct write *w)
{
    const json_t *grace, *dry_run, *preconditions, *value;
    json_t *options;
    bool duplicates, ok;
    size_t i;

    if (!query_int(&w->rq->query, "gracePeriodSeconds", &w->grace))
        return fault_bad_request(w->reply, "gracePeriodSeconds must be an integer that is not negative");
    options = body_parse(w->rq, true, &duplicates, w->reply);
    if (options == NULL)
        return w->reply->code == 0;
    grace = json_object_get(options, "gracePeriodSeconds");
    ok = grace == NULL || json_is_null(grace) || (json_is_integer(grace) && json_integer_value(grace) >= 0)
         || fault_bad_request(w->reply, "gracePeriodSeconds must be an integer that is not negative");
    if (ok && json_is_integer(grace))
        w->grace = json_integer_value(grace);
    dry_run = json_object_get(options, "dryRun");
    json_array_foreach((json_t *)dry_run, i, value)
        ok = ok && take_dry_run(w, json_string_value(value));
    preconditions = json_object_get(options, "preconditions");
    if (ok && *text_at(preconditions, "uid") != '\0' && strcmp(text_at(preconditions, "uid"), w->old->uid) != 0)
        ok = fault_conflict(w->reply, w->resource, w->rq->name,
                            "Precondition failed: UID in precondition differs from UID in object meta");
    json_decref(options);
    return ok;
}

static void answer_deleted(struct write *w)
{
    buf_addf(http_answer(w->reply, 200, "application/json"),
             "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Success\",\"details\":"
             "{\"name\":\"%s\",\"kind\":\"%s\",\"uid\":\"%s\"}}\n",
             w->rq->name, w->resource->plural, w->old->uid);
}

void write_delete(struct http_request *rq, struct http_reply *reply)
{
    struct snapshot *old = store_get(&rq->api->store, rq->resource, rq->namespace, rq->name);
    struct write w;

    if (old == NULL) {
        fault_not_found(reply, resources[rq->resource], rq->name);
        return;
    }
    snapshot_ref(old);
    if (write_begin(&w, rq, reply) && (w.old = old, take_delete_options(&w)) && w.resource->remove(&w)) {
        if (w.result != NULL)
            objects_answer(rq, reply, 200, w.result);
        else
            answer_deleted(&w);
    }
    write_end(&w);
    snapshot_unref(old);
}

/* Every object that the selectors match; the first refusal ends it. */
void write_delete_collection(struct http_request *rq, struct http_reply *reply)
{
    const struct collection *c = &rq->api->store.collections[rq->resource];
    struct snapshot **all;
    struct view v;
    size_t count = 0;
    bool ok = true;

    if (!view_of(rq, &v, reply))
        return;
    all = arena_array(rq->arena, c->count + 1, sizeof(struct snapshot *));
    if (all == NULL) {
        fault_no_memory(reply);
        return;
    }
    for (size_t i = 0; i < c->count; i++) {
        if (view_matches(&v, c->items[i])) {
            all[count++] = c->items[i];
            snapshot_ref(c->items[i]);
        }
    }
    for (size_t i = 0; i < count; i++) {
        struct write w;

        rq->name = all[i]->name;
        if (ok) {
            ok = write_begin(&w, rq, reply) && (w.old = all[i], take_delete_options(&w)) && w.resource->remove(&w);
            write_end(&w);
        }
    }
    for (size_t i = 0; i < count; i++)
        snapshot_unref(all[i]);
    if (ok)
        http_answer_success(reply);
}
