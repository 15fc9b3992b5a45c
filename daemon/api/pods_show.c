#include "daemon/api/pods.h"

#include "base/buf.h"
#include "base/log.h"
#include "config/load.h"
#include "daemon/api/backing.h"
#include "daemon/api/kinds.h"
#include "daemon/api/pod_json.h"
#include "daemon/api/snapshot.h"
#include "daemon/runtime/executor.h"
#include "daemon/runtime/manager.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- one pod ---- */

/* A step is not always a change: a probe that succeeds once more shows nothing new. */
static bool is_shown(const struct backing *b, const struct live_pod *p, bool *same)
{
    const struct pod_config *c = live_pod_config((struct live_pod *)p);
    const struct snapshot *old = store_get(&b->api->store, RESOURCE_PODS, c->namespace, c->name);
    struct snapshot *s;

    *same = false;
    if (old == NULL)
        return true;
    s = pod_json(b, c, live_pod_core(p), clock_mono(), old->version);
    if (s == NULL)
        return false;
    *same = s->length == old->length && memcmp(s->text, old->text, s->length) == 0;
    snapshot_unref(s);
    return true;
}

static bool show(struct backing *b, const struct live_pod *p)
{
    struct snapshot *s;
    bool same;

    if (!is_shown(b, p, &same) || same)
        return same;
    s = pod_json(b, live_pod_config(p), live_pod_core(p), clock_mono(), store_next_version(&b->api->store));
    return s != NULL && store_put(&b->api->store, s);
}

/* The result of a pod that has ended outlives this daemon: it is not run again by the next. */
static void keep_result(struct backing *b, const struct live_pod *p)
{
    const struct pod_config *c = live_pod_config(p);
    struct buf status = BUF_INIT, text = BUF_INIT;
    int r;

    pod_json_status(b, live_pod_core(p), clock_mono(), &status);
    pod_json_keep(b, c, buf_text(&status), &text);
    r = buf_failed(&text) || buf_failed(&status)
            ? -ENOMEM : persist_put(&b->persist, resource_pods.plural, c->namespace, c->name, buf_text(&text), text.length);
    if (r < 0)
        log_warn("%s/%s: keeping its result: %s: it will run again after a restart of pidlet", c->namespace, c->name,
                 strerror(-r));
    buf_deinit(&status);
    buf_deinit(&text);
}

/* ---- those that have changed ---- */

static bool make_room(struct pod_queue *q)
{
    size_t capacity = q->capacity == 0 ? 64 : q->capacity * 2;
    struct live_pod **items;

    if (q->first > 0 && q->first >= q->end / 2) {       /* moves no more than have left */
        memmove(q->items, q->items + q->first, (q->end - q->first) * sizeof(struct live_pod *));
        q->end -= q->first;
        q->first = 0;
    }
    if (q->end < q->capacity)
        return true;
    items = reallocarray(q->items, capacity, sizeof(struct live_pod *));
    if (items == NULL)
        return false;
    q->items = items;
    q->capacity = capacity;
    return true;
}

/* Once, however often it changes before its turn has come. */
static void enqueue(struct backing *b, struct live_pod *p)
{
    struct pod_queue *q = &b->changed;

    if (live_pod_mark(p, true))
        return;
    if (q->end == q->capacity && !make_room(q)) {
        live_pod_mark(p, false);
        b->all_changed = true;
        return;
    }
    q->items[q->end++] = p;
}

void pods_changed(struct backing *b, struct live_pod *p)
{
    const struct pod *core = live_pod_core(p);

    if (core->state == POD_ENDED && !core->deleted && live_pod_config(p)->applied)
        keep_result(b, p);
    if (b->shown)
        enqueue(b, p);
}

static void forget_change(struct backing *b, struct live_pod *p)
{
    struct pod_queue *q = &b->changed;

    if (!live_pod_mark(p, false))
        return;
    for (size_t i = q->first; i < q->end; i++) {
        if (q->items[i] == p) {
            q->items[i] = q->items[--q->end];
            return;
        }
    }
}

void pods_gone(struct backing *b, struct live_pod *p)
{
    const struct pod_config *c = live_pod_config(p);
    const struct snapshot *shown;
    struct snapshot *last;

    forget_change(b, p);
    if (!b->shown)
        return;
    shown = store_get(&b->api->store, RESOURCE_PODS, c->namespace, c->name);
    if (shown == NULL || strcmp(shown->uid, c->uid) != 0)
        return;
    if (manager_follower(b->manager, p) != NULL && strcmp(manager_follower(b->manager, p)->uid, c->uid) == 0)
        return;                         /* it is the same pod that goes on, with another spec */
    last = pod_json(b, live_pod_config(p), live_pod_core(p), clock_mono(), store_next_version(&b->api->store));
    if (last == NULL || !store_remove(&b->api->store, last))
        log_warn("%s/%s: out of memory: it is still shown", c->namespace, c->name);
}

/* ---- showing ---- */

/* From here on every pod that there is has its turn. */
static void begin(struct backing *b)
{
    b->all_changed = false;
    for (size_t i = 0; i < b->manager->count; i++)
        enqueue(b, manager_pod(b->manager, i));
    if (!b->shown)
        b->ended_next = b->ended;
    b->shown = true;
}

static bool show_ended(struct backing *b, const struct ended_pod *e)
{
    struct snapshot *s = pod_json_ended(b, e->config, e->status, store_next_version(&b->api->store));

    return s != NULL && store_put(&b->api->store, s);
}

enum shown pods_show_some(struct backing *b, size_t most)
{
    struct pod_queue *q = &b->changed;

    if (!b->shown || b->all_changed)
        begin(b);
    for (; most > 0 && b->ended_next != NULL; most--) {
        if (!show_ended(b, b->ended_next))
            return SHOWN_FAILED;
        b->ended_next = b->ended_next->next;
    }
    for (; most > 0 && q->first < q->end; most--) {
        struct live_pod *p = q->items[q->first++];

        live_pod_mark(p, false);
        if (!show(b, p)) {
            b->all_changed = true;
            return SHOWN_FAILED;
        }
    }
    if (q->first < q->end || b->ended_next != NULL)
        return SHOWN_PARTLY;
    q->first = q->end = 0;
    return b->all_changed ? SHOWN_FAILED : SHOWN_ALL;
}

bool pods_show(struct backing *b)
{
    return pods_show_some(b, SIZE_MAX) == SHOWN_ALL;
}
