/*
 * Termination messages: where a run leaves the text that says why it ended, and what
 * becomes of it (kubelet-semantics 9.6).
 *
 * There is no file system of its own in which every container could have
 * /dev/termination-log.  Each run is told a path in the variable
 * PIDLET_TERMINATION_LOG: with the default terminationMessagePath a file of its own in a
 * folder of pidlet's, which is removed after the run; else that very path, which
 * pidlet reads when the run has changed it, and never writes or removes.
 */
#ifndef PIDLET_RUNTIME_TERMINATION_H
#define PIDLET_RUNTIME_TERMINATION_H

#include "daemon/core/termination.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

struct child_setup;
struct container_spec;
struct run_folder;

#define TERMINATION_VARIABLE "PIDLET_TERMINATION_LOG"

/* Of a container, over its runs. */
struct termination_run {
    struct timespec before;             /* when a path of the container's own was changed last, before the run */
    uid_t user;                         /* whom the process is, and the file must be of */
    bool begun;
};

/* The path that run `id` of `c` is told; false: it can have none, which is said once. */
bool termination_path(struct run_folder *folder, const struct container_spec *c, const char *id,
                      char out[PATH_MAX]);

/* Before the start, with the path of termination_path(): a process of another user finds the file there. */
void termination_begin(struct termination_run *t, const struct container_spec *c, const char *path,
                       const struct child_setup *setup);

/* After the end: what the file says goes into `t->file…`, from `room`; the file goes, if it is ours. */
void termination_read(const struct termination_run *run, const struct container_spec *c, const char *path,
                      struct termination *t, char room[TERMINATION_FILE_MAX]);

#endif
