/* READY, STATUS and RESTARTS as kubectl prints them: every row of the table in spec 7.4, and 6.3. */
#include "daemon/core/columns.h"

#include "tests/lib/sim.h"

#include <stdio.h>

#define APP "containers: [{name: app, command: [app]}]"
#define HOOK "{exec: {command: [h]}}"

/* "READY STATUS RESTARTS" as seen at `now`, with nothing done of what is due then. */
static const char *row(struct sim *s, mono_ms now)
{
    static char text[3 * COLUMN_SIZE];
    struct container_status room[SIM_CONTAINERS];
    const struct pod *p = (sim_begin(s), simulator_pod(s->simulator));
    struct pod_status status;
    struct columns columns;

    status_of(p, now, room, &status);
    columns_of(&status, now, &columns);
    snprintf(text, sizeof text, "%s %s %s", columns.ready_text, columns.status, columns.restarts_text);
    return text;
}

static const char *row_at(struct sim *s, mono_ms now)
{
    sim_run_until(s, now);
    return row(s, now);
}

TEST(a_pod_just_created_shows_ContainerCreating)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app], lifecycle: {postStart: " HOOK "}}]");

    sim_behaviour(&s, "app")->hook_takes = 3000;
    EXPECT_STR(row(&s, 0), "0/1 ContainerCreating 0");
    EXPECT_STR(row_at(&s, 3000), "1/1 Running 0");
    sim_end(&s);
}

TEST(a_container_whose_readiness_probe_fails_is_running_and_not_ready)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app], readinessProbe: " HOOK "}]");

    sim_behaviour(&s, "app")->ready_after = MONO_NEVER;
    EXPECT_STR(row_at(&s, 20000), "0/1 Running 0");
    sim_end(&s);
}

/* Runs of one second: 0-1, 1-2, 12-13, 33-34, 74. */
TEST(a_crash_shows_Error_when_it_is_due_and_CrashLoopBackOff_while_it_waits)
{
    struct sim s = sim_pod(APP);

    sim_runs(&s, "app", {.length = 1000, .exit_code = 1});
    EXPECT_STR(row_at(&s, 500), "1/1 Running 0");
    EXPECT_STR(row_at(&s, 1500), "1/1 Running 1 (0s ago)");
    EXPECT_STR(row_at(&s, 5000), "0/1 CrashLoopBackOff 1 (3s ago)");
    EXPECT_STR(row_at(&s, 34000 + 14000), "0/1 CrashLoopBackOff 3 (14s ago)");
    sim_run_until(&s, 73999);
    EXPECT_STR(row(&s, 74000), "0/1 Error 3 (61s ago)");
    EXPECT_STR(row_at(&s, 74500), "1/1 Running 4 (40s ago)");
    sim_end(&s);
}

TEST(exit_0_under_Always_backs_off_and_shows_Completed_when_it_is_due)
{
    struct sim s = sim_pod(APP);

    sim_runs(&s, "app", {.length = 1000});
    EXPECT_STR(row_at(&s, 34000 + 14000), "0/1 CrashLoopBackOff 3 (14s ago)");
    sim_run_until(&s, 73999);
    EXPECT_STR(row(&s, 74000), "0/1 Completed 3 (61s ago)");
    sim_end(&s);
}

TEST(a_pod_that_runs_once_shows_how_it_ended)
{
    struct sim done = sim_pod("restartPolicy: Never, " APP), bad = sim_pod("restartPolicy: Never, " APP);
    struct sim oom = sim_pod("restartPolicy: Never, " APP);

    sim_runs(&done, "app", {.length = 1000});
    sim_runs(&bad, "app", {.length = 1000, .exit_code = 3});
    sim_runs(&oom, "app", {.length = 1000, .signal = 9, .oom_killed = true});
    EXPECT_STR(row_at(&done, 2000), "0/1 Completed 0");
    EXPECT_STR(row_at(&bad, 2000), "0/1 Error 0");
    EXPECT_STR(row_at(&oom, 2000), "0/1 OOMKilled 0");
    sim_end(&done);
    sim_end(&bad);
    sim_end(&oom);
}

TEST(one_container_done_and_one_ready_shows_NotReady)
{
    struct sim s = sim_pod("restartPolicy: OnFailure, containers: [{name: a, command: [a]}, "
                           "{name: b, command: [b]}]");

    sim_runs(&s, "a", {.length = 1000});
    EXPECT_STR(row_at(&s, 2000), "1/2 NotReady 0");
    sim_end(&s);
}

TEST(of_containers_that_ended_the_one_with_an_error_shows)
{
    struct sim s = sim_pod("containers: [{name: a, command: [a], restartPolicy: Never}, "
                           "{name: b, command: [b], restartPolicy: Never}, {name: c, command: [c]}]");

    sim_runs(&s, "a", {.length = 1000});
    sim_runs(&s, "b", {.length = 1000, .exit_code = 1});
    EXPECT_STR(row_at(&s, 2000), "1/3 Error 0");
    sim_end(&s);
}

TEST(the_alphabetically_first_name_wins_whatever_the_order_in_the_spec)
{
    struct sim s = sim_pod("containers: [{name: z, command: [z], restartPolicy: Never}, {name: m, command: [m]}, "
                           "{name: a, command: [a], restartPolicy: Never}]");

    sim_runs(&s, "z", {.length = 1000, .exit_code = 1});
    sim_runs(&s, "a", {.length = 1000, .signal = 9, .oom_killed = true});
    EXPECT_STR(row_at(&s, 2000), "1/3 OOMKilled 0");
    sim_end(&s);
}

TEST(a_container_in_back_off_beside_one_that_runs)
{
    struct sim s = sim_pod("containers: [{name: a, command: [a]}, {name: b, command: [b]}]");

    sim_runs(&s, "a", {.length = 100000, .exit_code = 1}, {.length = 1000, .exit_code = 1}, {.length = 500000, .exit_code = 1});
    EXPECT_STR(row_at(&s, 106000), "1/2 CrashLoopBackOff 1 (5s ago)");
    EXPECT_STR(row_at(&s, 101000 + 300000), "2/2 Running 2 (5m ago)");
    sim_end(&s);
}

TEST(a_program_that_does_not_exist_shows_RunContainerError_and_then_CrashLoopBackOff)
{
    struct sim s = sim_pod(APP);
    struct action items[2 * CONTAINER_ACTIONS_MAX];
    struct actions out = {.items = items, .capacity = 2 * CONTAINER_ACTIONS_MAX};
    struct pod p[1 + sizeof(struct container) / sizeof(struct pod) + 1];
    struct container_status room[1];
    struct pod_status status;
    struct columns columns;

    pod_init(p, s.set.items[0], 0, 1);
    pod_step(p, &(struct pod_event){.kind = POD_START}, &out);
    pod_step(p, &(struct pod_event){.kind = POD_CONTAINER, .of_container = {.kind = CONTAINER_START_FAILED}},
             &out);
    status_of(p, 0, room, &status);
    columns_of(&status, 0, &columns);
    EXPECT_STR(columns.status, "RunContainerError");
    EXPECT_STR(columns.ready_text, "0/1");
    sim_runs(&s, "app", {.start_fails = true});
    EXPECT_STR(row_at(&s, 3000), "0/1 CrashLoopBackOff 1 (3s ago)");
    sim_end(&s);
}

TEST(a_config_map_that_is_missing_shows_CreateContainerConfigError)
{
    struct sim s = sim_pod(APP);

    sim_runs(&s, "app", {.not_created = true});
    EXPECT_STR(row_at(&s, 35000), "0/1 CreateContainerConfigError 0");
    sim_end(&s);
}

TEST(a_pod_past_its_deadline_shows_DeadlineExceeded)
{
    struct sim s = sim_pod("activeDeadlineSeconds: 5, " APP);

    sim_behaviour(&s, "app")->term_after = 2000;
    EXPECT_STR(row_at(&s, 6000), "1/1 DeadlineExceeded 0");
    EXPECT_STR(row_at(&s, 8000), "0/1 Error 0");
    sim_end(&s);
}

TEST(a_failed_post_start_hook_shows_PostStartHookError_and_then_CrashLoopBackOff)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app], lifecycle: {postStart: " HOOK "}}]");
    struct sim_behaviour *b = sim_behaviour(&s, "app");

    b->hook_outcome = ATTEMPT_EXIT_CODE;
    b->term_after = 2000;
    EXPECT_STR(row_at(&s, 1000), "0/1 PostStartHookError 0");
    EXPECT_STR(row_at(&s, 3000), "0/1 PostStartHookError 1 (1s ago)");
    EXPECT_STR(row_at(&s, 7000), "0/1 CrashLoopBackOff 1 (3s ago)");
    sim_run_until(&s, 13999);
    EXPECT_STR(row(&s, 14000), "0/1 PostStartHookError 1 (10s ago)");
    sim_end(&s);
}

TEST(the_first_of_two_init_containers_runs)
{
    struct sim s = sim_pod("initContainers: [{name: i, command: [i]}, {name: j, command: [j]}], " APP);

    EXPECT_STR(row_at(&s, 500), "0/1 Init:0/2 0");
    EXPECT_STR(row_at(&s, 1500), "0/1 Init:1/2 0");
    EXPECT_STR(row_at(&s, 2500), "1/1 Running 0");
    sim_end(&s);
}

TEST(an_init_container_that_fails_shows_Init_Error_and_Init_CrashLoopBackOff)
{
    struct sim s = sim_pod("initContainers: [{name: i, command: [i]}], " APP);
    struct sim never = sim_pod("restartPolicy: Never, initContainers: [{name: i, command: [i]}], " APP);

    sim_runs(&s, "i", {.length = 1000, .exit_code = 1});
    EXPECT_STR(row_at(&s, 75000 + 30000), "0/1 Init:CrashLoopBackOff 4 (30s ago)");
    sim_run_until(&s, 154999);
    EXPECT_STR(row(&s, 155000), "0/1 Init:Error 4 (2m1s ago)");
    sim_runs(&never, "i", {.length = 1000, .exit_code = 1});
    EXPECT_STR(row_at(&never, 2000), "0/1 Init:Error 0");
    sim_end(&s);
    sim_end(&never);
}

TEST(all_init_containers_done_and_the_rest_not_started_shows_PodInitializing)
{
    struct sim s = sim_pod("initContainers: [{name: i, command: [i]}], containers: "
                           "[{name: app, command: [app], lifecycle: {postStart: " HOOK "}}]");

    sim_behaviour(&s, "app")->hook_takes = 3000;
    EXPECT_STR(row_at(&s, 2000), "0/1 PodInitializing 0");
    sim_end(&s);
}

TEST(a_pod_being_deleted_shows_Terminating_until_its_end)
{
    struct sim s = sim_pod(APP), never = sim_pod("restartPolicy: Never, " APP);

    sim_behaviour(&s, "app")->term_after = 5000;
    sim_run_until(&s, 1000);
    sim_post(&s, POD_STOP);
    EXPECT_STR(row_at(&s, 2000), "1/1 Terminating 0");
    EXPECT_STR(row_at(&s, 7000), "0/1 Error 0");        /* Failed: a terminal phase shows */
    sim_runs(&never, "app", {.length = 1000});
    sim_run_until(&never, 2000);
    sim_post(&never, POD_STOP);
    EXPECT_STR(row_at(&never, 2000), "0/1 Completed 0");
    sim_end(&s);
    sim_end(&never);
}

/* spec 6.3: init 2 s, a sidecar whose startup probe passes after 6 s, init 3 s, the container. */
TEST(the_worked_example_of_init_containers_and_a_sidecar)
{
    struct sim s = sim_pod("initContainers: [{name: i1, command: [i]}, {name: s1, command: [s], restartPolicy: Always, "
                           "startupProbe: {exec: {command: [ok]}, periodSeconds: 1, failureThreshold: 9}}, "
                           "{name: i2, command: [i]}], " APP);

    sim_runs(&s, "i1", {.length = 2000});
    sim_runs(&s, "i2", {.length = 3000});
    sim_behaviour(&s, "s1")->startup_after = 6000;
    EXPECT_STR(row_at(&s, 1999), "0/2 Init:0/3 0");
    EXPECT_STR(row_at(&s, 7999), "0/2 Init:1/3 0");
    EXPECT_STR(row_at(&s, 10999), "1/2 Init:2/3 0");
    EXPECT_STR(row_at(&s, 11000), "2/2 Running 0");
    sim_end(&s);
}

/* While initializing RESTARTS counts the init containers so far, then the sidecars and the rest. */
TEST(restarts_of_init_containers_are_forgotten_once_they_are_done)
{
    struct sim s = sim_pod("initContainers: [{name: s, command: [s], restartPolicy: Always}, "
                           "{name: i, command: [i]}, {name: j, command: [j]}], " APP);

    sim_runs(&s, "s", {.length = 4000, .exit_code = 1}, {.length = MONO_NEVER});
    sim_runs(&s, "i", {.length = 1000, .exit_code = 1}, {.length = 1000, .exit_code = 1}, {.length = 1000});
    EXPECT_STR(row_at(&s, 6000), "1/2 Init:CrashLoopBackOff 2 (2s ago)");
    EXPECT_STR(row_at(&s, 13500), "1/2 Init:2/3 3 (9s ago)");
    EXPECT_STR(row_at(&s, 24000), "2/2 Running 1 (20s ago)");
    sim_end(&s);
}

TEST(an_init_container_that_has_not_begun_shows_how_many_are_done)
{
    struct sim s = sim_pod("initContainers: [{name: s, command: [s], restartPolicy: Always, lifecycle: "
                           "{postStart: " HOOK "}, readinessProbe: " HOOK "}], " APP);

    sim_behaviour(&s, "s")->hook_takes = 1000;
    sim_behaviour(&s, "s")->ready_after = MONO_NEVER;
    EXPECT_STR(row_at(&s, 500), "0/2 Init:0/1 0");
    EXPECT_STR(row_at(&s, 5000), "1/2 Running 0");
    sim_end(&s);
}

/* As kubectl has it: the init part of STATUS stays when no container has more to tell. */
TEST(a_sidecar_that_crashes_shows_although_the_pod_is_initialized)
{
    struct sim s = sim_pod("initContainers: [{name: s, command: [s], restartPolicy: Always}], "
                           "containers: [{name: a, command: [a]}, {name: b, command: [b]}]");

    sim_runs(&s, "s", {.length = 3000, .exit_code = 1});
    sim_runs(&s, "a", {.length = 7000, .exit_code = 1}, {.length = MONO_NEVER});
    sim_runs(&s, "b", {.length = 2000, .exit_code = 1}, {.length = MONO_NEVER});
    EXPECT_STR(row_at(&s, 8000), "2/3 Init:CrashLoopBackOff 3 (1s ago)");
    sim_end(&s);
}

TESTS(RUN(a_pod_just_created_shows_ContainerCreating),
      RUN(a_container_whose_readiness_probe_fails_is_running_and_not_ready),
      RUN(a_crash_shows_Error_when_it_is_due_and_CrashLoopBackOff_while_it_waits),
      RUN(exit_0_under_Always_backs_off_and_shows_Completed_when_it_is_due),
      RUN(a_pod_that_runs_once_shows_how_it_ended),
      RUN(one_container_done_and_one_ready_shows_NotReady),
      RUN(of_containers_that_ended_the_one_with_an_error_shows),
      RUN(the_alphabetically_first_name_wins_whatever_the_order_in_the_spec),
      RUN(a_container_in_back_off_beside_one_that_runs),
      RUN(a_program_that_does_not_exist_shows_RunContainerError_and_then_CrashLoopBackOff),
      RUN(a_config_map_that_is_missing_shows_CreateContainerConfigError),
      RUN(a_pod_past_its_deadline_shows_DeadlineExceeded),
      RUN(a_failed_post_start_hook_shows_PostStartHookError_and_then_CrashLoopBackOff),
      RUN(the_first_of_two_init_containers_runs),
      RUN(an_init_container_that_fails_shows_Init_Error_and_Init_CrashLoopBackOff),
      RUN(all_init_containers_done_and_the_rest_not_started_shows_PodInitializing),
      RUN(a_pod_being_deleted_shows_Terminating_until_its_end),
      RUN(the_worked_example_of_init_containers_and_a_sidecar),
      RUN(restarts_of_init_containers_are_forgotten_once_they_are_done),
      RUN(an_init_container_that_has_not_begun_shows_how_many_are_done),
      RUN(a_sidecar_that_crashes_shows_although_the_pod_is_initialized))
