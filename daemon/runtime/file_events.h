/*
 * One inotify(7) instance that all who watch files share: there may be few of them (128 for a
 * user, often), but as many watches of folders as fs.inotify.max_user_watches says.
 *
 * The kernel has one watch for a folder, whoever asks for it; it ends when the last one who holds
 * it lets go.  Each event goes to all listeners: they know which folders are theirs.  Who listens
 * is told nothing of what happened before.
 */
#ifndef PIDLET_RUNTIME_FILE_EVENTS_H
#define PIDLET_RUNTIME_FILE_EVENTS_H

#include <ev.h>
#include <stddef.h>
#include <stdint.h>

struct inotify_event;
struct held_watch;

struct file_listener {
    void (*on_event)(struct file_listener *l, const struct inotify_event *ev);     /* joins and leaves nobody */
    struct file_listener *next;         /* the list's */
};

struct file_events {
    struct ev_loop *loop;               /* borrowed */
    int fd;                             /* while somebody listens; else -1 */
    ev_io readable;
    struct file_listener *listeners;    /* borrowed */
    struct held_watch *held;            /* owned; in order of their descriptors */
    size_t count, capacity;
};

void file_events_init(struct file_events *e, struct ev_loop *loop);
void file_events_deinit(struct file_events *e);         /* nobody listens any more */

/* 0, or a negative errno: -EMFILE at the limit of instances. */
int file_events_join(struct file_events *e, struct file_listener *l);
void file_events_leave(struct file_events *e, struct file_listener *l);     /* who holds nothing any more */

/*
 * The watch of a folder for what inotify_add_watch(2) has in `mask`, which has to be the same of all
 * listeners; or a negative errno.  Who does not hold it yet takes hold of it before anything else.
 */
int file_events_watch(struct file_events *e, const char *path, uint32_t mask);
int file_events_hold(struct file_events *e, int wd);    /* 0, or -ENOMEM: there is no watch */
/* After IN_IGNORED there is nothing left to be released. */
void file_events_release(struct file_events *e, int wd);

#endif
