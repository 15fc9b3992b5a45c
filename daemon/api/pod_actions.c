#include "daemon/api/pod_actions.h"

#include "base/duration.h"
#include "config/load.h"
#include "daemon/api/backing.h"
#include "daemon/api/fault.h"
#include "daemon/api/http.h"
#include "daemon/api/pod_status.h"
#include "daemon/api/snapshot.h"
#include "base/stamp.h"
#include "daemon/core/status.h"
#include "daemon/runtime/manager.h"

#include <inttypes.h>
#include <string.h>

static struct live_pod *pod_of(struct http_request *rq, const struct snapshot *s, struct http_reply *reply)
{
    struct live_pod *p = manager_find(rq->api->backing->manager, s->namespace, s->name);

    if (p == NULL)
        fault_of(reply, s->resource, s->name, 409, "Conflict", "pod %s has ended, under an earlier pidlet", s->name);
    return p;
}

/* ?container=NAME; without: every one, or the only one. */
static bool is_meant(const struct http_request *rq, const struct container *c)
{
    const char *name = query_get(&rq->query, "container");

    return name == NULL || *name == '\0' || strcmp(name, c->spec->name) == 0;
}

static bool any_is_meant(struct http_request *rq, const struct pod *core, const char *pod, struct http_reply *reply)
{
    for (unsigned i = 0; i < core->count; i++) {
        if (is_meant(rq, &core->containers[i]))
            return true;
    }
    return fault_bad_request(reply, "container %s is not valid for pod %s", query_get(&rq->query, "container"), pod);
}

/* ---- back-off ---- */

static void add_duration(struct buf *out, const char *key, mono_ms value)
{
    char text[DURATION_SIZE];

    duration_format(value, text);
    buf_addf(out, "\"%s\":\"%s\"", key, text);
}

static void add_backoff(struct buf *out, const struct backing *b, const struct pod *core, const struct container *c,
                        mono_ms now)
{
    struct container_status status;
    char stamp[STAMP_SIZE];

    status_of_container(core, c, now, &status);
    buf_adds(out, "{\"container\":");
    buf_add_quoted(out, c->spec->name, strlen(c->spec->name));
    buf_addf(out, ",\"restartCount\":%u,", c->restart_count);
    add_duration(out, "initial", c->policy->initial);
    buf_addc(out, ',');
    add_duration(out, "max", c->policy->max);
    buf_addf(out, ",\"factor\":%g,\"jitter\":%g,", c->policy->factor_milli / 1000., c->policy->jitter_milli / 1000.);
    add_duration(out, "reset", c->policy->reset);
    buf_addc(out, ',');
    add_duration(out, "nextDelay", c->backoff.next);
    if (status.next_start != MONO_NEVER) {
        stamp_format(pod_wall(b, status.next_start), stamp);
        buf_addc(out, ',');
        add_duration(out, "delay", status.delay);
        buf_addc(out, ',');
        add_duration(out, "remaining", status.next_start > now ? status.next_start - now : 0);
        buf_addf(out, ",\"nextStart\":\"%s\"", stamp);
    }
    buf_addc(out, '}');
}

static void show_backoff(struct http_request *rq, const struct pod *core, struct http_reply *reply)
{
    struct buf *out = http_answer(reply, 200, "application/json");
    const char *separator = "";

    buf_adds(out, "{\"kind\":\"PodBackoff\",\"apiVersion\":\"pidlet.dev/v1\",\"containers\":[");
    for (unsigned i = 0; i < core->count; i++) {
        if (!is_meant(rq, &core->containers[i]))
            continue;
        buf_adds(out, separator);
        add_backoff(out, rq->api->backing, core, &core->containers[i], clock_mono());
        separator = ",";
    }
    buf_adds(out, "]}\n");
}

void pod_backoff(struct http_request *rq, const struct snapshot *s, struct http_reply *reply)
{
    const char *action = query_get(&rq->query, "action");
    struct live_pod *p = pod_of(rq, s, reply);
    const struct pod *core;

    if (p == NULL)
        return;
    core = live_pod_core(p);
    if (!any_is_meant(rq, core, s->name, reply))
        return;
    if (rq->method == METHOD_POST) {
        bool reset = action != NULL && strcmp(action, "reset") == 0;

        if (!reset && (action == NULL || strcmp(action, "retry") != 0)) {
            fault_bad_request(reply, "action must be \"reset\" or \"retry\"");
            return;
        }
        for (unsigned i = 0; i < core->count; i++) {
            if (!is_meant(rq, &core->containers[i]))
                continue;
            if (reset)
                live_pod_backoff_reset(p, i);
            else
                live_pod_backoff_retry(p, i);
        }
    }
    show_backoff(rq, core, reply);
}

/* ---- restart ---- */

/* In words that say why not; NULL: it can be asked to. */
static const char *why_not(const struct pod *core, const struct container *c)
{
    switch (core->state) {
    case POD_NEW:
        return "the pod has not started yet";
    case POD_RESTARTING:
        return "all containers of the pod restart";
    case POD_STOPPING:
        return "all of the pod is being stopped";
    case POD_ENDED:
        return "the pod has ended: restart all of it";
    case POD_ACTIVE:
        break;
    }
    if (c->state == CONTAINER_PENDING)
        return "it has not started yet";
    if (c->state == CONTAINER_TERMINATED && c->role == ROLE_INIT)
        return "it has done its work: it runs again when all of the pod is restarted";
    return NULL;
}

/* Gracefully, and without back-off; the others run on. */
static void restart_one(struct http_request *rq, const struct snapshot *s, struct live_pod *p, const char *name,
                        struct http_reply *reply)
{
    const struct pod *core = live_pod_core(p);

    for (unsigned i = 0; i < core->count; i++) {
        const char *reason = why_not(core, &core->containers[i]);

        if (!is_meant(rq, &core->containers[i]))
            continue;
        if (reason != NULL) {
            fault_of(reply, s->resource, s->name, 409, "Conflict", "container %s cannot be restarted: %s", name, reason);
            return;
        }
        live_pod_restart(p, i);
    }
    http_answer_success(reply);
}

/* The pod takes its own place: it begins anew, with its init containers. */
static void restart_all(struct manager *m, const struct snapshot *s, struct live_pod *p, struct http_reply *reply)
{
    if (live_pod_core(p)->deleted && manager_follower(m, p) == NULL) {
        fault_conflict(reply, s->resource, s->name, "the pod is being deleted");
        return;
    }
    if (!live_pod_core(p)->deleted) {
        live_pod_note_restart(p);
        if (manager_replace(m, p, live_pod_config(p)) < 0) {
            fault_no_memory(reply);
            return;
        }
    }
    http_answer_success(reply);
}

void pod_restart(struct http_request *rq, const struct snapshot *s, struct http_reply *reply)
{
    struct manager *m = rq->api->backing->manager;
    struct live_pod *p = pod_of(rq, s, reply);
    const char *name = query_get(&rq->query, "container");

    if (p == NULL)
        return;
    if (m->stopping)
        fault(reply, 503, "ServiceUnavailable", "pidlet is stopping");
    else if (!any_is_meant(rq, live_pod_core(p), s->name, reply))
        return;
    else if (name != NULL && *name != '\0')
        restart_one(rq, s, p, name, reply);
    else
        restart_all(m, s, p, reply);
}
