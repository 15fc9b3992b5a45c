/* The model's probes: kubelet-semantics 2.1 to 2.5, with difference 3. */
#include "config/annotations.h"
#include "tests/properties/model.h"

#include <stddef.h>

static mono_ms period_of(const struct model_probe *p)
{
    return p->spec->period_seconds * MONO_SECOND;
}

/* From the first attempt of readiness, from the run's start for the others. */
static mono_ms first_point(const struct model_container *c, enum probe_type type, mono_ms now)
{
    const struct model_probe *p = &c->probes[type];
    mono_ms earliest = c->began + p->spec->initial_delay_seconds * MONO_SECOND;
    mono_ms point = c->began + period_of(p);

    if (earliest < now)
        earliest = now;
    if (type == PROBE_READINESS)
        return earliest;
    if (point < earliest)
        point += (earliest - point + period_of(p) - 1) / period_of(p) * period_of(p);
    return point;
}

static void at_work(struct model *m, struct model_container *c, enum probe_type type)
{
    struct model_probe *p = &c->probes[type];

    if (p->spec == NULL)
        return;
    *p = (struct model_probe){.spec = p->spec, .at_work = true, .good = type == PROBE_LIVENESS};
    p->grid = first_point(c, type, m->now);
}

void model_up(struct model *m, struct model_container *c)
{
    c->up = true;
    c->told_by = c->beat > 0 ? mono_add(m->now, c->beat) : MONO_NEVER;
    at_work(m, c, PROBE_LIVENESS);
    at_work(m, c, PROBE_READINESS);
}

void model_probes_begin(struct model *m, struct model_container *c)
{
    if (model_notices_first(m, c))
        return;
    if (c->probes[PROBE_STARTUP].spec != NULL && !c->notify->ready)
        at_work(m, c, PROBE_STARTUP);
    else
        model_up(m, c);
}

static void verdict(struct model *m, struct model_container *c, enum probe_type type, bool good)
{
    struct model_probe *p = &c->probes[type];

    p->good = good;
    if (type == PROBE_READINESS)
        return;
    p->failed = !good;
    if (type == PROBE_STARTUP || !good)
        p->at_work = false;
    if (type == PROBE_STARTUP && good)
        model_up(m, c);
    if (!good) {
        int64_t own = p->spec->termination_grace_period_seconds;

        c->must_stop = type == PROBE_LIVENESS ? STOP_LIVENESS : STOP_STARTUP;
        c->must_in_turn = false;
        c->must_grace = m->grace;
        if (own != INT_UNSET)
            c->must_grace = own > MONO_NEVER / MONO_SECOND ? MONO_NEVER : own * MONO_SECOND;
    }
}

void model_probe_outcome(struct model *m, struct model_container *c, enum probe_type type,
                         enum attempt_outcome outcome)
{
    struct model_probe *p = &c->probes[type];
    bool good = false;

    switch (attempt_class(outcome)) {
    case ATTEMPT_ERROR:                 /* three tries, then thrown away */
        if (++p->errors == 3) {
            p->errors = 0;
            c->owed[NOTE_PROBE_ERROR]++;
        }
        return;
    case ATTEMPT_WARNING:
        c->owed[NOTE_PROBE_WARNING]++;
        good = true;
        break;
    case ATTEMPT_SUCCESS:
        good = true;
        break;
    case ATTEMPT_FAILURE:
        c->owed[NOTE_UNHEALTHY]++;
        break;
    }
    p->errors = 0;
    p->streak = p->streak > 0 && p->last_good == good ? p->streak + 1 : 1;
    p->last_good = good;
    if (p->streak >= (good ? p->spec->success_threshold : p->spec->failure_threshold))
        verdict(m, c, type, good);
}

void model_probe_attempt(struct model *m, struct model_container *c, enum probe_type type)
{
    struct model_probe *p = &c->probes[type];

    if (p->spec == NULL || !p->at_work) {
        model_break(m, c, "an attempt of a probe that is not at work");
        return;
    }
    if (p->errors > 0)                  /* tried again at once, off the grid */
        return;
    if (m->now < p->grid)
        model_break(m, c, "an attempt before its point of the grid");
    while (p->grid <= m->now)           /* those that passed meanwhile collapse into this one */
        p->grid += ((m->now - p->grid) / period_of(p) + 1) * period_of(p);
}

void model_probes_settle(struct model *m, struct model_container *c)
{
    for (int type = 0; type < PROBE_TYPES; type++) {
        const struct model_probe *p = &c->probes[type];

        if (!p->at_work && c->live[type])
            model_break(m, c, "an attempt of a probe that is over goes on");
        if (!p->at_work || c->live[type])
            continue;
        if (p->errors > 0)
            model_break(m, c, "an attempt that could not tell was not tried again");
        else if (p->grid < m->now)
            model_break(m, c, "an attempt was left out");
    }
}

void model_probes_end(struct model *m)
{
    for (unsigned i = 0; i < m->count; i++) {
        for (int type = 0; type < PROBE_TYPES; type++)
            m->containers[i].probes[type].at_work = false;
    }
}

bool model_should_be_ready(const struct model_container *c)
{
    if (c->life != LIFE_ALIVE || !c->up || c->role == ROLE_INIT || c->said_stopping)
        return false;
    return c->probes[PROBE_READINESS].spec == NULL || c->probes[PROBE_READINESS].good;
}
