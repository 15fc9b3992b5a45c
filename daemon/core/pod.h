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
    POD_STOPPING,               /* all containers are being stopped for good */
    POD_ENDED,                  /* nothing runs, nothing will */
};
enum { POD_STATES = POD_ENDED + 1 };

struct pod {
    const struct pod_config *config;    /* borrowed; outlives the pod */
    mono_ms created;
    mono_ms grace;                      /* of the spec; 0: SIGKILL at once */
    enum pod_state state;
    bool deleted;                       /* was asked to go */
    unsigned next;                      /* index of the first container that was never started */
    unsigned count;
    struct container containers[];      /* the init containers in spec order, then the others in theirs */
};

size_t pod_size(const struct pod_config *config);
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
