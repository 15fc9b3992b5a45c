/*
 * An exec attempt: a command in the container's context, its output and its end.
 *
 * Who can start processes stands above this rank; it is brought in as a runner.
 */
#ifndef PIDLET_PROBES_EXEC_H
#define PIDLET_PROBES_EXEC_H

#include <stdbool.h>

struct attempt;
struct attempt_request;
struct buf;
struct exec_child;

/* `exit_code` is 128 + N for signal N.  Everything of the command is gone. */
typedef void exec_exited_fn(void *arg, int exit_code);

struct exec_runner {
    /*
     * Starts `argv` with its output on the two descriptors, which stay the caller's.
     * NULL: not started; `error` says why, *own_trouble whether it was ours.
     */
    struct exec_child *(*start)(const struct exec_runner *runner, char *const *argv, int stdout_fd,
                                int stderr_fd, exec_exited_fn *on_exit, void *arg,
                                struct buf *error, bool *own_trouble);
    void (*kill)(struct exec_child *child);     /* with its group and descendants; on_exit follows */
    void (*release)(struct exec_child *child);  /* kills it; on_exit will not be called */
};

#endif
