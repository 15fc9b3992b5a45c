#include "daemon/core/conditions.h"

#include "config/load.h"
#include "daemon/core/restart_rules.h"
#include "daemon/core/status.h"

static const char *const names[CONDITIONS] = {
    [CONDITION_READY_TO_START]   = "PodReadyToStartContainers",
    [CONDITION_INITIALIZED]      = "Initialized",
    [CONDITION_READY]            = "Ready",
    [CONDITION_CONTAINERS_READY] = "ContainersReady",
    [CONDITION_SCHEDULED]        = "PodScheduled",
    [CONDITION_ALL_RESTARTING]   = "AllContainersRestarting",
};

static const char *const value_names[] = {
    [CONDITION_UNSET]   = NULL,
    [CONDITION_TRUE]    = "True",
    [CONDITION_FALSE]   = "False",
    [CONDITION_UNKNOWN] = "Unknown",
};

const char *condition_name(enum condition_type type)
{
    return names[type];
}

const char *condition_value_name(enum condition_value value)
{
    return value_names[value];
}

bool condition_is_complete(const struct container *c)
{
    switch (c->role) {
    case ROLE_INIT:
        return c->state == CONTAINER_TERMINATED && c->has_last && run_succeeded(&c->last);
    case ROLE_SIDECAR:
        return c->started_up;
    case ROLE_REGULAR:
        return true;
    }
    return true;
}

bool condition_has_run(const struct pod *p)
{
    for (unsigned i = 0; i < p->count; i++) {
        const struct container *c = &p->containers[i];

        if (c->role == ROLE_REGULAR && (c->has_last || container_has_process(c)))
            return true;
    }
    return false;
}

static bool is_initialized(const struct pod *p)
{
    if (condition_has_run(p))
        return true;
    for (unsigned i = 0; i < p->count; i++) {
        if (!condition_is_complete(&p->containers[i]))
            return false;
    }
    return true;
}

static bool containers_are_ready(const struct pod *p)
{
    for (unsigned i = 0; i < p->count; i++) {
        if (p->containers[i].role != ROLE_INIT && !p->containers[i].ready)
            return false;
    }
    return true;
}

bool condition_gates_are_open(const struct pod *p)
{
    for (unsigned i = 0; i < p->gate_count; i++) {
        if (pod_gate(p, i)->value != CONDITION_TRUE)
            return false;
    }
    return true;
}

static void set(struct pod *p, enum condition_type type, bool value, mono_ms now)
{
    struct condition *c = &p->conditions[type];

    if (c->is_true == value)
        return;
    c->is_true = value;
    c->since = now;
}

void conditions_init(struct pod *p, mono_ms now)
{
    for (int type = 0; type < CONDITIONS; type++)
        p->conditions[type] = (struct condition){.since = now};
    p->conditions[CONDITION_SCHEDULED].is_true = true;
}

void conditions_update(struct pod *p, mono_ms now)
{
    /* A pod that has failed is not ready, though its containers may take a while to end (7.3). */
    bool ready = containers_are_ready(p) && status_phase(p) != PHASE_FAILED;

    set(p, CONDITION_READY_TO_START, p->state != POD_NEW && p->state != POD_ENDED, now);
    set(p, CONDITION_ALL_RESTARTING, p->state == POD_RESTARTING, now);
    set(p, CONDITION_INITIALIZED, p->state != POD_NEW && is_initialized(p), now);
    set(p, CONDITION_CONTAINERS_READY, ready, now);
    set(p, CONDITION_READY, ready && condition_gates_are_open(p), now);
}
