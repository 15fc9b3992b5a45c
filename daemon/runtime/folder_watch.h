/*
 * Tells when files of a folder come, change or go: inotify(7), gathered for a moment.
 *
 * Where there is no inotify, or no such folder, it looks every 20 s, the kubelet's
 * fileCheckFrequency (kubelet-semantics 13).
 */
#ifndef PIDLET_RUNTIME_FOLDER_WATCH_H
#define PIDLET_RUNTIME_FOLDER_WATCH_H

#include <ev.h>

typedef void folder_changed_fn(void *arg);

struct folder_watch {
    struct ev_loop *loop;               /* borrowed, like the path */
    const char *path;
    folder_changed_fn *on_change;
    void *arg;
    ev_io events;
    ev_timer quiet;                     /* until nothing has come for a moment */
    ev_timer look;                      /* while inotify watches nothing */
    int fd;                             /* of inotify; -1: none */
};

void folder_watch_start(struct folder_watch *w, struct ev_loop *loop, const char *path,
                        folder_changed_fn *on_change, void *arg);
void folder_watch_stop(struct folder_watch *w);

#endif
