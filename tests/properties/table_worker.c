#include "config/spec.h"
#include "probes/worker.h"
#include "tests/lib/test.h"
#include "tests/properties/seen.h"
#include "tests/properties/table.h"

#include <stdio.h>

enum { DEPTH = 9 };

static const char *const event_names[WORKER_EVENTS] = {
    [WORKER_START]    = "START",
    [WORKER_STOP]     = "STOP",
    [WORKER_DEADLINE] = "DEADLINE",
    [WORKER_OUTCOME]  = "OUTCOME",
};

static const char *const action_names[] = {
    [WORKER_DO_NOTHING] = "",
    [WORKER_DO_ATTEMPT] = ", begins an attempt",
    [WORKER_DO_CANCEL]  = ", drops the attempt",
};

static const struct probe_spec specs[] = {
    {.period_seconds = 2, .timeout_seconds = 1, .success_threshold = 1, .failure_threshold = 1},
    {.period_seconds = 2, .timeout_seconds = 1, .initial_delay_seconds = 3, .success_threshold = 2,
     .failure_threshold = 2},
};

static void add(struct table *t, enum worker_state from, const struct worker *w,
                enum worker_event_kind kind, const struct worker_step *step)
{
    char text[TABLE_TEXT];
    const char *verdict = step->changed && w->result == PROBE_SUCCESS ? ", passes"
                          : step->changed                             ? ", fails"
                                                                      : "";

    if (w->state == from && step->action == WORKER_DO_NOTHING && verdict[0] == '\0' && !step->errored
        && kind != WORKER_START)
        snprintf(text, sizeof text, "nothing");
    else
        snprintf(text, sizeof text, "%s%s%s%s", worker_state_name(w->state),
                 step->errored ? ", thrown away" : "", verdict, action_names[step->action]);
    table_add(t, (int)from, (int)kind, text);
}

static uint64_t hash(const struct worker *w, mono_ms now)
{
    struct worker copy = *w;

    copy.deadline -= copy.deadline != MONO_NEVER ? now : 0;
    copy.tick -= copy.tick != MONO_NEVER ? now : 0;
    return seen_hash(1, &copy, sizeof copy);
}

static void follow(struct table *t, struct seen *seen, const struct worker *w, mono_ms now, int depth);

static void take(struct table *t, struct seen *seen, const struct worker *w, struct worker_event ev,
                 int depth)
{
    struct worker next = *w;
    struct worker_step step = worker_step(&next, &ev);

    add(t, w->state, &next, ev.kind, &step);
    follow(t, seen, &next, ev.now, depth + 1);
}

static void follow(struct table *t, struct seen *seen, const struct worker *w, mono_ms now, int depth)
{
    static const mono_ms passes[] = {0, 1000, 2500};

    if (depth == DEPTH || !seen_less(seen, hash(w, now), DEPTH - depth))
        return;
    for (size_t i = 0; i < sizeof passes / sizeof *passes; i++) {
        mono_ms later = now + passes[i];

        take(t, seen, w, (struct worker_event){.kind = WORKER_START, .now = later, .started = now}, depth);
        take(t, seen, w, (struct worker_event){.kind = WORKER_STOP, .now = later}, depth);
        take(t, seen, w, (struct worker_event){.kind = WORKER_DEADLINE, .now = later}, depth);
        for (int outcome = 0; outcome < ATTEMPT_OUTCOMES; outcome++)
            take(t, seen, w,
                 (struct worker_event){.kind = WORKER_OUTCOME, .now = later,
                                       .outcome = (enum attempt_outcome)outcome},
                 depth);
    }
}

void table_of_worker(struct table *t)
{
    *t = (struct table){.machine = "worker", .state_count = WORKER_STATES, .event_count = WORKER_EVENTS};
    for (int state = 0; state < WORKER_STATES; state++)
        t->states[state] = worker_state_name((enum worker_state)state);
    for (int event = 0; event < WORKER_EVENTS; event++)
        t->events[event] = event_names[event];
    for (int type = 0; type < PROBE_TYPES; type++) {
        for (size_t i = 0; i <= sizeof specs / sizeof *specs; i++) {
            struct seen seen;
            struct worker w;

            worker_init(&w, (enum probe_type)type, i < sizeof specs / sizeof *specs ? &specs[i] : NULL);
            seen_init(&seen);
            follow(t, &seen, &w, 0, 0);
            seen_deinit(&seen);
        }
    }
}
