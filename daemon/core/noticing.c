#include "config/annotations.h"
#include "daemon/core/emit.h"
#include "daemon/core/moves.h"

/* ---- what is expected ---- */

void move_forget_notices(struct container *c)
{
    c->notices = (struct notices){
        .deadline = MONO_NEVER, .watchdog = c->notify->watchdog, .awaited = c->notify->ready};
}

void move_expect_no_notice(struct container *c)
{
    c->notices.deadline = MONO_NEVER;
}

/* When the startup probe would have failed for good, each attempt of it at its point of the grid. */
static mono_ms ready_deadline(const struct container *c, mono_ms now)
{
    const struct probe_spec *probe = c->spec->startup_probe;
    mono_ms period, delay;

    if (probe == NULL)
        return MONO_NEVER;
    period = probe->period_seconds * MONO_SECOND;
    delay = probe->initial_delay_seconds * MONO_SECOND;
    if (delay < now - c->started)       /* held back by postStart */
        delay = now - c->started;
    if (delay < period)
        delay = period;
    delay = (delay + period - 1) / period * period;
    if (probe->failure_threshold - 1 > (MONO_NEVER - delay) / period)
        return MONO_NEVER;
    return mono_add(c->started, delay + (probe->failure_threshold - 1) * period);
}

static void expect_end(struct container *c, const struct container_event *ev)
{
    c->notices.deadline = mono_add(ev->now, ev->grace);
}

bool move_await_notices(struct container *c, const struct container_event *ev)
{
    if (c->notices.leaving)
        expect_end(c, ev);
    else if (c->notices.awaited && !c->notices.ready)
        c->notices.deadline = ready_deadline(c, ev->now);
    else
        return false;
    return true;
}

void move_begin_watchdog(struct container *c, mono_ms now)
{
    c->notices.deadline = c->notices.watchdog > 0 ? mono_add(now, c->notices.watchdog) : MONO_NEVER;
}

/* ---- what is told ---- */

/* What is remembered of a notice, in whatever state it comes. */
static void remember(struct notices *n, const struct container_event *ev)
{
    switch (ev->notice) {  /* GCOVR_EXCL_BR_LINE: all members; no way past them */
    case NOTICE_READY:
        n->ready = true;
        n->reloading = false;
        break;
    case NOTICE_RELOADING:
        n->reloading = true;
        break;
    case NOTICE_STOPPING:
        n->leaving = true;
        break;
    case NOTICE_WATCHDOG_TIMEOUT:
        n->watchdog = ev->timeout;
        break;
    case NOTICE_WATCHDOG:
    case NOTICE_WATCHDOG_TRIGGER:
    case NOTICE_STATUS:
        break;
    }
}

void move_noticed_early(struct container *c, const struct container_event *ev)
{
    remember(&c->notices, ev);
}

/* As a failed probe: noted, and stopped within the grace period that the probe has. */
static void fail(struct container *c, enum attempt_slot slot, const char *text, const struct container_event *ev,
                 struct actions *out)
{
    const bool startup = slot == SLOT_STARTUP;
    const struct probe_spec *probe = startup ? c->spec->startup_probe : c->spec->liveness_probe;
    struct note *note = emit_note(c, out, NOTE_UNHEALTHY, ev->now);

    note->slot = slot;
    note->text = text;
    move_begin_stop(c, startup ? STOP_STARTUP : STOP_LIVENESS, move_probe_grace(probe, ev->grace), ev->now, out);
}

void move_run_noticed(struct container *c, const struct container_event *ev, struct actions *out)
{
    if (c->notices.leaving)
        return;                         /* nothing but its end is waited for */
    remember(&c->notices, ev);
    switch (ev->notice) {  /* GCOVR_EXCL_BR_LINE: all members; no way past them */
    case NOTICE_READY:
        if (c->notices.awaited && !c->started_up)
            move_start_up(c, ev->now, out);
        break;
    case NOTICE_STOPPING:
        move_end_checks(c, ev->now, out);
        move_set_ready(c, out, false, ev->now);
        expect_end(c, ev);
        break;
    case NOTICE_WATCHDOG:
    case NOTICE_WATCHDOG_TIMEOUT:
        if (c->started_up)
            move_begin_watchdog(c, ev->now);
        break;
    case NOTICE_WATCHDOG_TRIGGER:
        fail(c, SLOT_LIVENESS, "the process has sent WATCHDOG=trigger", ev, out);
        break;
    case NOTICE_RELOADING:
    case NOTICE_STATUS:
        break;
    }
}

void move_notice_overdue(struct container *c, const struct container_event *ev, struct actions *out)
{
    if (ev->now < c->notices.deadline)
        return;
    if (c->notices.leaving)
        fail(c, SLOT_LIVENESS, "the process has sent STOPPING=1, and not ended within its grace period", ev, out);
    else if (c->started_up)
        fail(c, SLOT_LIVENESS, "WATCHDOG=1 has not come in time", ev, out);
    else
        fail(c, SLOT_STARTUP, "READY=1 has not come in time", ev, out);
}
