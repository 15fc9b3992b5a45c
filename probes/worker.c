#include "probes/worker.h"

#include "config/spec.h"

#include <stddef.h>

enum { TRIES = 3 };                     /* on a probe error, at once (kubelet-semantics 2.4) */

static const char *const type_names[PROBE_TYPES] = {
    [PROBE_LIVENESS]  = "Liveness",
    [PROBE_READINESS] = "Readiness",
    [PROBE_STARTUP]   = "Startup",
};

static const char *const state_names[WORKER_STATES] = {
    [WORKER_OFF]     = "off",
    [WORKER_WAITING] = "waiting",
    [WORKER_PROBING] = "probing",
    [WORKER_ON_HOLD] = "on hold",
};

/* Before the first verdict of a run (kubelet-semantics 2.1). */
static const enum probe_result initial_result[PROBE_TYPES] = {
    [PROBE_LIVENESS]  = PROBE_SUCCESS,
    [PROBE_READINESS] = PROBE_FAILURE,
    [PROBE_STARTUP]   = PROBE_UNKNOWN,
};

const char *probe_type_name(enum probe_type type)
{
    return type_names[type];
}

const char *worker_state_name(enum worker_state state)
{
    return state_names[state];
}

void worker_init(struct worker *w, enum probe_type type, const struct probe_spec *spec)
{
    *w = (struct worker){
        .spec = spec,
        .deadline = MONO_NEVER,
        .tick = MONO_NEVER,
        .type = type,
        .state = WORKER_OFF,
        .result = initial_result[type],
        .last = PROBE_UNKNOWN,
    };
}

/* The only writer of the state: no state keeps the deadline of the one before. */
static struct worker_step enter(struct worker *w, enum worker_state state, mono_ms deadline,
                                enum worker_action action)
{
    w->state = state;
    w->deadline = deadline;
    return (struct worker_step){.action = action};
}

static mono_ms first_attempt(const struct worker *w, mono_ms started, mono_ms now)
{
    mono_ms period = w->spec->period_seconds * MONO_SECOND;
    mono_ms delay = w->spec->initial_delay_seconds * MONO_SECOND;

    if (w->type == PROBE_READINESS)
        return now > started + delay ? now : started + delay;
    if (delay < period)
        delay = period;
    if (delay < now - started)          /* held back by postStart or by the startup probe */
        delay = now - started;
    return started + (delay + period - 1) / period * period;
}

/* The first point of the grid after `now`, which has reached `tick`. */
static mono_ms next_tick(const struct worker *w, mono_ms now)
{
    mono_ms period = w->spec->period_seconds * MONO_SECOND;

    return w->tick + ((now - w->tick) / period + 1) * period;
}

static struct worker_step begin_run(struct worker *w, const struct worker_event *ev,
                                    enum worker_action action)
{
    if (w->spec == NULL)
        return (struct worker_step){.action = WORKER_DO_NOTHING};
    w->result = initial_result[w->type];
    w->last = PROBE_UNKNOWN;
    w->run = 0;
    w->tick = first_attempt(w, ev->started, ev->now);
    return enter(w, WORKER_WAITING, w->tick, action);
}

/* After an attempt: at once if a tick was missed meanwhile, else at the next. */
static struct worker_step go_on(struct worker *w, mono_ms now)
{
    mono_ms due = w->tick;

    if (due > now)
        return enter(w, WORKER_WAITING, due, WORKER_DO_NOTHING);
    w->tick = next_tick(w, now);
    w->tries = 1;
    return enter(w, WORKER_PROBING, MONO_NEVER, WORKER_DO_ATTEMPT);
}

static int64_t threshold(const struct worker *w, enum probe_result result)
{
    return result == PROBE_SUCCESS ? w->spec->success_threshold : w->spec->failure_threshold;
}

/* Steps 10 to 13 of kubelet-semantics 2.3. */
static struct worker_step count(struct worker *w, enum probe_result result, mono_ms now)
{
    struct worker_step step;
    bool changed, verdict;

    w->run = w->last == result ? w->run + (w->run < INT32_MAX) : 1;
    w->last = result;
    verdict = w->run >= threshold(w, result);
    changed = verdict && w->result != result;
    if (verdict)
        w->result = result;
    if (verdict && (w->type == PROBE_STARTUP || (w->type == PROBE_LIVENESS && result == PROBE_FAILURE)))
        step = enter(w, WORKER_ON_HOLD, MONO_NEVER, WORKER_DO_NOTHING);
    else
        step = go_on(w, now);
    step.changed = changed;
    step.failed = result == PROBE_FAILURE;
    return step;
}

static struct worker_step outcome(struct worker *w, const struct worker_event *ev)
{
    struct worker_step step;

    switch (attempt_class(ev->outcome)) {  /* GCOVR_EXCL_BR_LINE: all members; no way past them */
    case ATTEMPT_SUCCESS:
        return count(w, PROBE_SUCCESS, ev->now);
    case ATTEMPT_WARNING:
        step = count(w, PROBE_SUCCESS, ev->now);
        step.warned = true;
        return step;
    case ATTEMPT_FAILURE:
        return count(w, PROBE_FAILURE, ev->now);
    case ATTEMPT_ERROR:
        break;
    }
    if (w->tries < TRIES) {
        w->tries++;
        return enter(w, WORKER_PROBING, MONO_NEVER, WORKER_DO_ATTEMPT);
    }
    step = go_on(w, ev->now);           /* thrown away: neither counts nor resets */
    step.errored = true;
    return step;
}

static struct worker_step step_off(struct worker *w, const struct worker_event *ev)
{
    switch (ev->kind) {
    case WORKER_START:
        return begin_run(w, ev, WORKER_DO_NOTHING);
    case WORKER_STOP:
    case WORKER_DEADLINE:
    case WORKER_OUTCOME:
        break;
    }
    return (struct worker_step){.action = WORKER_DO_NOTHING};
}

static struct worker_step step_waiting(struct worker *w, const struct worker_event *ev)
{
    switch (ev->kind) {
    case WORKER_START:
        return begin_run(w, ev, WORKER_DO_NOTHING);
    case WORKER_STOP:
        return enter(w, WORKER_OFF, MONO_NEVER, WORKER_DO_NOTHING);
    case WORKER_DEADLINE:
        if (ev->now < w->deadline)
            break;
        return go_on(w, ev->now);
    case WORKER_OUTCOME:
        break;
    }
    return (struct worker_step){.action = WORKER_DO_NOTHING};
}

static struct worker_step step_probing(struct worker *w, const struct worker_event *ev)
{
    switch (ev->kind) {
    case WORKER_START:
        return begin_run(w, ev, WORKER_DO_CANCEL);
    case WORKER_STOP:
        return enter(w, WORKER_OFF, MONO_NEVER, WORKER_DO_CANCEL);
    case WORKER_OUTCOME:
        return outcome(w, ev);
    case WORKER_DEADLINE:
        break;
    }
    return (struct worker_step){.action = WORKER_DO_NOTHING};
}

static struct worker_step step_on_hold(struct worker *w, const struct worker_event *ev)
{
    switch (ev->kind) {
    case WORKER_START:
        return begin_run(w, ev, WORKER_DO_NOTHING);
    case WORKER_STOP:
        return enter(w, WORKER_OFF, MONO_NEVER, WORKER_DO_NOTHING);
    case WORKER_DEADLINE:
    case WORKER_OUTCOME:
        break;
    }
    return (struct worker_step){.action = WORKER_DO_NOTHING};
}

struct worker_step worker_step(struct worker *w, const struct worker_event *ev)
{
    switch (w->state) {
    case WORKER_OFF:
        return step_off(w, ev);
    case WORKER_WAITING:
        return step_waiting(w, ev);
    case WORKER_PROBING:
        return step_probing(w, ev);
    case WORKER_ON_HOLD:
        return step_on_hold(w, ev);
    }
    return (struct worker_step){.action = WORKER_DO_NOTHING};
}
