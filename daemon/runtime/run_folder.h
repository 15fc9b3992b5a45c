/*
 * A folder of pidlet's own with what runs find by a path: their files for termination
 * messages, their notify sockets.  Processes of every user find what they were told of
 * in it, and nothing else.
 */
#ifndef PIDLET_RUNTIME_RUN_FOLDER_H
#define PIDLET_RUNTIME_RUN_FOLDER_H

#include "daemon/runtime/own_folder.h"

#include <limits.h>
#include <stdbool.h>

#define RUN_FOLDER_SOCKET ".notify"     /* at the end of a socket's name */

struct run_folder {                     /* one for the daemon */
    const char *parent;                 /* borrowed; folder to make ours in; NULL: only below $TMPDIR */
    struct own_folder folder;           /* made with the first use; without a path: not yet, or not to be had */
    bool tried;
};

void run_folder_init(struct run_folder *f, const char *parent);
void run_folder_deinit(struct run_folder *f);   /* removes the folder */

/* A file in it, NAME: the id of a run, with or without RUN_FOLDER_SOCKET; false: there is no place for one, which is said once. */
bool run_folder_path(struct run_folder *f, const char *name, char out[PATH_MAX]);

#endif
