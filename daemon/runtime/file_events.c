#include "daemon/runtime/file_events.h"

#include "base/fd.h"
#include "base/macros.h"
#include "base/sorted.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

struct held_watch {
    int wd;
    unsigned holders;
};

enum { READS_MAX = 64 };                /* the kernel's queue is not longer, if its limit is not raised */

/* ---- who holds what ---- */

static int compare_wd(const void *item, const void *wd)
{
    const int a = ((const struct held_watch *)item)->wd, b = *(const int *)wd;

    return (a > b) - (a < b);
}

/* Where the descriptor is, or would be. */
static size_t place_of(const struct file_events *e, int wd)
{
    return sorted_place(e->held, e->count, sizeof *e->held, compare_wd, &wd);
}

static bool is_held(const struct file_events *e, size_t at, int wd)
{
    return at < e->count && e->held[at].wd == wd;
}

static void forget(struct file_events *e, size_t at)
{
    memmove(&e->held[at], &e->held[at + 1], (--e->count - at) * sizeof *e->held);
}

int file_events_watch(struct file_events *e, const char *path, uint32_t mask)
{
    const int wd = inotify_add_watch(e->fd, path, mask);

    return wd < 0 ? -errno : wd;
}

int file_events_hold(struct file_events *e, int wd)
{
    const size_t at = place_of(e, wd);

    if (is_held(e, at, wd)) {
        e->held[at].holders++;
        return 0;
    }
    if (e->count == e->capacity) {
        const size_t capacity = e->capacity > 0 ? 2 * e->capacity : 16;
        struct held_watch *more = reallocarray(e->held, capacity, sizeof *more);

        if (more == NULL) {
            inotify_rm_watch(e->fd, wd);
            return -ENOMEM;
        }
        e->held = more;
        e->capacity = capacity;
    }
    memmove(&e->held[at + 1], &e->held[at], (e->count++ - at) * sizeof *e->held);
    e->held[at] = (struct held_watch){.wd = wd, .holders = 1};
    return 0;
}

void file_events_release(struct file_events *e, int wd)
{
    const size_t at = place_of(e, wd);

    if (!is_held(e, at, wd) || --e->held[at].holders > 0)
        return;
    inotify_rm_watch(e->fd, wd);
    forget(e, at);
}

/* ---- what happens ---- */

static void tell(struct file_events *e, const struct inotify_event *ev)
{
    const size_t at = place_of(e, ev->wd);

    if ((ev->mask & IN_IGNORED) != 0 && is_held(e, at, ev->wd))
        forget(e, at);
    for (struct file_listener *l = e->listeners; l != NULL; l = l->next)
        l->on_event(l, ev);
}

/* One read; whether there was anything. */
static bool read_events(struct file_events *e)
{
    char room[16 * 1024] __attribute__((aligned(__alignof__(struct inotify_event))));
    const ssize_t n = read(e->fd, room, sizeof room);

    for (ssize_t at = 0; at < n;) {
        const struct inotify_event *ev = (const void *)(room + at);

        tell(e, ev);
        at += (ssize_t)(sizeof *ev + ev->len);
    }
    return n > 0;
}

static void readable(struct ev_loop *loop, ev_io *w, int revents)
{
    (void)loop;
    (void)revents;
    read_events(container_of(w, struct file_events, readable));
}

/* ---- life ---- */

void file_events_init(struct file_events *e, struct ev_loop *loop)
{
    *e = (struct file_events){.loop = loop, .fd = -1};
}

int file_events_join(struct file_events *e, struct file_listener *l)
{
    if (e->fd < 0) {
        e->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        if (e->fd < 0)
            return -errno;
        ev_io_init(&e->readable, readable, e->fd, EV_READ);
        ev_io_start(e->loop, &e->readable);
    }
    for (int i = 0; i < READS_MAX && read_events(e); i++)
        ;                               /* that was before */
    l->next = e->listeners;
    e->listeners = l;
    return 0;
}

void file_events_leave(struct file_events *e, struct file_listener *l)
{
    struct file_listener **at = &e->listeners;

    while (*at != l)
        at = &(*at)->next;
    *at = l->next;
    if (e->listeners == NULL)
        file_events_deinit(e);
}

void file_events_deinit(struct file_events *e)
{
    if (e->fd < 0)
        return;
    ev_io_stop(e->loop, &e->readable);
    fd_close(&e->fd);
    free(e->held);
    e->held = NULL;
    e->count = e->capacity = 0;
}
