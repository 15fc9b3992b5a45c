#include "daemon/runtime/output.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/macros.h"
#include "config/load.h"
#include "daemon/core/termination.h"
#include "daemon/runtime/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PIPE_USUAL  = 64 * 1024,            /* what the kernel gives (man 7 pipe) */
    PIPE_LARGE  = 1024 * 1024,          /* for those who fill it: doubles the throughput */
    FINISH_MAX  = 2 * PIPE_LARGE,       /* more cannot be what the run itself has written */
    BATCH_MAX   = 256 * 1024,           /* bytes for the log before they are written */
};

static void log_has_room(struct logwriter *w);

int output_hub_init(struct output_hub *h, struct ev_loop *loop, struct terminal *terminal,
                    const struct crilog_rules *logs)
{
    *h = (struct output_hub){.loop = loop, .terminal = terminal};
    logwriter_hub_init(&h->logs, loop, logs);
    h->logs.on_room = log_has_room;
    h->scratch = malloc(OUTPUT_READ_MAX);
    return h->scratch != NULL ? 0 : -ENOMEM;
}

void output_hub_deinit(struct output_hub *h)
{
    logwriter_hub_deinit(&h->logs);
    free(h->scratch);
    buf_deinit(&h->batch);
}

/* ---- lines ---- */

struct sink {
    struct stream *stream;
    struct crilog_head head;            /* one time stamp for all lines of a read */
    uint64_t lines;                     /* in the batch */
    bool log;                           /* there is a file */
};

static void sink_begin(struct sink *k, struct stream *s)
{
    *k = (struct sink){.stream = s, .log = logwriter_is_open(&s->output->log)};
    if (k->log) {
        struct wall_time now = clock_wall();
        char stamp[CLOCK_RFC3339_NANO_SIZE];

        clock_rfc3339_nano(&now, stamp);
        crilog_head(&k->head, stamp, s->error);
        buf_clear(&s->output->hub->batch);
    }
}

static void sink_end(struct sink *k)
{
    struct output *o = k->stream->output;
    struct buf *batch = &o->hub->batch;

    if (buf_failed(batch))
        logwriter_lost(&o->log, k->lines);
    else if (k->lines > 0)
        logwriter_write(&o->log, batch->data, batch->length, k->lines);
    buf_clear(batch);
    k->lines = 0;
}

/* Twice what is asked for, so that it is moved seldom. */
static void keep_tail(struct buf *tail, const char *text, size_t length, bool full)
{
    if (length > TERMINATION_LOG_MAX) {
        text += length - TERMINATION_LOG_MAX;
        length = TERMINATION_LOG_MAX;
    }
    if (tail->length + length + full > 2 * TERMINATION_LOG_MAX)
        buf_drop(tail, tail->length - TERMINATION_LOG_MAX);
    buf_add(tail, text, length);
    if (full)
        buf_addc(tail, '\n');
}

static void emit(struct sink *k, const char *text, size_t length, bool full)
{
    struct output *o = k->stream->output;

    if (k->log) {
        crilog_add(&o->hub->batch, &k->head, full, text, length);
        k->lines++;
        if (o->hub->batch.length >= BATCH_MAX)
            sink_end(k);
    }
    if (o->keeps_tail)
        keep_tail(&o->tail, text, length, full);
    if (o->hub->terminal != NULL)
        terminal_line(o->hub->terminal, o->name, k->stream->error, text, length);
}

static void drop_partial(struct stream *s)
{
    free(s->partial);
    s->partial = NULL;
    s->partial_length = s->partial_capacity = 0;
}

/* Keeps the begin of a line; one that grows too long goes out in pieces. */
static void keep_partial(struct sink *k, const char *text, size_t length)
{
    struct stream *s = k->stream;

    while (s->partial_length + length > CRILOG_LINE_MAX) {
        size_t room = CRILOG_LINE_MAX - s->partial_length;

        if (s->partial_length == 0) {
            emit(k, text, CRILOG_LINE_MAX, false);
        } else {
            memcpy(s->partial + s->partial_length, text, room);
            emit(k, s->partial, CRILOG_LINE_MAX, false);
            s->partial_length = 0;
        }
        text += room;
        length -= room;
    }
    if (length == 0)
        return;
    if (s->partial == NULL) {
        /* At once as large as a piece can get: it never moves, and lives shortly. */
        s->partial = malloc(CRILOG_LINE_MAX);
        if (s->partial == NULL) {
            emit(k, text, length, false);       /* torn in two rather than lost */
            return;
        }
        s->partial_capacity = CRILOG_LINE_MAX;
    }
    memcpy(s->partial + s->partial_length, text, length);
    s->partial_length += length;
}

/* `full`: by a newline; else by the end of the stream, which the log tells by a P as containerd does. */
static void end_partial(struct sink *k, bool full)
{
    struct stream *s = k->stream;

    if (s->partial == NULL)
        return;
    if (s->partial_length > 0)
        emit(k, s->partial, s->partial_length, full);
    drop_partial(s);
}

static void take(struct stream *s, const char *text, size_t length)
{
    const char *end = text + length;
    struct sink k;

    sink_begin(&k, s);
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t n = newline != NULL ? (size_t)(newline - text) : (size_t)(end - text);

        if (newline == NULL || s->partial != NULL || n > CRILOG_LINE_MAX) {
            keep_partial(&k, text, n);
            if (newline != NULL && s->partial != NULL)
                end_partial(&k, true);
            else if (newline != NULL)
                emit(&k, "", 0, true);          /* a line of exactly so many whole pieces */
        } else {
            emit(&k, text, n, true);
        }
        text += n + (newline != NULL);
    }
    sink_end(&k);
}

/* ---- streams ---- */

static void stream_close(struct stream *s)
{
    if (s->fd < 0)
        return;
    ev_io_stop(s->output->hub->loop, &s->readable);
    fd_close(&s->fd);
    drop_partial(s);
}

static void end_line(struct stream *s)
{
    struct sink k;

    sink_begin(&k, s);
    end_partial(&k, false);
    sink_end(&k);
}

/* Reads once; 0 at the end of file, negative when nothing is there. */
static ssize_t stream_read(struct stream *s)
{
    struct output_hub *h = s->output->hub;
    ssize_t n;

    do
        n = read(s->fd, h->scratch, OUTPUT_READ_MAX);
    while (n == -1 && errno == EINTR);
    if (n >= PIPE_USUAL && !s->large) { /* it was full: this one writes faster than it is read */
        fcntl(s->fd, F_SETPIPE_SZ, PIPE_LARGE);     /* as much as we may; less will do */
        s->large = true;
    }
    if (n > 0)
        take(s, h->scratch, (size_t)n);
    return n;
}

static void pause_stream(struct output_hub *h, struct stream *s)
{
    ev_io_stop(h->loop, &s->readable);
    s->paused = true;
    s->next_paused = h->paused;
    h->paused = s;
}

static void unpause(struct output_hub *h, struct stream *s)
{
    struct stream **link = &h->paused;

    if (!s->paused)
        return;
    while (*link != s)
        link = &(*link)->next_paused;
    *link = s->next_paused;
    s->paused = false;
}

/* Those that wait for their log go on waiting. */
void output_hub_resume(struct output_hub *h)
{
    struct stream *next;

    for (struct stream *s = h->paused; s != NULL; s = next) {
        next = s->next_paused;
        if (s->output->log.state == LOG_HOLDS)
            continue;
        unpause(h, s);
        ev_io_start(h->loop, &s->readable);
    }
}

static bool must_wait(const struct stream *s)
{
    const struct output_hub *h = s->output->hub;

    return (h->terminal != NULL && terminal_full(h->terminal)) || s->output->log.state == LOG_HOLDS;
}

/* Whoever waits for something else as well will find that out when it reads. */
static void log_has_room(struct logwriter *w)
{
    struct output *o = container_of(w, struct output, log);

    for (int i = 0; i < 2; i++) {
        struct stream *s = &o->streams[i];

        if (s->paused) {
            unpause(o->hub, s);
            ev_io_start(o->hub->loop, &s->readable);
        }
    }
}

static void stream_readable(struct ev_loop *loop, ev_io *w, int revents)
{
    struct stream *s = container_of(w, struct stream, readable);

    (void)loop;
    (void)revents;
    if (must_wait(s)) {
        pause_stream(s->output->hub, s);
        return;
    }
    if (stream_read(s) == 0) {
        end_line(s);
        stream_close(s);
    }
}

static int stream_open(struct stream *s, struct output *o, bool error, int *write_end)
{
    int r = pipe_open(&s->fd, write_end);

    if (r < 0)
        return r;
    s->output = o;
    s->error = error;
    s->large = false;
    fd_set_nonblocking(s->fd, true);
    ev_io_init(&s->readable, stream_readable, s->fd, EV_READ);
    ev_io_start(o->hub->loop, &s->readable);
    return 0;
}

void output_init(struct output *o, struct output_hub *hub, const struct pod_config *config, unsigned index,
                 const char *name)
{
    *o = (struct output){.hub = hub, .name = name, .streams = {{.fd = -1}, {.fd = -1}}};
    o->keeps_tail = config->containers[index]->termination_message_policy == MESSAGE_FALLBACK_TO_LOGS;
    logwriter_init(&o->log, &hub->logs, config, config->containers[index]->name, config->logs_when_full[index]);
}

int output_open(struct output *o, unsigned restart_count, int *stdout_fd, int *stderr_fd)
{
    int r;

    if ((r = stream_open(&o->streams[0], o, false, stdout_fd)) < 0)
        return r;
    if ((r = stream_open(&o->streams[1], o, true, stderr_fd)) < 0) {
        fd_close(stdout_fd);
        stream_close(&o->streams[0]);
        return r;
    }
    r = logwriter_open(&o->log, restart_count);
    if (r < 0 && r != o->hub->open_error)       /* said once, until it goes well again */
        log_warn("%s: opening its log in %s: %s; runs go on without", o->name, o->hub->logs.rules.root,
                 strerror(-r));
    o->hub->open_error = r;
    return 0;
}

void output_started(struct output *o)
{
    crilog_remove_old(&o->log.log);
}

void output_finish(struct output *o)
{
    for (int i = 0; i < 2; i++) {
        struct stream *s = &o->streams[i];
        size_t total = 0;
        ssize_t n;

        if (s->fd < 0)
            continue;
        unpause(o->hub, s);
        while (total < FINISH_MAX && (n = stream_read(s)) > 0)
            total += (size_t)n;
        end_line(s);
        stream_close(s);
    }
    logwriter_close(&o->log);
}

const char *output_tail(const struct output *o, size_t *length)
{
    *length = o->tail.length;
    return o->tail.data;
}

void output_forget_tail(struct output *o)
{
    buf_deinit(&o->tail);
}
