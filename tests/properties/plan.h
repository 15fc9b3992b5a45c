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

enum { PLAN_CONTAINERS = 6, PLAN_RUNS = 4, PLAN_FAULTS = 4 };

struct plan_probe {
    bool there;
    int32_t delay, period, timeout, success, failure;
    int64_t grace;              /* 0: none of its own */
};

struct plan_container {
    enum container_role role;
    enum restart_policy policy; /* restart_policy_UNSET: the pod's */
    struct plan_probe probes[PROBE_TYPES];
    bool post_start, pre_stop;
    bool own_backoff;
    struct backoff_policy backoff;
    /* How it fares; `behaviour.runs` is set by plan_behaviours(). */
    struct sim_run runs[PLAN_RUNS];
    unsigned run_count;
    struct sim_behaviour behaviour;
};

enum plan_fault_kind { FAULT_DELETE, FAULT_DELETE_NOW, FAULT_RESET, FAULT_RETRY };

struct plan_fault {
    mono_ms at;                 /* ascending within a plan */
    enum plan_fault_kind kind;
    unsigned container;         /* RESET, RETRY */
    int64_t grace;              /* DELETE: seconds; negative: the pod's own */
};

struct plan {
    enum restart_policy policy;
    int64_t grace;
    unsigned count;
    struct plan_container containers[PLAN_CONTAINERS];  /* those that come before the others first */
    unsigned fault_count;
    struct plan_fault faults[PLAN_FAULTS];
    mono_ms horizon;
};

/* A random pod; what befalls it (runs, answers, faults) is left to plan_faults(). */
void plan_pod(struct plan *p, struct dice *d);
void plan_faults(struct plan *p, struct dice *d);

/* Appends the pod's manifest. */
void plan_write_pod(const struct plan *p, struct buf *out);

/* Appends what befalls it, as a file for `simulate --scenario`. */
void plan_write_scenario(const struct plan *p, uint64_t seed, struct buf *out);

/* Fills one behaviour a container; they borrow from the plan. */
void plan_behaviours(const struct plan *p, struct sim_behaviour out[PLAN_CONTAINERS]);

/* The event that a fault is, but for its time. */
struct pod_event plan_event(const struct plan_fault *fault);

#endif
