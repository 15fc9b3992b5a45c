/*
 * Runs the commands of exec probes and hooks as processes of pidlet's own.
 */
#ifndef PIDLET_RUNTIME_EXEC_RUNNER_H
#define PIDLET_RUNTIME_EXEC_RUNNER_H

#include "probes/exec.h"

struct cgroup;
struct child_setup;
struct reaper;

enum { RUN_ID_SIZE = 40 };

struct process_runner {
    struct exec_runner runner;          /* what probes/ sees */
    struct reaper *reaper;              /* borrowed, like the rest; until the outcome */
    char *const *envp;
    const char *working_dir;            /* NULL: pidlet's own */
    const struct child_setup *setup;
    const struct cgroup *cgroup;        /* of the container; may be NULL */
    char id[RUN_ID_SIZE];               /* of this command, as it stands in envp */
};

/* Sets the functions; the rest is the caller's to fill. */
void process_runner_init(struct process_runner *r, struct reaper *reaper);

#endif
