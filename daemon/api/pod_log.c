#include "daemon/api/pod_log.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/macros.h"
#include "config/load.h"
#include "daemon/api/backing.h"
#include "daemon/api/fault.h"
#include "daemon/api/http.h"
#include "daemon/api/snapshot.h"
#include "base/stamp.h"
#include "daemon/core/pod.h"
#include "daemon/runtime/logfiles.h"
#include "daemon/runtime/manager.h"
#include "daemon/runtime/podlog.h"

#include <errno.h>
#include <ev.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* One that is read, or followed. */
struct log_stream {
    struct http_stream stream;
    struct backing *b;
    struct log_stream *next, *previous;
    struct podlog *log;
    ev_io readable;                     /* on podlog_fd(), while the client waits */
    ev_timer again;                     /* more to do in a later turn; or nothing to wait on */
    char *namespace, *name, *uid, *container;
    bool follow;
};

/* How long until a log without a descriptor is looked at again. */
static const ev_tstamp look_again = 0.25;

/* ---- the end of a follow ---- */

/* The container, or what it may restart to, is over: all that will be written is written. */
static bool is_over(const struct log_stream *s)
{
    const struct live_pod *p = manager_find(s->b->manager, s->namespace, s->name);
    const struct pod *core = p == NULL ? NULL : live_pod_core(p);

    if (core == NULL || strcmp(core->config->uid, s->uid) != 0)
        return true;
    for (unsigned i = 0; i < core->count; i++) {
        if (strcmp(core->containers[i].spec->name, s->container) == 0)
            return core->containers[i].state == CONTAINER_TERMINATED;
    }
    return true;
}

/* ---- the stream ---- */

static void stop_waiting(struct log_stream *s)
{
    ev_io_stop(s->b->loop, &s->readable);
    ev_timer_stop(s->b->loop, &s->again);
}

static void wake(struct log_stream *s)
{
    stop_waiting(s);
    if (s->stream.wake != NULL)
        s->stream.wake(&s->stream);
}

static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
    (void)loop;
    (void)revents;
    wake(container_of(w, struct log_stream, readable));
}

static void on_again(struct ev_loop *loop, ev_timer *w, int revents)
{
    (void)loop;
    (void)revents;
    wake(container_of(w, struct log_stream, again));
}

static void wait_for_more(struct log_stream *s, bool soon)
{
    const int fd = podlog_fd(s->log);

    if (!soon && fd >= 0) {
        ev_io_set(&s->readable, fd, EV_READ);
        ev_io_start(s->b->loop, &s->readable);
        return;
    }
    ev_timer_set(&s->again, soon ? 0. : look_again, 0.);
    ev_timer_start(s->b->loop, &s->again);
}

static ssize_t log_read(struct http_stream *stream, char *out, size_t max)
{
    struct log_stream *s = container_of(stream, struct log_stream, stream);
    const bool over = !s->follow || is_over(s);         /* before reading: nothing is missed */
    ssize_t n;

    stop_waiting(s);
    n = podlog_read(s->log, out, max);
    if (n > 0)
        return n;
    if (n == -EAGAIN) {
        wait_for_more(s, true);
        return 0;
    }
    if (n < 0)
        return STREAM_BROKEN;
    if (over || podlog_is_over(s->log))
        return STREAM_END;
    wait_for_more(s, false);
    return 0;
}

static void log_free(struct http_stream *stream)
{
    struct log_stream *s = container_of(stream, struct log_stream, stream);

    if (s->previous != NULL)
        s->previous->next = s->next;
    else
        s->b->logs = s->next;
    if (s->next != NULL)
        s->next->previous = s->previous;
    stop_waiting(s);
    podlog_free(s->log);
    free(s->namespace);
    free(s->name);
    free(s->uid);
    free(s->container);
    free(s);
}

void pod_log_wake(struct backing *b)
{
    for (struct log_stream *s = b->logs, *next; s != NULL; s = next) {
        next = s->next;
        if (s->follow && is_over(s))
            wake(s);
    }
}

static struct log_stream *stream_new(struct backing *b, const struct snapshot *pod, const char *container, bool follow)
{
    struct log_stream *s = calloc(1, sizeof *s);

    if (s == NULL)
        return NULL;
    *s = (struct log_stream){.stream = {.read = log_read, .free = log_free}, .b = b, .next = b->logs, .follow = follow};
    if (s->next != NULL)
        s->next->previous = s;
    b->logs = s;
    ev_init(&s->readable, on_readable);
    ev_init(&s->again, on_again);
    s->namespace = strdup(pod->namespace);
    s->name = strdup(pod->name);
    s->uid = strdup(pod->uid);
    s->container = strdup(container);
    if (s->namespace != NULL && s->name != NULL && s->uid != NULL && s->container != NULL)
        return s;
    log_free(&s->stream);
    return NULL;
}

/* ---- the request ---- */

static const struct pod_config *config_of(const struct backing *b, const struct snapshot *s)
{
    const struct live_pod *p = manager_find(b->manager, s->namespace, s->name);

    if (p != NULL)
        return live_pod_config((struct live_pod *)p);
    for (const struct ended_pod *e = b->ended; e != NULL; e = e->next) {
        if (strcmp(e->config->namespace, s->namespace) == 0 && strcmp(e->config->name, s->name) == 0)
            return e->config;
    }
    return NULL;
}

static void name_containers(const struct pod_config *c, unsigned from, unsigned to, struct buf *out)
{
    buf_addc(out, '[');
    for (unsigned i = from; i < to; i++)
        buf_addf(out, "%s%s", i > from ? " " : "", c->containers[i]->name);
    buf_addc(out, ']');
}

/* The one that is asked for, or the only one; NULL: answered. */
static const char *container_of_request(struct http_request *rq, const struct pod_config *c, struct http_reply *reply)
{
    const char *name = query_get(&rq->query, "container");
    struct buf text = BUF_INIT;

    if (name != NULL && *name != '\0') {
        for (unsigned i = 0; i < c->count; i++) {
            if (strcmp(c->containers[i]->name, name) == 0)
                return c->containers[i]->name;
        }
        fault_bad_request(reply, "container %s is not valid for pod %s", name, c->name);
        return NULL;
    }
    if (c->count == 1)
        return c->containers[0]->name;
    buf_addf(&text, "a container name must be specified for pod %s, choose one of: ", c->name);
    name_containers(c, c->init_count, c->count, &text);
    if (c->init_count > 0) {
        buf_adds(&text, " or one of the init containers: ");
        name_containers(c, 0, c->init_count, &text);
    }
    fault_bad_request(reply, "%s", buf_text(&text));
    buf_deinit(&text);
    return NULL;
}

static bool options_of(struct http_request *rq, struct podlog_options *o, struct http_reply *reply)
{
    const char *since = query_get(&rq->query, "sinceTime"), *stream = query_get(&rq->query, "stream");
    int64_t seconds = 0;

    *o = (struct podlog_options)PODLOG_ALL;
    o->previous = query_bool(&rq->query, "previous");
    o->follow = query_bool(&rq->query, "follow") && !o->previous;
    o->timestamps = query_bool(&rq->query, "timestamps");
    o->no_stderr = stream != NULL && strcmp(stream, "Stdout") == 0;
    o->no_stdout = stream != NULL && strcmp(stream, "Stderr") == 0;
    if (!query_int(&rq->query, "tailLines", &o->tail) || !query_int(&rq->query, "limitBytes", &o->limit)
        || !query_int(&rq->query, "sinceSeconds", &seconds))
        return fault_bad_request(reply, "tailLines, limitBytes and sinceSeconds must be integers that are not negative");
    if (seconds > 0) {
        o->since = clock_wall();
        o->since.seconds -= seconds;
    }
    if (since != NULL && *since != '\0') {
        o->since = (struct wall_time){.seconds = stamp_parse(since)};
        if (o->since.seconds == 0)
            return fault_bad_request(reply, "sinceTime must be a time as in RFC 3339");
    }
    return true;
}

/* kubectl asks again while a container is yet to start; its words are the kubelet's. */
static void nothing_there(const struct backing *b, const struct pod_config *c, const char *container, bool previous,
                          struct http_reply *reply)
{
    if (b->log_root == NULL)
        fault_bad_request(reply, "pidlet keeps no log files: start it with --log-dir DIR, --socket PATH or --listen ADDR:PORT");
    else if (previous)
        fault_bad_request(reply, "previous terminated container \"%s\" in pod \"%s\" not found", container, c->name);
    else
        fault_bad_request(reply, "container \"%s\" in pod \"%s\" is waiting to start: ContainerCreating", container, c->name);
}

void pod_log(struct http_request *rq, const struct snapshot *pod, struct http_reply *reply)
{
    struct backing *b = rq->api->backing;
    const struct pod_config *c = config_of(b, pod);
    struct podlog_options options;
    char folder[PATH_MAX];
    struct log_stream *s;
    const char *container;
    int r;

    if (c == NULL) {
        fault_not_found(reply, pod->resource, pod->name);
        return;
    }
    container = container_of_request(rq, c, reply);
    if (container == NULL || !options_of(rq, &options, reply))
        return;
    if (b->log_root == NULL || !logfiles_folder(folder, b->log_root, c, container)) {
        nothing_there(b, c, container, options.previous, reply);
        return;
    }
    s = stream_new(b, pod, container, options.follow);
    if (s == NULL) {
        fault_no_memory(reply);
        return;
    }
    r = podlog_open(&s->log, folder, &options);
    if (r < 0) {
        log_free(&s->stream);
        if (r == -ENOENT)
            nothing_there(b, c, container, options.previous, reply);
        else
            fault(reply, 500, "InternalError", "Internal error occurred: reading the log: %s", strerror(-r));
        return;
    }
    reply->code = 200;
    reply->content_type = "text/plain";
    reply->stream = &s->stream;
}
