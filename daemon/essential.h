/*
 * The essential container: its end ends all, with its exit code, and signals that are
 * not pidlet's own go to it.  What a container image is for, in other words.
 */
#ifndef PIDLET_DAEMON_ESSENTIAL_H
#define PIDLET_DAEMON_ESSENTIAL_H

#include "daemon/runtime/executor.h"

#include <stdbool.h>

struct manager;
struct pod_config_set;

struct essential {
    const char *name;                   /* "CONTAINER" or "POD/CONTAINER", borrowed; NULL: there is none */
    bool survives;                      /* its end is the restart policy's business: only signals are for it */
    bool ended;                         /* it has; `exit_code` is meaningful */
    int exit_code;
};

/*
 * Finds it in the set, and makes its restart policy Never.  False: there is none of
 * that name, or more than one, or it is an init container; said on standard error.
 */
bool essential_check(const struct essential *e, struct pod_config_set *set);

/* A note of the core: true when it is of the essential container's end. */
bool essential_note(struct essential *e, const struct live_pod *p, const struct action *action);

/* Hands a signal on; false when it is not there to take it. */
bool essential_signal(const struct essential *e, const struct manager *m, int number);

#endif
