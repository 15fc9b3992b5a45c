/*
 * Between clone and exec: what a child does to itself before it becomes a program.
 *
 * The child shares the parent's memory (CLONE_VM | CLONE_VFORK), so it makes only
 * async-signal-safe calls and writes nothing but its own stack, and LISTEN_PID.  What fails is
 * told as a stage and an errno through a close-on-exec pipe.
 */
#ifndef PIDLET_RUNTIME_CHILD_H
#define PIDLET_RUNTIME_CHILD_H

#include "config/process_rules.h"

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

enum child_stage {
    CHILD_CGROUP,               /* entering the cgroup */
    CHILD_PARENT,               /* asking to die with the parent */
    CHILD_SESSION,              /* a session and process group of its own */
    CHILD_STDIO,                /* standard input, output and error */
    CHILD_OOM_SCORE,            /* oom_score_adj; no reason not to start: told beside the success */
    CHILD_RLIMIT,               /* `detail`: which of the setup's */
    CHILD_BOUNDING,             /* capabilities out of the bounding set */
    CHILD_GROUPS,               /* supplementary groups */
    CHILD_GROUP,
    CHILD_USER,
    CHILD_CAPABILITIES,
    CHILD_NO_NEW_PRIVS,
    CHILD_DIRECTORY,            /* the working directory */
    CHILD_EXEC,
};

struct child_failure {
    enum child_stage stage;
    int error;                  /* errno; 0: it did not fail */
    int detail;
};

#define OOM_SCORE_UNSET INT_MIN

/*
 * What a process makes of itself besides: limits, user, capabilities.  Made by
 * daemon/runtime/identity.h; all zero and UNSET: it stays as pidlet is.
 */
struct child_setup {
    const struct rlimit_setting *rlimits;
    size_t rlimit_count;
    int oom_score_adj;          /* OOM_SCORE_UNSET: as it is */
    int umask;                  /* UMASK_UNSET: as it is */
    const gid_t *groups;
    size_t group_count;
    bool set_groups, set_group, set_user, set_capabilities;
    bool no_new_privs;
    gid_t group;
    uid_t user;
    uint64_t bounding_drop;     /* masks of capabilities */
    uint64_t permitted, inheritable, ambient;
};

#define CHILD_SETUP_NOTHING {.oom_score_adj = OOM_SCORE_UNSET, .umask = UMASK_UNSET}

/* Its credentials change: the kernel then takes "dumpable" from the memory it shares with us. */
static inline bool child_setup_changes_credentials(const struct child_setup *s)
{
    return s->set_group || s->set_user || s->set_capabilities;
}

/* A limit that pidlet has changed for itself: its children get it as pidlet was given it. */
struct given_limit {
    int resource;
    struct rlimit64 was;
    bool changed;
};
enum { GIVEN_LIMITS = 2 };

struct child_plan {             /* everything borrowed until the child has exec'ed */
    char *const *argv;
    char *const *envp;
    const char *working_dir;    /* NULL: stay */
    const struct child_setup *setup;    /* never NULL */
    const char *path;           /* where a command without a slash is looked for */
    const struct given_limit *given;    /* GIVEN_LIMITS of them */
    int stdin_fd;               /* becomes standard input; > 2, like the others */
    int stdout_fd, stderr_fd;
    const int *listen_fds;      /* become 3, 4 …; above all of these, like report_fd and cgroup_fd */
    int listen_count;
    char *listen_pid;           /* room for the digits of its pid, in its environment; NULL: none.  The child
                                   writes there, in memory that nobody reads but it. */
    int report_fd;              /* takes a struct child_failure */
    int cgroup_fd;              /* cgroup.procs of the cgroup to enter; -1: it is in its place */
    pid_t parent;
    bool take_terminal;         /* if standard input is one: it becomes the session's */
    sigset_t to_default;        /* signals that are not at their default disposition */
};

/* "changing directory" … for messages. */
const char *child_stage_name(enum child_stage stage);

/* The PATH of an environment, or the usual one. */
const char *child_path(char *const *envp);

_Noreturn void child_main(const struct child_plan *plan);

#endif
