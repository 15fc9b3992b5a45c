/*
 * What no enum names is answered with nothing: a value from outside them, given to
 * any machine in any state, changes nothing and asks for nothing.
 */
#include "config/load.h"
#include "daemon/core/conditions.h"
#include "daemon/core/order.h"
#include "daemon/core/pod.h"
#include "daemon/core/restart_rules.h"
#include "daemon/core/status.h"
#include "tests/lib/test.h"

#include <string.h>

enum { OUTSIDE = 99, CONTAINERS = 2, ACTIONS_MAX = (CONTAINERS + 1) * CONTAINER_ACTIONS_MAX };

static const struct probe_spec probe = {
    .period_seconds = 1, .timeout_seconds = 1, .success_threshold = 1, .failure_threshold = 1};
static const struct container_spec app = {.name = "app", .restart_policy = RESTART_ALWAYS};
static const struct backoff_policy backoff[] = {BACKOFF_POLICY_KUBELET, BACKOFF_POLICY_KUBELET};
static const struct notify_rules notify[2];
static const struct container_spec *containers[] = {&app, &app};
static const struct pod_spec spec = {.restart_policy = RESTART_ALWAYS, .termination_grace_period_seconds = 3};
static const struct pod_config config = {
    .name = "pod", .spec = &spec, .containers = containers, .count = CONTAINERS, .backoff = backoff,
    .notify = notify};

static union {
    struct pod pod;
    char bytes[sizeof(struct pod) + CONTAINERS * sizeof(struct container)];
} memory, before;

static struct action items[ACTIONS_MAX];

static void begin(void)
{
    memset(&memory, 0, sizeof memory);
    pod_init(&memory.pod, &config, 0, 1);
}

static void expect_nothing(const struct actions *out)
{
    EXPECT_INT(out->count, 0);
    EXPECT(memcmp(&memory, &before, sizeof memory) == 0);
}

static void step_pod(int state, int kind)
{
    struct actions out = {.items = items, .capacity = ACTIONS_MAX};

    begin();
    memory.pod.state = (enum pod_state)state;
    conditions_update(&memory.pod, 0);
    before = memory;
    pod_step(&memory.pod, &(struct pod_event){.kind = (enum pod_event_kind)kind}, &out);
    expect_nothing(&out);
}

TEST(an_event_that_does_not_exist_changes_no_pod)
{
    for (int state = 0; state < POD_STATES; state++)
        step_pod(state, OUTSIDE);
}

TEST(a_pod_in_no_state_does_nothing)
{
    for (int kind = 0; kind < POD_EVENTS; kind++)
        step_pod(OUTSIDE, kind);
}

static void step_container(int state, int kind)
{
    struct actions out = {.items = items, .capacity = ACTIONS_MAX};
    struct container *c = &memory.pod.containers[0];

    begin();
    c->state = (enum container_state)state;
    before = memory;
    container_step(c, &(struct container_event){.kind = (enum container_event_kind)kind}, &out);
    expect_nothing(&out);
}

TEST(an_event_that_does_not_exist_changes_no_container)
{
    for (int state = 0; state < CONTAINER_STATES; state++)
        step_container(state, OUTSIDE);
}

TEST(a_container_in_no_state_does_nothing_and_has_no_process)
{
    for (int kind = 0; kind < CONTAINER_EVENTS; kind++)
        step_container(OUTSIDE, kind);
    EXPECT(!container_has_process(&memory.pod.containers[0]));
}

TEST(a_worker_ignores_events_and_states_that_do_not_exist)
{
    for (int state = 0; state <= WORKER_STATES; state++) {
        for (int kind = 0; kind <= WORKER_EVENTS; kind++) {
            struct worker w, was;

            if (state < WORKER_STATES && kind < WORKER_EVENTS)
                continue;
            memset(&w, 0, sizeof w);
            worker_init(&w, PROBE_LIVENESS, &probe);
            w.state = (enum worker_state)state;
            was = w;
            EXPECT_INT(worker_step(&w, &(struct worker_event){.kind = (enum worker_event_kind)kind}).action,
                       WORKER_DO_NOTHING);
            EXPECT(memcmp(&w, &was, sizeof w) == 0);
        }
    }
}

/* No state begins an attempt that it does not know; if it had, the end would be no news. */
TEST(the_end_of_an_attempt_that_belongs_to_another_state_changes_nothing)
{
    static const struct {
        enum container_state state;
        enum attempt_slot slot;
    } pairs[] = {{CONTAINER_POST_START, SLOT_PRE_STOP}, {CONTAINER_RUNNING, SLOT_PRE_STOP},
                 {CONTAINER_RUNNING, SLOT_POST_START}, {CONTAINER_PRE_STOP, SLOT_POST_START},
                 {CONTAINER_QUEUED, SLOT_PRE_STOP}, {CONTAINER_STOPPING, SLOT_POST_START},
                 {CONTAINER_KILLING, SLOT_POST_START}};

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct actions out = {.items = items, .capacity = ACTIONS_MAX};
        struct container *c = &memory.pod.containers[0];

        begin();
        c->state = pairs[i].state;
        c->live_slots = (uint8_t)(1u << pairs[i].slot);
        before = memory;
        container_step(c, &(struct container_event){.kind = CONTAINER_ATTEMPT, .slot = pairs[i].slot}, &out);
        expect_nothing(&out);
    }
}

TEST(a_container_of_no_role_and_no_policy_is_left_alone)
{
    const struct run_end crash = {.reason = END_ERROR, .exit_code = 1};
    struct container *c = &memory.pod.containers[0];

    begin();
    c->role = (enum container_role)OUTSIDE;
    EXPECT_INT(restart_verdict(c, &crash), VERDICT_STAYS);
    memory.pod.containers[1].role = (enum container_role)OUTSIDE;
    EXPECT(!pod_failed(&memory.pod));
    c->role = ROLE_REGULAR;
    c->restart_policy = (enum restart_policy)OUTSIDE;
    EXPECT_INT(restart_verdict(c, &crash), VERDICT_STAYS);
    c->restart_policy = restart_policy_UNSET;
    EXPECT_INT(restart_verdict(c, &crash), VERDICT_STAYS);
}

TEST(a_container_of_no_role_or_state_has_a_status_all_the_same)
{
    struct container *c = &memory.pod.containers[0];
    struct container_status status;

    begin();
    c->state = CONTAINER_RUNNING;
    memory.pod.containers[1].state = CONTAINER_RUNNING;
    c->role = (enum container_role)OUTSIDE;
    EXPECT(condition_is_complete(c));
    EXPECT_INT(status_phase(&memory.pod), PHASE_RUNNING);
    c->state = (enum container_state)OUTSIDE;
    status_of_container(&memory.pod, c, 0, &status);
    EXPECT_INT(status.state.kind, STATUS_NONE);
}

TEST(a_container_of_no_role_holds_nobody_back)
{
    struct actions out = {.items = items, .capacity = ACTIONS_MAX};

    begin();
    memory.pod.state = POD_ACTIVE;
    memory.pod.next = 1;
    memory.pod.containers[0].role = (enum container_role)OUTSIDE;
    order_start_next(&memory.pod, 0, &out);
    EXPECT_INT(memory.pod.next, 2);
    EXPECT_INT(memory.pod.containers[1].state, CONTAINER_STARTING);
}

TESTS(RUN(an_event_that_does_not_exist_changes_no_pod),
      RUN(a_pod_in_no_state_does_nothing),
      RUN(an_event_that_does_not_exist_changes_no_container),
      RUN(a_container_in_no_state_does_nothing_and_has_no_process),
      RUN(a_worker_ignores_events_and_states_that_do_not_exist),
      RUN(the_end_of_an_attempt_that_belongs_to_another_state_changes_nothing),
      RUN(a_container_of_no_role_and_no_policy_is_left_alone),
      RUN(a_container_of_no_role_or_state_has_a_status_all_the_same),
      RUN(a_container_of_no_role_holds_nobody_back))
