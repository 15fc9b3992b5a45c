/*
 * A folder of pidlet's own with what runs find by a path: their files for termination
 * messages, their notify sockets.  Processes of every user find what they were told of
 * in it, and nothing else.
 *
 * A file in it says how the ids of our runs begin: the next pidlet that finds the folder of one that was
 * killed kills what is left of its runs.  Main processes ended with it (child.c), but not what they forked.
 */
#ifndef PIDLET_RUNTIME_RUN_FOLDER_H
#define PIDLET_RUNTIME_RUN_FOLDER_H

#include "daemon/runtime/own_folder.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define RUN_FOLDER_SOCKET ".notify"     /* at the end of a socket's name */

struct run_folder {                     /* one for the daemon */
    const char *parent;                 /* borrowed; folder to make ours in; NULL: only below $TMPDIR */
    struct own_folder folder;           /* made with the first use; without a path: not yet, or not to be had */
    uint64_t boot;                      /* what the ids of all our runs begin with */
    bool tried;
};

void run_folder_init(struct run_folder *f, const char *parent, uint64_t boot);
void run_folder_deinit(struct run_folder *f);   /* removes the folder */

/* A file in it, NAME: the id of a run, with or without RUN_FOLDER_SOCKET; false: there is no place for one, which is said once. */
bool run_folder_path(struct run_folder *f, const char *name, char out[PATH_MAX]);

#endif
