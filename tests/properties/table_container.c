#include "daemon/core/container.h"
#include "config/annotations.h"
#include "tests/lib/test.h"
#include "tests/properties/seen.h"
#include "tests/properties/table.h"

#include <stdio.h>
#include <string.h>

enum { DEPTH = 10 };

static const char *const event_names[CONTAINER_EVENTS] = {
    [CONTAINER_START]         = "START",
    [CONTAINER_STARTED]       = "STARTED",
    [CONTAINER_START_FAILED]  = "START_FAILED",
    [CONTAINER_EXITED]        = "EXITED",
    [CONTAINER_ATTEMPT]       = "ATTEMPT",
    [CONTAINER_DEADLINE]      = "DEADLINE",
    [CONTAINER_STOP]          = "STOP",
    [CONTAINER_KILL]          = "KILL",
    [CONTAINER_TURN]          = "TURN",
    [CONTAINER_BACKOFF_RESET] = "BACKOFF_RESET",
    [CONTAINER_BACKOFF_RETRY] = "BACKOFF_RETRY",
    [CONTAINER_NOT_CREATED]   = "NOT_CREATED",
    [CONTAINER_REMOVE]        = "REMOVE",
    [CONTAINER_CONFIG]        = "CONFIG",
    [CONTAINER_FILES_CHANGED] = "FILES_CHANGED",
    [CONTAINER_NOTICE]        = "NOTICE",
    [CONTAINER_RESTART]       = "RESTART",
};

static struct exec_spec exec_spec;
static struct handler_spec handler = {.exec = &exec_spec};
static struct lifecycle_spec lifecycle = {.post_start = &handler, .pre_stop = &handler};
static struct probe_spec probe = {
    .period_seconds = 1, .timeout_seconds = 1, .success_threshold = 1, .failure_threshold = 1,
    .termination_grace_period_seconds = INT_UNSET,
};
static const struct backoff_policy policy = BACKOFF_POLICY_KUBELET;

static int64_t one = 1;
static struct exit_codes_spec on_1 = {.operator = EXIT_CODES_IN, .values = {.items = &one, .count = 1}};
static struct restart_rule_spec all_on_1 = {.action = RULE_RESTART_ALL_CONTAINERS, .exit_codes = &on_1};

static const struct {
    struct container_spec spec;
    bool init;
    enum restart_policy pod_policy;
    struct notify_rules notify;
} variants[] = {
    {.spec = {.name = "full", .liveness_probe = &probe, .readiness_probe = &probe,
              .startup_probe = &probe, .lifecycle = &lifecycle},
     .pod_policy = RESTART_ALWAYS},
    {.spec = {.name = "once", .readiness_probe = &probe, .lifecycle = &lifecycle},
     .pod_policy = RESTART_NEVER},
    {.spec = {.name = "bare"}, .pod_policy = RESTART_ON_FAILURE},
    {.spec = {.name = "alive", .liveness_probe = &probe}, .pod_policy = RESTART_NEVER},
    {.spec = {.name = "restarter", .restart_policy = RESTART_NEVER,
              .restart_policy_rules = {.items = &all_on_1, .count = 1}}},
    {.spec = {.name = "notifier"}, .notify = {.ready = true, .watchdog = 1500}, .pod_policy = RESTART_ON_FAILURE},
    {.spec = {.name = "init"}, .init = true, .pod_policy = RESTART_ON_FAILURE},
    {.spec = {.name = "sidecar", .restart_policy = RESTART_ALWAYS, .lifecycle = &lifecycle},
     .init = true, .pod_policy = RESTART_NEVER},
};

struct search {
    struct table *table;
    struct seen seen;
};

static void add_actions(char text[TABLE_TEXT], const struct actions *out)
{
    static const struct {
        enum action_kind kind;
        const char *words;
    } words[] = {{DO_SPAWN, ", spawns"},
                 {DO_TERM, ", sends the stop signal"},
                 {DO_KILL, ", sends SIGKILL"},
                 {DO_ATTEMPT, ", begins an attempt"}};

    for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
        bool done = false;

        for (size_t i = 0; i < out->count; i++)
            done |= out->items[i].kind == words[k].kind;
        if (done)
            strncat(text, words[k].words, TABLE_TEXT - strlen(text) - 1);
    }
}

static void add(struct table *t, const struct container *from, const struct container *to,
                enum container_event_kind kind, const struct actions *out)
{
    char text[TABLE_TEXT];

    if (out->count == 0 && memcmp(from, to, sizeof *from) == 0)
        snprintf(text, sizeof text, "nothing");
    else
        snprintf(text, sizeof text, "%s", from->state == to->state && out->count == 0
                                              ? "remembered"
                                              : container_state_name(to->state));
    add_actions(text, out);
    table_add(t, (int)from->state, (int)kind, text);
}

static uint64_t hash(const struct container *c, mono_ms now)
{
    struct container copy = *c;
    mono_ms *times[] = {&copy.deadline, &copy.started, &copy.stop_began, &copy.notices.deadline};

    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        *times[i] -= *times[i] != MONO_NEVER ? now : 0;
    for (int type = 0; type < PROBE_TYPES; type++) {
        struct worker *w = &copy.workers[type];

        w->deadline -= w->deadline != MONO_NEVER ? now : 0;
        w->tick -= w->tick != MONO_NEVER ? now : 0;
    }
    copy.last.started = copy.last.finished = 0;
    copy.before = (struct run_end){0};
    copy.has_before = false;
    copy.restart_count = copy.restart_count > 0;
    return seen_hash(1, &copy, sizeof copy);
}

static void follow(struct search *s, const struct container *c, mono_ms now, int depth);

static void take(struct search *s, const struct container *c, struct container_event ev, int depth)
{
    struct action items[CONTAINER_ACTIONS_MAX];
    struct actions out = {.items = items, .capacity = CONTAINER_ACTIONS_MAX};
    struct container next = *c;

    container_step(&next, &ev, &out);
    add(s->table, c, &next, ev.kind, &out);
    follow(s, &next, ev.now, depth + 1);
}

static void take_attempts(struct search *s, const struct container *c, mono_ms now, int depth)
{
    static const enum attempt_outcome outcomes[] = {ATTEMPT_OK, ATTEMPT_TIMED_OUT, ATTEMPT_NOT_RUN};

    for (int slot = 0; slot < SLOTS; slot++) {
        for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++)
            take(s, c,
                 (struct container_event){.kind = CONTAINER_ATTEMPT, .now = now, .grace = 3000,
                                          .slot = (enum attempt_slot)slot, .outcome = outcomes[i]},
                 depth);
    }
}

static void take_stops(struct search *s, const struct container *c, mono_ms now, int depth)
{
    static const mono_ms graces[] = {0, 1000, 3000};

    for (size_t i = 0; i < sizeof graces / sizeof *graces; i++) {
        for (int in_turn = 0; in_turn < 2; in_turn++)
            take(s, c,
                 (struct container_event){.kind = CONTAINER_STOP, .now = now, .grace = graces[i],
                                          .why = STOP_DELETED, .in_turn = in_turn != 0},
                 depth);
    }
}

static void take_changes(struct search *s, const struct container *c, mono_ms now, int depth)
{
    for (int change = SPEC_SAME; change <= SPEC_NEW_COMMAND; change++)
        take(s, c,
             (struct container_event){.kind = CONTAINER_CONFIG, .now = now, .grace = 3000,
                                      .config = {.spec = c->spec, .policy = c->policy, .notify = c->notify,
                                                 .restart_policy = (int)c->restart_policy,
                                                 .change = (enum spec_change)change}},
             depth);
}

static void take_notices(struct search *s, const struct container *c, mono_ms now, int depth)
{
    for (int notice = 0; notice < NOTICES; notice++)
        take(s, c,
             (struct container_event){.kind = CONTAINER_NOTICE, .now = now, .grace = 3000,
                                      .notice = (enum notice)notice, .timeout = 1500},
             depth);
}

static void follow(struct search *s, const struct container *c, mono_ms now, int depth)
{
    mono_ms deadline = container_deadline(c);

    if (depth == DEPTH || !seen_less(&s->seen, hash(c, now), DEPTH - depth))
        return;
    for (int kind = 0; kind < CONTAINER_EVENTS; kind++) {
        struct container_event ev = {
            .kind = (enum container_event_kind)kind, .now = now, .grace = 3000, .why = STOP_DELETED};

        if (kind == CONTAINER_ATTEMPT)
            take_attempts(s, c, now, depth);
        else if (kind == CONTAINER_STOP)
            take_stops(s, c, now, depth);
        else if (kind == CONTAINER_CONFIG)
            take_changes(s, c, now, depth);
        else if (kind == CONTAINER_NOTICE)
            take_notices(s, c, now, depth);
        else
            take(s, c, ev, depth);
        if (kind == CONTAINER_DEADLINE && deadline != MONO_NEVER) {
            ev.now = deadline;
            take(s, c, ev, depth);
        }
        if (kind == CONTAINER_EXITED) {
            ev.end = (struct run_end){.reason = END_ERROR, .exit_code = 1};
            take(s, c, ev, depth);
        }
    }
}

void table_of_container(struct table *t)
{
    *t = (struct table){
        .machine = "container", .state_count = CONTAINER_STATES, .event_count = CONTAINER_EVENTS};
    for (int state = 0; state < CONTAINER_STATES; state++)
        t->states[state] = container_state_name((enum container_state)state);
    for (int event = 0; event < CONTAINER_EVENTS; event++)
        t->events[event] = event_names[event];
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        struct search s = {.table = t};
        struct container c;

        memset(&c, 0, sizeof c);
        container_init(&c, &variants[i].spec, 0, variants[i].init, variants[i].pod_policy, &policy,
                       &variants[i].notify, 1);
        seen_init(&s.seen);
        follow(&s, &c, 0, 0);
        seen_deinit(&s.seen);
    }
}
