/*
 * What goes into a step of the core and what comes out: events, actions, notes.
 *
 * The daemon, the simulator and the tests run the same core: they bring it events
 * with the time in them and do what it asks for.  Nothing here has a clock, does
 * I/O or allocates.
 */
#ifndef PIDLET_CORE_STEP_H
#define PIDLET_CORE_STEP_H

#include "base/clock.h"
#include "probes/outcome.h"
#include "probes/worker.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The attempts that one container can have under way: one of each at a time. */
enum attempt_slot {
    SLOT_LIVENESS  = PROBE_LIVENESS,    /* the first ones are the probes' */
    SLOT_READINESS = PROBE_READINESS,
    SLOT_STARTUP   = PROBE_STARTUP,
    SLOT_POST_START,
    SLOT_PRE_STOP,
};
enum { SLOTS = SLOT_PRE_STOP + 1 };

/* How a run ended (kubelet-semantics 4.4). */
enum end_reason {
    END_COMPLETED,              /* exit status 0 */
    END_ERROR,                  /* another exit status, or a signal */
    END_OOM_KILLED,             /* the kernel's OOM killer took one of its processes, whatever the code */
    END_START_ERROR,            /* the process could not be started: exit code 128 */
    END_UNKNOWN,                /* the status was lost: exit code 255 */
    END_LOST,                   /* the run was lost, with its process: exit code 137 */
    END_REMOVED,                /* removed so that all containers restart: exit code 137 */
};

struct run_end {
    enum end_reason reason;
    int exit_code;              /* 128 + N for signal N */
    int signal;                 /* 0: none */
    mono_ms started, finished;
    const char *message;        /* of the termination, or why it did not start; NULL: none; see `text` */
};

enum stop_reason {
    STOP_NONE,
    STOP_DELETED,               /* the pod is being deleted */
    STOP_FINISHED,              /* the pod's work is done, or cannot be done */
    STOP_LIVENESS,
    STOP_STARTUP,
    STOP_POST_START,            /* the hook failed */
    STOP_DEADLINE,              /* the pod's activeDeadlineSeconds are over */
    STOP_RESTART_ALL,           /* a rule of one container restarts all of them */
    STOP_CHANGED,               /* its definition has changed */
    STOP_FILES_CHANGED,         /* files that it watches have changed */
    STOP_RESTART,               /* somebody asked for it */
};
enum { STOP_REASONS = STOP_RESTART + 1 };

/* Why there is no run, not even one that failed (kubelet-semantics 1.4, 7.2). */
enum create_error {
    CREATE_CONFIG_ERROR,        /* what it needs is not there: a ConfigMap, a key */
    CREATE_ERROR,               /* it could not be prepared: no file for its output */
};

/* What a process tells of itself (sd_notify(3)). */
enum notice {
    NOTICE_READY,               /* READY=1: it has started, or is done with a reload */
    NOTICE_RELOADING,           /* RELOADING=1 */
    NOTICE_STOPPING,            /* STOPPING=1: it ends by itself */
    NOTICE_WATCHDOG,            /* WATCHDOG=1: it lives */
    NOTICE_WATCHDOG_TRIGGER,    /* WATCHDOG=trigger: it takes itself for hung */
    NOTICE_WATCHDOG_TIMEOUT,    /* WATCHDOG_USEC: `timeout`, 0: no more */
    NOTICE_STATUS,              /* `text` */
};
enum { NOTICES = NOTICE_STATUS + 1 };

/* How a container's new definition differs from the one it has. */
enum spec_change {
    SPEC_SAME,
    SPEC_CHANGED,
    SPEC_NEW_COMMAND,           /* in command, args or workingDir: its back-off is a new series */
};

/* ---- in ---- */

enum container_event_kind {
    CONTAINER_START,            /* its turn: the first start */
    CONTAINER_STARTED,          /* the process runs */
    CONTAINER_START_FAILED,     /* `text`: why */
    CONTAINER_NOT_CREATED,      /* in place of both: `text`, `create_error` */
    CONTAINER_EXITED,           /* `end`; everything of the run is gone */
    CONTAINER_ATTEMPT,          /* the attempt in `slot` ended in `outcome` with `text` */
    CONTAINER_DEADLINE,         /* container_deadline() has come */
    CONTAINER_STOP,             /* for good, within `grace`; `why`; `in_turn` */
    CONTAINER_KILL,             /* for good, at once */
    CONTAINER_TURN,             /* a STOP that was `in_turn` may send its signal */
    CONTAINER_BACKOFF_RESET,    /* a new series; a wait ends now */
    CONTAINER_BACKOFF_RETRY,    /* a wait ends now, the series goes on */
    CONTAINER_REMOVE,           /* all containers restart: its run ends, and it waits for its turn */
    CONTAINER_CONFIG,           /* `config`: a new definition */
    CONTAINER_FILES_CHANGED,    /* of those that it watches, `text` has: it starts anew, without a back-off */
    CONTAINER_NOTICE,           /* its process tells something of itself: `notice` */
    CONTAINER_RESTART,          /* somebody asks for it: it starts anew, without a back-off */
};
enum { CONTAINER_EVENTS = CONTAINER_RESTART + 1 };

struct backoff_policy;
struct container_spec;
struct notify_rules;

/* What a container is made of; borrowed, and outlives its use. */
struct container_config {
    const struct container_spec *spec;
    const struct backoff_policy *policy;
    const struct notify_rules *notify;
    int restart_policy;         /* enum restart_policy: the pod's */
    enum spec_change change;
};

struct container_event {
    enum container_event_kind kind;
    mono_ms now;
    mono_ms grace;              /* STOP: how long; else the pod's own; 0: SIGKILL at once */
    enum stop_reason why;       /* STOP, KILL */
    bool in_turn;               /* STOP: no signal before TURN, or the grace period's end */
    struct run_end end;         /* EXITED: reason, exit_code, signal, message */
    struct container_config config;     /* CONFIG */
    enum create_error create_error;     /* NOT_CREATED */
    enum attempt_slot slot;     /* ATTEMPT */
    enum attempt_outcome outcome;
    enum notice notice;         /* NOTICE */
    mono_ms timeout;            /* NOTICE_WATCHDOG_TIMEOUT */
    /*
     * START_FAILED, NOT_CREATED, ATTEMPT, FILES_CHANGED, NOTICE; may be NULL.  Borrowed for the step, except what
     * the status shows later: START_FAILED's, like EXITED's `end.message` – the shell keeps
     * the two newest of each container, and frees the older one when a third has been
     * handed in – and NOT_CREATED's, like that of a postStart hook that failed: the shell
     * keeps the newest of these – and NOTICE_STATUS', of which it keeps the newest as well.
     */
    const char *text;
};

enum pod_event_kind {
    POD_START,                  /* begin */
    POD_DEADLINE,               /* pod_deadline() has come */
    POD_STOP,                   /* delete, within `grace` (MONO_NEVER: the spec's) */
    POD_KILL,                   /* delete, at once */
    POD_CONTAINER,              /* `container` of the pod meets `of_container` */
    POD_CONDITION,              /* the condition of readiness gate `gate` becomes `condition` */
    POD_REPORT,                 /* `report` about `container`, for the record: nothing is done about it */
    POD_CONFIG,                 /* `config` takes the old one's place, see change.h */
};
enum { POD_EVENTS = POD_CONFIG + 1 };

/* What the shell has to say of a container that is no matter of its lifecycle. */
enum report_kind {
    REPORT_LOGS_DROPPED,        /* `text`: why the log takes no lines; they are dropped */
    REPORT_LOGS_PAUSED,         /* likewise; nothing is read */
    REPORT_LOGS_RESUMED,        /* the log takes lines again; `lines` were dropped */
    REPORT_NOTICE_IGNORED,      /* `text`: what it has sent to its NOTIFY_SOCKET in vain, and why */
    REPORT_POD_RESTART,         /* somebody asked for the whole pod's */
};

struct pod_config;

/* Of a condition that somebody outside sets: the API's "True", "False", "Unknown". */
enum condition_value {
    CONDITION_UNSET,            /* it does not exist */
    CONDITION_TRUE,
    CONDITION_FALSE,
    CONDITION_UNKNOWN,
};

struct pod_event {
    enum pod_event_kind kind;
    mono_ms now;
    mono_ms grace;
    unsigned container;         /* its index in the spec */
    struct container_event of_container;        /* its `now` and `grace` are set by the pod */
    unsigned gate;              /* CONDITION: its index in spec.readinessGates */
    enum condition_value condition;
    /* CONDITION; may be NULL.  The status shows them until the gate's next event: kept by the shell. */
    const char *reason, *message;
    enum report_kind report;    /* REPORT */
    const char *text;           /* REPORT: borrowed for the step */
    uint64_t lines;
    /* CONFIG: with as many containers; `changes` is one a container, borrowed for the step. */
    const struct pod_config *config;
    const enum spec_change *changes;
};

/* ---- out ---- */

/* What happened, for people: the trace's lines, the Events, the log. */
enum note_kind {
    NOTE_CREATED,
    NOTE_STARTED,
    NOTE_START_FAILED,          /* `text`; an EXITED with END_START_ERROR follows */
    NOTE_NOT_CREATED,           /* `text`: there was no run; tried again later */
    NOTE_READY,
    NOTE_NOT_READY,             /* `as_asked`: it is being stopped, or has done its work */
    NOTE_UNHEALTHY,             /* `slot`, `text`: an attempt failed */
    NOTE_PROBE_ERROR,           /* `slot`, `text`: an attempt could not tell */
    NOTE_PROBE_WARNING,         /* `slot`, `text`: an attempt succeeded, but not as it should */
    NOTE_HOOK,                  /* `slot`, `outcome`, `text`: a hook has ended */
    NOTE_KILLING,               /* `stop`, `will_restart` */
    NOTE_EXITED,                /* `end`; `as_asked`: it was being stopped, and this is what its stop signal does */
    NOTE_BACKOFF,               /* `delay`: the restart was decided; 0: at once */
    NOTE_RESET,                 /* the run was long enough: the series starts over */
    NOTE_FILES_CHANGED,         /* `text`: which; it starts anew */
    NOTE_RESTART,               /* somebody asked for it; it starts anew */
    NOTE_REPORT,                /* `report`, `text`, `lines`: as the event said it */
    NOTE_SUCCEEDED,             /* the pod */
    NOTE_FAILED,                /* the pod */
    NOTE_DELETED,               /* the pod was asked to go, and is gone */
    NOTE_DEADLINE_EXCEEDED,     /* the pod: its activeDeadlineSeconds are over */
    NOTE_OVERDUE,               /* the pod: it should have been gone by now */
    NOTE_RESTARTING_ALL,        /* the pod: all its containers restart */
};
enum { NOTES = NOTE_RESTARTING_ALL + 1 };

struct note {
    enum note_kind kind;
    mono_ms now;
    unsigned restart_count;
    enum attempt_slot slot;
    enum attempt_outcome outcome;
    enum stop_reason stop;
    bool will_restart;
    bool as_asked;
    mono_ms delay;
    struct run_end end;
    enum report_kind report;
    uint64_t lines;
    const char *text;           /* from the event; borrowed until the step's actions are done; or NULL */
};

enum action_kind {
    DO_SPAWN,                   /* start the process; STARTED, START_FAILED or NOT_CREATED must follow */
    DO_TERM,                    /* the stop signal, `signal`, to the main process */
    DO_KILL,                    /* SIGKILL, to everything of the run; EXITED must follow */
    DO_ATTEMPT,                 /* begin the attempt in `slot`; its outcome must follow */
    DO_CANCEL,                  /* drop the attempt in `slot`; no outcome may follow */
    DO_NOTE,
};

enum { NO_CONTAINER = -1 };

struct action {
    enum action_kind kind;
    int container;              /* index in the spec; NO_CONTAINER: a note of the pod */
    enum attempt_slot slot;
    int signal;
    struct note note;
};

/* Room that the caller lends to a step: at least pod_actions_max() of the pod. */
struct actions {
    struct action *items;
    size_t count;
    size_t capacity;
};

/* The most that one event makes one container ask for, with a margin. */
enum { CONTAINER_ACTIONS_MAX = 24 };

const char *attempt_slot_name(enum attempt_slot slot);  /* "liveness" … "preStop" */
const char *note_kind_name(enum note_kind kind);        /* as in the trace: "BackOff" */
const char *end_reason_name(enum end_reason reason);    /* as in the API: "StartError" */

#endif
