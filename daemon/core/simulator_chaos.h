/*
 * Chaos in virtual time: the simulator acts out what chaos.h orders.
 */
#ifndef PIDLET_CORE_SIMULATOR_CHAOS_H
#define PIDLET_CORE_SIMULATOR_CHAOS_H

#include "daemon/core/chaos.h"
#include "daemon/core/simulator.h"

/*
 * As simulator_run(), with the faults.  The simulator's observer shows each action to
 * chaos_observe().
 */
void simulator_run_chaos(struct simulator *s, struct chaos *chaos, mono_ms until);

/* The same up to the instant at which chaos_done(), if that comes before `until`. */
void simulator_finish_chaos(struct simulator *s, struct chaos *chaos, mono_ms until);

#endif
