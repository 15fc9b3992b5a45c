/*
 * Tells when files change that a container watches (pidlet.dev/watch): inotify(7).
 *
 * A path is a file or a folder; a folder is watched with all that is in it, sub-folders
 * that come later included.  A path need not exist: it may come.  Symbolic links within
 * a folder are not followed, and what programs write beside sources is left out: see
 * is_ignored().  Changes are gathered until nothing has come for a moment; when the kernel
 * has lost count of them, that counts as one.
 *
 * All watches share one inotify instance (fs.inotify.max_user_instances), which has one watch
 * for each folder (fs.inotify.max_user_watches).  What these limits leave out is warned of,
 * and not seen.
 */
#ifndef PIDLET_RUNTIME_FILE_WATCH_H
#define PIDLET_RUNTIME_FILE_WATCH_H

#include "base/buf.h"
#include "daemon/runtime/file_events.h"

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

struct string_list;
struct watched_folder;
struct watched_path;

/* `path` is the first that has changed, as the caller named it or the folder that it is in.  May stop the watch. */
typedef void file_changed_fn(void *arg, const char *path);

struct file_watch {
    struct file_events *events;         /* borrowed, like the next */
    const char *name;                   /* whose files they are, for warnings */
    file_changed_fn *on_change;
    void *arg;
    struct file_listener listener;
    bool listening;
    ev_timer quiet;                     /* until nothing has come for a moment */
    ev_tstamp since;                    /* when what is gathered began to come; 0: nothing is */
    char *except;                       /* absolute, not watched; owned; NULL: none */
    struct buf changed;                 /* the first path, absolute, or words; empty: none yet */
    struct watched_path *paths;         /* owned, like the next */
    size_t path_count;
    struct watched_folder *folders;     /* in order of their descriptors */
    size_t count, capacity;
    unsigned round;                     /* of looking for folders */
    size_t found;                       /* in this round */
    bool complained;
};

/*
 * Relative paths are those of `folder`; NULL: of the working directory.  `except` is the folder
 * that pidlet itself writes to, if any, and never counts.  0, or -ENOMEM; where nothing can be
 * watched that is warned of, and nothing more happens.
 */
int file_watch_start(struct file_watch *w, struct file_events *events, const char *name, const struct string_list *paths,
                     const char *folder, const char *except, file_changed_fn *on_change, void *arg);
void file_watch_stop(struct file_watch *w);

#endif
