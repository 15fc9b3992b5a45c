/*
 * A plan run through the simulator, the model beside it: every pod_step() of the
 * simulator is shown to the model (the linker wraps the call), so the core and the
 * simulator are those of the daemon and of `simulate`, untouched.
 */
#ifndef PIDLET_TESTS_RUN_H
#define PIDLET_TESTS_RUN_H

#include "config/load.h"
#include "tests/properties/model.h"
#include "tests/properties/plan.h"

struct buf;

struct run_result {
    const char *broken;         /* what does not hold; NULL: all does */
    int container;              /* which it is about; NO_CONTAINER: the pod */
    mono_ms at;
    unsigned long steps;
};

/* One more rule to hold runs to, beside the model's: for tests of the tests. */
typedef const char *run_rule_fn(const struct model *m, const struct action *action);

struct run_options {
    unsigned long steps;        /* no more than about so many */
    struct buf *trace;          /* gets every line of the trace; may be NULL */
    run_rule_fn *rule;          /* says what is broken; may be NULL */
};

/* The plan's manifest, loaded; fails the test when it is refused. */
void run_load(struct pod_config_set *set, const struct plan *p);

/*
 * Runs it to its horizon, or until its steps are used up: then the faults that are
 * left come at once.  The times in the plan are set to what they became, so that the
 * same happens when it is played without a limit.
 */
struct run_result run_plan(const struct pod_config *config, struct plan *p, uint64_t seed,
                           const struct run_options *options);

#endif
