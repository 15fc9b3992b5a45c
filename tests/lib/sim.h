/*
 * A pod in virtual time, told as a story:
 *
 *     struct sim s = sim_pod("containers: [{name: app, command: [app]}]");
 *
 *     sim_runs(&s, "app", {.length = 1000, .exit_code = 1});
 *     sim_run_until(&s, 35000);
 *     EXPECT_TRACE(&s, "      0.000 app Created\n" …);
 *     sim_end(&s);
 *
 * Behaviours are set before time begins to run.  Every step is held to the core's
 * invariants; one that breaks fails the test.
 */
#ifndef PIDLET_TESTS_SIM_H
#define PIDLET_TESTS_SIM_H

#include "base/buf.h"
#include "config/load.h"
#include "daemon/core/simulator_chaos.h"
#include "tests/lib/test.h"

enum { SIM_CONTAINERS = 8 };

struct sim {
    struct pod_config_set set;
    struct sim_behaviour behaviours[SIM_CONTAINERS];
    struct simulator *simulator;        /* NULL until time begins */
    struct chaos_plan plan;
    struct chaos *chaos;                /* NULL: nobody injects faults */
    struct buf trace;
    struct buf events;                  /* as people read them: "Normal Exited: exit code 0 after 1s" */
};

/* `spec` is the inside of the pod's spec, in flow style; fails the test if it is no good. */
struct sim sim_pod(const char *spec);
struct sim sim_pod_annotated(const char *annotations, const char *spec);

struct sim_behaviour *sim_behaviour(struct sim *s, const char *container);
void sim_set_runs(struct sim *s, const char *container, const struct sim_run *runs, size_t count);

/* Faults on purpose, as `run --chaos` takes them. */
void sim_set_chaos(struct sim *s, const char *plan);

#define sim_runs(s, container, ...)                                             \
    do {                                                                        \
        static const struct sim_run sim_runs_[] = {__VA_ARGS__};                \
        sim_set_runs(s, container, sim_runs_, sizeof sim_runs_ / sizeof *sim_runs_); \
    } while (0)

void sim_begin(struct sim *s);          /* time begins, if it has not */
void sim_run_until(struct sim *s, mono_ms until);
void sim_post(struct sim *s, enum pod_event_kind kind);         /* at the present instant */
void sim_stop(struct sim *s, mono_ms grace);                    /* MONO_NEVER: the spec's */
void sim_condition(struct sim *s, unsigned gate, enum condition_value value);
const struct container *sim_container(struct sim *s, const char *container);
void sim_end(struct sim *s);

/* Compares what was traced since the last time, and forgets it. */
#define EXPECT_TRACE(s, wanted) sim_expect_trace(s, wanted, __FILE__, __LINE__)
void sim_expect_trace(struct sim *s, const char *wanted, const char *file, int line);

/* Likewise the Events and pidlet's own lines. */
#define EXPECT_EVENTS(s, wanted) sim_expect_events(s, wanted, __FILE__, __LINE__)
void sim_expect_events(struct sim *s, const char *wanted, const char *file, int line);

#endif
