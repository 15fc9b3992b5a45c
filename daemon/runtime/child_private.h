/*
 * Between the files that run between clone and exec; others include child.h.
 */
#ifndef PIDLET_RUNTIME_CHILD_PRIVATE_H
#define PIDLET_RUNTIME_CHILD_PRIVATE_H

#include "daemon/runtime/child.h"

/* The stack is not one that a sanitizer knows, and its shadow is shared with the parent. */
#define IN_CHILD __attribute__((no_sanitize("address", "undefined")))

void child_report(const struct child_plan *plan, enum child_stage stage, int error, int detail);
_Noreturn void child_fail(const struct child_plan *plan, enum child_stage stage, int error, int detail);

/* All that plan->setup says; does not return when something fails. */
void child_set_up(const struct child_plan *plan);

#endif
