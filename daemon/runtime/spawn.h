/*
 * Starts a process near the kernel's own limit: clone3 with CLONE_VM, CLONE_VFORK
 * and CLONE_PIDFD, whatever the size of the parent, and CLONE_INTO_CGROUP where the child
 * has a cgroup of its own; where that is not to be had
 * (other machines, a seccomp filter, valgrind), vfork and pidfd_open.
 */
#ifndef PIDLET_RUNTIME_SPAWN_H
#define PIDLET_RUNTIME_SPAWN_H

#include "daemon/runtime/child.h"

#include <stdbool.h>
#include <sys/types.h>

struct buf;
struct cgroup;

struct spawn_request {          /* all borrowed for the call */
    char *const *argv;          /* at least one; NULL at the end */
    char *const *envp;
    const char *working_dir;    /* NULL: pidlet's own */
    const struct child_setup *setup;    /* NULL: the process is as pidlet is */
    const struct cgroup *cgroup;        /* NULL, or without a tree: pidlet's own */
    const int *listen_fds;      /* become the process' 3, 4 …; see listen_sockets.h */
    size_t listen_count;
    char *listen_pid;           /* in envp: room for 10 digits and their end; NULL: it is not told */
    int stdout_fd, stderr_fd;   /* > 2 */
    int stdin_fd;               /* > 2, and if it is a terminal it is the process's to control; 0: /dev/null */
};

struct spawned {
    pid_t pid;
    int pidfd;                  /* the caller's to close; -1 where the kernel has none */
    int oom_score_error;        /* errno: it runs, but with pidlet's own oom_score_adj; 0: none */
};

/*
 * Once, before the first spawn: makes every inherited descriptor above 2
 * close-on-exec, notes which signals are ignored, opens what spawning needs.
 * 0 or a negative errno.
 */
int spawn_init(void);
void spawn_deinit(void);

/*
 * 0, or a negative errno: of our own (-EMFILE, -EAGAIN, -ENOMEM …; failure->error is
 * 0) or, with *failure set, the child's: it has been reaped already.  Blocks until
 * the child has exec'ed, which is a matter of microseconds.
 */
int spawn(const struct spawn_request *request, struct spawned *out, struct child_failure *failure);

/* Appends the text of a StartError: `changing directory to /srv: No such file or directory`. */
void spawn_describe(struct buf *out, const struct spawn_request *request, int r,
                    const struct child_failure *failure);

/* For tests: the way without clone3, from now on. */
void spawn_force_vfork(bool on);

#endif
