#include "daemon/core/emit.h"
#include "daemon/core/moves.h"

struct note *move_set_ready(struct container *c, struct actions *out, bool ready, mono_ms now)
{
    struct note *note;

    ready = ready && !c->notices.leaving;
    if (c->ready == ready)
        return NULL;
    c->ready = ready;
    note = emit_note(c, out, ready ? NOTE_READY : NOTE_NOT_READY, now);
    note->as_asked = c->stop != STOP_NONE;
    return note;
}

static struct worker_step step_worker(struct container *c, enum probe_type type,
                                      const struct worker_event *ev, struct actions *out)
{
    struct worker_step step = worker_step(&c->workers[type], ev);

    switch (step.action) {  /* GCOVR_EXCL_BR_LINE: all members; no way past them */
    case WORKER_DO_ATTEMPT:
        emit_attempt(c, out, (enum attempt_slot)type);
        break;
    case WORKER_DO_CANCEL:
        emit_cancel(c, out, (enum attempt_slot)type);
        break;
    case WORKER_DO_NOTHING:
        break;
    }
    return step;
}

void move_worker_deadlines(struct container *c, mono_ms now, struct actions *out)
{
    const struct worker_event ev = {.kind = WORKER_DEADLINE, .now = now};

    for (int i = 0; i < PROBE_TYPES; i++) {
        if (c->workers[i].deadline <= now)
            step_worker(c, (enum probe_type)i, &ev, out);
    }
}

void move_end_probe(struct container *c, enum probe_type type, mono_ms now, struct actions *out)
{
    step_worker(c, type, &(struct worker_event){.kind = WORKER_STOP, .now = now}, out);
}

static void begin_probe(struct container *c, enum probe_type type, mono_ms now, struct actions *out)
{
    step_worker(c, type,
                &(struct worker_event){.kind = WORKER_START, .now = now, .started = c->started}, out);
}

void move_end_checks(struct container *c, mono_ms now, struct actions *out)
{
    move_end_probe(c, PROBE_LIVENESS, now, out);
    move_end_probe(c, PROBE_STARTUP, now, out);
    move_expect_no_notice(c);
}

/* The startup probe has passed, or there is none: the others begin (kubelet-semantics 2.1). */
void move_start_up(struct container *c, mono_ms now, struct actions *out)
{
    c->started_up = true;
    if (c->role != ROLE_INIT && c->spec->readiness_probe == NULL)
        move_set_ready(c, out, true, now);
    begin_probe(c, PROBE_LIVENESS, now, out);
    begin_probe(c, PROBE_READINESS, now, out);
    move_begin_watchdog(c, now);
    move_worker_deadlines(c, now, out); /* a readiness probe without delay begins at once */
}

void move_begin_probes(struct container *c, const struct container_event *ev, struct actions *out)
{
    if (move_await_notices(c, ev))
        return;
    if (c->spec->startup_probe != NULL && !c->notices.awaited)
        begin_probe(c, PROBE_STARTUP, ev->now, out);
    else
        move_start_up(c, ev->now, out);
}

/* Takes the note at `at` back. */
static void take_back(struct actions *out, size_t at)
{
    for (size_t i = at + 1; i < out->count; i++)
        out->items[i - 1] = out->items[i];
    out->count--;
}

enum stop_reason move_probe_ended(struct container *c, const struct container_event *ev,
                                  struct actions *out)
{
    const struct worker_event outcome = {
        .kind = WORKER_OUTCOME, .now = ev->now, .outcome = ev->outcome};
    enum probe_type type = (enum probe_type)ev->slot;
    const size_t noted = out->count;
    /* Noted before what follows from it; taken back if there is nothing to note. */
    struct note *note = emit_attempt_note(c, out, NOTE_UNHEALTHY, ev);
    struct worker_step step;

    emit_attempt_over(c, ev->slot);
    step = step_worker(c, type, &outcome, out);
    if (step.errored)
        note->kind = NOTE_PROBE_ERROR;
    else if (step.warned)
        note->kind = NOTE_PROBE_WARNING;
    else if (!step.failed)
        take_back(out, noted);
    if (!step.changed)
        return STOP_NONE;
    switch (type) {  /* GCOVR_EXCL_BR_LINE: all members; no way past them */
    case PROBE_LIVENESS:                /* a success until now, from the run's start */
        return STOP_LIVENESS;
    case PROBE_READINESS:
        move_set_ready(c, out, c->workers[type].result == PROBE_SUCCESS, ev->now);
        break;
    case PROBE_STARTUP:
        if (c->workers[type].result == PROBE_FAILURE)
            return STOP_STARTUP;
        move_start_up(c, ev->now, out);
        break;
    }
    return STOP_NONE;
}

mono_ms move_probe_grace(const struct probe_spec *probe, mono_ms otherwise)
{
    int64_t seconds = probe != NULL ? probe->termination_grace_period_seconds : INT_UNSET;

    if (seconds == INT_UNSET)
        return otherwise;
    return seconds > MONO_NEVER / MONO_SECOND ? MONO_NEVER : seconds * MONO_SECOND;
}

void move_run_probed(struct container *c, const struct container_event *ev, struct actions *out)
{
    enum stop_reason why = move_probe_ended(c, ev, out);

    if (why == STOP_NONE)
        return;
    move_begin_stop(c, why,
                    move_probe_grace(why == STOP_LIVENESS ? c->spec->liveness_probe : c->spec->startup_probe,
                                     ev->grace),
                    ev->now, out);
}

bool move_is_probe(enum attempt_slot slot)
{
    return slot == SLOT_LIVENESS || slot == SLOT_READINESS || slot == SLOT_STARTUP;
}
