/*
 * A pod that lives, as executor.c and live_run.c know it.
 */
#ifndef PIDLET_RUNTIME_EXECUTOR_PRIVATE_H
#define PIDLET_RUNTIME_EXECUTOR_PRIVATE_H

#include "config/environment.h"
#include "config/load.h"
#include "daemon/runtime/confine.h"
#include "daemon/runtime/context.h"
#include "daemon/runtime/exec_runner.h"
#include "daemon/runtime/executor.h"
#include "daemon/runtime/live_attempt.h"
#include "daemon/runtime/notify_socket.h"
#include "daemon/runtime/output.h"
#include "daemon/runtime/process.h"
#include "daemon/runtime/termination.h"

#include <limits.h>

struct file_watch;

struct live_container {
    struct live_pod *pod;
    struct process process;
    struct output output;
    struct termination_run termination;
    struct notify_socket *notify;       /* of the run; owned; NULL: it does not notify */
    char *status;                       /* its last STATUS; owned, may be NULL */
    struct live_attempt *attempts[SLOTS];       /* NULL: none under way */
    mono_ms attempt_began[SLOTS];
    struct probe_stats *stats[PROBE_TYPES];     /* owned; NULL: no attempt has ended yet */
    struct usage_sample *usage;         /* owned; NULL: nobody has asked */
    const char *name;                   /* "pod/container" */
    char *messages[2];                  /* of the two newest ends, the newest last; owned, may be NULL */
    char *complaint;                    /* of what last failed beside a run; owned, may be NULL */
    struct cgroup cgroup;               /* of the run; its tree is NULL without */
    bool confined;                      /* has been started before */
    struct file_watch *files;           /* that it watches; owned; NULL: none */
    unsigned index;                     /* in the spec */
    char id[RUN_ID_SIZE];               /* of the run */
    char *const *variables;             /* of the run: those that come from elsewhere and have their values; NULL: none do */
    struct arena *variables_in;         /* in which they are; owned; NULL without */
};

struct live_pod {
    struct executor *executor;
    struct pod_config *config;          /* a reference */
    struct pod_config **kept;           /* those before it that are in use still; references, owned */
    unsigned kept_count;
    struct pod *core;                   /* owned */
    ev_timer deadline;
    char *(*gates)[2];                  /* reason and message of each readiness gate; owned */
    bool marked;                        /* see live_pod_mark() */
    struct live_container containers[];
};

/* What has happened to the container at `now`, into the core; and what is only to be told of. */
void live_post(struct live_container *c, struct container_event ev, mono_ms now);
void live_report(struct live_container *c, enum report_kind report, const char *text, uint64_t lines);

/* What its process tells of itself, into the core (live_notify.c); `arg`: the container. */
void live_notice(void *arg, const struct notification *n);

/* What a process of the container is built from; lives as long as the block it is written in. */
#define ENVIRONMENT_OF(c)                                                                     \
    ((struct environment){.pod = live_run_config(c), .sources = (c)->pod->executor->sources,    \
                          .facts = (c)->pod->executor->facts})
#define SOURCE_OF(c, run_id, log_path)                                                        \
    ((struct context_source){.inherited = (c)->pod->executor->inherited, .id = (run_id),      \
                             .index = (c)->index, .environment = &ENVIRONMENT_OF(c), .termination_log = (log_path), \
                             .own = (c)->variables})

/* The pod as it was when the newest run was started, or as it is for the one to come. */
struct pod_config *live_run_config(const struct live_container *c);

/* The container's own part of that. */
const struct container_spec *live_run_spec(const struct live_container *c);

/* An id for a run or an attempt, unique for ever. */
void live_run_id(struct executor *x, char id[RUN_ID_SIZE]);

/* The path for the newest run's termination message, in `room`; NULL: none. */
const char *live_run_termination_log(struct live_container *c, char room[PATH_MAX]);

enum live_start { LIVE_STARTED, LIVE_START_FAILED, LIVE_CONFIG_ERROR, LIVE_CREATE_ERROR };

/* Starts the run; on failure says why in `error`. */
enum live_start live_run_start(struct live_container *c, process_exit_fn *on_exit, struct buf *error);

/* Nothing is heard of the run's processes any more. */
void live_run_close_notify(struct live_container *c);

/* The run has ended so: leaves its cgroup, and takes from it what the end was. */
void live_run_leave_cgroup(struct live_container *c, struct run_end *end);

/* What is known of a run's end, with what the run itself has said about it; owned by the
 * container, as is one that failed to start. */
const char *live_run_message(struct live_container *c, const char *known, int exit_code);

/* Watches the files that its containers name, and no more. */
void live_files_watch(struct live_pod *p);
void live_files_forget(struct live_pod *p);

/* Of those that `c` watches, `path` has changed. */
void live_pod_files_changed(struct live_container *c, const char *path);

/* Keeps what failed beside a run, in place of the one before; `text` may be NULL. */
const char *live_run_complain(struct live_container *c, const char *text);

#endif
