/*
 * From a plan that breaks a rule to the smallest that is found to break the same one:
 * parts are left out and values made plain, one at a time, as long as it still breaks.
 */
#ifndef PIDLET_TESTS_SHRINK_H
#define PIDLET_TESTS_SHRINK_H

#include "tests/properties/run.h"

/* Shrinks the plan in its place; `options.trace` gets the trace of what is left. */
struct run_result shrink(struct plan *p, uint64_t seed, const struct run_options *options);

#endif
