#include "config/load.h"
#include "daemon/core/pod.h"
#include "tests/lib/test.h"
#include "tests/properties/seen.h"
#include "tests/properties/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 7, CONTAINERS = 2, ACTIONS_MAX = (CONTAINERS + 1) * CONTAINER_ACTIONS_MAX };

static const char *const event_names[POD_EVENTS] = {
    [POD_START]     = "START",
    [POD_DEADLINE]  = "DEADLINE",
    [POD_STOP]      = "STOP",
    [POD_KILL]      = "KILL",
    [POD_CONTAINER] = "CONTAINER",
    [POD_CONDITION] = "CONDITION",
    [POD_REPORT]    = "REPORT",
    [POD_CONFIG]    = "CONFIG",
};

/* A sidecar or an init container, and what comes after it. */
static struct container_spec sidecar = {.name = "before", .restart_policy = RESTART_ALWAYS};
static struct container_spec init = {.name = "before"};
static struct container_spec app = {.name = "app"};

/* An end of 1 restarts all. */
static int64_t one = 1;
static struct exit_codes_spec on_1 = {.operator = EXIT_CODES_IN, .values = {.items = &one, .count = 1}};
static struct restart_rule_spec all_on_1 = {.action = RULE_RESTART_ALL_CONTAINERS, .exit_codes = &on_1};
static struct container_spec restarter = {
    .name = "app", .restart_policy = RESTART_NEVER, .restart_policy_rules = {.items = &all_on_1, .count = 1}};

union memory {
    struct pod pod;
    char bytes[sizeof(struct pod) + CONTAINERS * sizeof(struct container) + sizeof(struct gate)];
};

struct search {
    struct table *table;
    struct seen seen;
};

static void add(struct table *t, const union memory *from, const union memory *to,
                enum pod_event_kind kind, const struct actions *out)
{
    char text[TABLE_TEXT];
    bool spawns = false;

    for (size_t i = 0; i < out->count; i++)
        spawns |= out->items[i].kind == DO_SPAWN;
    if (out->count == 0 && memcmp(from, to, sizeof *from) == 0)
        snprintf(text, sizeof text, "nothing");
    else
        snprintf(text, sizeof text, "%s%s", pod_state_name(to->pod.state),
                 spawns ? ", a container spawns" : "");
    for (size_t i = 0; i < out->count; i++) {
        if (out->items[i].container == NO_CONTAINER)
            strncat(strncat(text, ", ", TABLE_TEXT - strlen(text) - 1),
                    note_kind_name(out->items[i].note.kind), TABLE_TEXT - strlen(text) - 1);
    }
    table_add(t, (int)from->pod.state, (int)kind, text);
}

static uint64_t hash(const union memory *m, mono_ms now)
{
    union memory copy = *m;
    struct gate *gate = (struct gate *)(void *)(copy.pod.containers + copy.pod.count);

    copy.pod.deadline -= copy.pod.deadline != MONO_NEVER ? now : 0;
    copy.pod.started = copy.pod.deleted_at = gate->since = 0;
    for (int type = 0; type < CONDITIONS; type++)
        copy.pod.conditions[type].since = 0;

    for (unsigned i = 0; i < copy.pod.count; i++) {
        struct container *c = &copy.pod.containers[i];

        c->deadline -= c->deadline != MONO_NEVER ? now : 0;
        c->notices.deadline -= c->notices.deadline != MONO_NEVER ? now : 0;
        c->started = c->stop_began = 0;
        c->last.started = c->last.finished = 0;
        c->before = (struct run_end){0};
        c->has_before = false;
        c->restart_count = c->restart_count > 0;
    }
    return seen_hash(1, &copy, sizeof copy);
}

static void follow(struct search *s, const union memory *m, mono_ms now, int depth);

static void take(struct search *s, const union memory *m, struct pod_event ev, int depth)
{
    struct action items[ACTIONS_MAX];
    struct actions out = {.items = items, .capacity = ACTIONS_MAX};
    union memory next = *m;

    pod_step(&next.pod, &ev, &out);
    add(s->table, m, &next, ev.kind, &out);
    follow(s, &next, ev.now, depth + 1);
}

static void follow(struct search *s, const union memory *m, mono_ms now, int depth)
{
    mono_ms deadline = pod_deadline(&m->pod);

    if (depth == DEPTH || !seen_less(&s->seen, hash(m, now), DEPTH - depth))
        return;
    take(s, m, (struct pod_event){.kind = POD_START, .now = now}, depth);
    take(s, m, (struct pod_event){.kind = POD_STOP, .now = now, .grace = MONO_NEVER}, depth);
    take(s, m, (struct pod_event){.kind = POD_KILL, .now = now}, depth);
    take(s, m, (struct pod_event){.kind = POD_DEADLINE, .now = now}, depth);
    if (deadline != MONO_NEVER)
        take(s, m, (struct pod_event){.kind = POD_DEADLINE, .now = deadline}, depth);
    take(s, m, (struct pod_event){.kind = POD_CONFIG, .now = now, .config = m->pod.config,
                                  .changes = (const enum spec_change[CONTAINERS]){SPEC_SAME, SPEC_CHANGED}}, depth);
    take(s, m, (struct pod_event){.kind = POD_CONDITION, .now = now, .condition = CONDITION_TRUE}, depth);
    for (unsigned i = 0; i < m->pod.count; i++) {
        take(s, m, (struct pod_event){.kind = POD_REPORT, .now = now, .container = i}, depth);
        for (int code = 0; code < 2; code++) {
            const struct run_end end = {
                .reason = code == 0 ? END_COMPLETED : END_ERROR, .exit_code = code};

            take(s, m,
                 (struct pod_event){.kind = POD_CONTAINER, .now = now, .container = i,
                                    .of_container = {.kind = CONTAINER_EXITED, .end = end}},
                 depth);
        }
        take(s, m,
             (struct pod_event){.kind = POD_CONTAINER, .now = now, .container = i,
                                .of_container = {.kind = CONTAINER_STARTED}},
             depth);
    }
}

static void gather(struct table *t, struct container_spec *before, struct container_spec *after,
                   enum restart_policy restart_policy, int64_t deadline)
{
    static const struct backoff_policy backoff[CONTAINERS] = {BACKOFF_POLICY_KUBELET,
                                                              BACKOFF_POLICY_KUBELET};
    static const struct notify_rules notify[CONTAINERS];
    const struct container_spec *containers[CONTAINERS] = {before, after};
    static struct readiness_gate_spec gate = {.condition_type = "ok"};
    const struct pod_spec spec = {
        .restart_policy = restart_policy, .termination_grace_period_seconds = 3,
        .active_deadline_seconds = deadline,
        .readiness_gates = {.items = &gate, .count = 1}};
    const struct pod_config config = {
        .name = "pod", .spec = &spec, .containers = containers, .count = CONTAINERS, .init_count = 1,
        .backoff = backoff, .notify = notify};
    struct search s = {.table = t};
    union memory m;

    memset(&m, 0, sizeof m);
    pod_init(&m.pod, &config, 0, 1);
    seen_init(&s.seen);
    follow(&s, &m, 0, 0);
    seen_deinit(&s.seen);
}

void table_of_pod(struct table *t)
{
    *t = (struct table){.machine = "pod", .state_count = POD_STATES, .event_count = POD_EVENTS};
    for (int state = 0; state < POD_STATES; state++)
        t->states[state] = pod_state_name((enum pod_state)state);
    for (int event = 0; event < POD_EVENTS; event++)
        t->events[event] = event_names[event];
    gather(t, &init, &app, RESTART_NEVER, INT_UNSET);
    gather(t, &init, &app, RESTART_ALWAYS, 20);
    gather(t, &sidecar, &app, RESTART_ON_FAILURE, INT_UNSET);
    gather(t, &sidecar, &restarter, RESTART_ON_FAILURE, 20);
}
