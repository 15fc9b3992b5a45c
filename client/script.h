/*
 * A scenario played to the simulator: config/scenario.h's rows become behaviours of
 * containers, and faults at their times.
 */
#ifndef PIDLET_CLIENT_SCRIPT_H
#define PIDLET_CLIENT_SCRIPT_H

#include "config/scenario.h"
#include "daemon/core/simulator.h"

#include <stdbool.h>

struct arena;

/*
 * Fills `behaviours`, one a container of `config`, which need not be set before; those
 * that the scenario does not name are calm.  Runs lie in `arena`.  False: no memory.
 */
bool script_behaviours(const struct scenario *s, const struct pod_config *config,
                       struct arena *arena, struct sim_behaviour *behaviours);

/*
 * Runs the simulator to `until`, with the faults that come by then.  Those of containers
 * that the pod does not have, or that do not run at that time, befall nobody.
 */
void script_run(const struct scenario *s, struct simulator *sim, mono_ms until);

/* The index of a container in the pod; -1: it has none of that name. */
int script_container(const struct pod_config *config, const char *name);

#endif
