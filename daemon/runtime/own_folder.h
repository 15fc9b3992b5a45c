/*
 * A folder for the time that a daemon runs, of which nothing stays: a daemon that was killed
 * leaves its folder, and the next one that makes one beside it removes that.
 *
 * Whose it is tells a lock (flock(2)) on the folder, which its owner holds and the kernel
 * takes back.  Only folders of our own user and names, and only the files in them that
 * `is_ours` knows, are ever removed; before that `on_left` is told the name of one of them.
 */
#ifndef PIDLET_RUNTIME_OWN_FOLDER_H
#define PIDLET_RUNTIME_OWN_FOLDER_H

#include <stdbool.h>

struct own_folder {
    char *path;                         /* owned; NULL: there is none */
    int fd;                             /* holds the lock; open exactly while there is a path */
};

typedef bool own_folder_file_fn(const char *name);
typedef void own_folder_left_fn(const char *name);

/*
 * Makes PARENT/NAME-XXXXXX, which others may search but neither list nor write, once those
 * that have lost their owner are gone.  0 or a negative errno.
 */
int own_folder_make(struct own_folder *f, const char *parent, const char *name, own_folder_file_fn *is_ours,
                    own_folder_left_fn *on_left);

/* Removes it, if it is empty, and says so if it is not.  One without a path is fine. */
void own_folder_remove(struct own_folder *f);

#endif
