/* What the model's processes tell of themselves: sd_notify(3), docs/notify.md. */
#include "config/annotations.h"
#include "tests/properties/model.h"

#include <stddef.h>

void model_notices_begin(struct model_container *c)
{
    c->said_ready = c->said_stopping = false;
    c->beat = c->notify->watchdog;
    c->told_by = MONO_NEVER;
}

/* The last attempt that the startup probe has, were it at work; each has its point of the grid. */
static mono_ms startup_ends(const struct model_container *c, mono_ms now)
{
    const struct probe_spec *p = c->probes[PROBE_STARTUP].spec;
    const __int128 period = p == NULL ? 0 : (__int128)p->period_seconds * MONO_SECOND;
    __int128 at = c->began + period;

    if (p == NULL)
        return MONO_NEVER;
    while (at < now || at < c->began + (__int128)p->initial_delay_seconds * MONO_SECOND) {
        const __int128 earliest = c->began + (__int128)p->initial_delay_seconds * MONO_SECOND;
        const __int128 to = earliest > now ? earliest : now;

        at += (to - at + period - 1) / period * period;
    }
    at += (p->failure_threshold - 1) * period;
    return at > MONO_NEVER ? MONO_NEVER : (mono_ms)at;
}

bool model_notices_first(struct model *m, struct model_container *c)
{
    if (c->said_stopping)
        c->told_by = mono_add(m->now, m->grace);
    else if (c->notify->ready && !c->said_ready)
        c->told_by = startup_ends(c, m->now);
    else
        return false;
    return true;
}

static mono_ms grace_of(const struct model *m, const struct probe_spec *probe)
{
    const int64_t own = probe == NULL ? INT_UNSET : probe->termination_grace_period_seconds;

    if (own == INT_UNSET)
        return m->grace;
    return own > MONO_NEVER / MONO_SECOND ? MONO_NEVER : own * MONO_SECOND;
}

static void is_late(struct model *m, struct model_container *c, enum probe_type as)
{
    c->owed[NOTE_UNHEALTHY]++;
    c->must_stop = as == PROBE_STARTUP ? STOP_STARTUP : STOP_LIVENESS;
    c->must_in_turn = false;
    c->must_grace = grace_of(m, c->probes[as].spec);
    c->told_by = MONO_NEVER;
}

void model_notice_time(struct model *m, struct model_container *c)
{
    if (c->life == LIFE_ALIVE && !c->stopping && m->now >= c->told_by)
        is_late(m, c, c->up || c->said_stopping ? PROBE_LIVENESS : PROBE_STARTUP);
}

static void said_stopping(struct model *m, struct model_container *c)
{
    c->said_stopping = true;
    c->probes[PROBE_LIVENESS].at_work = c->probes[PROBE_STARTUP].at_work = false;
    if (c->begun)
        c->told_by = mono_add(m->now, m->grace);
}

void model_notice(struct model *m, struct model_container *c, const struct container_event *ev)
{
    if (c->life != LIFE_ALIVE || c->stopping || (c->said_stopping && c->begun))
        return;
    switch (ev->notice) {
    case NOTICE_READY:
        c->said_ready = true;
        if (c->begun && c->notify->ready && !c->up)
            model_up(m, c);
        break;
    case NOTICE_STOPPING:
        said_stopping(m, c);
        break;
    case NOTICE_WATCHDOG_TIMEOUT:
        c->beat = ev->timeout;
        if (c->begun && c->up)
            c->told_by = c->beat > 0 ? mono_add(m->now, c->beat) : MONO_NEVER;
        break;
    case NOTICE_WATCHDOG:
        if (c->begun && c->up && c->beat > 0)
            c->told_by = mono_add(m->now, c->beat);
        break;
    case NOTICE_WATCHDOG_TRIGGER:
        if (c->begun)
            is_late(m, c, PROBE_LIVENESS);
        break;
    case NOTICE_RELOADING:
    case NOTICE_STATUS:
        break;
    }
}
