/*
 * All the pods of a daemon: which run, which are wanted, and when it is over.
 *
 * A pod that changes is stopped and started anew when it is gone; one that stays
 * the same is not touched (kubelet-semantics 13).
 */
#ifndef PIDLET_RUNTIME_MANAGER_H
#define PIDLET_RUNTIME_MANAGER_H

#include "daemon/runtime/executor.h"

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

struct managed_pod;
struct pod_config_set;
struct shutdown_stage;

struct manager {
    struct executor *executor;          /* borrowed; the manager takes its on_ended */
    struct managed_pod **pods;          /* sorted by namespace and name; owned */
    size_t count;
    ev_timer sweep;                     /* never armed; fed when a pod has ended */
    ev_timer starts;                    /* active while pods wait for their turn to start */
    size_t next_start;                  /* index: the pods before it have been started */
    unsigned turn;                      /* of the loop, when pods were started last: ev_iteration(3) */
    mono_ms turn_began;                 /* starting them */
    bool stopping;                      /* nothing starts any more */
    int exit_status;                    /* when stopping began */
    const struct shutdown_stage *stages;        /* of stopping, borrowed; see daemon/core/shutdown.h */
    size_t stage_count;                 /* 0: all pods at once, each with its own grace period */
    size_t stage;                       /* the one under way, while stopping */
    ev_timer stage_over;                /* active while it is */
    void (*on_idle)(void *arg);
    void *arg;
    void (*on_gone)(void *arg, struct live_pod *p);     /* just before a pod is freed; may be NULL */
    void *on_gone_arg;
};

/* `on_idle` is called from the loop when every pod has ended and none is to follow. */
void manager_init(struct manager *m, struct executor *executor, void (*on_idle)(void *arg), void *arg);

/* Frees; every pod has ended. */
void manager_deinit(struct manager *m);

/*
 * Makes `wanted` the pods that run, of those that come from manifests; applied ones (see
 * pod_config.applied) stay as they are, and win over a manifest's of the same name.  Takes
 * references, the set stays the caller's.  0, or -ENOMEM with nothing changed.
 *
 * Many pods start in many turns of the loop, in the order of their names.
 */
int manager_apply(struct manager *m, const struct pod_config_set *wanted);

/* There are new ConfigMaps or Secrets: tries again what could not be made without them. */
void manager_retry_blocked(struct manager *m);

/* Every pod that is wanted has been started, whatever became of it then. */
bool manager_has_started(const struct manager *m);

/* Starts one more, after those that wait for their turn; takes a reference.  0, -EEXIST, -ESHUTDOWN or -ENOMEM. */
int manager_add(struct manager *m, struct pod_config *config);

/*
 * Stops `p` gracefully, and starts `config`, which takes its place, when it is gone.  A
 * reference is taken.  0, or -ENOMEM with nothing changed.
 */
int manager_replace(struct manager *m, struct live_pod *p, struct pod_config *config);

/* Nothing takes its place any more. */
void manager_drop_follower(struct manager *m, struct live_pod *p);

/* What takes its place then; NULL: nothing. */
struct pod_config *manager_follower(const struct manager *m, const struct live_pod *p);

struct live_pod *manager_pod(const struct manager *m, size_t index);
struct live_pod *manager_find(const struct manager *m, const char *namespace, const char *name);    /* NULL: none */

/* One of that uid runs, or is to follow one that does. */
bool manager_knows(const struct manager *m, const char *namespace, const char *name, const char *uid);

/* Every pod has ended and the daemon will: nothing is added any more. */
void manager_close(struct manager *m);

void manager_stop(struct manager *m);   /* every pod, within its grace period, stage by stage */
void manager_kill(struct manager *m);   /* every pod, at once */

/*
 * 0, or 1 when a pod ended Failed by itself; with exactly one pod of one container
 * that container's own exit code (128 + N for signal N).  Pods that are stopped on
 * request have not failed.
 */
int manager_exit_status(const struct manager *m);

#endif
