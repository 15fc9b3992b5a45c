/*
 * One pod: its containers' order, its deletion, its end.
 *
 * Containers start and stop in the order that order.h tells.  The pod ends when no
 * container runs or will run again; sidecars do not keep it from ending.
 *
 * Pure: events and the time come in, actions and a deadline go out.  The memory is
 * the caller's: pod_size() bytes, then pod_init(); there is nothing to undo.
 */
#ifndef PIDLET_CORE_POD_H
#define PIDLET_CORE_POD_H

#include "daemon/core/container.h"
#include "daemon/core/step.h"

struct pod_config;

enum pod_state {
    POD_NEW,                    /* nothing was started yet */
    POD_ACTIVE,
    POD_RESTARTING,             /* a container restarts all: they are removed, and start anew */
    POD_STOPPING,               /* all containers are being stopped for good */
    POD_ENDED,                  /* nothing runs, nothing will */
};
enum { POD_STATES = POD_ENDED + 1 };

/* In the order in which the API lists them (kubelet-semantics 7.3). */
enum condition_type {
    CONDITION_READY_TO_START,           /* PodReadyToStartContainers: what they run in is there */
    CONDITION_INITIALIZED,
    CONDITION_READY,
    CONDITION_CONTAINERS_READY,
    CONDITION_SCHEDULED,
    CONDITION_ALL_RESTARTING,           /* AllContainersRestarting: of pods with such a rule alone */
};
enum { CONDITIONS = CONDITION_ALL_RESTARTING + 1 };

struct condition {
    bool is_true;
    mono_ms since;                      /* when it last changed */
};

/* The condition that a readiness gate of the spec asks for, as POD_CONDITION set it. */
struct gate {
    enum condition_value value;         /* CONDITION_UNSET: it does not exist */
    mono_ms since;                      /* when `value` last changed */
    const char *reason, *message;       /* may be NULL; the event's */
};

struct pod {
    const struct pod_config *config;    /* borrowed; outlives the pod */
    mono_ms created;
    mono_ms started;                    /* POD_START; MONO_NEVER: not yet */
    mono_ms deleted_at;                 /* when it was first asked to go; MONO_NEVER: it was not */
    mono_ms deleted_grace;              /* the shortest grace period that a deletion has brought */
    struct condition conditions[CONDITIONS];
    mono_ms grace;                      /* of the spec; 0: SIGKILL at once */
    mono_ms deadline;                   /* of the state alone; see pod_deadline() */
    enum pod_state state;
    bool deleted;                       /* was asked to go */
    bool deadline_exceeded;             /* activeDeadlineSeconds were over: it has failed */
    unsigned next;                      /* index of the first container that was never started */
    unsigned count;
    unsigned gate_count;
    struct container containers[];      /* the init containers in spec order, then the others in
                                           theirs; the gates follow them, see pod_gate() */
};

size_t pod_size(const struct pod_config *config);

/* Of the spec's readiness gates; i < gate_count. */
static inline const struct gate *pod_gate(const struct pod *p, unsigned i)
{
    return (const struct gate *)(const void *)(p->containers + p->count) + i;
}

void pod_init(struct pod *p, const struct pod_config *config, mono_ms now, uint64_t seed);

/* Room that a step of this pod may need. */
size_t pod_actions_max(const struct pod *p);

/* Clears `out` and fills it with what is to be done, in order. */
void pod_step(struct pod *p, const struct pod_event *ev, struct actions *out);

/* When POD_DEADLINE is due; MONO_NEVER: not at all.  O(containers), a handful. */
mono_ms pod_deadline(const struct pod *p);

/* The verdict on a pod that has ended: a container failed, sidecars not counted. */
bool pod_failed(const struct pod *p);

const char *pod_state_name(enum pod_state state);

#endif
