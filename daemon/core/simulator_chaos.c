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
static mono_ms step(struct simulator *s, struct chaos *chaos, mono_ms next)
{
    struct chaos_order order;

    simulator_run(s, next);
    while (chaos_next(chaos, simulator_pod(s), next, &order))
        obey(s, &order);
    return simulator_violation(s) != NULL ? MONO_NEVER
                                          : mono_min(simulator_next(s), chaos_deadline(chaos));
}

void simulator_run_chaos(struct simulator *s, struct chaos *chaos, mono_ms until)
{
    mono_ms next = mono_min(simulator_next(s), chaos_deadline(chaos));

    while (next <= until && next != MONO_NEVER)
        next = step(s, chaos, next);
    simulator_run(s, until);
}

void simulator_finish_chaos(struct simulator *s, struct chaos *chaos, mono_ms until)
{
    mono_ms next = mono_min(simulator_next(s), chaos_deadline(chaos));

    while (next <= until && next != MONO_NEVER && !chaos_done(chaos))
        next = step(s, chaos, next);
}
