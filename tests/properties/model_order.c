/* The model's order: kubelet-semantics 4.3, 5.3, 6. */
#include "tests/properties/model_private.h"

#include "config/load.h"

/* ---- order ---- */

bool model_did_its_work(const struct model_container *c)
{
    return c->life == LIFE_GONE && c->has_end && !c->was_removed && c->end.exit_code == 0
           && c->end.reason != END_OOM_KILLED;
}

/* The one after it may start for the first time. */
static bool lets_the_next_start(const struct model_container *c)
{
    switch (c->role) {
    case ROLE_INIT:
        return model_did_its_work(c);
    case ROLE_SIDECAR:
        return c->life == LIFE_ALIVE && c->up;
    case ROLE_REGULAR:
        return c->passed_first;
    }
    return false;
}

/* Its turn to start for the first time has come. */
bool model_has_its_turn(const struct model *m, const struct model_container *c)
{
    if (!m->started || m->stopping || m->restarting || c->life != LIFE_UNBORN)
        return false;
    return c == m->containers || (c[-1].life != LIFE_UNBORN && lets_the_next_start(c - 1));
}

/* Nothing that a sidecar serves is left: what comes after it, but for init containers. */
bool model_serves_nobody(const struct model *m, const struct model_container *c)
{
    for (const struct model_container *o = c + 1; o < m->containers + m->count; o++) {
        if (o->role != ROLE_INIT && o->life != LIFE_GONE)
            return false;
    }
    return true;
}

/* All the work is done, or cannot be. */
bool model_is_done(const struct model *m)
{
    bool all = true;

    for (unsigned i = 0; i < m->count; i++) {
        const struct model_container *c = &m->containers[i];

        if (c->role == ROLE_INIT && c->life == LIFE_GONE && !model_did_its_work(c))
            return true;
        all &= c->role != ROLE_REGULAR || (c->life == LIFE_GONE && m->config->watch[i].count == 0);
    }
    return all;
}

/* ---- all containers restart (kubelet-semantics 5.3) ---- */

/* Nothing is left of it but its counts: its turn is to come. */
void model_removed(struct model_container *c)
{
    if (c->life == LIFE_RESTING || c->life == LIFE_HOLDING)
        c->series_owed = !c->rule_cleared && !c->at_once;
    c->life = LIFE_UNBORN;
    c->was_removed = true;              /* 4.4: whatever its run came to, it is 137 now */
    c->passed_first = c->up = c->begun = c->removing = false;
    c->must_stop = STOP_NONE;
}

static void remove_container(struct model *m, struct model_container *c)
{
    switch (c->life) {
    case LIFE_UNBORN:
    case LIFE_HOLDING:
        break;
    case LIFE_RESTING:
    case LIFE_BLOCKED:
    case LIFE_GONE:
        model_removed(c);
        break;
    case LIFE_ALIVE:
    case LIFE_SPAWNING:
        c->removing = true;
        if (c->stopping) {
            c->stop_end = mono_min(c->stop_end, mono_add(m->now, least_after_term));
            break;
        }
        c->must_stop = STOP_RESTART_ALL;
        c->must_grace = least_after_term;
        c->must_in_turn = false;
        break;
    }
}

void model_restart_all(struct model *m)
{
    m->restarting = true;
    m->owed[NOTE_RESTARTING_ALL]++;
    for (unsigned i = 0; i < m->count; i++)
        remove_container(m, &m->containers[i]);
}

bool model_any_holds(const struct model *m)
{
    for (unsigned i = 0; i < m->count; i++) {
        if (m->containers[i].life == LIFE_HOLDING)
            return true;
    }
    return false;
}

bool model_all_removed(const struct model *m)
{
    for (unsigned i = 0; i < m->count; i++) {
        if (m->containers[i].life != LIFE_UNBORN)
            return false;
    }
    return true;
}
