#include "tests/properties/model.h"

#include "config/load.h"

#include <stddef.h>

/* SIGKILL follows the stop signal by so much at the least, unless at once (kubelet-semantics 3.3). */
static const mono_ms least_after_term = 2 * MONO_SECOND;

/* How much later than the grace period's end both signals are allowed: the least, and
 * a second because what the hook took is counted in whole ones. */
static const mono_ms latest_after_end = 2 * MONO_SECOND;

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
                        .grace = grace < 0 ? MONO_SECOND : seconds(grace)};
    for (unsigned i = 0; i < config->count; i++) {
        const struct container_spec *spec = config->containers[i];
        struct model_container *c = &m->containers[i];

        c->spec = spec;
        c->policy = &config->backoff[i];
        c->role = role_of(spec, i < config->init_count);
        c->restart_policy = spec->restart_policy != restart_policy_UNSET ? spec->restart_policy
                                                                         : config->spec->restart_policy;
        c->probes[PROBE_LIVENESS].spec = spec->liveness_probe;
        c->probes[PROBE_READINESS].spec = spec->readiness_probe;
        c->probes[PROBE_STARTUP].spec = spec->startup_probe;
    }
}

/* ---- order ---- */

static bool did_its_work(const struct model_container *c)
{
    return c->life == LIFE_GONE && c->has_end && c->end.exit_code == 0
           && c->end.reason != END_OOM_KILLED;
}

/* The one after it may start for the first time. */
static bool lets_the_next_start(const struct model_container *c)
{
    switch (c->role) {
    case ROLE_INIT:
        return did_its_work(c);
    case ROLE_SIDECAR:
        return c->life == LIFE_ALIVE && c->up;
    case ROLE_REGULAR:
        return c->passed_first;
    }
    return false;
}

/* Its turn to start for the first time has come. */
static bool has_its_turn(const struct model *m, const struct model_container *c)
{
    if (!m->started || m->stopping || c->life != LIFE_UNBORN)
        return false;
    return c == m->containers || (c[-1].life != LIFE_UNBORN && lets_the_next_start(c - 1));
}

/* Nothing that a sidecar serves is left: what comes after it, but for init containers. */
static bool serves_nobody(const struct model *m, const struct model_container *c)
{
    for (const struct model_container *o = c + 1; o < m->containers + m->count; o++) {
        if (o->role != ROLE_INIT && o->life != LIFE_GONE)
            return false;
    }
    return true;
}

/* All the work is done, or cannot be. */
static bool is_done(const struct model *m)
{
    bool all = true;

    for (unsigned i = 0; i < m->count; i++) {
        const struct model_container *c = &m->containers[i];

        if (c->role == ROLE_INIT && c->life == LIFE_GONE && !did_its_work(c))
            return true;
        all &= c->role != ROLE_REGULAR || c->life == LIFE_GONE;
    }
    return all;
}

/* ---- stops ---- */

static void sooner(struct model_container *c, mono_ms now, mono_ms grace)
{
    c->for_good = true;
    c->stop_end = mono_min(c->stop_end, mono_add(now, grace));
    if (grace == 0)
        c->at_once = true;
}

static void stop_container(struct model *m, struct model_container *c, enum stop_reason why,
                           mono_ms grace)
{
    switch (c->life) {
    case LIFE_UNBORN:
    case LIFE_RESTING:
        c->life = LIFE_GONE;
        break;
    case LIFE_SPAWNING:
        c->must_grace = c->must_stop == STOP_NONE ? grace : mono_min(c->must_grace, grace);
        c->must_stop = why;
        c->must_in_turn = c->role == ROLE_SIDECAR && grace != 0;
        c->for_good = true;
        break;
    case LIFE_ALIVE:
        if (c->stopping) {
            sooner(c, m->now, grace);
        } else {
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
    m->stopping = true;
    for (unsigned i = 0; i < m->count; i++)
        stop_container(m, &m->containers[i], why, grace);
}

/* ---- ends ---- */

/* kubelet-semantics 5.1, 6.1 and 6.2. */
static bool restarts(const struct model_container *c)
{
    bool for_a_probe = c->stopping && (c->must_stop == STOP_LIVENESS || c->must_stop == STOP_STARTUP);

    if (c->for_good)
        return false;
    if (for_a_probe || (c->role == ROLE_INIT && !(c->end.exit_code == 0 && c->end.reason != END_OOM_KILLED)))
        return c->restart_policy != RESTART_NEVER;
    if (c->role == ROLE_INIT)
        return false;
    if (c->restart_policy == RESTART_ON_FAILURE)
        return c->end.exit_code != 0;
    return c->restart_policy == RESTART_ALWAYS;
}

static void run_ended(struct model *m, struct model_container *c, const struct run_end *end)
{
    c->end = *end;
    c->has_end = true;
    c->finished = m->now;
    c->owed[NOTE_EXITED]++;
    c->passed_first = true;
    c->up = c->begun = false;
    for (int i = 0; i < PROBE_TYPES; i++)
        c->probes[i].at_work = false;
    if (restarts(c)) {
        c->life = LIFE_RESTING;
        c->due = MONO_NEVER;            /* the BackOff note tells */
        c->woken = c->rule_cleared = false;
        c->owed[NOTE_BACKOFF]++;
        if (rule_expired(&c->rule, c->policy, c->finished))
            c->owed[NOTE_RESET]++;
    } else {
        c->life = LIFE_GONE;
    }
}

static void backoff_noted(struct model *m, struct model_container *c, mono_ms delay)
{
    mono_ms least = rule_next_start(&c->rule, c->policy, c->finished) - c->finished;
    long double most = (long double)least + (long double)least * c->policy->jitter_milli / 1000 + 1;

    if (delay < least || (long double)delay > most || (delay > c->policy->max && delay > least)
        || (c->policy->jitter_milli == 0 && delay != least))
        model_break(m, c, "a wait that is not the rule's");
    c->due = mono_add(c->finished, delay);
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
    c->owed[NOTE_STARTED]++;
    if (c->must_stop == STOP_NONE && (c->spec->lifecycle == NULL || c->spec->lifecycle->post_start == NULL)) {
        c->begun = c->passed_first = true;
        model_probes_begin(m, c);
    }
}

static void container_event(struct model *m, struct model_container *c, const struct container_event *ev)
{
    struct run_end failed = {.reason = END_START_ERROR, .exit_code = 128};

    switch (ev->kind) {
    case CONTAINER_STARTED:
        process_started(m, c);
        break;
    case CONTAINER_START_FAILED:
        c->owed[NOTE_START_FAILED]++;
        run_ended(m, c, &failed);
        break;
    case CONTAINER_EXITED:
        run_ended(m, c, &ev->end);
        break;
    case CONTAINER_ATTEMPT:
        attempt_ended(m, c, ev);
        break;
    case CONTAINER_BACKOFF_RESET:
        if (c->life == LIFE_GONE || c->life == LIFE_UNBORN)
            break;
        c->rule = (struct rule){0};
        c->rule_cleared = c->woken = c->life == LIFE_RESTING;
        break;
    case CONTAINER_BACKOFF_RETRY:
        c->woken = c->life == LIFE_RESTING;
        break;
    case CONTAINER_START:
    case CONTAINER_DEADLINE:
    case CONTAINER_STOP:
    case CONTAINER_KILL:
    case CONTAINER_TURN:
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
            failed |= !did_its_work(c);
        else if (c->role == ROLE_REGULAR)
            failed |= !c->has_end || c->end.exit_code != 0;
    }
    m->over = true;
    m->owed[m->deleted ? NOTE_DELETED : failed ? NOTE_FAILED : NOTE_SUCCEEDED]++;
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
        m->started = true;
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
    case POD_DEADLINE:
    case POD_CONDITION:
        break;
    }
    if (m->started && !m->stopping && is_done(m))
        stop_pod(m, STOP_FINISHED, m->grace);
    if (!was_over && m->stopping)
        pod_over(m);
}

/* ---- actions ---- */

static void created(struct model *m, struct model_container *c)
{
    if (m->stopping)
        model_break(m, c, "a start in a pod that is being stopped");
    else if (c->life == LIFE_UNBORN && !has_its_turn(m, c))
        model_break(m, c, "a first start out of turn");
    else if (c->life == LIFE_RESTING && !c->woken && m->now < c->due)
        model_break(m, c, "a start before its deadline");
    else if (c->life == LIFE_RESTING && !c->woken && m->now > c->due)
        model_break(m, c, "a start after its deadline");
    else if (c->life != LIFE_UNBORN && c->life != LIFE_RESTING)
        model_break(m, c, "a second process for one container");
    if (c->life == LIFE_RESTING && !c->rule_cleared)
        rule_start(&c->rule, c->policy, c->finished, m->now);
    c->starts++;
    c->owed_spawns++;
    c->life = LIFE_SPAWNING;
    c->must_stop = STOP_NONE;
    c->stopping = c->for_good = c->in_turn = c->at_once = c->hooked = c->term = c->kill = false;
}

static void stop_begins(struct model *m, struct model_container *c, const struct note *note)
{
    if (c->life != LIFE_ALIVE || c->stopping)
        model_break(m, c, "a stop of what does not run, or is being stopped");
    else if (c->must_stop == STOP_NONE || note->stop != c->must_stop)
        model_break(m, c, "a stop for a reason that does not exist");
    if (note->will_restart != (!c->for_good && c->restart_policy != RESTART_NEVER))
        model_break(m, c, "a stop with a wrong word on what follows");
    c->stopping = true;
    c->at_once = c->must_grace == 0;
    c->in_turn = c->must_in_turn;
    c->stop_end = mono_add(m->now, c->must_grace);
    c->begun = true;
    c->passed_first = true;
    c->probes[PROBE_LIVENESS].at_work = c->probes[PROBE_STARTUP].at_work = false;
}

static void noted(struct model *m, struct model_container *c, const struct note *note)
{
    unsigned count;

    switch (note->kind) {
    case NOTE_CREATED:
        created(m, c);
        break;
    case NOTE_READY:
    case NOTE_NOT_READY:
        if (c->ready == (note->kind == NOTE_READY))
            model_break(m, c, "ready or not, twice");
        c->ready = note->kind == NOTE_READY;
        break;
    case NOTE_KILLING:
        stop_begins(m, c, note);
        break;
    case NOTE_EXITED:
        if (note->end.exit_code != c->end.exit_code || note->end.reason != c->end.reason
            || note->end.finished != m->now || note->end.started > note->end.finished)
            model_break(m, c, "an exit noted with other words than it had");
        c->owed[note->kind]--;
        break;
    case NOTE_BACKOFF:
        backoff_noted(m, c, note->delay);
        c->owed[note->kind]--;
        break;
    case NOTE_STARTED:
    case NOTE_START_FAILED:
    case NOTE_UNHEALTHY:
    case NOTE_PROBE_ERROR:
    case NOTE_PROBE_WARNING:
    case NOTE_HOOK:
    case NOTE_RESET:
    case NOTE_REPORT:
        c->owed[note->kind]--;
        break;
    case NOTE_SUCCEEDED:
    case NOTE_FAILED:
    case NOTE_DELETED:
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
        if (c->hooked || !c->stopping || c->at_once || c->term)
            model_break(m, c, "a preStop hook without a stop, or after it");
        c->hooked = true;
    }
}

static void attempt_dropped(struct model *m, struct model_container *c, enum attempt_slot slot)
{
    bool ended = c->life == LIFE_RESTING || c->life == LIFE_GONE;

    if (!c->live[slot])
        model_break(m, c, "an attempt dropped that is not under way");
    else if (!ended && !(c->stopping && slot != SLOT_READINESS && slot != SLOT_PRE_STOP))
        model_break(m, c, "an attempt dropped for nothing");
    c->live[slot] = false;
}

static void term_sent(struct model *m, struct model_container *c)
{
    bool has_hook = c->spec->lifecycle != NULL && c->spec->lifecycle->pre_stop != NULL;

    if (c->life != LIFE_ALIVE)
        model_break(m, c, "SIGTERM without a process");
    else if (!c->stopping || c->at_once)
        model_break(m, c, "SIGTERM without a stop, or in place of SIGKILL");
    else if (c->term || c->kill)
        model_break(m, c, "SIGTERM sent twice, or after SIGKILL");
    else if (m->now < c->stop_end && has_hook && (!c->hooked || c->live[SLOT_PRE_STOP]))
        model_break(m, c, "SIGTERM before the preStop hook has ended");
    else if (m->now < c->stop_end && c->in_turn && !serves_nobody(m, c))
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
    else if (!c->at_once && (!c->term || m->now < c->stop_end || m->now < c->term_at + least_after_term))
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
        c->owed_spawns--;
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
    if (c->at_once)
        model_break(m, c, "SIGKILL was due at once");
    else if (m->now > mono_add(c->stop_end, latest_after_end))
        model_break(m, c, "a stop that outlasts its grace period");
    else if (!c->term && m->now > c->stop_end)
        model_break(m, c, "no SIGTERM by the end of the grace period");
    else if (!c->term && !c->live[SLOT_PRE_STOP] && !(c->in_turn && !serves_nobody(m, c)))
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
    if (c->owed_spawns != 0)
        model_break(m, c, "Created and the spawn do not go together");
    if (has_its_turn(m, c))
        model_break(m, c, "a first start that did not come");
    if (c->life == LIFE_RESTING && (c->woken || m->now > c->due))
        model_break(m, c, "a start after its deadline");
    if (c->life == LIFE_ALIVE)
        settle_stop(m, c);
    else
        for (int slot = 0; slot < SLOTS; slot++) {
            if (c->live[slot])
                model_break(m, c, "an attempt without a process");
        }
    model_probes_settle(m, c);
    if (c->ready != model_should_be_ready(c))
        model_break(m, c, c->ready ? "ready, and should not be" : "not ready, and should be");
}

void model_settle(struct model *m)
{
    for (unsigned i = 0; i < m->count; i++)
        settle_container(m, &m->containers[i]);
    for (int kind = 0; kind < NOTES; kind++) {
        if (m->owed[kind] != 0)
            model_break(m, NULL, m->owed[kind] > 0 ? "the pod's end was not noted"
                                                   : "a note of an end that has not come");
    }
}
