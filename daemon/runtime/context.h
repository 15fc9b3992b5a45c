/*
 * The context of a container's processes: argv, environment, working directory,
 * identity (kubelet-semantics 9.1 to 9.4).
 *
 * There is no image, so pidlet's own environment stands in for the image's, without
 * what systemd addressed to pidlet alone (NOTIFY_SOCKET, WATCHDOG_…, LISTEN_…).  A
 * process of another user than pidlet's has that user's HOME, USER and LOGNAME.
 */
#ifndef PIDLET_RUNTIME_CONTEXT_H
#define PIDLET_RUNTIME_CONTEXT_H

#include "config/spec.h"

#include <stdbool.h>

struct arena;
struct buf;
struct child_setup;
struct environment;

struct context {                        /* everything lives in the arena it was built in */
    char **argv;                        /* NULL-terminated */
    char **envp;                        /* NULL-terminated */
    const char *working_dir;            /* NULL: pidlet's own */
    const struct child_setup *setup;
    char **own;                         /* of context_main(): the manifest's variables with their values, NULL-terminated */
    bool start_error;                   /* when it cannot be had: as a start that failed; else a part of
                                           its configuration is missing */
};

/* The variable by which the processes of one run are known, whatever they fork. */
#define CONTEXT_ID_VARIABLE "PIDLET_CONTAINER_ID"

/*
 * Pidlet's environment as containers inherit it: a NULL-terminated vector in one
 * allocation that borrows the strings of `environ`.  NULL: no memory.
 */
const char **context_inherited(char *const *environ);

/* What a run is built from; all of it borrowed. */
struct context_source {
    const char *const *inherited;       /* see context_inherited() */
    const struct environment *environment;
    const char *id;                     /* of the run */
    unsigned index;                     /* of the container, in the environment's pod */
    const char *termination_log;        /* see termination.h; NULL: none */
    char *const *given;                 /* variables of this process alone, "NAME=value", which stay where they are */
    size_t given_count;
    char *const *own;                   /* what context_main() has made of the manifest's variables; NULL: still to be made */
};

/*
 * The main process of `c`: command and args with $(VAR) expanded.  False: `why` says
 * what is missing: memory, or a key that a variable needs.
 */
bool context_main(struct context *out, struct arena *a, const struct container_spec *c,
                  const struct context_source *source, struct buf *why);

/*
 * A probe's command, expanded from the container's literal `env` alone; a hook's
 * (`expand` false) stays as written.  The environment is the main process's: with `source->own`
 * as that was given it, whatever has become of ConfigMaps and Secrets since.
 */
bool context_exec(struct context *out, struct arena *a, const struct container_spec *c,
                  const struct string_list *command, bool expand, const struct context_source *source,
                  struct buf *why);

#endif
