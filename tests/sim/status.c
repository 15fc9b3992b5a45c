/* The status that the core's state means: kubelet-semantics 7.1. */
#include "daemon/core/status.h"

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

TESTS(RUN(a_pod_is_pending_while_its_first_spawn_is_under_way),
      RUN(a_pod_deleted_before_its_containers_ran_has_failed),
      RUN(time_goes_on_for_ever_without_anything_left_to_happen),
      RUN(a_pod_runs_once_its_containers_have_started_and_is_ready_with_them),
      RUN(a_pod_is_pending_while_a_container_waits_for_its_first_start),
      RUN(a_pod_is_pending_while_its_post_start_hook_is_at_work_and_runs_after_it),
      RUN(a_pod_that_crashes_goes_on_running_in_back_off),
      RUN(a_pod_whose_containers_have_ended_succeeded_or_failed))
