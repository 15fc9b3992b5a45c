#include "daemon/api/pod_usage.h"

#include "base/clock.h"
#include "base/duration.h"
#include "base/macros.h"
#include "base/stamp.h"
#include "daemon/api/backing.h"
#include "daemon/api/fault.h"
#include "daemon/api/kinds.h"
#include "daemon/api/snapshot.h"
#include "daemon/api/view.h"
#include "daemon/runtime/manager.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PODS_A_TURN = 16 };              /* some 30 us a process */

static const char json_media[] = "application/json";

/* ---- one ---- */

static void add_usage(struct buf *out, const struct resource_usage *u)
{
    buf_addf(out, "\"usage\":{\"cpu\":\"%" PRIu64 "n\",\"memory\":\"%" PRIu64 "Ki\"}", u->cpu, u->memory / 1024);
}

static void add_window(struct buf *out, mono_ms window)
{
    char stamp[STAMP_SIZE], text[DURATION_SIZE];

    stamp_format(clock_wall().seconds, stamp);
    duration_format(window, text);
    buf_addf(out, "\"timestamp\":\"%s\",\"window\":\"%s\"", stamp, text);
}

static void add_labels(struct buf *out, const struct string_map *labels)
{
    buf_adds(out, "\"labels\":{");
    for (size_t i = 0; i < labels->count; i++) {
        if (i > 0)
            buf_addc(out, ',');
        buf_add_quoted(out, labels->items[i].key, strlen(labels->items[i].key));
        buf_addc(out, ':');
        buf_add_quoted(out, labels->items[i].value, strlen(labels->items[i].value));
    }
    buf_addc(out, '}');
}

static void begin(struct buf *out, const char *kind, const struct snapshot *s)
{
    char stamp[STAMP_SIZE];

    stamp_format(clock_wall().seconds, stamp);
    buf_addf(out, "{\"kind\":\"%s\",\"apiVersion\":\"metrics.k8s.io/v1beta1\",\"metadata\":{\"name\":\"%s\",", kind, s->name);
    if (s->namespace[0] != '\0')
        buf_addf(out, "\"namespace\":\"%s\",", s->namespace);
    buf_addf(out, "\"creationTimestamp\":\"%s\",", stamp);
    add_labels(out, &s->labels);
    buf_adds(out, "},");
}

/* False: nothing of it runs; nothing is added. */
static bool add_pod(const struct backing *b, const struct snapshot *s, struct buf *out)
{
    struct live_pod *p = manager_find(b->manager, s->namespace, s->name);
    const struct pod *core = p == NULL ? NULL : live_pod_core(p);
    const mono_ms now = clock_mono();
    struct buf containers = BUF_INIT;
    mono_ms window = 0;
    struct resource_usage u;

    for (unsigned i = 0; core != NULL && i < core->count; i++) {
        if (!live_pod_usage(p, i, now, &u))
            continue;
        if (containers.length > 0)
            buf_addc(&containers, ',');
        buf_addf(&containers, "{\"name\":\"%s\",", core->containers[i].spec->name);
        add_usage(&containers, &u);
        buf_addc(&containers, '}');
        window = u.window > window ? u.window : window;
    }
    if (containers.length > 0) {
        begin(out, "PodMetrics", s);
        add_window(out, window);
        buf_addf(out, ",\"containers\":[%s]}", buf_text(&containers));
    }
    out->failed |= buf_failed(&containers);
    buf_deinit(&containers);
    return window > 0;
}

/* ---- the host ---- */

/* Of all its CPUs since it was booted: what is not idle, and nobody waited for (proc(5), /proc/stat). */
static uint64_t host_cpu(void)
{
    unsigned long long user = 0, nice = 0, system = 0, idle, wait, irq = 0, softirq = 0;
    FILE *f = fopen("/proc/stat", "re");
    const bool ok = f != NULL && fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle, &wait,
                                        &irq, &softirq) == 7;

    if (f != NULL)
        fclose(f);
    return ok ? (user + nice + system + irq + softirq) * (UINT64_C(1000000000) / (uint64_t)sysconf(_SC_CLK_TCK)) : 0;
}

static uint64_t host_memory(void)
{
    unsigned long long total = 0, available = 0, value;
    FILE *f = fopen("/proc/meminfo", "re");
    char line[128];

    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        if (sscanf(line, "MemTotal: %llu", &value) == 1)
            total = value;
        else if (sscanf(line, "MemAvailable: %llu", &value) == 1)
            available = value;
    }
    if (f != NULL)
        fclose(f);
    return total > available ? (total - available) * 1024 : 0;
}

static void add_node(struct backing *b, const struct snapshot *s, struct buf *out)
{
    /* CLOCK_MONOTONIC begins with the boot, too. */
    struct resource_usage u = {.memory = host_memory()};

    resource_usage_rate(&b->node_usage, 1, 0, clock_mono(), host_cpu(), &u);
    begin(out, "NodeMetrics", s);
    add_window(out, u.window);
    buf_addc(out, ',');
    add_usage(out, &u);
    buf_addc(out, '}');
}

/* ---- many: at the client's pace, some pods a turn ---- */

struct usages {
    struct http_stream stream;
    struct backing *backing;
    struct snapshot **items;            /* references, from `next` on */
    size_t count, next;
    struct buf out;                     /* `sent` of it taken */
    size_t sent;
    bool any, over;
};

static void add_more(struct usages *l)
{
    buf_clear(&l->out);
    l->sent = 0;
    for (size_t i = 0; i < PODS_A_TURN && l->next < l->count; i++) {
        struct snapshot *s = l->items[l->next++];
        const size_t before = l->out.length;

        if (l->any)
            buf_addc(&l->out, ',');
        if (s->resource == &resource_nodes)
            add_node(l->backing, s, &l->out);
        else if (!add_pod(l->backing, s, &l->out))
            buf_cut(&l->out, before);
        l->any |= l->out.length > before;
        snapshot_unref(s);
    }
    if (l->next == l->count) {
        buf_adds(&l->out, "]}\n");
        l->over = true;
    }
}

static ssize_t usages_read(struct http_stream *stream, char *out, size_t max)
{
    struct usages *l = container_of(stream, struct usages, stream);
    size_t part;

    while (l->sent == l->out.length) {
        if (l->over)
            return STREAM_END;
        add_more(l);
    }
    if (buf_failed(&l->out))
        return STREAM_BROKEN;
    part = l->out.length - l->sent < max ? l->out.length - l->sent : max;
    memcpy(out, l->out.data + l->sent, part);
    l->sent += part;
    return (ssize_t)part;
}

static void usages_free(struct http_stream *stream)
{
    struct usages *l = container_of(stream, struct usages, stream);

    while (l->next < l->count)
        snapshot_unref(l->items[l->next++]);
    free(l->items);
    buf_deinit(&l->out);
    free(l);
}

static struct usages *usages_new(struct http_request *rq, const struct view *v)
{
    const struct collection *c = &rq->api->store.collections[v->resource];
    struct usages *l = calloc(1, sizeof *l);

    if (l == NULL)
        return NULL;
    *l = (struct usages){.stream = {.read = usages_read, .free = usages_free}, .backing = rq->api->backing,
                         .items = calloc(c->count + 1, sizeof(struct snapshot *))};
    for (size_t i = 0; l->items != NULL && i < c->count; i++) {
        if (!view_matches(v, c->items[i]))
            continue;
        snapshot_ref(c->items[i]);
        l->items[l->count++] = c->items[i];
    }
    buf_addf(&l->out, "{\"kind\":\"%sMetricsList\",\"apiVersion\":\"metrics.k8s.io/v1beta1\",\"metadata\":{},\"items\":[",
             resources[v->resource]->kind);
    if (l->items != NULL && !buf_failed(&l->out))
        return l;
    usages_free(&l->stream);
    return NULL;
}

/* ---- requests ---- */

static bool is_measured(const struct http_request *rq, struct http_reply *reply)
{
    return ((rq->resource == RESOURCE_PODS || rq->resource == RESOURCE_NODES) && rq->api->backing != NULL)
           || fault_no_path(reply);
}

void pod_usage_list(struct http_request *rq, struct http_reply *reply)
{
    struct usages *l;
    struct view v;

    if (!is_measured(rq, reply) || !view_of(rq, &v, reply))
        return;
    l = usages_new(rq, &v);
    if (l == NULL) {
        fault_no_memory(reply);
        return;
    }
    reply->code = 200;
    reply->content_type = json_media;
    reply->stream = &l->stream;
}

void pod_usage_get(struct http_request *rq, struct http_reply *reply)
{
    const struct snapshot *s;
    struct buf *out;

    if (!is_measured(rq, reply))
        return;
    s = store_get(&rq->api->store, rq->resource, rq->namespace, rq->name);
    out = http_answer(reply, 200, json_media);
    if (s != NULL && rq->resource == RESOURCE_NODES)
        add_node(rq->api->backing, s, out);
    else if (s == NULL || !add_pod(rq->api->backing, s, out))
        fault(reply, 404, "NotFound", "%smetrics.metrics.k8s.io \"%s%s%s\" not found", resources[rq->resource]->singular,
              rq->namespace, *rq->namespace != '\0' ? "/" : "", rq->name);
}
