#include "daemon/api/pods.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/macros.h"
#include "config/load.h"
#include "config/schema.h"
#include "daemon/api/backing.h"
#include "daemon/api/check.h"
#include "daemon/api/fault.h"
#include "daemon/api/http.h"
#include "daemon/api/kinds.h"
#include "daemon/api/pod_actions.h"
#include "daemon/api/pod_conditions.h"
#include "daemon/api/pod_json.h"
#include "daemon/api/pod_log.h"
#include "daemon/api/pod_status.h"
#include "daemon/api/snapshot.h"
#include "daemon/api/write.h"
#include "daemon/core/status.h"
#include "daemon/runtime/host.h"
#include "daemon/runtime/logfiles.h"
#include "daemon/runtime/manager.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- applying ---- */

static struct ended_pod **find_ended(struct backing *b, const char *namespace, const char *name)
{
    struct ended_pod **e = &b->ended;

    while (*e != NULL && (strcmp((*e)->config->namespace, namespace) != 0 || strcmp((*e)->config->name, name) != 0))
        e = &(*e)->next;
    return e;
}

static bool is_writable(struct write *w)
{
    const struct live_pod *p;

    if (w->old == NULL)
        return true;
    p = manager_find(w->api->backing->manager, w->old->namespace, w->old->name);
    if (p == NULL || live_pod_config(p)->applied)
        return true;
    return fault_of(w->reply, w->resource, w->old->name, 403, "Forbidden",
                    "pods \"%s\" is forbidden: it comes from the manifest %s: change it there", w->old->name,
                    live_pod_config(p)->file);
}

/* As a scheduler would. */
static bool set_node(struct write *w)
{
    json_t *spec = json_object_get(w->object, "spec");
    const char *name = json_string_value(json_object_get(spec, "nodeName"));

    if (!json_is_object(spec) || (name != NULL && *name != '\0'))
        return true;
    return json_object_set_new(spec, "nodeName", json_string(w->api->backing->host->node_name)) == 0;
}

/* metadata.generation counts the changes of the spec. */
static bool set_generation(struct write *w)
{
    json_t *metadata = json_object_get(w->object, "metadata"), *old = NULL;
    json_int_t generation = 1;

    if (w->old != NULL) {
        old = snapshot_json(w->old);
        if (old == NULL)
            return false;
        generation = json_integer_value(json_object_get(json_object_get(old, "metadata"), "generation"));
        if (!json_equal(json_object_get(old, "spec"), json_object_get(w->object, "spec")))
            generation++;
        json_decref(old);
    }
    return json_object_set_new(metadata, "generation", json_integer(generation)) == 0;
}

/* The version is not part of what the author wants. */
static void drop_version(struct write *w)
{
    json_object_del(json_object_get(w->object, "metadata"), "resourceVersion");
}

static int keep(struct write *w, const struct pod_config *c, const char *status)
{
    struct backing *b = w->api->backing;
    struct buf text = BUF_INIT;
    int r;

    pod_json_keep(b, c, status, &text);
    r = buf_failed(&text) ? -ENOMEM
                          : persist_put(&b->persist, resource_pods.plural, c->namespace, c->name, buf_text(&text), text.length);
    buf_deinit(&text);
    return r;
}

/* What is shown now, as the answer. */
static bool answer_shown(struct write *w, const struct pod_config *c)
{
    if (!pods_show(w->api->backing))
        return fault_no_memory(w->reply);
    w->result = store_get(&w->api->store, RESOURCE_PODS, c->namespace, c->name);
    if (w->result == NULL)
        return fault_no_memory(w->reply);
    snapshot_ref(w->result);
    return true;
}

/* As it would be: a change leaves the status as it is, until something comes of it. */
static bool answer_dry(struct write *w, struct pod_config *c)
{
    const struct live_pod *p = w->old == NULL ? NULL : manager_find(w->api->backing->manager, c->namespace, c->name);
    struct pod *core = p == NULL ? calloc(1, pod_size(c)) : NULL;

    if (p != NULL) {
        w->result = pod_json(w->api->backing, c, live_pod_core(p), clock_mono(), w->old->version);
        return w->result != NULL || fault_no_memory(w->reply);
    }
    if (core == NULL)
        return fault_no_memory(w->reply);
    pod_init(core, c, clock_mono(), 0);
    w->result = pod_json(w->api->backing, c, core, clock_mono(), w->old != NULL ? w->old->version : 0);
    free(core);
    return w->result != NULL || fault_no_memory(w->reply);
}

static bool start_pod(struct write *w, struct pod_config *c)
{
    struct backing *b = w->api->backing;
    int r = keep(w, c, NULL);

    if (r < 0)
        return fault_disk(w->reply, w->resource, c->name, "keeping", r);
    r = manager_add(b->manager, c);
    if (r < 0) {
        persist_remove(&b->persist, resource_pods.plural, c->namespace, c->name);
        return fault(w->reply, r == -ESHUTDOWN ? 503 : 500, r == -ESHUTDOWN ? "ServiceUnavailable" : "InternalError",
                     "starting the pod: %s", r == -ESHUTDOWN ? "pidlet is stopping" : strerror(-r));
    }
    return answer_shown(w, c);
}

/* One that has ended for good, under an earlier daemon: only its metadata can change. */
static bool change_ended(struct write *w, struct ended_pod *e, struct pod_config *c)
{
    struct backing *b = w->api->backing;
    int r = keep(w, c, e->status);
    struct snapshot *s;

    if (r < 0)
        return fault_disk(w->reply, w->resource, c->name, "keeping", r);
    pod_config_unref(e->config);
    e->config = c;
    pod_config_ref(c);
    s = pod_json_ended(b, c, e->status, store_next_version(&b->api->store));
    if (s == NULL)
        return fault_no_memory(w->reply);
    snapshot_ref(s);
    w->result = s;
    return store_put(&b->api->store, s) || fault_no_memory(w->reply);
}

/* The pod as it will be: what is shown until then is the one that stops. */
static bool answer_replaced(struct write *w, struct pod_config *c)
{
    struct pod *core = calloc(1, pod_size(c));

    if (core == NULL || !pods_show(w->api->backing)) {
        free(core);
        return fault_no_memory(w->reply);
    }
    pod_init(core, c, clock_mono(), 0);
    w->result = pod_json(w->api->backing, c, core, clock_mono(), w->api->store.version);
    free(core);
    return w->result != NULL || fault_no_memory(w->reply);
}

static bool change_pod(struct write *w, struct pod_config *c)
{
    struct backing *b = w->api->backing;
    struct live_pod *p = manager_find(b->manager, c->namespace, c->name);
    struct ended_pod *ended = *find_ended(b, c->namespace, c->name);
    int r;

    if (p == NULL)
        return ended != NULL ? change_ended(w, ended, c) : fault_not_found(w->reply, w->resource, c->name);
    if (live_pod_core(p)->deleted && manager_follower(b->manager, p) == NULL)
        return fault_conflict(w->reply, w->resource, c->name, "the pod is being deleted");
    r = keep(w, c, NULL);
    if (r < 0)
        return fault_disk(w->reply, w->resource, c->name, "keeping", r);
    if (!live_pod_core(p)->deleted) {
        r = live_pod_set_config(p, c);
        if (r > 0)
            http_warn(w->reply, w->rq->arena, "pod %s: its spec has changed: the containers that differ are stopped, "
                                              "within its grace period, and start anew", c->name);
        if (r >= 0)
            return answer_shown(w, c);
        if (r == -ENOMEM)
            return fault_no_memory(w->reply);
    }
    r = manager_replace(b->manager, p, c);
    if (r < 0)
        return fault_no_memory(w->reply);
    http_warn(w->reply, w->rq->arena, "pod %s: its spec has changed: its containers are stopped, within its grace period, and "
                                      "start anew", c->name);
    return answer_replaced(w, c);
}

static bool apply(struct write *w)
{
    struct pod_config_set set = {0};
    struct pod_config *c;
    bool ok;

    if (!is_writable(w))
        return false;
    drop_version(w);
    if (!set_node(w) || !set_generation(w))
        return fault_no_memory(w->reply);
    if (!check_object(w, &set))
        return false;
    c = set.items[0];
    if (w->dry_run)
        ok = answer_dry(w, c);
    else if (w->old == NULL)
        ok = start_pod(w, c);
    else
        ok = change_pod(w, c);
    pod_config_set_deinit(&set);
    return ok;
}

/* ---- deleting ---- */

static bool remove_ended(struct write *w, struct ended_pod **e)
{
    struct backing *b = w->api->backing;
    struct ended_pod *gone = *e;
    struct snapshot *last = pod_json_ended(b, gone->config, gone->status, store_next_version(&b->api->store));
    int r = last == NULL ? -ENOMEM
                         : persist_remove(&b->persist, w->resource->plural, gone->config->namespace, gone->config->name);

    if (r < 0) {
        snapshot_unref(last);
        return fault_disk(w->reply, w->resource, w->old->name, "removing", r);
    }
    snapshot_ref(last);
    w->result = last;
    *e = gone->next;
    if (b->ended_next == gone)
        b->ended_next = gone->next;
    logfiles_remove_pod(b->log_root, gone->config);
    pod_config_unref(gone->config);
    free(gone->status);
    free(gone);
    return store_remove(&b->api->store, last) || fault_no_memory(w->reply);
}

static bool remove_pod(struct write *w)
{
    struct backing *b = w->api->backing;
    struct ended_pod **ended = find_ended(b, w->old->namespace, w->old->name);
    struct live_pod *p = manager_find(b->manager, w->old->namespace, w->old->name);
    struct pod_config *c;
    int r;

    if (!is_writable(w))
        return false;
    if (w->dry_run) {
        w->result = (struct snapshot *)w->old;
        snapshot_ref(w->result);
        return true;
    }
    if (p == NULL)
        return *ended != NULL ? remove_ended(w, ended) : fault_not_found(w->reply, w->resource, w->old->name);
    c = live_pod_config(p);
    r = persist_remove(&b->persist, w->resource->plural, c->namespace, c->name);
    if (r < 0)
        return fault_disk(w->reply, w->resource, w->old->name, "removing", r);
    pod_config_ref(c);
    manager_drop_follower(b->manager, p);
    if (w->grace == 0)
        live_pod_kill(p);
    else
        live_pod_stop(p, w->grace < 0 ? MONO_NEVER : w->grace * MONO_SECOND);
    if (!pods_show(b)) {
        pod_config_unref(c);
        return fault_no_memory(w->reply);
    }
    w->result = store_get(&w->api->store, RESOURCE_PODS, c->namespace, c->name);
    snapshot_ref(w->result != NULL ? w->result : (w->result = (struct snapshot *)w->old));
    pod_config_unref(c);
    return true;
}

/* ---- restore ---- */

static bool restore_ended(struct backing *b, struct pod_config *c, const json_t *status)
{
    struct ended_pod *e = calloc(1, sizeof *e);

    if (e == NULL)
        return false;
    e->status = json_dumps(status, JSON_COMPACT);
    if (e->status == NULL) {
        free(e);
        return false;
    }
    pod_config_ref(c);
    e->config = c;
    e->next = b->ended;
    b->ended = e;
    return true;
}

static bool take_back(void *arg, const char *namespace, const char *name, const char *text, size_t length,
                      const char **why)
{
    struct backing *b = arg;
    json_t *object = json_loadb(text, length, 0, NULL), *status;
    struct http_reply reply = {0};
    struct arena *arena = arena_new();
    struct http_request rq = {.api = b->api, .arena = arena, .namespace = namespace, .name = name};
    struct write w = {.rq = &rq, .reply = &reply, .api = b->api, .resource = &resource_pods, .object = object,
                      .validation = VALIDATE_WARN};
    struct pod_config_set set = {0};
    bool ok = false;

    *why = "it is torn, or none of ours";
    status = json_incref(json_object_get(object, "status"));
    json_object_del(object, "status");
    if (arena != NULL && object != NULL && check_object(&w, &set) && set.count == 1
        && strcmp(set.items[0]->name, name) == 0 && strcmp(set.items[0]->namespace, namespace) == 0)
        ok = status != NULL ? restore_ended(b, set.items[0], status)
                            : manager_add(b->manager, set.items[0]) == 0;
    if (!ok && manager_find(b->manager, namespace, name) != NULL)
        *why = "a manifest has a pod of that name";
    pod_config_set_deinit(&set);
    json_decref(status);
    json_decref(object);
    buf_deinit(&reply.body);
    arena_free(arena);
    return ok;
}

void pods_restore(struct backing *b)
{
    persist_load(&b->persist, resource_pods.plural, take_back, b);
}

void pods_forget_ended(struct backing *b)
{
    while (b->ended != NULL) {
        struct ended_pod *next = b->ended->next;

        pod_config_unref(b->ended->config);
        free(b->ended->status);
        free(b->ended);
        b->ended = next;
    }
    free(b->changed.items);
    b->changed = (struct pod_queue){0};
}

/* ---- as a resource ---- */

static bool no_cells(struct snapshot *s, const json_t *object)
{
    (void)s;
    (void)object;
    return true;                        /* pod_json.c fills them */
}

static const struct column columns[POD_COLUMNS] = {
    [POD_COLUMN_NAME]      = {"Name", "string", "name", 0, "Name of the pod."},
    [POD_COLUMN_READY]     = {"Ready", "string", "", 0, "Containers that are ready, of all."},
    [POD_COLUMN_STATUS]    = {"Status", "string", "", 0, "What becomes of it."},
    [POD_COLUMN_RESTARTS]  = {"Restarts", "string", "", 0, "How often its containers were restarted, and when last."},
    [POD_COLUMN_AGE]       = {"Age", "string", "", 0, "Time since its creation."},
    [POD_COLUMN_IP]        = {"IP", "string", "", 1, "Its address."},
    [POD_COLUMN_NODE]      = {"Node", "string", "", 1, "The host."},
    [POD_COLUMN_NOMINATED] = {"Nominated Node", "string", "", 1, "None: there is one host."},
    [POD_COLUMN_GATES]     = {"Readiness Gates", "string", "", 1, "Gates that are open, of all."},
};

static const char *const fields[POD_FIELDS] = {
    [POD_FIELD_NODE_NAME]       = "spec.nodeName",
    [POD_FIELD_PHASE]           = "status.phase",
    [POD_FIELD_POD_IP]          = "status.podIP",
    [POD_FIELD_RESTART_POLICY]  = "spec.restartPolicy",
    [POD_FIELD_SERVICE_ACCOUNT] = "spec.serviceAccountName",
};

static const struct subresource subresources[] = {
    {"backoff", "Pod", VERB_GET | VERB_CREATE, pod_backoff},
    {"log", "Pod", VERB_GET, pod_log},
    {"restart", "Pod", VERB_CREATE, pod_restart},
    {"status", "Pod", VERB_GET | VERB_PATCH | VERB_UPDATE, pod_conditions},
};

const struct resource resource_pods = {
    .plural = "pods", .singular = "pod", .kind = "Pod", .short_name = "po",
    .namespaced = true, .in_all = true, .verbs = VERBS_ALL,
    .columns = columns, .column_count = array_count(columns),
    .fields = fields, .field_count = array_count(fields),
    .subresources = subresources, .subresource_count = array_count(subresources),
    .fill_cells = no_cells, .apply = apply, .remove = remove_pod,
};
