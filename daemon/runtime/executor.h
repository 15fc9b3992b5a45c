/*
 * Does what the core decides: a pod's events go into pod_step(), the actions that
 * come out become processes, signals and attempts, and what those do comes back as
 * events.  It decides nothing itself.
 *
 * Every pod embeds one ev_timer, armed from the core's deadline.
 */
#ifndef PIDLET_RUNTIME_EXECUTOR_H
#define PIDLET_RUNTIME_EXECUTOR_H

#include "daemon/core/pod.h"
#include "daemon/runtime/file_events.h"
#include "daemon/runtime/run_folder.h"

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct confinement;
struct host_facts;
struct http_client;
struct listen_sockets;
struct live_pod;
struct output_hub;
struct pod_config;
struct queued_event;
struct reaper;
struct source_set;

/* A note of the core, as it happens. */
typedef void executor_note_fn(void *arg, struct live_pod *p, const struct action *action);

/* The pod is there, or has taken steps, and its actions are done: what is shown of it may have changed. */
typedef void executor_step_fn(void *arg, struct live_pod *p);

/* The pod has reached POD_ENDED, or was deleted after that.  Do not free it here. */
typedef void executor_ended_fn(void *arg, struct live_pod *p);

/* `sources`: ConfigMaps and Secrets, looked up at each start. */
struct executor {
    struct ev_loop *loop;               /* borrowed, like all of these */
    struct reaper *reaper;
    struct output_hub *hub;
    const char *const *inherited;       /* see context_inherited() */
    const struct source_set *sources;   /* may be exchanged at any time */
    const struct host_facts *facts;
    struct http_client *http;           /* made with the first HTTP attempt; owned */
    struct file_events file_events;     /* that all containers share which watch files */
    struct run_folder folder;           /* of what runs are told of by a path */
    const struct confinement *confinement;      /* NULL: no cgroups, and nothing is said */
    const struct listen_sockets *listen;        /* that may be handed on; NULL: none */
    const int *stdio;                   /* borrowed; the three descriptors that runs get; NULL: pipes to `hub` */
    executor_note_fn *on_note;
    void *on_note_arg;
    executor_step_fn *on_step;          /* may be NULL */
    void *on_step_arg;
    executor_ended_fn *on_ended;
    void *on_ended_arg;
    const uint64_t *seed;               /* of the back-offs' jitter; NULL: a random one for each pod */
    struct actions actions;             /* scratch of the step that is under way; owned */
    struct queued_event *queue;         /* what a step's own actions answer at once; owned */
    size_t queued, queue_capacity;
    uint64_t boot;                      /* random; with `runs` it makes ids of runs unique */
    uint64_t runs;
    uint64_t started[2], start_errors[2];       /* of containers, and of init containers */
    int exec_error;                     /* errno of the newest start, if its execve(2) failed; else 0 */
};

void executor_init(struct executor *x, struct ev_loop *loop, struct reaper *reaper,
                   struct output_hub *hub, const char *const *inherited,
                   const struct source_set *sources, const struct host_facts *facts);
void executor_deinit(struct executor *x);

/*
 * A pod that is not started yet; takes a reference to `config`.  NULL: no memory;
 * all that the pod's steps need later is allocated here.
 */
struct live_pod *live_pod_new(struct executor *x, struct pod_config *config);

/* Frees a pod that is new or has ended. */
void live_pod_free(struct live_pod *p);

/* It is wanted, though it does not start yet: from now on it is shown. */
void live_pod_announce(struct live_pod *p);

void live_pod_start(struct live_pod *p);
void live_pod_stop(struct live_pod *p, mono_ms grace);  /* MONO_NEVER: the spec's */
void live_pod_kill(struct live_pod *p);

/* To a container's main process alone, as from outside: the core hears of it by what follows. */
void live_pod_signal(struct live_pod *p, unsigned container, int signal);

/* A new series of a container's back-off, or just the next start, at once. */
void live_pod_backoff_reset(struct live_pod *p, unsigned container);
void live_pod_backoff_retry(struct live_pod *p, unsigned container);

/* A container starts anew, gracefully and at once; nothing comes of one that has not been started, or will not be. */
void live_pod_restart(struct live_pod *p, unsigned container);

/* For the record: somebody has asked for the whole pod's restart. */
void live_pod_note_restart(struct live_pod *p);

/* The condition of readiness gate `gate`; the texts may be NULL.  False: no memory, nothing has changed. */
bool live_pod_set_condition(struct live_pod *p, unsigned gate, enum condition_value value, const char *reason,
                            const char *message);

/* A flag of whoever shows the pods; returns what it was. */
bool live_pod_mark(struct live_pod *p, bool marked);

/*
 * A new definition for the pod as it runs: its containers that differ in what is honoured
 * are stopped within the grace period, and start anew.  Takes a reference.  The number of
 * containers that differ; -EINVAL: it is another pod (daemon/core/change.h), -ENOMEM; then
 * nothing has changed.
 */
int live_pod_set_config(struct live_pod *p, struct pod_config *config);

const struct pod *live_pod_core(const struct live_pod *p);
struct pod_config *live_pod_config(const struct live_pod *p);

#endif
