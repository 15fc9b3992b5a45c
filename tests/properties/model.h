/*
 * What must hold of a pod, told from the outside: the model is fed the events that a
 * pod_step() was given and the actions it answered with, and knows the manifest.  It
 * never looks at the core's own state, and its rules are written from
 * kubelet-semantics and docs/differences.md, not from the core.
 *
 *  - at most one process a container, and one attempt a slot;
 *  - containers start in their order, a restart neither before its instant nor after,
 *    and never once the pod has been stopped; waits are the rule's (rule.h);
 *  - restartCount is the number of starts less one;
 *  - ready implies started and running, and follows from the outcomes of the probes;
 *    these stand on their grid, none early, none left out;
 *  - a stop is begun for a reason that exists; SIGTERM is sent once, SIGKILL not before
 *    the grace period has ended (but for grace 0 and a kill), and both at the latest then;
 *  - READY=1, where it stands for the startup probe, begins what the probe's success would;
 *    WATCHDOG=1 and the end after STOPPING=1 come in time, or the run is stopped;
 *  - a rule restarts all containers, without a hook and in order, when all of them are
 *    gone and the wait of the one that asked is over; a new definition stops what runs, and
 *    so do new files, which start all but what has done its work;
 *  - a pod does not outlive its activeDeadlineSeconds, and says when it is overdue;
 *  - phase, conditions with the time of their last change, and states are what follows;
 *  - each thing that happens is noted exactly once, the pod's end too.
 *
 * Flat memory: a copy is a snapshot.
 */
#ifndef PIDLET_TESTS_MODEL_H
#define PIDLET_TESTS_MODEL_H

#include "config/spec.h"
#include "daemon/core/step.h"
#include "daemon/core/container.h"
#include "daemon/core/pod.h"
#include "tests/properties/rule.h"

struct pod_config;

enum { MODEL_CONTAINERS = 8, MODEL_GATES = 2 };

enum model_life {
    LIFE_UNBORN,                /* was never started */
    LIFE_SPAWNING,
    LIFE_ALIVE,
    LIFE_RESTING,               /* starts again at `due` */
    LIFE_BLOCKED,               /* could not be made; is tried again at `due` */
    LIFE_HOLDING,               /* restarts all, not before `due` */
    LIFE_GONE,                  /* for good */
};

struct model_probe {
    const struct probe_spec *spec;      /* NULL: the container has none */
    bool at_work;               /* since it may begin, until the run's end or its verdict */
    bool good;                  /* the verdict */
    bool failed;                /* its threshold was met in this run */
    bool last_good;
    int64_t streak;             /* outcomes like the last one */
    unsigned errors;            /* in a row, of one attempt */
    mono_ms grid;               /* the next point of its grid */
};

struct model_container {
    const struct container_spec *spec;
    const struct backoff_policy *policy;
    const struct notify_rules *notify;
    enum restart_policy restart_policy;
    enum container_role role;
    enum model_life life;
    unsigned starts;
    mono_ms began;              /* of the run */
    mono_ms finished;           /* of the newest run that ended */
    mono_ms due;                /* RESTING, BLOCKED, HOLDING */
    bool woken;                 /* a reset or retry ends the wait now */
    struct rule rule;
    bool rule_cleared;          /* the entry was removed during the wait: its end is no restart of the series */
    bool series_owed;           /* removed during its wait: the next start is one of the series */
    bool at_once;               /* RESTING: restarts for a new definition, outside of the series */
    enum spec_change next;      /* a new definition that waits for the run's end */
    struct run_end end;         /* of the newest run */
    bool has_end;
    bool was_removed;           /* and its run was removed since */
    struct model_probe probes[PROBE_TYPES];
    /* what the process has told of itself in this run (sd_notify(3)) */
    bool said_ready, said_stopping;
    mono_ms beat;               /* the most between two of WATCHDOG=1; 0: any time */
    mono_ms told_by;            /* when it is late with what it has to tell, or with its end */
    bool live[SLOTS];
    bool begun;                 /* the run has passed its postStart hook, or has none */
    bool passed_first;          /* its first run has come so far, or has ended */
    bool up;                    /* and its startup probe */
    bool ready;                 /* by the notes */
    /* the stop */
    enum stop_reason must_stop; /* a stop is due, for this reason, with `must_grace` */
    mono_ms must_grace;
    bool must_in_turn;
    bool stopping, for_good, in_turn, no_grace, hooked, term, kill;
    bool removing;              /* all restart: it stops without a hook, and waits for its turn */
    mono_ms stop_end;           /* of the grace period */
    mono_ms term_at;
    int owed[NOTES];            /* happened, and not yet noted */
};

struct model {
    const struct pod_config *config;
    struct model_container containers[MODEL_CONTAINERS];
    unsigned count;
    mono_ms now;
    mono_ms grace;              /* the spec's */
    mono_ms deadline;           /* of an active pod; MONO_NEVER: none */
    mono_ms overdue;            /* of one that is being stopped */
    bool started, stopping, deleted, over, restarting, too_late, failed;
    enum condition_value gates[MODEL_GATES];    /* as they were set */
    struct condition conditions[CONDITIONS];    /* as they were last shown, like the next */
    int phase;
    int owed[NOTES];
    struct pod_event event;     /* the one that is being answered */
    const char *broken;         /* the first rule that does not hold; NULL: none */
    int broken_at;              /* the container it is about; NO_CONTAINER: the pod */
};

void model_init(struct model *m, const struct pod_config *config);

/* Around each pod_step(): the event, then each action in order, then the end. */
void model_event(struct model *m, const struct pod_event *ev);
void model_action(struct model *m, const struct action *action);
void model_settle(struct model *m);

/* What is shown of the pod: at first, and after each step. */
void model_status_begin(struct model *m, const struct pod *p);
void model_status(struct model *m, const struct pod *p);

/* ---- between model.c and model_probe.c ---- */

void model_break(struct model *m, const struct model_container *c, const char *what);
void model_probes_begin(struct model *m, struct model_container *c);
void model_probe_outcome(struct model *m, struct model_container *c, enum probe_type type,
                         enum attempt_outcome outcome);
void model_probe_attempt(struct model *m, struct model_container *c, enum probe_type type);
void model_probes_settle(struct model *m, struct model_container *c);
void model_probes_end(struct model *m);          /* the pod has failed: nothing is asked any more */
bool model_should_be_ready(const struct model_container *c);

/* ---- model_notice.c ---- */

/* The run begins; its probes may, and true: they do not, for what is waited for first. */
void model_notices_begin(struct model_container *c);
bool model_notices_first(struct model *m, struct model_container *c);

void model_notice(struct model *m, struct model_container *c, const struct container_event *ev);
void model_notice_time(struct model *m, struct model_container *c);
void model_up(struct model *m, struct model_container *c);

#endif
