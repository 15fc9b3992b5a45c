/* The status that the core's state means: kubelet-semantics 7.1. */
#include "daemon/core/status.h"

#include "daemon/core/conditions.h"
#include "daemon/core/status_text.h"
#include "tests/lib/sim.h"

#include <stdlib.h>

/* A sidecar that holds back what comes after it. */
#define HOLDS_BACK "{name: s, command: [s], restartPolicy: Always, startupProbe: " \
    "{exec: {command: [ok]}, periodSeconds: 1, failureThreshold: 9}}"
#define APP "containers: [{name: app, command: [app]}]"

static const char *phase(struct sim *s)
{
    sim_container(s, "app");            /* time begins, if it has not */
    return pod_phase_name(status_phase(simulator_pod(s->simulator)));
}

static bool ready(struct sim *s)
{
    return status_ready(simulator_pod(s->simulator));
}

TEST(a_pod_runs_once_its_containers_have_started_and_is_ready_with_them)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app], readinessProbe: "
                           "{exec: {command: [ok]}, periodSeconds: 1}}, {name: b, command: [b]}]");

    sim_behaviour(&s, "app")->ready_after = 2500;
    EXPECT_STR(phase(&s), "Running");
    EXPECT(!ready(&s));
    sim_run_until(&s, 4000);
    EXPECT(ready(&s));
    sim_end(&s);
}

TEST(a_pod_is_pending_while_a_container_waits_for_its_first_start)
{
    struct sim s = sim_pod("initContainers: [{name: i, command: [i]}], " APP);

    EXPECT_STR(phase(&s), "Pending");
    sim_run_until(&s, 5000);
    EXPECT_STR(phase(&s), "Running");
    sim_end(&s);
}

TEST(a_pod_is_pending_while_its_post_start_hook_is_at_work_and_runs_after_it)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app], lifecycle: "
                           "{postStart: {exec: {command: [h]}}}}]");

    sim_behaviour(&s, "app")->hook_takes = 3000;
    EXPECT_STR(phase(&s), "Pending");
    sim_run_until(&s, 3000);
    EXPECT_STR(phase(&s), "Running");
    sim_end(&s);
}

TEST(a_pod_that_crashes_goes_on_running_in_back_off)
{
    struct sim s = sim_pod(APP);

    sim_runs(&s, "app", {.length = 1000, .exit_code = 1});
    sim_run_until(&s, 5000);
    EXPECT_STR(phase(&s), "Running");
    EXPECT(status_in_backoff(sim_container(&s, "app"), 5000));
    EXPECT(!status_in_backoff(sim_container(&s, "app"), 12000));
    sim_run_until(&s, 12500);
    EXPECT(!status_in_backoff(sim_container(&s, "app"), 12500));
    sim_end(&s);
}

TEST(a_pod_whose_containers_have_ended_succeeded_or_failed)
{
    struct sim good = sim_pod("restartPolicy: Never, " APP), bad = sim_pod("restartPolicy: Never, " APP);

    sim_runs(&good, "app", {.length = 1000});
    sim_runs(&bad, "app", {.length = 1000, .exit_code = 1});
    sim_run_until(&good, 2000);
    sim_run_until(&bad, 2000);
    EXPECT_STR(phase(&good), "Succeeded");
    EXPECT_STR(phase(&bad), "Failed");
    EXPECT(!ready(&good));
    sim_end(&good);
    sim_end(&bad);
}

TEST(a_pod_is_pending_while_its_first_spawn_is_under_way)
{
    struct sim s = sim_pod(APP);
    struct action items[2 * CONTAINER_ACTIONS_MAX];
    struct actions out = {.items = items, .capacity = 2 * CONTAINER_ACTIONS_MAX};
    struct pod *p = calloc(1, pod_size(s.set.items[0]));

    assert_non_null(p);
    pod_init(p, s.set.items[0], 0, 1);
    pod_step(p, &(struct pod_event){.kind = POD_START}, &out);
    EXPECT_INT(status_phase(p), PHASE_PENDING);
    free(p);
    sim_end(&s);
}

TEST(a_pod_deleted_before_its_containers_ran_has_failed)
{
    static const char *const specs[] = {
        "initContainers: [" HOLDS_BACK ", {name: i, command: [i]}], " APP,
        "initContainers: [" HOLDS_BACK "], " APP,
    };

    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        struct sim s = sim_pod(specs[i]);

        sim_behaviour(&s, "s")->startup_after = MONO_NEVER;
        sim_run_until(&s, 2000);
        sim_post(&s, POD_KILL);
        sim_run_until(&s, 3000);
        EXPECT_STR(phase(&s), "Failed");
        sim_end(&s);
    }
}

/* ---- the whole status ---- */

/* One line for the container's state and one for its lastState. */
static const char *shown(struct sim *s, const char *container, mono_ms now)
{
    static struct buf out;
    struct container_status c;
    const struct pod *p = (sim_begin(s), simulator_pod(s->simulator));

    buf_clear(&out);
    status_of_container(p, sim_container(s, container), now, &c);
    for (int i = 0; i < 2; i++) {
        const struct state_status *state = i == 0 ? &c.state : &c.last_state;

        if (i == 1)
            buf_adds(&out, state->kind != STATUS_NONE ? "; last " : "");
        switch (state->kind) {
        case STATUS_NONE:
            break;
        case STATUS_WAITING:
            buf_addf(&out, "waiting %s", state->reason);
            break;
        case STATUS_RUNNING:
            buf_addf(&out, "running since %d", (int)state->started);
            break;
        case STATUS_TERMINATED:
            buf_addf(&out, "%s %d", state->reason, state->exit_code);
            if (state->started != MONO_NEVER)
                buf_addf(&out, " %d-%d", (int)state->started, (int)state->finished);
            break;
        }
        if (i == 0) {
            buf_adds(&out, ": ");
            status_add_message(p, &c, &out);
        }
    }
    buf_addf(&out, "; restarts %u%s%s", c.restart_count, c.ready ? ", ready" : "",
             c.started ? ", started" : "");
    return buf_text(&out);
}

/* spec 7.2: in CrashLoopBackOff the state is waiting and lastState is the last crash. */
TEST(a_container_shows_its_state_and_the_one_before)
{
    struct sim s = sim_pod(APP);

    sim_runs(&s, "app", {.length = 1000, .exit_code = 1}, {.length = 1000, .signal = 9});
    EXPECT_STR(shown(&s, "app", 0), "running since 0: ; restarts 0, ready, started");
    sim_run_until(&s, 1500);
    EXPECT_STR(shown(&s, "app", 1500),
               "running since 1000: ; last Error 1 0-1000; restarts 1, ready, started");
    sim_run_until(&s, 2500);
    EXPECT_STR(shown(&s, "app", 2500),
               "waiting CrashLoopBackOff: back-off 10s restarting failed container=app pod=pod_default(u1)"
               "; last Error 137 1000-2000; restarts 1");
    EXPECT_STR(shown(&s, "app", 12000), "Error 137 1000-2000: ; last Error 1 0-1000; restarts 1");
    sim_end(&s);
}

TEST(the_wait_that_is_on_tells_when_it_ends)
{
    struct sim s = sim_pod(APP);
    struct container_status c;

    sim_runs(&s, "app", {.length = 1000, .exit_code = 1});
    sim_run_until(&s, 5000);
    status_of_container(simulator_pod(s.simulator), sim_container(&s, "app"), 5000, &c);
    EXPECT_INT(c.delay, 10000);
    EXPECT_INT(c.next_start, 12000);
    sim_run_until(&s, 12500);
    status_of_container(simulator_pod(s.simulator), sim_container(&s, "app"), 12500, &c);
    EXPECT_INT(c.delay, MONO_NEVER);
    EXPECT_INT(c.next_start, MONO_NEVER);
    sim_end(&s);
}

TEST(a_start_that_failed_shows_its_error)
{
    struct sim s = sim_pod("restartPolicy: Never, " APP), again = sim_pod(APP);

    sim_runs(&s, "app", {.start_fails = true});
    EXPECT_STR(shown(&s, "app", 0),
               "StartError 128 0-0: exec: \"app\": executable file not found in $PATH; restarts 0");
    sim_runs(&again, "app", {.length = 1000, .exit_code = 1}, {.start_fails = true});
    sim_run_until(&again, 1000);
    EXPECT_STR(shown(&again, "app", 11000),
               "waiting RunContainerError: exec: \"app\": executable file not found in $PATH"
               "; last StartError 128 1000-1000; restarts 1");
    sim_end(&s);
    sim_end(&again);
}

/* spec 7.2: containers of a pod with init containers wait with PodInitializing, init ones too. */
TEST(containers_wait_with_the_reason_of_their_pod)
{
    struct sim s = sim_pod("initContainers: [{name: i, command: [i]}, {name: j, command: [j]}], " APP);

    EXPECT_STR(shown(&s, "i", 0), "running since 0: ; restarts 0, started");
    EXPECT_STR(shown(&s, "j", 0), "waiting PodInitializing: ; restarts 0");
    EXPECT_STR(shown(&s, "app", 0), "waiting PodInitializing: ; restarts 0");
    sim_run_until(&s, 1500);
    EXPECT_STR(shown(&s, "i", 0), "Completed 0 0-1000: ; restarts 0, ready");
    sim_end(&s);
}

/* spec 4.4: what never ran in a pod that was terminated. */
TEST(a_container_that_never_ran_is_lost_or_still_waits_when_the_pod_has_ended)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app], lifecycle: {postStart: {exec: {command: [h]}}}}, "
                           "{name: b, command: [b]}]");
    struct sim init = sim_pod("restartPolicy: Never, initContainers: [{name: i, command: [i]}], " APP);

    sim_behaviour(&s, "app")->hook_takes = MONO_NEVER;
    sim_run_until(&s, 1000);
    sim_post(&s, POD_KILL);
    sim_run_until(&s, 1000);
    EXPECT_STR(shown(&s, "b", 1000),
               "ContainerStatusUnknown 137: The container could not be located when the pod was "
               "terminated; restarts 0");
    sim_runs(&init, "i", {.length = 1000, .exit_code = 1});
    sim_run_until(&init, 2000);
    EXPECT_STR(shown(&init, "app", 2000), "waiting PodInitializing: ; restarts 0");
    sim_end(&s);
    sim_end(&init);
}

/* spec 4.4, 7.1: lost is said once the pod has ended, and not while it is being stopped. */
TEST(a_container_that_never_ran_waits_until_its_deleted_pod_has_ended)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app], lifecycle: {postStart: {exec: {command: [h]}}}}, "
                           "{name: b, command: [b]}]");

    sim_behaviour(&s, "app")->hook_takes = MONO_NEVER;
    sim_behaviour(&s, "app")->term_after = 3000;
    sim_run_until(&s, 1000);
    sim_stop(&s, MONO_NEVER);
    sim_run_until(&s, 2000);
    EXPECT_STR(shown(&s, "b", 2000), "waiting ContainerCreating: ; restarts 0");
    EXPECT_STR(phase(&s), "Pending");
    sim_run_until(&s, 4000);
    EXPECT_STR(shown(&s, "b", 4000),
               "ContainerStatusUnknown 137: The container could not be located when the pod was "
               "terminated; restarts 0");
    EXPECT_STR(phase(&s), "Failed");
    sim_end(&s);
}

/* spec 7.2: sorted by name, the init containers in spec order before them. */
TEST(containers_are_listed_by_name_and_init_containers_as_in_the_spec)
{
    struct sim s = sim_pod("initContainers: [{name: z, command: [z]}, {name: b, command: [b]}], containers: "
                           "[{name: w, command: [w]}, {name: yy, command: [yy]}, {name: c, command: [c]}, {name: x, command: [x]}]");
    static const char *const wanted[] = {"z", "b", "c", "w", "x", "yy"};
    struct container_status room[SIM_CONTAINERS];
    struct pod_status status;

    sim_begin(&s);
    status_of(simulator_pod(s.simulator), 0, room, &status);
    EXPECT_INT(status.count, 6);
    EXPECT_INT(status.init_count, 2);
    for (unsigned i = 0; i < status.count; i++)
        EXPECT_STR(status.containers[i].name, wanted[i]);
    sim_end(&s);
}

/* ---- conditions ---- */

/* "Ready=False since 0 ContainersNotReady: message" */
static const char *condition(struct sim *s, enum condition_type type)
{
    static struct buf out;
    struct container_status room[SIM_CONTAINERS];
    const struct condition_status *c;
    struct pod_status status;

    sim_begin(s);
    status_of(simulator_pod(s->simulator), simulator_now(s->simulator), room, &status);
    c = &status.conditions[type];
    EXPECT_INT(c->type, type);
    buf_clear(&out);
    buf_addf(&out, "%s=%s since %d", condition_name(c->type), c->is_true ? "True" : "False", (int)c->since);
    if (c->reason != NULL)
        buf_addf(&out, " %s", c->reason);
    buf_adds(&out, ": ");
    status_add_condition_message(&status, type, &out);
    return buf_text(&out);
}

/* spec 7.3: every condition with its reason and message, from the pod's begin to its end. */
TEST(conditions_follow_the_pod_and_keep_the_time_of_their_last_change)
{
    struct sim s = sim_pod("restartPolicy: Never, initContainers: [{name: s, command: [s], restartPolicy: Always, "
                           "startupProbe: {exec: {command: [ok]}, periodSeconds: 1, failureThreshold: 9}}, "
                           "{name: i, command: [i]}], containers: [{name: b, command: [b], readinessProbe: "
                           "{exec: {command: [ok]}, periodSeconds: 1}}, {name: a, command: [a]}]");

    sim_behaviour(&s, "s")->startup_after = 2000;
    sim_behaviour(&s, "b")->ready_after = 2000;
    sim_runs(&s, "a", {.length = 9000});
    sim_runs(&s, "b", {.length = 8000});
    sim_run_until(&s, 1000);
    EXPECT_STR(condition(&s, CONDITION_READY_TO_START), "PodReadyToStartContainers=True since 0: ");
    EXPECT_STR(condition(&s, CONDITION_SCHEDULED), "PodScheduled=True since 0: ");
    EXPECT_STR(condition(&s, CONDITION_INITIALIZED),
               "Initialized=False since 0 ContainersNotInitialized: containers with incomplete status: [s i]");
    EXPECT_STR(condition(&s, CONDITION_CONTAINERS_READY),
               "ContainersReady=False since 0 ContainersNotReady: containers with unready status: [s b a]");
    sim_run_until(&s, 2500);
    EXPECT_STR(condition(&s, CONDITION_INITIALIZED),
               "Initialized=False since 0 ContainersNotInitialized: containers with incomplete status: [i]");
    sim_run_until(&s, 4000);
    EXPECT_STR(condition(&s, CONDITION_INITIALIZED), "Initialized=True since 3000: ");
    EXPECT_STR(condition(&s, CONDITION_READY),
               "Ready=False since 0 ContainersNotReady: containers with unready status: [b]");
    sim_run_until(&s, 6000);
    EXPECT_STR(condition(&s, CONDITION_READY), "Ready=True since 5000: ");
    EXPECT_STR(condition(&s, CONDITION_CONTAINERS_READY), "ContainersReady=True since 5000: ");
    sim_run_until(&s, 11500);
    EXPECT_STR(condition(&s, CONDITION_READY),
               "Ready=False since 11000 ContainersNotReady: containers with unready status: [b]");
    sim_run_until(&s, 13000);
    EXPECT_STR(condition(&s, CONDITION_READY_TO_START), "PodReadyToStartContainers=False since 12000: ");
    EXPECT_STR(condition(&s, CONDITION_INITIALIZED), "Initialized=True since 3000 PodCompleted: ");
    EXPECT_STR(condition(&s, CONDITION_READY), "Ready=False since 11000 PodCompleted: ");
    EXPECT_STR(condition(&s, CONDITION_CONTAINERS_READY), "ContainersReady=False since 11000 PodCompleted: ");
    sim_end(&s);
}

TEST(a_failed_pod_says_so_in_its_conditions)
{
    struct sim s = sim_pod("restartPolicy: Never, " APP);

    sim_runs(&s, "app", {.length = 1000, .exit_code = 1});
    sim_run_until(&s, 2000);
    EXPECT_STR(condition(&s, CONDITION_READY), "Ready=False since 1000 PodFailed: ");
    EXPECT_STR(condition(&s, CONDITION_CONTAINERS_READY), "ContainersReady=False since 1000 PodFailed: ");
    EXPECT_STR(condition(&s, CONDITION_INITIALIZED), "Initialized=True since 0: ");
    sim_end(&s);
}

/* spec 7.3: not ready from that very moment, while its container takes its time to end. */
TEST(a_pod_past_its_deadline_is_not_ready_any_more)
{
    struct sim s = sim_pod("activeDeadlineSeconds: 5, " APP);

    sim_behaviour(&s, "app")->term_after = 3000;
    sim_run_until(&s, 4000);
    EXPECT_STR(condition(&s, CONDITION_READY), "Ready=True since 0: ");
    sim_run_until(&s, 6000);
    EXPECT_STR(condition(&s, CONDITION_READY), "Ready=False since 5000 PodFailed: ");
    EXPECT_STR(condition(&s, CONDITION_CONTAINERS_READY), "ContainersReady=False since 5000 PodFailed: ");
    sim_run_until(&s, 9000);
    EXPECT_STR(condition(&s, CONDITION_READY), "Ready=False since 5000 PodFailed: ");
    sim_end(&s);
}

TEST(a_pod_stays_initialized_when_a_sidecar_crashes)
{
    struct sim s = sim_pod("initContainers: [{name: s, command: [s], restartPolicy: Always}], " APP);

    sim_runs(&s, "s", {.length = 1000, .exit_code = 1});
    sim_run_until(&s, 5000);
    EXPECT_STR(condition(&s, CONDITION_INITIALIZED), "Initialized=True since 0: ");
    EXPECT_STR(condition(&s, CONDITION_READY),
               "Ready=False since 2000 ContainersNotReady: containers with unready status: [s]");
    sim_end(&s);
}

/* spec 2.9 */
TEST(a_pod_is_ready_when_its_readiness_gates_are_open)
{
    struct sim s = sim_pod("readinessGates: [{conditionType: example.com/a}, {conditionType: b}], " APP);

    sim_run_until(&s, 1000);
    EXPECT_STR(condition(&s, CONDITION_CONTAINERS_READY), "ContainersReady=True since 0: ");
    EXPECT_STR(condition(&s, CONDITION_READY),
               "Ready=False since 0 ReadinessGatesNotReady: corresponding condition of pod readiness gate "
               "\"example.com/a\" does not exist., corresponding condition of pod readiness gate \"b\" does not exist.");
    sim_condition(&s, 0, CONDITION_TRUE);
    sim_run_until(&s, 2000);
    sim_condition(&s, 1, CONDITION_UNKNOWN);
    EXPECT_STR(condition(&s, CONDITION_READY),
               "Ready=False since 0 ReadinessGatesNotReady: the status of pod readiness gate \"b\" is not "
               "\"True\", but Unknown");
    sim_condition(&s, 1, CONDITION_TRUE);
    EXPECT_STR(condition(&s, CONDITION_READY), "Ready=True since 2000: ");
    sim_run_until(&s, 3000);
    sim_condition(&s, 1, CONDITION_TRUE);
    EXPECT_INT(pod_gate(simulator_pod(s.simulator), 0)->since, 1000);
    EXPECT_INT(pod_gate(simulator_pod(s.simulator), 1)->since, 2000);
    sim_condition(&s, 0, CONDITION_FALSE);
    EXPECT_STR(condition(&s, CONDITION_READY),
               "Ready=False since 3000 ReadinessGatesNotReady: the status of pod readiness gate "
               "\"example.com/a\" is not \"True\", but False");
    sim_end(&s);
}

TEST(a_deletion_is_remembered_with_its_time_and_shortest_grace)
{
    struct sim s = sim_pod(APP);
    const struct pod *p;

    sim_behaviour(&s, "app")->term_after = MONO_NEVER;
    sim_run_until(&s, 1000);
    p = simulator_pod(s.simulator);
    EXPECT_INT(p->deleted_at, MONO_NEVER);
    sim_stop(&s, 20000);
    sim_run_until(&s, 3000);
    sim_post(&s, POD_STOP);
    EXPECT_INT(p->deleted_at, 1000);
    EXPECT_INT(p->deleted_grace, 20000);
    sim_post(&s, POD_KILL);
    EXPECT_INT(p->deleted_grace, 0);
    sim_end(&s);
}

TEST(a_pod_that_has_not_begun_has_no_condition_but_that_it_is_scheduled)
{
    struct sim s = sim_pod(APP);
    struct pod *p = calloc(1, pod_size(s.set.items[0]));
    struct container_status room[1];
    struct pod_status status;
    struct buf message = BUF_INIT;

    assert_non_null(p);
    pod_init(p, s.set.items[0], 7, 1);
    status_of(p, 7, room, &status);
    EXPECT_INT(status.start_time, MONO_NEVER);
    for (int type = 0; type < CONDITIONS; type++) {
        EXPECT_INT(status.conditions[type].since, 7);
        EXPECT_INT(status.conditions[type].is_true, type == CONDITION_SCHEDULED);
    }
    status_add_condition_message(&status, CONDITION_READY_TO_START, &message);
    EXPECT_STR(buf_text(&message), "");
    buf_deinit(&message);
    free(p);
    sim_end(&s);
}

/* ---- spec 7.1, the phase's examples ---- */

TEST(a_container_that_crashed_beside_one_that_never_started_is_pending)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app], lifecycle: {postStart: "
                           "{exec: {command: [h]}}}}, {name: b, command: [b]}]");

    sim_runs(&s, "app", {.length = 500, .exit_code = 1});
    sim_behaviour(&s, "app")->hook_takes = 1000;
    EXPECT_STR(phase(&s), "Pending");
    sim_run_until(&s, 5000);
    EXPECT_STR(phase(&s), "Running");
    sim_end(&s);
}

TEST(an_init_container_that_crashes_again_and_again_is_pending)
{
    struct sim s = sim_pod("initContainers: [{name: i, command: [i]}], " APP);

    sim_runs(&s, "i", {.length = 1000, .exit_code = 1});
    for (mono_ms t = 500; t < 40000; t += 1000) {
        sim_run_until(&s, t);
        EXPECT_STR(phase(&s), "Pending");
    }
    sim_end(&s);
}

TEST(a_sidecar_that_has_not_started_up_keeps_the_pod_pending_until_a_container_ran)
{
    struct sim s = sim_pod("initContainers: [" HOLDS_BACK "], " APP);

    sim_behaviour(&s, "s")->startup_after = 2500;
    sim_runs(&s, "s", {.length = 9000}, {.length = MONO_NEVER});
    sim_run_until(&s, 2000);
    EXPECT_STR(phase(&s), "Pending");
    sim_run_until(&s, 5000);
    EXPECT_STR(phase(&s), "Running");
    sim_run_until(&s, 10000);           /* once more without its startup probe's success */
    EXPECT(!sim_container(&s, "s")->started_up);
    EXPECT_STR(phase(&s), "Running");
    sim_end(&s);
}

TEST(a_pod_whose_work_is_done_runs_until_its_sidecar_has_ended)
{
    struct sim s = sim_pod("restartPolicy: Never, initContainers: [{name: s, command: [s], restartPolicy: Always}], " APP);

    sim_behaviour(&s, "s")->term_after = 5000;
    sim_runs(&s, "app", {.length = 1000});
    sim_run_until(&s, 3000);
    EXPECT_STR(phase(&s), "Running");
    sim_run_until(&s, 7000);
    EXPECT_STR(phase(&s), "Succeeded");
    sim_end(&s);
}

TEST(a_pod_whose_init_container_failed_for_good_has_failed_while_its_sidecar_ends)
{
    struct sim s = sim_pod("restartPolicy: Never, initContainers: [{name: s, command: [s], restartPolicy: Always}, "
                           "{name: i, command: [i]}], " APP);

    sim_behaviour(&s, "s")->term_after = 5000;
    sim_runs(&s, "i", {.length = 1000, .exit_code = 1});
    sim_run_until(&s, 3000);
    EXPECT_STR(phase(&s), "Failed");
    sim_run_until(&s, 7000);
    EXPECT_STR(phase(&s), "Failed");
    sim_end(&s);
}

TEST(a_pod_deleted_while_it_initializes_stays_pending_until_its_end)
{
    struct sim s = sim_pod("initContainers: [{name: s, command: [s], restartPolicy: Always}, {name: i, command: [i]}], " APP);

    sim_behaviour(&s, "s")->term_after = 5000;
    sim_run_until(&s, 500);
    sim_post(&s, POD_STOP);
    sim_run_until(&s, 3000);
    EXPECT_STR(phase(&s), "Pending");
    sim_run_until(&s, 9000);
    EXPECT_STR(phase(&s), "Failed");
    sim_end(&s);
}

TEST(a_pod_deleted_before_its_init_container_ran_stays_pending_until_its_end)
{
    struct sim s = sim_pod("restartPolicy: Never, initContainers: [" HOLDS_BACK ", {name: i, command: [i]}], " APP);

    sim_behaviour(&s, "s")->startup_after = MONO_NEVER;
    sim_behaviour(&s, "s")->term_after = 5000;
    sim_run_until(&s, 500);
    sim_post(&s, POD_STOP);
    sim_run_until(&s, 3000);
    EXPECT_STR(phase(&s), "Pending");
    sim_end(&s);
}

/* The simulator's last run: to the end of all that can happen. */
TEST(time_goes_on_for_ever_without_anything_left_to_happen)
{
    struct sim s = sim_pod("restartPolicy: Never, " APP);

    sim_runs(&s, "app", {.length = 1000});
    sim_run_until(&s, MONO_NEVER);
    EXPECT_STR(phase(&s), "Succeeded");
    EXPECT_INT(simulator_now(s.simulator), 1000);
    sim_end(&s);
}

TESTS(RUN(a_pod_runs_once_its_containers_have_started_and_is_ready_with_them),
      RUN(a_pod_is_pending_while_a_container_waits_for_its_first_start),
      RUN(a_pod_is_pending_while_its_post_start_hook_is_at_work_and_runs_after_it),
      RUN(a_pod_that_crashes_goes_on_running_in_back_off),
      RUN(a_pod_whose_containers_have_ended_succeeded_or_failed),
      RUN(a_pod_is_pending_while_its_first_spawn_is_under_way),
      RUN(a_pod_deleted_before_its_containers_ran_has_failed),
      RUN(a_container_shows_its_state_and_the_one_before),
      RUN(the_wait_that_is_on_tells_when_it_ends),
      RUN(a_start_that_failed_shows_its_error),
      RUN(containers_wait_with_the_reason_of_their_pod),
      RUN(a_container_that_never_ran_is_lost_or_still_waits_when_the_pod_has_ended),
      RUN(a_container_that_never_ran_waits_until_its_deleted_pod_has_ended),
      RUN(containers_are_listed_by_name_and_init_containers_as_in_the_spec),
      RUN(conditions_follow_the_pod_and_keep_the_time_of_their_last_change),
      RUN(a_failed_pod_says_so_in_its_conditions),
      RUN(a_pod_past_its_deadline_is_not_ready_any_more),
      RUN(a_pod_stays_initialized_when_a_sidecar_crashes),
      RUN(a_pod_is_ready_when_its_readiness_gates_are_open),
      RUN(a_deletion_is_remembered_with_its_time_and_shortest_grace),
      RUN(a_pod_that_has_not_begun_has_no_condition_but_that_it_is_scheduled),
      RUN(a_container_that_crashed_beside_one_that_never_started_is_pending),
      RUN(an_init_container_that_crashes_again_and_again_is_pending),
      RUN(a_sidecar_that_has_not_started_up_keeps_the_pod_pending_until_a_container_ran),
      RUN(a_pod_whose_work_is_done_runs_until_its_sidecar_has_ended),
      RUN(a_pod_whose_init_container_failed_for_good_has_failed_while_its_sidecar_ends),
      RUN(a_pod_deleted_while_it_initializes_stays_pending_until_its_end),
      RUN(a_pod_deleted_before_its_init_container_ran_stays_pending_until_its_end),
      RUN(time_goes_on_for_ever_without_anything_left_to_happen))
