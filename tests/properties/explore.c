/*
 * All that can befall a pod of two containers, in every order, up to a depth: each
 * state of the pod is stepped with every event that the world could bring, each
 * answer is held to the model, and states that were met before with as much depth
 * left are not followed again.  Depths grow one by one, so what fails is shortest.
 */
#include "base/buf.h"
#include "config/diag.h"
#include "config/load.h"
#include "daemon/core/pod.h"
#include "tests/lib/test.h"
#include "tests/properties/model.h"
#include "tests/properties/seen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONTAINERS = 2, DEPTH_MAX = 32, ACTIONS_MAX = (CONTAINERS + 1) * CONTAINER_ACTIONS_MAX };

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define DEPTH "7"
#else
#define DEPTH "9"
#endif

/* A pod and the world it is in. */
struct world {
    struct model model;
    mono_ms now;
    int changes;                /* definitions that have changed: each search has a few of them */
    union {
        struct pod pod;
        char bytes[sizeof(struct pod) + CONTAINERS * sizeof(struct container)];
    };
};

struct move {
    const char *name;
    mono_ms later;              /* time passes first */
    bool waits;                 /* and nothing else happens */
    struct pod_event event;
};

struct search {
    struct seen seen;
    struct move path[DEPTH_MAX];
    unsigned long steps;
    int depth;
};

/* ---- hashing ---- */

static void rebase(mono_ms *t, mono_ms now)
{
    if (*t != MONO_NEVER)
        *t -= now;
}

/*
 * Equal futures, equal bytes: times as seen from now, counts cut where more makes no
 * difference.  What is forgotten here makes states differ that are alike, never the
 * other way round.
 */
static void normalise(struct world *w)
{
    struct model *m = &w->model;

    for (unsigned i = 0; i < w->pod.count; i++) {
        struct container *c = &w->pod.containers[i];
        struct model_container *o = &m->containers[i];

        rebase(&c->deadline, w->now);
        rebase(&c->started, w->now);
        rebase(&c->stop_began, w->now);
        rebase(&c->notices.deadline, w->now);
        for (int type = 0; type < PROBE_TYPES; type++) {
            rebase(&c->workers[type].deadline, w->now);
            rebase(&c->workers[type].tick, w->now);
            rebase(&o->probes[type].grid, w->now);
        }
        c->last.started = c->last.finished = 0;
        c->before = (struct run_end){0};
        c->restart_count = c->restart_count > 0;
        c->has_before = false;
        rebase(&o->began, w->now);
        rebase(&o->finished, w->now);
        rebase(&o->due, w->now);
        rebase(&o->rule.last_update, w->now);
        rebase(&o->stop_end, w->now);
        rebase(&o->term_at, w->now);
        rebase(&o->told_by, w->now);
        o->end.started = o->end.finished = 0;
        o->starts = o->starts > 2 ? 2 : o->starts;
    }
    memset(&m->event, 0, sizeof m->event);
    rebase(&w->pod.deadline, w->now);
    rebase(&m->deadline, w->now);
    rebase(&m->overdue, w->now);
    w->pod.created = w->pod.started = w->pod.deleted_at = 0;
    for (int type = 0; type < CONDITIONS; type++)
        w->pod.conditions[type].since = 0;
    m->now = 0;
    w->now = 0;
}

static uint64_t hash_world(const struct world *w)
{
    struct world copy = *w;
    uint64_t h;

    normalise(&copy);
    h = seen_hash((uint64_t)copy.changes + 1, &copy.bytes, sizeof copy.bytes);
    h = seen_hash(h, &(mono_ms[]){copy.model.deadline, copy.model.overdue}, 2 * sizeof(mono_ms));
    h = seen_hash(h, copy.model.containers, CONTAINERS * sizeof copy.model.containers[0]);
    h = seen_hash(h, &(unsigned){copy.model.started | copy.model.stopping << 1
                                  | copy.model.deleted << 2 | copy.model.over << 3
                                  | copy.model.restarting << 4 | copy.model.too_late << 5
                                  | copy.model.gates[0] << 6},
                   sizeof(unsigned));
    return h;
}

/* ---- what the world could bring ---- */

enum { MOVES_MAX = 64 };

struct moves {
    struct move items[MOVES_MAX];
    size_t count;
};

static struct pod_event *add(struct moves *moves, const char *name, enum pod_event_kind kind)
{
    struct move *move = &moves->items[moves->count++];

    assert_true(moves->count <= MOVES_MAX);
    *move = (struct move){.name = name, .event = {.kind = kind, .grace = MONO_NEVER}};
    return &move->event;
}

static struct container_event *add_of(struct moves *moves, const char *name, unsigned container,
                                      enum container_event_kind kind)
{
    struct pod_event *ev = add(moves, name, POD_CONTAINER);

    ev->container = container;
    ev->of_container.kind = kind;
    return &ev->of_container;
}

static void exits(struct moves *moves, unsigned i)
{
    add_of(moves, "exits 0", i, CONTAINER_EXITED)->end = (struct run_end){.reason = END_COMPLETED};
    add_of(moves, "exits 1", i, CONTAINER_EXITED)->end =
        (struct run_end){.reason = END_ERROR, .exit_code = 1};
    add_of(moves, "is killed for its memory", i, CONTAINER_EXITED)->end =
        (struct run_end){.reason = END_OOM_KILLED};
}

static void outcomes(struct moves *moves, const struct model_container *c, unsigned i)
{
    static const struct {
        const char *name;
        enum attempt_outcome outcome;
    } kinds[] = {{"attempt succeeds", ATTEMPT_OK},
                 {"attempt fails", ATTEMPT_TIMED_OUT},
                 {"attempt cannot tell", ATTEMPT_NOT_RUN}};

    for (int slot = 0; slot < SLOTS; slot++) {
        if (!c->live[slot])
            continue;
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            struct container_event *ev = add_of(moves, kinds[k].name, i, CONTAINER_ATTEMPT);

            ev->slot = (enum attempt_slot)slot;
            ev->outcome = kinds[k].outcome;
        }
    }
}

static void notices(struct moves *moves, const struct model_container *c, unsigned i)
{
    static const char *const names[NOTICES] = {
        [NOTICE_READY] = "sends READY=1", [NOTICE_RELOADING] = "sends RELOADING=1",
        [NOTICE_STOPPING] = "sends STOPPING=1", [NOTICE_WATCHDOG] = "sends WATCHDOG=1",
        [NOTICE_WATCHDOG_TRIGGER] = "sends WATCHDOG=trigger", [NOTICE_WATCHDOG_TIMEOUT] = "wants a watchdog of 3 s",
        [NOTICE_STATUS] = "sends STATUS",
    };

    for (int notice = 0; notify_rules_any(c->notify) && notice < NOTICES; notice++) {
        struct container_event *ev = add_of(moves, names[notice], i, CONTAINER_NOTICE);

        ev->notice = (enum notice)notice;
        ev->timeout = 3 * MONO_SECOND;
        ev->text = "at work";
    }
}

static void moves_of_container(struct moves *moves, const struct world *w, unsigned i)
{
    const struct model_container *c = &w->model.containers[i];

    switch (c->life) {
    case LIFE_SPAWNING:
        add_of(moves, "starts", i, CONTAINER_STARTED);
        add_of(moves, "does not start", i, CONTAINER_START_FAILED);
        add_of(moves, "cannot be made", i, CONTAINER_NOT_CREATED);
        break;
    case LIFE_ALIVE:
        exits(moves, i);
        outcomes(moves, c, i);
        notices(moves, c, i);
        break;
    case LIFE_RESTING:
    case LIFE_BLOCKED:
    case LIFE_HOLDING:
        add_of(moves, "back-off retry", i, CONTAINER_BACKOFF_RETRY);
        break;
    case LIFE_UNBORN:
    case LIFE_GONE:
        break;
    }
    add_of(moves, "back-off reset", i, CONTAINER_BACKOFF_RESET);
    if (w->model.config->watch[i].count > 0)
        add_of(moves, "files change", i, CONTAINER_FILES_CHANGED);
    else
        add_of(moves, "restart", i, CONTAINER_RESTART);
}

static void changes(struct moves *moves, const struct world *w)
{
    static const enum spec_change kinds[][CONTAINERS] = {{SPEC_CHANGED, SPEC_SAME}, {SPEC_SAME, SPEC_NEW_COMMAND}};
    static const char *const names[] = {"c0 changes", "c1 has a new command"};

    for (size_t i = 0; w->changes > 0 && i < sizeof kinds / sizeof *kinds; i++) {
        struct pod_event *ev = add(moves, names[i], POD_CONFIG);

        ev->config = w->model.config;
        ev->changes = kinds[i];
    }
}

static void moves_of(struct moves *moves, const struct world *w)
{
    mono_ms deadline = pod_deadline(&w->pod);

    moves->count = 0;
    if (!w->model.started)
        add(moves, "pod starts", POD_START);
    for (unsigned i = 0; i < w->model.count; i++)
        moves_of_container(moves, w, i);
    if (deadline != MONO_NEVER) {
        add(moves, "deadline", POD_DEADLINE);
        moves->items[moves->count - 1].later = deadline - w->now;
    }
    if (deadline - w->now > 1500) {
        add(moves, "1.5 s pass", POD_DEADLINE);
        moves->items[moves->count - 1].later = 1500;
        moves->items[moves->count - 1].waits = true;
    }
    changes(moves, w);
    add(moves, "delete", POD_STOP);
    add(moves, "delete within 1 s", POD_STOP)->grace = MONO_SECOND;
    add(moves, "delete now", POD_KILL);
}

/* ---- the search ---- */

static void print_path(const struct search *s, const struct world *at, int length)
{
    fprintf(stderr, "# %s (c%d), after:\n", at->model.broken, at->model.broken_at);
    for (int i = 0; i < length; i++) {
        const struct move *move = &s->path[i];

        fprintf(stderr, "#   %lld ms later: ", (long long)move->later);
        if (move->event.kind == POD_CONTAINER)
            fprintf(stderr, "c%u ", move->event.container);
        fprintf(stderr, "%s\n", move->name);
    }
}

static void take(struct search *s, struct world *w, const struct move *move)
{
    struct action items[ACTIONS_MAX];
    struct actions out = {.items = items, .capacity = ACTIONS_MAX};
    struct pod_event ev = move->event;

    w->now += move->later;
    if (move->waits)
        return;
    ev.now = w->now;
    w->changes -= ev.kind == POD_CONFIG;
    s->steps++;
    model_event(&w->model, &ev);
    pod_step(&w->pod, &ev, &out);
    for (size_t i = 0; i < out.count; i++)
        model_action(&w->model, &out.items[i]);
    model_settle(&w->model);
    model_status(&w->model, &w->pod);
    if (pod_deadline(&w->pod) < w->now)
        model_break(&w->model, NULL, "a deadline in the past");
}

static bool follow(struct search *s, const struct world *w, int depth)
{
    struct moves moves;

    if (depth == s->depth || !seen_less(&s->seen, hash_world(w), s->depth - depth))
        return true;
    moves_of(&moves, w);
    for (size_t i = 0; i < moves.count; i++) {
        struct world next = *w;

        s->path[depth] = moves.items[i];
        take(s, &next, &moves.items[i]);
        if (next.model.broken != NULL) {
            print_path(s, &next, depth + 1);
            return false;
        }
        if (!follow(s, &next, depth + 1))
            return false;
    }
    return true;
}

static int wanted_depth(void)
{
    const char *text = getenv("PIDLET_DEPTH");
    int depth = atoi(text != NULL ? text : DEPTH);

    return depth < DEPTH_MAX ? depth : DEPTH_MAX;
}

static void explore_annotated(const char *annotations, const char *spec, int definitions)
{
    const struct load_options options = {0};
    struct pod_config_set set = {0};
    struct buf text = BUF_INIT;
    struct diags diags;
    struct world *w = calloc(1, sizeof *w);
    struct search s = {0};
    size_t met = 0;

    assert_non_null(w);
    assert_true(diags_init(&diags));
    buf_addf(&text, "{apiVersion: v1, kind: Pod, metadata: {name: pod, annotations: {%s}}, spec: {%s}}",
             annotations, spec);
    assert_true(load_text(&set, "test", buf_text(&text), strlen(buf_text(&text)), &options, &diags));
    diags_deinit(&diags);
    buf_deinit(&text);
    pod_init(&w->pod, set.items[0], 0, 1);
    model_init(&w->model, set.items[0]);
    model_status_begin(&w->model, &w->pod);
    w->changes = definitions;
    for (s.depth = 1; s.depth <= wanted_depth(); s.depth++) {
        seen_init(&s.seen);
        assert_true(follow(&s, w, 0));
        met = s.seen.count;
        seen_deinit(&s.seen);
    }
    printf("# depth %d: %zu states, %lu steps\n", wanted_depth(), met, s.steps);
    pod_config_set_deinit(&set);
    free(w);
}

static void explore(const char *spec, int definitions)
{
    explore_annotated("", spec, definitions);
}

#define PROBE "{exec: {command: [p]}, periodSeconds: 1, failureThreshold: 1}"
#define HOOK "{exec: {command: [h]}}"
#define ON_1(action) "restartPolicyRules: [{action: " action ", exitCodes: {operator: In, values: [1]}}]"

TEST(no_order_of_events_harms_two_containers_with_a_probe_and_a_hook)
{
    explore("terminationGracePeriodSeconds: 3, containers: ["
            "{name: a, command: [a], livenessProbe: " PROBE ", lifecycle: {preStop: " HOOK "}},"
            "{name: b, command: [b], restartPolicy: OnFailure, readinessProbe: " PROBE "}]", 0);
}

TEST(no_order_of_events_harms_an_init_container_and_one_with_a_post_start_hook)
{
    explore("restartPolicy: OnFailure, initContainers: [{name: i, command: [i]}], containers: ["
            "{name: a, command: [a], startupProbe: " PROBE ", lifecycle: {postStart: " HOOK "}}]", 0);
}

TEST(no_order_of_events_harms_a_sidecar_and_what_it_serves)
{
    explore("restartPolicy: Never, terminationGracePeriodSeconds: 3, initContainers: ["
            "{name: s, command: [s], restartPolicy: Always, startupProbe: " PROBE
            ", lifecycle: {preStop: " HOOK "}}], containers: [{name: a, command: [a]}]", 0);
}

TEST(no_order_of_events_harms_a_pod_without_grace_whose_sidecar_has_a_probe)
{
    explore("terminationGracePeriodSeconds: 0, initContainers: ["
            "{name: s, command: [s], restartPolicy: Always, livenessProbe: " PROBE "}],"
            "containers: [{name: a, command: [a], restartPolicy: Never, lifecycle: "
            "{postStart: " HOOK "}}]", 0);
}

TEST(no_order_of_events_harms_a_pod_whose_containers_restart_together)
{
    explore("terminationGracePeriodSeconds: 3, initContainers: [{name: i, command: [i]}], containers: ["
            "{name: a, command: [a], restartPolicy: Never, " ON_1("RestartAllContainers")
            ", lifecycle: {preStop: " HOOK "}}]", 0);
}

TEST(no_order_of_events_harms_a_sidecar_that_restarts_all_and_a_pod_with_a_deadline)
{
    explore("restartPolicy: OnFailure, activeDeadlineSeconds: 12, initContainers: ["
            "{name: s, command: [s], restartPolicy: Always, " ON_1("RestartAllContainers") "}], containers: ["
            "{name: a, command: [a], restartPolicy: Never, " ON_1("Restart") "}]", 0);
}

TEST(no_order_of_events_harms_containers_whose_definitions_change)
{
    explore("restartPolicy: OnFailure, terminationGracePeriodSeconds: 3, containers: ["
            "{name: a, command: [a], livenessProbe: " PROBE ", lifecycle: {preStop: " HOOK "}},"
            "{name: b, command: [b], restartPolicy: Always}]", 2);
}

TEST(no_order_of_events_harms_an_init_container_whose_definition_changes)
{
    explore("initContainers: [{name: i, command: [i]}], containers: [{name: a, command: [a], " ON_1("RestartAllContainers")
            ", restartPolicy: Always}]", 1);
}

TEST(no_order_of_events_harms_containers_whose_files_change)
{
    explore_annotated("pidlet.dev/watch: files",
                      "restartPolicy: Never, terminationGracePeriodSeconds: 3, initContainers: [{name: i, command: [i]}],"
                      "containers: [{name: a, command: [a], livenessProbe: " PROBE ", lifecycle: {preStop: " HOOK "}}]", 0);
}

TEST(no_order_of_events_harms_a_pod_that_restarts_together_and_whose_files_change)
{
    explore_annotated("pidlet.dev/watch.a: files",
                      "terminationGracePeriodSeconds: 3, initContainers: [{name: s, command: [s], restartPolicy: Always}],"
                      "containers: [{name: a, command: [a], restartPolicy: OnFailure, " ON_1("RestartAllContainers")
                      ", lifecycle: {postStart: " HOOK "}}]", 1);
}

TEST(no_order_of_events_harms_a_container_that_notifies)
{
    explore_annotated("pidlet.dev/notify: 'true', pidlet.dev/watchdog.a: 2s",
                      "terminationGracePeriodSeconds: 3, containers: [{name: a, command: [a], livenessProbe: " PROBE
                      ", startupProbe: " PROBE ", lifecycle: {postStart: " HOOK "}}]", 1);
}

TEST(no_order_of_events_harms_a_sidecar_that_notifies)
{
    explore_annotated("pidlet.dev/notify.s: 'true', pidlet.dev/watchdog.a: 2s",
                      "restartPolicy: Never, terminationGracePeriodSeconds: 3, initContainers: ["
                      "{name: s, command: [s], restartPolicy: Always}], containers: ["
                      "{name: a, command: [a], readinessProbe: " PROBE "}]", 0);
}

TESTS(RUN(no_order_of_events_harms_two_containers_with_a_probe_and_a_hook),
      RUN(no_order_of_events_harms_a_container_that_notifies),
      RUN(no_order_of_events_harms_a_sidecar_that_notifies),
      RUN(no_order_of_events_harms_an_init_container_and_one_with_a_post_start_hook),
      RUN(no_order_of_events_harms_a_sidecar_and_what_it_serves),
      RUN(no_order_of_events_harms_a_pod_without_grace_whose_sidecar_has_a_probe),
      RUN(no_order_of_events_harms_a_pod_whose_containers_restart_together),
      RUN(no_order_of_events_harms_a_sidecar_that_restarts_all_and_a_pod_with_a_deadline),
      RUN(no_order_of_events_harms_containers_whose_definitions_change),
      RUN(no_order_of_events_harms_an_init_container_whose_definition_changes),
      RUN(no_order_of_events_harms_containers_whose_files_change),
      RUN(no_order_of_events_harms_a_pod_that_restarts_together_and_whose_files_change))
