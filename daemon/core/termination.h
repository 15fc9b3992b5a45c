/*
 * The termination message of a run, put together (kubelet-semantics 9.6).  Pure: the
 * texts are read by the shell.
 */
#ifndef PIDLET_CORE_TERMINATION_H
#define PIDLET_CORE_TERMINATION_H

#include "config/spec.h"

#include <stddef.h>

struct buf;

enum {
    TERMINATION_FILE_MAX = 4096,        /* last bytes of the file */
    TERMINATION_LOG_MAX  = 2048,        /* last bytes of the log, */
    TERMINATION_LOG_LINES = 80,         /* of its last lines */
    TERMINATION_POD_MAX  = 12288,       /* bytes of all containers of a pod together */
};

struct termination {
    const char *runtime;                /* what is known already, a StartError's text; NULL: nothing */
    const char *file;                   /* its last bytes */
    size_t file_length;
    const char *file_error;             /* why it could not be read; NULL: it could, or is not there */
    const char *path;                   /* as it is named in that error */
    const char *log;                    /* the newest output of the run */
    size_t log_length;
    enum message_policy policy;
    int exit_code;
    size_t containers;                  /* of the pod, init containers included */
};

/* Appends the message; nothing when there is none.  It has no NUL in it. */
void termination_message(struct buf *out, const struct termination *t);

#endif
