/*
 * A pod's status, computed from the core's state on demand: there is no second
 * copy of the truth.  (kubelet-semantics 7.)
 *
 * Instants are on the core's clock (mono_ms); MONO_NEVER: it did not happen.  Texts
 * are constants, or belong to the pod and its manifest: a status is good until the
 * pod's next step.  Nothing is allocated; messages that have to be put together are
 * appended by the functions of status_text.h.
 *
 *     struct container_status room[p->count];
 *     struct pod_status status;
 *
 *     status_of(p, now, room, &status);
 */
#ifndef PIDLET_CORE_STATUS_H
#define PIDLET_CORE_STATUS_H

#include "daemon/core/pod.h"

enum pod_phase { PHASE_PENDING, PHASE_RUNNING, PHASE_SUCCEEDED, PHASE_FAILED };

enum status_kind {
    STATUS_NONE,                /* of a lastState: there is none */
    STATUS_WAITING,
    STATUS_RUNNING,
    STATUS_TERMINATED,
};

/* state, or lastState, of a container. */
struct state_status {
    enum status_kind kind;
    const char *reason;         /* WAITING, TERMINATED: "CrashLoopBackOff", "Error" … */
    const char *message;        /* TERMINATED, and WAITING after what failed; NULL: none, or
                                   see status_add_message() */
    mono_ms started;            /* RUNNING, TERMINATED */
    mono_ms finished;           /* TERMINATED */
    int exit_code, signal;      /* TERMINATED; signal 0: none */
};

struct container_status {
    const struct container *core;
    const char *name;
    struct state_status state, last_state;
    unsigned restart_count;
    bool ready;                 /* of an init container: it has succeeded */
    bool started;               /* runs, and its startup probe has passed, or there is none */
    int stop_signal;            /* signal_text() of it is the API's stopSignal */
    /* The wait that is on: state is waiting, CrashLoopBackOff.  Else MONO_NEVER. */
    mono_ms next_start;
    mono_ms delay;              /* from the end of the last run to the next start */
};

struct condition_status {
    enum condition_type type;
    bool is_true;
    mono_ms since;              /* lastTransitionTime */
    const char *reason;         /* NULL: none.  The message: status_add_condition_message() */
};

struct pod_status {
    const struct pod *pod;
    enum pod_phase phase;
    const char *reason, *message;       /* of the pod; NULL: none */
    mono_ms start_time;         /* MONO_NEVER: it has not begun */
    struct condition_status conditions[CONDITIONS];     /* in the API's order */
    unsigned condition_count;
    /* The readiness gates' conditions come before them in the API's list: pod_gate(). */
    struct container_status *containers;        /* the lent room: the init containers in spec
                                                   order, then the others sorted by name */
    unsigned init_count, count;
    mono_ms deleted_at;         /* deletionTimestamp less the grace period; MONO_NEVER: not deleted */
};

/* `containers` has room for p->count. */
void status_of(const struct pod *p, mono_ms now, struct container_status *containers,
               struct pod_status *out);

/* One container alone. */
void status_of_container(const struct pod *p, const struct container *c, mono_ms now,
                         struct container_status *out);

enum pod_phase status_phase(const struct pod *p);
const char *pod_phase_name(enum pod_phase phase);

/* The phase is Succeeded or Failed and does not change any more. */
bool status_is_terminal(enum pod_phase phase);

/* Every container is ready. */
bool status_ready(const struct pod *p);

/* The container waits for a restart at `now`: its waiting reason is CrashLoopBackOff. */
bool status_in_backoff(const struct container *c, mono_ms now);

#endif
