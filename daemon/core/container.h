/*
 * One container: from its turn to start until it will not run again.
 *
 *  PENDING -> STARTING -> POST_START -> RUNNING -> PRE_STOP -> QUEUED -> STOPPING -> KILLING
 *                ^            (exit from any of them)                        |
 *                `-- WAITING <------- restart -------------------------------+--> TERMINATED
 *
 * BLOCKED and RESTARTS_ALL stand beside WAITING: what a start needs is not there; a rule
 * of the container restarts the whole pod.
 *
 * Every pair of state and event has an answer (docs/state-machines.md lists them).
 * A stop is a hook, a signal and a deadline within one grace period; whether the
 * container runs again afterwards is decided when the run has ended.
 *
 * Pure: time comes in with the event, work goes out as actions.
 */
#ifndef PIDLET_CORE_CONTAINER_H
#define PIDLET_CORE_CONTAINER_H

#include "config/spec.h"
#include "daemon/core/backoff.h"
#include "daemon/core/step.h"

struct container_spec;

enum container_role {
    ROLE_INIT,                  /* runs to its success before the next one starts */
    ROLE_SIDECAR,               /* an init container that always runs: restartPolicy Always */
    ROLE_REGULAR,
};

enum container_state {
    CONTAINER_PENDING,          /* never started: others come first */
    CONTAINER_WAITING,          /* ended; starts again at `deadline` */
    CONTAINER_BLOCKED,          /* could not be made; tried again at `deadline` */
    CONTAINER_RESTARTS_ALL,     /* ended, and all containers restart; not before `deadline` */
    CONTAINER_STARTING,         /* spawn asked for, outcome not known */
    CONTAINER_POST_START,       /* runs; its postStart hook is at work, probes are not */
    CONTAINER_RUNNING,
    CONTAINER_PRE_STOP,         /* its preStop hook is at work; the grace period ends at `deadline` */
    CONTAINER_QUEUED,           /* a sidecar whose turn to be signalled is not there; at the latest at `deadline` */
    CONTAINER_STOPPING,         /* TERM sent; KILL at `deadline` */
    CONTAINER_KILLING,          /* KILL sent; only the exit can follow */
    CONTAINER_TERMINATED,       /* will not run again */
};
enum { CONTAINER_STATES = CONTAINER_TERMINATED + 1 };

/* What the process has told of itself in this run, and is expected to tell. */
struct notices {
    mono_ms deadline;           /* by when: of READY=1, of WATCHDOG=1, of its end after STOPPING=1 */
    mono_ms watchdog;           /* from one WATCHDOG=1 to the next at the most; 0: never mind */
    const char *status;         /* STATUS; NULL: none */
    bool awaited;               /* READY=1 stands for its startup probe */
    bool ready;                 /* and has come */
    bool reloading;
    bool leaving;               /* STOPPING=1 has come: it is not ready any more */
};

struct container {
    const struct container_spec *spec;
    const struct backoff_policy *policy;
    const struct notify_rules *notify;  /* of its next run */
    struct notices notices;
    struct backoff backoff;
    struct worker workers[PROBE_TYPES];
    mono_ms deadline;           /* of the state alone; see container_deadline() */
    mono_ms started;            /* of the run, or of the last one */
    mono_ms stop_began;         /* the grace period's begin */
    mono_ms stop_grace;         /* and its length */
    struct run_end last;        /* of the newest run that ended; meaningful when has_last */
    struct run_end before;      /* and of the one before it; when has_before */
    struct container_config next;       /* its new definition, which waits for the run's end;
                                           spec NULL: none */
    const char *complaint;      /* text of what last failed: its making, its postStart hook */
    unsigned restart_count;     /* starts asked for, less one */
    int index;                  /* in the spec */
    int stop_signal;
    enum container_state state : 8;
    enum container_role role : 8;
    enum restart_policy restart_policy : 8;     /* its own, else the pod's */
    enum stop_reason stop : 8;  /* why it is being stopped; STOP_NONE while it is not */
    uint8_t live_slots;         /* a bit for each attempt under way */
    bool wanted;                /* false: does not run again, whatever its policy says */
    bool in_turn;               /* its stop waits for CONTAINER_TURN before the signal */
    bool first_run;             /* since its turn came; holds back those after it */
    enum create_error create_error : 8; /* BLOCKED: why */
    bool started_up;            /* status' "started": the startup probe has passed, or there is none */
    bool ready;
    bool has_last;
    bool has_before;
};

/* `pod_policy` holds where the container has no restart policy of its own. */
void container_init(struct container *c, const struct container_spec *spec, int index, bool init,
                    enum restart_policy pod_policy, const struct backoff_policy *backoff,
                    const struct notify_rules *notify, uint64_t seed);

/* What `role` a container of the spec has; `init`: it is one of initContainers. */
enum container_role container_role(const struct container_spec *spec, bool init);

/* Appends to `out`, which has room for CONTAINER_ACTIONS_MAX more. */
void container_step(struct container *c, const struct container_event *ev, struct actions *out);

/* Nothing is asked of this run any more; what is asked now is cancelled. */
void container_end_probes(struct container *c, mono_ms now, struct actions *out);

/* When CONTAINER_DEADLINE is due: of the state, of a probe or of a notice; MONO_NEVER: not at all. */
mono_ms container_deadline(const struct container *c);

bool container_has_process(const struct container *c);  /* a process runs, or may */
const char *container_state_name(enum container_state state);

#endif
