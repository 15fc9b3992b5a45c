/*
 * Between clone and exec: what a child does to itself before it becomes a program.
 *
 * The child shares the parent's memory (CLONE_VM | CLONE_VFORK), so it makes only
 * async-signal-safe calls and writes nothing but its own stack.  What fails is
 * told as a stage and an errno through a close-on-exec pipe.
 */
#ifndef PIDLET_RUNTIME_CHILD_H
#define PIDLET_RUNTIME_CHILD_H

#include <signal.h>
#include <stddef.h>
#include <sys/types.h>

enum child_stage {
    CHILD_PARENT,               /* asking to die with the parent */
    CHILD_SESSION,              /* a session and process group of its own */
    CHILD_STDIO,                /* standard input, output and error */
    CHILD_DIRECTORY,            /* the working directory */
    CHILD_EXEC,
};

struct child_failure {
    enum child_stage stage;
    int error;                  /* errno */
};

struct child_plan {             /* everything borrowed until the child has exec'ed */
    char *const *argv;
    char *const *envp;
    const char *working_dir;    /* NULL: stay */
    const char *path;           /* where a command without a slash is looked for */
    int null_fd;                /* becomes standard input; > 2, like the others */
    int stdout_fd, stderr_fd;
    int report_fd;              /* takes a struct child_failure */
    pid_t parent;
    sigset_t to_default;        /* signals that are not at their default disposition */
};

/* "changing directory" … for messages. */
const char *child_stage_name(enum child_stage stage);

/* The PATH of an environment, or the usual one. */
const char *child_path(char *const *envp);

_Noreturn void child_main(const struct child_plan *plan);

#endif
