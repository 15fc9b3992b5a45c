#include "daemon/core/simulator_chaos.h"

#include <signal.h>

static void obey(struct simulator *s, const struct chaos_order *order)
{
    struct sim_fault fault = {.kind = SIM_FAULT_HANG, .until = MONO_NEVER};

    if (order->deed == CHAOS_KILL)
        fault = (struct sim_fault){.kind = SIM_FAULT_END, .signal = SIGKILL};
    else if (order->deed == CHAOS_CONTINUE)
        fault.until = simulator_now(s);
    simulator_fault(s, order->container, &fault);
}

/* Thing by thing: each may arm the next fault. */
void simulator_run_chaos(struct simulator *s, struct chaos *chaos, mono_ms until)
{
    struct chaos_order order;
    mono_ms next;

    while ((next = mono_min(simulator_next(s), chaos_deadline(chaos))) <= until && next != MONO_NEVER
           && simulator_violation(s) == NULL) {
        simulator_run(s, next);
        while (chaos_next(chaos, simulator_pod(s), next, &order))
            obey(s, &order);
    }
    simulator_run(s, until);
}
