/* What the core asks for, held to the model, and what must hold after a step. */
#include "tests/properties/model_private.h"

#include <stddef.h>

/* How much later than the grace period's end both signals are allowed: the least, and
 * a second because what the hook took is counted in whole ones. */
static const mono_ms latest_after_end = 2 * MONO_SECOND;

/* ---- actions ---- */

static void spawned(struct model *m, struct model_container *c)
{
    const bool waits = c->life == LIFE_RESTING || c->life == LIFE_BLOCKED;

    if (m->stopping)
        model_break(m, c, "a start in a pod that is being stopped");
    else if (c->life == LIFE_UNBORN && !model_has_its_turn(m, c))
        model_break(m, c, "a first start out of turn");
    else if (waits && !c->woken && m->now < c->due)
        model_break(m, c, "a start before its deadline");
    else if (waits && !c->woken && m->now > c->due)
        model_break(m, c, "a start after its deadline");
    else if (c->life != LIFE_UNBORN && !waits)
        model_break(m, c, "a second process for one container");
    if (c->series_owed || (c->life == LIFE_RESTING && !c->at_once && !c->rule_cleared))
        rule_start(&c->rule, c->policy, c->finished, m->now);
    else if (c->rule.entry)
        c->rule.last_update = m->now;   /* the series goes on from this run */
    c->series_owed = false;
    c->starts++;
    c->life = LIFE_SPAWNING;
    c->must_stop = STOP_NONE;
    c->stopping = c->for_good = c->in_turn = c->no_grace = c->hooked = c->term = c->kill = false;
    c->removing = c->at_once = false;
}

static void stop_begins(struct model *m, struct model_container *c, const struct note *note)
{
    if (c->life != LIFE_ALIVE || c->stopping)
        model_break(m, c, "a stop of what does not run, or is being stopped");
    else if (c->must_stop == STOP_NONE || note->stop != c->must_stop)
        model_break(m, c, "a stop for a reason that does not exist");
    if (note->will_restart
        != (!c->for_good
            && (c->restart_policy != RESTART_NEVER || note->stop == STOP_CHANGED
                || note->stop == STOP_FILES_CHANGED || note->stop == STOP_RESTART
                || note->stop == STOP_RESTART_ALL)))
        model_break(m, c, "a stop with a wrong word on what follows");
    c->stopping = true;
    c->no_grace = c->must_grace == 0;
    c->in_turn = c->must_in_turn;
    c->stop_end = mono_add(m->now, c->must_grace);
    c->begun = true;
    c->passed_first = true;
    c->probes[PROBE_LIVENESS].at_work = c->probes[PROBE_STARTUP].at_work = false;
    c->told_by = MONO_NEVER;
}

static void noted(struct model *m, struct model_container *c, const struct note *note)
{
    unsigned count;

    switch (note->kind) {
    case NOTE_READY:
    case NOTE_NOT_READY:
        if (c->ready == (note->kind == NOTE_READY))
            model_break(m, c, "ready or not, twice");
        if (note->as_asked != (c->stopping || (c->life != LIFE_ALIVE && c->end.exit_code == 0)))
            model_break(m, c, "readiness that goes as asked, or not, with the wrong word");
        c->ready = note->kind == NOTE_READY;
        break;
    case NOTE_KILLING:
        stop_begins(m, c, note);
        break;
    case NOTE_EXITED:
        if (note->end.exit_code != c->end.exit_code || note->end.reason != c->end.reason
            || note->end.finished != m->now || note->end.started > note->end.finished)
            model_break(m, c, "an exit noted with other words than it had");
        if (note->as_asked && !c->stopping)
            model_break(m, c, "an exit as asked that nobody asked for");
        c->owed[note->kind]--;
        break;
    case NOTE_BACKOFF:
        model_backoff_noted(m, c, note->delay);
        c->owed[note->kind]--;
        break;
    case NOTE_CREATED:
    case NOTE_STARTED:
    case NOTE_START_FAILED:
    case NOTE_NOT_CREATED:
    case NOTE_UNHEALTHY:
    case NOTE_PROBE_ERROR:
    case NOTE_PROBE_WARNING:
    case NOTE_HOOK:
    case NOTE_RESET:
    case NOTE_FILES_CHANGED:
    case NOTE_RESTART:
    case NOTE_REPORT:
        c->owed[note->kind]--;
        break;
    case NOTE_SUCCEEDED:
    case NOTE_FAILED:
    case NOTE_DELETED:
    case NOTE_DEADLINE_EXCEEDED:
    case NOTE_OVERDUE:
    case NOTE_RESTARTING_ALL:
        model_break(m, c, "a note of the pod about a container");
        break;
    }
    count = c->starts > 0 ? c->starts - 1 : 0;
    if (note->restart_count != count)
        model_break(m, c, "restartCount is not the number of starts less one");
}

static void attempt_begins(struct model *m, struct model_container *c, enum attempt_slot slot)
{
    if (c->life != LIFE_ALIVE)
        model_break(m, c, "an attempt without a process");
    if (c->live[slot])
        model_break(m, c, "two attempts at once in one slot");
    c->live[slot] = true;
    if (slot <= SLOT_STARTUP) {
        model_probe_attempt(m, c, (enum probe_type)slot);
    } else if (slot == SLOT_POST_START) {
        if (c->begun || c->spec->lifecycle == NULL || c->spec->lifecycle->post_start == NULL)
            model_break(m, c, "a postStart hook that nobody wants");
    } else {
        if (c->hooked || !c->stopping || c->no_grace || c->removing || c->term)
            model_break(m, c, "a preStop hook without a stop, or after it");
        c->hooked = true;
    }
}

static void attempt_dropped(struct model *m, struct model_container *c, enum attempt_slot slot)
{
    bool ended = c->life != LIFE_ALIVE;
    bool for_failure = slot == SLOT_READINESS && m->stopping && model_phase(m) == PHASE_FAILED;

    if (!c->live[slot])
        model_break(m, c, "an attempt dropped that is not under way");
    else if (!ended && !for_failure && !((c->stopping || c->said_stopping) && slot != SLOT_READINESS && slot != SLOT_PRE_STOP))
        model_break(m, c, "an attempt dropped for nothing");
    c->live[slot] = false;
}

static void term_sent(struct model *m, struct model_container *c)
{
    bool has_hook = c->spec->lifecycle != NULL && c->spec->lifecycle->pre_stop != NULL;

    if (c->life != LIFE_ALIVE)
        model_break(m, c, "SIGTERM without a process");
    else if (!c->stopping || c->no_grace)
        model_break(m, c, "SIGTERM without a stop, or in place of SIGKILL");
    else if (c->term || c->kill)
        model_break(m, c, "SIGTERM sent twice, or after SIGKILL");
    else if (m->now < c->stop_end && !c->removing && has_hook && (!c->hooked || c->live[SLOT_PRE_STOP]))
        model_break(m, c, "SIGTERM before the preStop hook has ended");
    else if (m->now < c->stop_end && !c->removing && c->in_turn && !model_serves_nobody(m, c))
        model_break(m, c, "a sidecar stopped before those it serves");
    c->term = true;
    c->term_at = m->now;
}

static void kill_sent(struct model *m, struct model_container *c)
{
    if (c->life != LIFE_ALIVE)
        model_break(m, c, "SIGKILL without a process");
    else if (!c->stopping || c->kill)
        model_break(m, c, "SIGKILL without a stop, or twice");
    else if (!c->no_grace && (!c->term || m->now < c->stop_end || m->now < c->term_at + least_after_term))
        model_break(m, c, "SIGKILL before the grace period has ended");
    c->kill = true;
}

void model_action(struct model *m, const struct action *action)
{
    struct model_container *c;

    if (action->container == NO_CONTAINER) {
        m->owed[action->note.kind]--;
        return;
    }
    c = &m->containers[action->container];
    switch (action->kind) {
    case DO_SPAWN:
        spawned(m, c);
        break;
    case DO_TERM:
        term_sent(m, c);
        break;
    case DO_KILL:
        kill_sent(m, c);
        break;
    case DO_ATTEMPT:
        attempt_begins(m, c, action->slot);
        break;
    case DO_CANCEL:
        attempt_dropped(m, c, action->slot);
        break;
    case DO_NOTE:
        noted(m, c, &action->note);
        break;
    }
}

/* ---- after the step ---- */

static void settle_stop(struct model *m, struct model_container *c)
{
    if (!c->stopping) {
        if (c->must_stop != STOP_NONE)
            model_break(m, c, "a stop that was not begun");
        return;
    }
    if (c->kill)
        return;
    if (c->no_grace)
        model_break(m, c, "SIGKILL was due at once");
    else if (m->now > mono_add(c->stop_end, latest_after_end))
        model_break(m, c, "a stop that outlasts its grace period");
    else if (!c->term && m->now > c->stop_end)
        model_break(m, c, "no SIGTERM by the end of the grace period");
    else if (!c->term && c->removing)
        model_break(m, c, "the stop signal was due at once");
    else if (!c->term && !c->live[SLOT_PRE_STOP] && !(c->in_turn && !model_serves_nobody(m, c)))
        model_break(m, c, "SIGTERM was due at once");
}

static void settle_container(struct model *m, struct model_container *c)
{
    for (int kind = 0; kind < NOTES; kind++) {
        if (c->owed[kind] > 0)
            model_break(m, c, "what happened was not noted");
        if (c->owed[kind] < 0)
            model_break(m, c, "a note of what did not happen");
    }
    if (model_has_its_turn(m, c))
        model_break(m, c, "a first start that did not come");
    if ((c->life == LIFE_RESTING || c->life == LIFE_BLOCKED) && (c->woken || m->now > c->due))
        model_break(m, c, "a start after its deadline");
    if (c->life == LIFE_ALIVE)
        settle_stop(m, c);
    else
        for (int slot = 0; slot < SLOTS; slot++) {
            if (c->live[slot])
                model_break(m, c, "an attempt without a process");
        }
    if (c->told_by < m->now)
        model_break(m, c, "a process that is late, and nothing was done");
    model_probes_settle(m, c);
    if (c->ready != model_should_be_ready(c))
        model_break(m, c, c->ready ? "ready, and should not be" : "not ready, and should be");
}

void model_settle(struct model *m)
{
    if (m->started && !m->stopping && m->now > m->deadline)
        model_break(m, NULL, "a pod that outlives its activeDeadlineSeconds");
    if (m->stopping && !m->over && m->now > m->overdue)
        model_break(m, NULL, "a pod that is overdue, and nothing was said");
    for (unsigned i = 0; i < m->count; i++)
        settle_container(m, &m->containers[i]);
    for (int kind = 0; kind < NOTES; kind++) {
        if (m->owed[kind] != 0)
            model_break(m, NULL, m->owed[kind] > 0 ? "what happened to the pod was not noted"
                                                   : "a note of what did not happen to the pod");
    }
}
