#include "daemon/runtime/folder_watch.h"

#include "base/fd.h"
#include "base/log.h"
#include "base/macros.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/* An editor writes, renames and removes in one go; a copy of many files takes longer. */
static const ev_tstamp moment = 0.2;
static const ev_tstamp look_every = 20.;

static void watch_path(struct folder_watch *w)
{
    const uint32_t mask = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB | IN_DELETE_SELF
                          | IN_MOVE_SELF;

    if (w->fd >= 0 && inotify_add_watch(w->fd, w->path, mask) >= 0) {
        ev_timer_stop(w->loop, &w->look);
    } else if (!ev_is_active(&w->look)) {
        log_warn("%s cannot be watched: %s; it is read every %.0f s", w->path, strerror(errno), look_every);
        ev_timer_again(w->loop, &w->look);
    }
}

/* What has happened does not matter: the folder is read as a whole. */
static void something_happened(struct ev_loop *loop, ev_io *io, int revents)
{
    struct folder_watch *w = container_of(io, struct folder_watch, events);
    char room[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t n;

    (void)revents;
    while ((n = read(w->fd, room, sizeof room)) > 0)
        ;
    ev_timer_again(loop, &w->quiet);
}

static void quiet_again(struct ev_loop *loop, ev_timer *timer, int revents)
{
    struct folder_watch *w = container_of(timer, struct folder_watch, quiet);

    (void)revents;
    ev_timer_stop(loop, timer);
    watch_path(w);                      /* a folder that was exchanged is a new one */
    w->on_change(w->arg);
}

static void look(struct ev_loop *loop, ev_timer *timer, int revents)
{
    struct folder_watch *w = container_of(timer, struct folder_watch, look);

    (void)loop;
    (void)revents;
    watch_path(w);
    w->on_change(w->arg);
}

void folder_watch_start(struct folder_watch *w, struct ev_loop *loop, const char *path,
                        folder_changed_fn *on_change, void *arg)
{
    *w = (struct folder_watch){.loop = loop, .path = path, .on_change = on_change, .arg = arg,
                               .fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
    ev_io_init(&w->events, something_happened, w->fd, EV_READ);
    ev_timer_init(&w->quiet, quiet_again, moment, moment);
    ev_timer_init(&w->look, look, look_every, look_every);
    if (w->fd >= 0)
        ev_io_start(loop, &w->events);
    watch_path(w);
    ev_timer_again(loop, &w->quiet);    /* what has changed since the folder was read first */
}

void folder_watch_stop(struct folder_watch *w)
{
    ev_io_stop(w->loop, &w->events);
    ev_timer_stop(w->loop, &w->quiet);
    ev_timer_stop(w->loop, &w->look);
    fd_close(&w->fd);
}
