#include "tests/properties/model_private.h"

#include "config/load.h"

#include <stddef.h>

void model_break(struct model *m, const struct model_container *c, const char *what)
{
    if (m->broken != NULL)
        return;
    m->broken = what;
    m->broken_at = c != NULL ? (int)(c - m->containers) : NO_CONTAINER;
}

static mono_ms seconds(int64_t n)
{
    return n > MONO_NEVER / MONO_SECOND ? MONO_NEVER : n * MONO_SECOND;
}

static enum container_role role_of(const struct container_spec *spec, bool init)
{
    if (!init)
        return ROLE_REGULAR;
    return spec->restart_policy == RESTART_ALWAYS ? ROLE_SIDECAR : ROLE_INIT;
}

void model_init(struct model *m, const struct pod_config *config)
{
    int64_t grace = config->spec->termination_grace_period_seconds;

    *m = (struct model){.config = config, .count = config->count,
                        .grace = grace < 0 ? MONO_SECOND : seconds(grace),
                        .deadline = MONO_NEVER, .overdue = MONO_NEVER};
    for (unsigned i = 0; i < config->count; i++) {
        const struct container_spec *spec = config->containers[i];
        struct model_container *c = &m->containers[i];

        c->spec = spec;
        c->policy = &config->backoff[i];
        c->notify = &config->notify[i];
        c->told_by = MONO_NEVER;
        c->role = role_of(spec, i < config->init_count);
        c->restart_policy = spec->restart_policy != restart_policy_UNSET ? spec->restart_policy
                                                                         : config->spec->restart_policy;
        c->probes[PROBE_LIVENESS].spec = spec->liveness_probe;
        c->probes[PROBE_READINESS].spec = spec->readiness_probe;
        c->probes[PROBE_STARTUP].spec = spec->startup_probe;
    }
}

/* ---- stops ---- */

static void sooner(struct model_container *c, mono_ms now, mono_ms grace)
{
    c->for_good = true;
    c->stop_end = mono_min(c->stop_end, mono_add(now, grace));
    if (grace == 0)
        c->no_grace = true;
}

static void stop_container(struct model *m, struct model_container *c, enum stop_reason why,
                           mono_ms grace)
{
    switch (c->life) {
    case LIFE_UNBORN:
    case LIFE_RESTING:
    case LIFE_BLOCKED:
    case LIFE_HOLDING:
        c->life = LIFE_GONE;
        break;
    case LIFE_SPAWNING:
        c->removing = false;
        c->must_grace = !c->for_good ? grace : mono_min(c->must_grace, grace);
        c->must_stop = why;
        c->must_in_turn = c->role == ROLE_SIDECAR && grace != 0;
        c->for_good = true;
        break;
    case LIFE_ALIVE:
        if (c->stopping) {
            sooner(c, m->now, grace);
        } else {
            c->removing = false;
            c->must_stop = why;
            c->must_grace = grace;
            c->must_in_turn = c->role == ROLE_SIDECAR && grace != 0;
            c->for_good = true;
        }
        break;
    case LIFE_GONE:
        break;
    }
}

static void stop_pod(struct model *m, enum stop_reason why, mono_ms grace)
{
    const mono_ms half = grace / 2, patience = grace > 6666 ? mono_add(grace, half) : 10 * MONO_SECOND;
    const mono_ms overdue = mono_add(m->now, patience);

    m->overdue = m->stopping ? mono_min(m->overdue, overdue) : overdue;
    m->stopping = true;
    m->restarting = false;
    for (unsigned i = 0; i < m->count; i++)
        stop_container(m, &m->containers[i], why, grace);
}

/* ---- events ---- */

static void attempt_ended(struct model *m, struct model_container *c, const struct container_event *ev)
{
    if (!c->live[ev->slot]) {
        model_break(m, c, "an outcome of an attempt that is not under way");
        return;
    }
    c->live[ev->slot] = false;
    if (ev->slot <= SLOT_STARTUP) {
        model_probe_outcome(m, c, (enum probe_type)ev->slot, ev->outcome);
        return;
    }
    c->owed[NOTE_HOOK]++;
    if (ev->slot == SLOT_PRE_STOP)
        return;
    if (attempt_class(ev->outcome) <= ATTEMPT_WARNING) {
        c->begun = c->passed_first = true;
        model_probes_begin(m, c);
    } else {
        c->must_stop = STOP_POST_START;
        c->must_grace = m->grace;
        c->must_in_turn = false;
    }
}

static void process_started(struct model *m, struct model_container *c)
{
    c->life = LIFE_ALIVE;
    c->began = m->now;
    model_notices_begin(c);
    c->owed[NOTE_CREATED]++;
    c->owed[NOTE_STARTED]++;
    if (c->must_stop == STOP_NONE && (c->spec->lifecycle == NULL || c->spec->lifecycle->post_start == NULL)) {
        c->begun = c->passed_first = true;
        model_probes_begin(m, c);
    }
}

/* A reset or retry ends the wait that is on, if one is. */
static void wake(struct model_container *c)
{
    c->woken |= c->life == LIFE_RESTING || c->life == LIFE_BLOCKED || c->life == LIFE_HOLDING;
}

static void config_event(struct model *m, struct model_container *c, enum spec_change change)
{
    switch (c->life) {
    case LIFE_UNBORN:
    case LIFE_GONE:
    case LIFE_RESTING:
    case LIFE_BLOCKED:
    case LIFE_HOLDING:
        if (change == SPEC_NEW_COMMAND) {
            c->rule = (struct rule){0};
            c->series_owed = false;
            c->rule_cleared |= c->life == LIFE_RESTING || c->life == LIFE_HOLDING;
        }
        if (change == SPEC_NEW_COMMAND || (change == SPEC_CHANGED && c->life == LIFE_BLOCKED))
            wake(c);
        break;
    case LIFE_SPAWNING:
    case LIFE_ALIVE:
        if (change > c->next)
            c->next = change;
        if (c->next != SPEC_SAME && c->role != ROLE_INIT && !c->stopping && c->must_stop == STOP_NONE) {
            c->must_stop = STOP_CHANGED;
            c->must_grace = m->grace;
            c->must_in_turn = false;
        }
        break;
    }
}

/* Files that it watches have changed, or somebody asks for it: whatever it crashed of may be mended. */
static void anew_event(struct model *m, struct model_container *c, enum stop_reason why, enum note_kind note)
{
    const bool for_a_fault =
        c->must_stop == STOP_LIVENESS || c->must_stop == STOP_STARTUP || c->must_stop == STOP_POST_START;

    c->rule = (struct rule){0};
    c->series_owed = false;
    c->rule_cleared |= c->life == LIFE_RESTING || c->life == LIFE_HOLDING;
    switch (c->life) {
    case LIFE_UNBORN:
        return;
    case LIFE_GONE:
        if (m->stopping || c->role != ROLE_REGULAR)
            return;
        c->life = LIFE_RESTING;
        c->due = m->now;
        c->at_once = true;
        break;
    case LIFE_RESTING:
    case LIFE_BLOCKED:
    case LIFE_HOLDING:
        break;
    case LIFE_SPAWNING:
    case LIFE_ALIVE:
        if (c->stopping ? c->for_good || c->removing || !for_a_fault : c->must_stop != STOP_NONE)
            return;
        c->must_stop = why;
        if (!c->stopping) {
            c->must_grace = m->grace;
            c->must_in_turn = false;
        }
        break;
    }
    c->owed[note]++;
    wake(c);
}

static void container_event(struct model *m, struct model_container *c, const struct container_event *ev)
{
    struct run_end failed = {.reason = END_START_ERROR, .exit_code = 128};

    switch (ev->kind) {
    case CONTAINER_STARTED:
        process_started(m, c);
        break;
    case CONTAINER_START_FAILED:
        c->owed[NOTE_CREATED]++;
        c->owed[NOTE_START_FAILED]++;
        model_run_ended(m, c, &failed);
        break;
    case CONTAINER_NOT_CREATED:
        model_not_created(m, c);
        break;
    case CONTAINER_EXITED:
        model_run_ended(m, c, &ev->end);
        break;
    case CONTAINER_ATTEMPT:
        attempt_ended(m, c, ev);
        break;
    case CONTAINER_NOTICE:
        model_notice(m, c, ev);
        break;
    case CONTAINER_BACKOFF_RESET:
        c->rule = (struct rule){0};
        c->series_owed = false;
        c->rule_cleared |= c->life == LIFE_RESTING || c->life == LIFE_HOLDING;
        wake(c);
        break;
    case CONTAINER_BACKOFF_RETRY:
        wake(c);
        break;
    case CONTAINER_FILES_CHANGED:
        anew_event(m, c, STOP_FILES_CHANGED, NOTE_FILES_CHANGED);
        break;
    case CONTAINER_RESTART:
        anew_event(m, c, STOP_RESTART, NOTE_RESTART);
        break;
    case CONTAINER_START:
    case CONTAINER_DEADLINE:
    case CONTAINER_STOP:
    case CONTAINER_KILL:
    case CONTAINER_TURN:
    case CONTAINER_REMOVE:
    case CONTAINER_CONFIG:
        model_break(m, c, "an event that only the pod gives");
        break;
    }
}

static void pod_over(struct model *m)
{
    bool failed = false;

    for (unsigned i = 0; i < m->count; i++) {
        const struct model_container *c = &m->containers[i];

        if (c->life != LIFE_GONE)
            return;
        if (c->role == ROLE_INIT)
            failed |= !model_did_its_work(c);
        else if (c->role == ROLE_REGULAR)
            failed |= !c->has_end || c->was_removed || c->end.exit_code != 0;
    }
    failed |= m->too_late;
    m->failed = failed;
    m->over = true;
    m->owed[m->deleted ? NOTE_DELETED : failed ? NOTE_FAILED : NOTE_SUCCEEDED]++;
}

/* What time brings: the pod's deadline, the end of a wait that holds all back. */
static void time_event(struct model *m)
{
    if (m->stopping) {
        if (!m->over && m->now >= m->overdue) {
            m->owed[NOTE_OVERDUE]++;
            m->overdue = MONO_NEVER;
        }
        return;
    }
    if (m->now >= m->deadline) {
        m->too_late = true;
        m->owed[NOTE_DEADLINE_EXCEEDED]++;
        stop_pod(m, STOP_DEADLINE, m->grace);
        return;
    }
    for (unsigned i = 0; i < m->count; i++) {
        if (m->containers[i].life == LIFE_HOLDING && m->now >= m->containers[i].due)
            model_removed(&m->containers[i]);
        model_notice_time(m, &m->containers[i]);
    }
}

/* What follows from what happened. */
static void follow(struct model *m)
{
    for (unsigned i = 0; i < m->count; i++) {
        if (m->containers[i].life == LIFE_HOLDING && m->containers[i].woken)
            model_removed(&m->containers[i]);
    }
    if (m->restarting && model_all_removed(m))
        m->restarting = false;
    if (!m->restarting && model_any_holds(m))
        model_restart_all(m);
    if (!m->restarting && model_is_done(m))
        stop_pod(m, STOP_FINISHED, m->grace);
}

static void begin(struct model *m)
{
    const int64_t limit = m->config->spec->active_deadline_seconds;

    if (m->started || m->stopping)
        return;
    m->started = true;
    m->deadline = limit == INT_UNSET ? MONO_NEVER : mono_add(m->now, seconds(limit));
}

void model_event(struct model *m, const struct pod_event *ev)
{
    bool was_over = m->over;

    if (ev->now < m->now)
        model_break(m, NULL, "time that goes back");
    m->now = ev->now;
    m->event = *ev;
    switch (ev->kind) {
    case POD_START:
        begin(m);
        break;
    case POD_STOP:
    case POD_KILL:
        if (was_over && !m->deleted)
            m->owed[NOTE_DELETED]++;
        m->deleted = true;
        if (!was_over)
            stop_pod(m, STOP_DELETED,
                     ev->kind == POD_KILL ? 0 : ev->grace == MONO_NEVER ? m->grace : ev->grace);
        break;
    case POD_CONTAINER:
        if (m->started && !was_over)
            container_event(m, &m->containers[ev->container], &ev->of_container);
        break;
    case POD_REPORT:
        if (m->started)
            m->containers[ev->container].owed[NOTE_REPORT]++;
        break;
    case POD_CONFIG:
        for (unsigned i = 0; i < m->count; i++)
            config_event(m, &m->containers[i], ev->changes[i]);
        break;
    case POD_DEADLINE:
        if (m->started)
            time_event(m);
        break;
    case POD_CONDITION:
        if (ev->gate < MODEL_GATES)
            m->gates[ev->gate] = ev->condition;
        break;
    }
    if (m->started && !m->stopping)
        follow(m);
    if (m->stopping && model_phase(m) == PHASE_FAILED)
        model_probes_end(m);
    if (!was_over && m->stopping)
        pod_over(m);
}
