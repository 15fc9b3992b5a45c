#include "daemon/core/order.h"

#include "config/load.h"
#include "daemon/core/restart_rules.h"

static bool holds_back_the_next(const struct container *c)
{
    switch (c->role) {
    case ROLE_INIT:
        return c->state != CONTAINER_TERMINATED || !run_succeeded(&c->last);
    case ROLE_SIDECAR:
        return !c->started_up;
    case ROLE_REGULAR:
        return c->first_run
               && (c->state == CONTAINER_STARTING || c->state == CONTAINER_POST_START);
    }
    return false;
}

bool order_restarts_all(const struct pod *p)
{
    for (unsigned i = 0; i < p->count; i++) {
        if (p->containers[i].state == CONTAINER_RESTARTS_ALL)
            return true;
    }
    return false;
}

bool order_is_removed(const struct pod *p)
{
    for (unsigned i = 0; i < p->count; i++) {
        if (p->containers[i].state != CONTAINER_PENDING)
            return false;
    }
    return true;
}

static bool has_failed_for_good(const struct container *c)
{
    return c->role == ROLE_INIT && c->state == CONTAINER_TERMINATED
           && holds_back_the_next(c);
}

void order_start_next(struct pod *p, mono_ms now, struct actions *out)
{
    const struct container_event ev = {.kind = CONTAINER_START, .now = now, .grace = p->grace};

    while (p->next < p->count
           && (p->next == 0 || !holds_back_the_next(&p->containers[p->next - 1])))
        container_step(&p->containers[p->next++], &ev, out);
}

void order_signal_next(struct pod *p, mono_ms now, struct actions *out)
{
    const struct container_event ev = {.kind = CONTAINER_TURN, .now = now, .grace = p->grace};

    for (unsigned i = p->count; i > 0; i--) {
        struct container *c = &p->containers[i - 1];

        if (c->role == ROLE_INIT)
            continue;                   /* nobody waits for it */
        if (c->role == ROLE_SIDECAR)
            container_step(c, &ev, out);
        if (c->state != CONTAINER_TERMINATED)
            return;
    }
}

bool order_waits_for_files(const struct pod *p, const struct container *c)
{
    return c->state == CONTAINER_TERMINATED && c->role == ROLE_REGULAR && c->wanted && p->config->watch != NULL && p->config->watch[c->index].count > 0;
}

bool order_is_done(const struct pod *p)
{
    bool all_ended = p->next == p->count;

    for (unsigned i = 0; i < p->count; i++) {
        const struct container *c = &p->containers[i];

        if (has_failed_for_good(c))
            return true;
        all_ended &= (c->role != ROLE_REGULAR || c->state == CONTAINER_TERMINATED)
                     && !order_waits_for_files(p, c);
    }
    return all_ended;
}
