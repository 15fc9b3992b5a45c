/* What the API shows, held to the model: kubelet-semantics 7.1 to 7.3. */
#include "tests/properties/model_private.h"

#include "config/load.h"
#include "daemon/core/status.h"

#include <string.h>

static bool shows_running(const struct model_container *c)
{
    return c->life == LIFE_ALIVE && c->begun;
}

static bool never_began(const struct model_container *c)
{
    return !c->has_end && !shows_running(c);
}

static bool has_run(const struct model *m)
{
    for (unsigned i = 0; i < m->count; i++) {
        const struct model_container *c = &m->containers[i];

        if (c->role == ROLE_REGULAR && (c->has_end || c->life == LIFE_ALIVE || c->life == LIFE_SPAWNING))
            return true;
    }
    return false;
}

/* ---- the phase ---- */

enum pod_phase model_phase(const struct model *m)
{
    bool pending = !has_run(m);

    if (m->too_late)
        return PHASE_FAILED;
    if (m->over)
        return m->failed ? PHASE_FAILED : PHASE_SUCCEEDED;
    for (unsigned i = 0; i < m->count; i++) {
        const struct model_container *c = &m->containers[i];

        if (c->role == ROLE_INIT && c->life == LIFE_GONE && c->has_end && !model_did_its_work(c)
            && c->restart_policy == RESTART_NEVER)
            return PHASE_FAILED;
        pending |= never_began(c) || (c->role == ROLE_INIT && shows_running(c))
                   || (c->role == ROLE_SIDECAR && !has_run(m) && shows_running(c) && !c->up);
    }
    return pending ? PHASE_PENDING : PHASE_RUNNING;
}

/* ---- conditions ---- */

static bool all_ready(const struct model *m)
{
    for (unsigned i = 0; i < m->count; i++) {
        if (m->containers[i].role != ROLE_INIT && !m->containers[i].ready)
            return false;
    }
    return true;
}

static bool gates_open(const struct model *m)
{
    for (size_t i = 0; i < m->config->spec->readiness_gates.count; i++) {
        if (m->gates[i] != CONDITION_TRUE)
            return false;
    }
    return true;
}

static bool initialized(const struct model *m)
{
    if (!m->started && !m->over)
        return false;
    if (has_run(m))
        return true;
    for (unsigned i = 0; i < m->count; i++) {
        const struct model_container *c = &m->containers[i];

        if (c->role == ROLE_INIT ? !model_did_its_work(c) : c->role == ROLE_SIDECAR && !c->up)
            return false;
    }
    return true;
}

static bool should_be(const struct model *m, enum condition_type type)
{
    switch (type) {
    case CONDITION_READY_TO_START:
        return m->started && !m->over;
    case CONDITION_INITIALIZED:
        return initialized(m);
    case CONDITION_READY:
        return all_ready(m) && gates_open(m) && model_phase(m) != PHASE_FAILED;
    case CONDITION_CONTAINERS_READY:
        return all_ready(m) && model_phase(m) != PHASE_FAILED;
    case CONDITION_SCHEDULED:
        return true;
    case CONDITION_ALL_RESTARTING:
        return m->restarting;
    }
    return false;
}

static void check_condition(struct model *m, enum condition_type type, const struct condition *shown)
{
    struct condition *seen = &m->conditions[type];

    if (shown->is_true != should_be(m, type))
        model_break(m, NULL, "a condition that is not so");
    if (shown->is_true == seen->is_true ? shown->since != seen->since : shown->since != m->now)
        model_break(m, NULL, "a condition whose time of change is wrong");
    *seen = *shown;
}

/* ---- containers ---- */

static enum status_kind kind_of(const struct model *m, const struct model_container *c)
{
    switch (c->life) {
    case LIFE_UNBORN:
    case LIFE_SPAWNING:
    case LIFE_BLOCKED:
    case LIFE_HOLDING:
        return STATUS_WAITING;
    case LIFE_ALIVE:
        if (c->removing && c->must_stop == STOP_POST_START)
            return STATUS_NONE;         /* either: the hook has failed, and all restart */
        return c->begun && !(c->stopping && c->must_stop == STOP_POST_START) ? STATUS_RUNNING : STATUS_WAITING;
    case LIFE_RESTING:
        return c->due > m->now ? STATUS_WAITING : STATUS_NONE;     /* either: it is due */
    case LIFE_GONE:
        return c->has_end ? STATUS_TERMINATED : m->over ? STATUS_NONE : STATUS_WAITING;
    }
    return STATUS_NONE;
}

static void check_container(struct model *m, struct model_container *c, const struct container_status *shown)
{
    const enum status_kind kind = kind_of(m, c);
    const bool rests = (c->life == LIFE_RESTING && c->due > m->now) || c->life == LIFE_HOLDING;

    if (kind != STATUS_NONE && shown->state.kind != kind)
        model_break(m, c, "a state that is not so");
    if (shown->ready != (c->role == ROLE_INIT ? model_did_its_work(c) : c->ready))
        model_break(m, c, "the status' ready is not so");
    if (shown->started != (c->life == LIFE_ALIVE && c->up))
        model_break(m, c, "the status' started is not so");
    if (shown->restart_count != (c->starts > 0 ? c->starts - 1 : 0))
        model_break(m, c, "the status' restartCount is not so");
    if (rests != (shown->next_start != MONO_NEVER) && c->due != MONO_NEVER)
        model_break(m, c, "a wait that the status does not tell of, or tells of wrongly");
    if (rests && shown->next_start != c->due)
        model_break(m, c, "a wait with another end than it has");
    if (c->life == LIFE_RESTING && rests && strcmp(shown->state.reason, "CrashLoopBackOff") != 0)
        model_break(m, c, "a wait that is no CrashLoopBackOff");
    if (c->has_end && shown->state.kind != STATUS_TERMINATED && shown->last_state.kind != STATUS_TERMINATED)
        model_break(m, c, "a run that has ended, and no lastState");
}

void model_status_begin(struct model *m, const struct pod *p)
{
    memcpy(m->conditions, p->conditions, sizeof m->conditions);
    m->phase = PHASE_PENDING;
}

void model_status(struct model *m, const struct pod *p)
{
    const enum pod_phase phase = status_phase(p);

    if (phase != model_phase(m))
        model_break(m, NULL, "a phase that is not so");
    if (status_is_terminal((enum pod_phase)m->phase) && phase != (enum pod_phase)m->phase)
        model_break(m, NULL, "a phase that had to stay");
    m->phase = (int)phase;
    for (int type = 0; type < CONDITIONS; type++)
        check_condition(m, (enum condition_type)type, &p->conditions[type]);
    for (unsigned i = 0; i < m->count; i++) {
        struct container_status shown;

        status_of_container(p, &p->containers[i], m->now, &shown);
        check_container(m, &m->containers[i], &shown);
    }
}
