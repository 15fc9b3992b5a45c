#include "daemon/runtime/terminal.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/utf8.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define RESET "\x1b[0m"
#define BOLD "\x1b[1m"
#define ERASE_REST "\x1b[J"               /* of the screen; more than a line, where the terminal has wrapped it */
#define BOLD_YELLOW "\x1b[1;33m"
#define DIM "\x1b[2m"

/* Readable on dark and on light ground. */
static const char *const palette[] = {
    "\x1b[36m", "\x1b[35m", "\x1b[32m", "\x1b[34m", "\x1b[33m", "\x1b[96m", "\x1b[95m", "\x1b[92m",
};

static void writable(struct ev_loop *loop, ev_io *w, int revents)
{
    (void)loop;
    (void)revents;
    terminal_flush(container_of(w, struct terminal, writable));
}

void terminal_init(struct terminal *t, struct ev_loop *loop, int fd, void (*on_room)(void *arg),
                   void *arg)
{
    const char *no_colour = getenv("NO_COLOR");
    struct stat st;

    *t = (struct terminal){.loop = loop, .fd = fd, .on_room = on_room, .arg = arg};
    t->regular = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    t->colour = isatty(fd) && (no_colour == NULL || no_colour[0] == '\0');
    ev_io_init(&t->writable, writable, fd, EV_WRITE);
}

/* ---- to the reader ---- */

static void close_for_good(struct terminal *t, int error)
{
    t->closed = true;
    ev_io_stop(t->loop, &t->writable);
    buf_deinit(&t->queue);
    log_info("standard output is gone (%s); containers go on without it", strerror(error));
}

/* Advances *from by what is written; false when the reader takes no more for now. */
static bool write_some(struct terminal *t, size_t *from)
{
    size_t length = t->queue.length - *from;
    ssize_t n;

    if (!t->regular) {
        struct pollfd p = {.fd = t->fd, .events = POLLOUT};

        /* After POLLOUT a pipe or a terminal takes this much without blocking. */
        if (poll(&p, 1, 0) != 1 || (p.revents & (POLLOUT | POLLERR | POLLHUP | POLLNVAL)) == 0)
            return false;
        length = length < PIPE_BUF ? length : PIPE_BUF;
    }
    n = write(t->fd, t->queue.data + *from, length);
    if (n >= 0) {
        if (t->dropped > 0 && t->regular) {
            log_warn("standard output takes lines again; %llu bytes were dropped",
                     (unsigned long long)t->dropped);
            t->dropped = 0;
        }
        *from += (size_t)n;
        return true;
    }
    if (errno == EINTR)
        return true;
    if (errno == EAGAIN)
        return false;
    if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG) {
        if (t->dropped == 0)
            log_warn("standard output: %s; lines are dropped until there is room", strerror(errno));
        t->dropped += length;
        *from = t->queue.length;
        return true;
    }
    close_for_good(t, errno);
    return false;
}

void terminal_flush(struct terminal *t)
{
    bool was_full = terminal_full(t);
    size_t from = 0;

    while (!t->closed && from < t->queue.length && write_some(t, &from))
        ;
    if (!t->closed)
        buf_drop(&t->queue, from);
    if (t->closed || t->queue.length == 0)
        ev_io_stop(t->loop, &t->writable);
    else
        ev_io_start(t->loop, &t->writable);
    if (was_full && !terminal_full(t))
        t->on_room(t->arg);
}

/* ---- the status line ---- */

enum { COLUMNS_DEFAULT = 80 };

static void changed(struct ev_loop *loop, ev_signal *w, int revents)
{
    struct terminal *t = container_of(w, struct terminal, resized);

    (void)loop;
    (void)revents;
    buf_clear(&t->line);                /* to be drawn anew, to the new width */
    t->stale = true;
}

static size_t columns(const struct terminal *t)
{
    struct winsize size;

    return ioctl(t->fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : COLUMNS_DEFAULT;
}

/* What is printed next stands where the status line was. */
static void lift(struct terminal *t)
{
    if (t->drawn)
        buf_adds(&t->queue, "\r" ERASE_REST);
    t->drawn = false;
}

/*
 * The cursor stays at its begin: when the terminal becomes narrower and wraps the line, everything
 * of it is after the cursor still.
 */
static void draw(struct terminal *t)
{
    struct buf now = BUF_INIT;
    int fitting;

    t->status(t->status_arg, &now);
    if (buf_failed(&now) || (t->drawn && strcmp(buf_text(&now), buf_text(&t->line)) == 0)) {
        buf_deinit(&now);
        return;
    }
    buf_deinit(&t->line);
    t->line = now;
    lift(t);
    fitting = (int)utf8_fitting(buf_text(&now), now.length, columns(t) - 1);
    buf_addf(&t->queue, "%s%.*s%s%s", fitting > 0 && t->colour ? BOLD : "", fitting, buf_text(&now),
             fitting > 0 && t->colour ? RESET : "", fitting > 0 ? "\r" : "");
    t->drawn = fitting > 0;
}

static void redraw(struct ev_loop *loop, ev_prepare *w, int revents)
{
    struct terminal *t = container_of(w, struct terminal, redraw);

    (void)loop;
    (void)revents;
    if (t->closed || (!t->stale && t->drawn) || t->queue.length > 0)
        return;
    t->stale = false;
    draw(t);
    terminal_flush(t);
}

bool terminal_keep_status(struct terminal *t, void (*status)(void *arg, struct buf *out), void *arg)
{
    const char *kind = getenv("TERM");

    if (!isatty(t->fd) || kind == NULL || kind[0] == '\0' || strcmp(kind, "dumb") == 0)
        return false;
    t->status = status;
    t->status_arg = arg;
    t->stale = true;
    ev_prepare_init(&t->redraw, redraw);
    ev_prepare_start(t->loop, &t->redraw);
    ev_signal_init(&t->resized, changed, SIGWINCH);
    ev_signal_start(t->loop, &t->resized);
    return true;
}

void terminal_status_changed(struct terminal *t)
{
    t->stale = true;
}

static void end_status(struct terminal *t)
{
    if (t->status == NULL)
        return;
    ev_prepare_stop(t->loop, &t->redraw);
    ev_signal_stop(t->loop, &t->resized);
    if (!t->closed)
        lift(t);
    buf_deinit(&t->line);
    t->status = NULL;
}

/* ---- its end ---- */

void terminal_deinit(struct terminal *t, double bound)
{
    mono_ms end = clock_mono() + (mono_ms)(bound * 1000);

    end_status(t);
    terminal_flush(t);
    while (!t->closed && t->queue.length > 0 && clock_mono() < end) {
        struct pollfd p = {.fd = t->fd, .events = POLLOUT};

        poll(&p, 1, (int)(end - clock_mono()) + 1);
        terminal_flush(t);
    }
    ev_io_stop(t->loop, &t->writable);
    buf_deinit(&t->queue);
    t->closed = true;
}

/* ---- lines ---- */

void terminal_name(struct terminal *t, const char *name)
{
    size_t length = strlen(name);

    if (length > t->name_width)
        t->name_width = length;
}

static const char *colour_of(const char *name)
{
    unsigned hash = 5381;

    for (; *name != '\0'; name++)
        hash = hash * 33 + (unsigned char)*name;
    return palette[hash % array_count(palette)];
}

static void added(struct terminal *t)
{
    if (buf_failed(&t->queue)) {
        buf_deinit(&t->queue);          /* first: the log may lead here */
        log_warn("out of memory: lines on standard output are lost");
    }
    if (!ev_is_active(&t->writable))
        terminal_flush(t);
}

void terminal_line(struct terminal *t, const char *name, bool error, const char *text, size_t length)
{
    if (t->closed)
        return;
    lift(t);
    buf_addf(&t->queue, "%s%-*s %c%s ", t->colour ? colour_of(name) : "", (int)t->name_width, name,
             error ? '!' : '|', t->colour ? RESET : "");
    buf_add(&t->queue, text, length);
    buf_adds(&t->queue, t->colour ? RESET "\n" : "\n");
    added(t);
}

/* A message is one line: what would break it, or steer the terminal, is shown instead. */
static void add_visible(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '\n')
            buf_adds(out, "\\n");
        else if (c == '\t')
            buf_addc(out, ' ');
        else if (c < 0x20 || c == 0x7f)
            buf_addf(out, "\\x%02x", c);
        else
            buf_addc(out, (char)c);
    }
}

void terminal_event(struct terminal *t, const char *type, const char *reason, const char *object,
                    const char *message)
{
    bool warning = strcmp(type, "Warning") == 0;

    if (t->closed)
        return;
    lift(t);
    buf_addf(&t->queue, "%s%-7s  %s  %s  ", !t->colour ? "" : warning ? BOLD_YELLOW : DIM, type,
             reason, object);
    add_visible(&t->queue, message);
    buf_adds(&t->queue, t->colour ? RESET "\n" : "\n");
    added(t);
}

void terminal_text(struct terminal *t, const char *text, size_t length)
{
    if (t->closed)
        return;
    lift(t);
    buf_add(&t->queue, text, length);
    added(t);
}
