/*
 * Who descends from whom, read from /proc: for what left its process group.
 *
 * Pidlet is a child subreaper: a daemon that forked twice becomes pidlet's own
 * child.  Whose it was is told by its session, or by the variable that every run
 * has in its environment.  Without /proc nothing is found, and the process group
 * has to do.
 */
#ifndef PIDLET_RUNTIME_DESCENDANTS_H
#define PIDLET_RUNTIME_DESCENDANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct pid_list {
    pid_t *items;               /* owned */
    size_t count, capacity;
};

int pid_list_add(struct pid_list *l, pid_t pid);        /* 0 or -ENOMEM */
void pid_list_deinit(struct pid_list *l);

/* The children of `pid`, appended; 0 or a negative errno (-ENOENT: no /proc, or gone). */
int descendants_children(pid_t pid, struct pid_list *out);

/* Whether `pid` is of the session `leader`, or carries `id` as PIDLET_CONTAINER_ID. */
bool descendants_belongs(pid_t pid, pid_t leader, const char *id);

/* The same with another signal: one pass, and who forks in it may be missed. */
size_t descendants_signal(pid_t root, bool with_root, int signal);

/*
 * SIGKILL for everything below `root`, and for `root` itself if `with_root`.  One pass:
 * what forks meanwhile is found by the next one.  Returns how many were signalled.
 */
size_t descendants_kill(pid_t root, bool with_root);

/*
 * SIGKILL for every process whose PIDLET_CONTAINER_ID begins so, whosever child it is, until a look
 * finds none; how many.  When our own does nobody is killed: we would be of those.
 */
size_t descendants_kill_carriers(const char *begin);

#endif
