/*
 * A random pod and what befalls it, small enough to be shrunk: pods and faults are
 * values here, which are written as a manifest and turned into a simulator's
 * behaviours.  Equal seeds, equal plans.
 */
#ifndef PIDLET_TESTS_PLAN_H
#define PIDLET_TESTS_PLAN_H

#include "config/backoff_policy.h"
#include "config/spec.h"
#include "daemon/core/container.h"
#include "daemon/core/simulator.h"

struct buf;
struct dice;
struct pod_config;

enum { PLAN_CONTAINERS = 6, PLAN_RUNS = 4, PLAN_FAULTS = 16, PLAN_RULES = 2,
       PLAN_NOTICES = NOTICE_WATCHDOG_TRIGGER + 1 };

/* A restart rule, for one exit code. */
struct plan_rule {
    bool not_in;
    int code;
    bool all;                   /* restarts all containers */
};

struct plan_probe {
    bool there;
    int32_t delay, period, timeout, success, failure;
    int64_t grace;              /* 0: none of its own */
};

struct plan_container {
    enum container_role role;
    enum restart_policy policy; /* restart_policy_UNSET: the pod's */
    struct plan_probe probes[PROBE_TYPES];
    struct plan_rule rules[PLAN_RULES];
    unsigned rule_count;        /* only of one with a policy of its own */
    bool post_start, pre_stop;
    bool own_signal;            /* SIGUSR1 in place of SIGTERM */
    bool watch;                 /* it has files, and waits for them when it has ended */
    bool notify;                /* READY=1 stands for its startup probe */
    mono_ms watchdog;           /* 0: none */
    bool own_backoff;
    struct backoff_policy backoff;
    /* How it fares; `behaviour.runs` is set by plan_behaviours(). */
    struct sim_run runs[PLAN_RUNS];
    unsigned run_count;
    struct sim_behaviour behaviour;
};

enum plan_fault_kind {
    FAULT_DELETE, FAULT_DELETE_NOW, FAULT_RESET, FAULT_RETRY,
    FAULT_CHANGE, FAULT_CHANGE_COMMAND,         /* of the container's definition */
    FAULT_FILES,                                /* of those that it watches */
    FAULT_RESTART,                              /* somebody asks for it */
    FAULT_NOTICE,                               /* its process tells something of itself */
    FAULT_CONDITION,                            /* that the readiness gate waits for */
};

struct plan_fault {
    mono_ms at;                 /* ascending within a plan */
    enum plan_fault_kind kind;
    unsigned container;         /* RESET, RETRY, CHANGE … */
    int64_t grace;              /* DELETE: seconds; negative: the pod's own */
    enum condition_value value; /* CONDITION */
    enum notice notice;         /* NOTICE: up to PLAN_NOTICES */
    enum spec_change changes[PLAN_CONTAINERS];  /* CHANGE …: made by plan_event() */
};

struct plan {
    enum restart_policy policy;
    int64_t grace;
    int64_t deadline;           /* activeDeadlineSeconds; 0: none */
    bool gate;                  /* it has a readiness gate */
    unsigned count;
    struct plan_container containers[PLAN_CONTAINERS];  /* those that come before the others first */
    unsigned fault_count;
    struct plan_fault faults[PLAN_FAULTS];
    mono_ms horizon;
};

/* A random pod; what befalls it (runs, answers, faults) is left to plan_faults(). */
void plan_pod(struct plan *p, struct dice *d);
void plan_faults(struct plan *p, struct dice *d);

/* A pod that uses everything there is, and an hour of its life with many faults. */
void plan_everything(struct plan *p, struct dice *d);

/* Appends the pod's manifest. */
void plan_write_pod(const struct plan *p, struct buf *out);

/* Appends what befalls it, as a file for `simulate --scenario`. */
void plan_write_scenario(const struct plan *p, uint64_t seed, struct buf *out);

/* Fills one behaviour a container; they borrow from the plan. */
void plan_behaviours(const struct plan *p, struct sim_behaviour out[PLAN_CONTAINERS]);

/* The event that a fault is for the pod of `config`, but for its time; borrows from the fault. */
struct pod_event plan_event(struct plan_fault *fault, const struct pod_config *config);

#endif
