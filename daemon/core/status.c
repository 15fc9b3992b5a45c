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
    if (p->state == POD_ENDED)
        return pod_failed(p) ? PHASE_FAILED : PHASE_SUCCEEDED;
    for (unsigned i = 0; i < p->count; i++) {
        const struct container *c = &p->containers[i];

        if (!c->has_last
            && (c->state == CONTAINER_PENDING || c->state == CONTAINER_STARTING
                || c->state == CONTAINER_POST_START))
            return PHASE_PENDING;
    }
    return PHASE_RUNNING;
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
