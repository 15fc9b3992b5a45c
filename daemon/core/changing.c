#include "config/signals.h"
#include "daemon/core/emit.h"
#include "daemon/core/moves.h"

static void take_probe(struct container *c, enum probe_type type, const struct probe_spec *probe, bool same)
{
    if (same)                           /* its worker may be at work */
        c->workers[type].spec = probe;
    else
        worker_init(&c->workers[type], type, probe);
}

void move_take_config(struct container *c, const struct container_config *config)
{
    const struct container_spec *spec = config->spec;
    const bool same = c->spec != NULL && config->change == SPEC_SAME;

    c->spec = spec;
    c->policy = config->policy;
    c->notify = config->notify;
    c->restart_policy = spec->restart_policy != restart_policy_UNSET
                            ? spec->restart_policy
                            : (enum restart_policy)config->restart_policy;
    c->stop_signal =
        signal_number(spec->lifecycle != NULL ? spec->lifecycle->stop_signal : signal_name_UNSET);
    take_probe(c, PROBE_LIVENESS, spec->liveness_probe, same);
    take_probe(c, PROBE_READINESS, spec->readiness_probe, same);
    take_probe(c, PROBE_STARTUP, spec->startup_probe, same);
    if (config->change == SPEC_NEW_COMMAND)
        backoff_reset(&c->backoff);
    c->next = (struct container_config){0};
}

void move_keep_change(struct container *c, const struct container_config *config)
{
    /* Against the one that it has; one that waits already may be another still. */
    const enum spec_change change = config->change > c->next.change ? config->change : c->next.change;

    if (change == SPEC_SAME) {
        move_take_config(c, config);
        return;
    }
    c->next = *config;
    c->next.change = change;
}

/* A change stops the run, but for an init container's: that one is looked at at its next start. */
static bool is_stopped_for(const struct container *c)
{
    return c->next.spec != NULL && c->role != ROLE_INIT && c->wanted && c->stop == STOP_NONE;
}

void move_note_change(struct container *c, const struct container_event *ev)
{
    move_keep_change(c, &ev->config);
    if (!is_stopped_for(c))
        return;
    c->stop = STOP_CHANGED;
    c->stop_grace = ev->grace;
}

void move_run_changed(struct container *c, const struct container_event *ev, struct actions *out)
{
    move_keep_change(c, &ev->config);
    if (is_stopped_for(c))
        move_begin_stop(c, STOP_CHANGED, ev->grace, ev->now, out);
}

/* ---- anew ---- */

static enum stop_reason reason_of(const struct container_event *ev)
{
    return ev->kind == CONTAINER_RESTART ? STOP_RESTART : STOP_FILES_CHANGED;
}

static void tell(const struct container *c, const struct container_event *ev, struct actions *out)
{
    const bool asked = ev->kind == CONTAINER_RESTART;

    emit_note(c, out, asked ? NOTE_RESTART : NOTE_FILES_CHANGED, ev->now)->text = ev->text;
}

void move_spawn_anew(struct container *c, const struct container_event *ev, struct actions *out)
{
    tell(c, ev, out);
    move_spawn(c, ev->now, out);
}

void move_remove_anew(struct container *c, const struct container_event *ev, struct actions *out)
{
    tell(c, ev, out);
    move_remove(c);
}

void move_note_anew(struct container *c, const struct container_event *ev, struct actions *out)
{
    if (c->stop != STOP_NONE)
        return;
    tell(c, ev, out);
    c->stop = reason_of(ev);
    c->stop_grace = ev->grace;
}

void move_stop_anew(struct container *c, const struct container_event *ev, struct actions *out)
{
    tell(c, ev, out);
    move_begin_stop(c, reason_of(ev), ev->grace, ev->now, out);
}

/* What it is stopped for is a fault of what it was: it runs again at once, whatever its policy. */
void move_restart_anew(struct container *c, const struct container_event *ev, struct actions *out)
{
    if (!c->wanted || (c->stop != STOP_LIVENESS && c->stop != STOP_STARTUP && c->stop != STOP_POST_START))
        return;
    tell(c, ev, out);
    c->stop = reason_of(ev);
}
