#include "daemon/core/status.h"

static const char *const phase_names[] = {
    [PHASE_PENDING]   = "Pending",
    [PHASE_RUNNING]   = "Running",
    [PHASE_SUCCEEDED] = "Succeeded",
    [PHASE_FAILED]    = "Failed",
};

const char *pod_phase_name(enum pod_phase phase)
{
    return phase_names[phase];
}

/* In the order of kubelet-semantics 7.1. */
enum pod_phase status_phase(const struct pod *p)
{
    bool failed = false;

    for (unsigned i = 0; i < p->count; i++) {
        const struct container *c = &p->containers[i];

        if (!c->has_last
            && (c->state == CONTAINER_PENDING || c->state == CONTAINER_STARTING
                || c->state == CONTAINER_POST_START))
            return PHASE_PENDING;
        failed |= c->state == CONTAINER_TERMINATED && (!c->has_last || c->last.exit_code != 0);
    }
    if (p->state != POD_ENDED)
        return PHASE_RUNNING;
    return failed ? PHASE_FAILED : PHASE_SUCCEEDED;
}

bool status_ready(const struct pod *p)
{
    for (unsigned i = 0; i < p->count; i++) {
        if (!p->containers[i].ready)
            return false;
    }
    return p->count > 0;
}

bool status_in_backoff(const struct container *c, mono_ms now)
{
    return c->state == CONTAINER_WAITING && c->deadline > now;
}
