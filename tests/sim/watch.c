/* Containers whose files change (pidlet.dev/watch). */
#include "daemon/core/order.h"
#include "daemon/core/status.h"
#include "tests/lib/sim.h"

#define APP "containers: [{name: app, command: [app]}]"
#define WATCH "pidlet.dev/watch: src"
#define HOOK "{exec: {command: [hook]}}"

static void files_change(struct sim *s, unsigned container)
{
    sim_begin(s);
    simulator_post(s->simulator, &(struct pod_event){
        .kind = POD_CONTAINER, .container = container,
        .of_container = {.kind = CONTAINER_FILES_CHANGED, .text = "src/app.py"}});
}

static enum container_state state(struct sim *s, const char *name)
{
    return sim_container(s, name)->state;
}

TEST(a_container_whose_files_change_is_stopped_gracefully_and_starts_at_once)
{
    struct sim s = sim_pod_annotated(WATCH, "restartPolicy: Never, containers: [{name: app, command: [app], lifecycle: "
                                            "{preStop: " HOOK "}}, {name: b, command: [b]}]");

    sim_behaviour(&s, "app")->hook_takes = 500;
    sim_run_until(&s, 1000);
    buf_clear(&s.trace);
    files_change(&s, 0);
    sim_run_until(&s, 5000);
    EXPECT_TRACE(&s,
        "      1.000 app FilesChanged\n"
        "      1.000 app Killing filesChanged\n"
        "      1.500 app Hook preStop ok\n"
        "      1.500 app TERM\n"
        "      1.500 app Exited 143\n"
        "      1.500 app NotReady\n"
        "      1.500 app BackOff 0s\n"
        "      1.500 app Created\n"
        "      1.500 app Started\n"
        "      1.500 app Ready\n");
    sim_end(&s);
}

TEST(one_that_hears_no_signal_is_killed_after_its_grace_period_and_starts_then)
{
    struct sim s = sim_pod_annotated(WATCH, "terminationGracePeriodSeconds: 4, " APP);

    sim_behaviour(&s, "app")->term_after = MONO_NEVER;
    sim_run_until(&s, 1000);
    buf_clear(&s.trace);
    files_change(&s, 0);
    sim_run_until(&s, 2000);
    files_change(&s, 0);                        /* what it will run is as new as that */
    sim_run_until(&s, 9000);
    EXPECT_TRACE(&s,
        "      1.000 app FilesChanged\n"
        "      1.000 app Killing filesChanged\n"
        "      1.000 app TERM\n"
        "      5.000 app KILL\n"
        "      5.000 app Exited 137\n"
        "      5.000 app NotReady\n"
        "      5.000 app BackOff 0s\n"
        "      5.000 app Created\n"
        "      5.000 app Started\n"
        "      5.000 app Ready\n");
    sim_end(&s);
}

TEST(a_change_ends_the_back_off_and_its_series)
{
    struct sim s = sim_pod_annotated(WATCH, APP);

    sim_runs(&s, "app", {.length = 1000, .exit_code = 1});
    sim_run_until(&s, 14000);
    EXPECT(status_in_backoff(sim_container(&s, "app"), 14000));
    buf_clear(&s.trace);
    files_change(&s, 0);
    sim_run_until(&s, 16500);
    EXPECT_TRACE(&s,
        "     14.000 app FilesChanged\n"
        "     14.000 app Created\n"
        "     14.000 app Started\n"
        "     14.000 app Ready\n"
        "     15.000 app Exited 1\n"
        "     15.000 app NotReady\n"
        "     15.000 app BackOff 0s\n"
        "     15.000 app Created\n"
        "     15.000 app Started\n"
        "     15.000 app Ready\n"
        "     16.000 app Exited 1\n"
        "     16.000 app NotReady\n"
        "     16.000 app BackOff 10s\n");
    sim_end(&s);
}

TEST(one_that_has_ended_waits_for_a_change_and_so_does_its_pod)
{
    struct sim s = sim_pod_annotated(WATCH, "restartPolicy: Never, " APP);

    sim_runs(&s, "app", {.length = 1000}, {.length = 1000, .exit_code = 1});
    sim_run_until(&s, 60000);
    EXPECT_INT(state(&s, "app"), CONTAINER_TERMINATED);
    EXPECT_INT(simulator_pod(s.simulator)->state, POD_ACTIVE);
    EXPECT_INT(status_phase(simulator_pod(s.simulator)), PHASE_RUNNING);
    EXPECT(order_waits_for_files(simulator_pod(s.simulator), sim_container(&s, "app")));
    buf_clear(&s.trace);
    files_change(&s, 0);
    sim_run_until(&s, 120000);
    EXPECT_TRACE(&s,
        "     60.000 app FilesChanged\n"
        "     60.000 app Created\n"
        "     60.000 app Started\n"
        "     60.000 app Ready\n"
        "     61.000 app Exited 1\n"
        "     61.000 app NotReady\n");
    sim_stop(&s, MONO_NEVER);
    EXPECT_TRACE(&s, "    120.000 Deleted\n");
    EXPECT(!order_waits_for_files(simulator_pod(s.simulator), sim_container(&s, "app")));
    files_change(&s, 0);
    EXPECT_TRACE(&s, "");
    sim_end(&s);
}

TEST(one_that_ended_before_its_pod_was_stopped_does_not_come_back)
{
    struct sim s = sim_pod_annotated(WATCH, "restartPolicy: Never, containers: [{name: a, command: [a]}, {name: b, command: [b]}]");

    sim_runs(&s, "a", {.length = 1000});
    sim_behaviour(&s, "b")->term_after = 5000;
    sim_run_until(&s, 2000);
    sim_stop(&s, MONO_NEVER);
    files_change(&s, 0);
    files_change(&s, 1);
    EXPECT_INT(state(&s, "a"), CONTAINER_TERMINATED);
    sim_run_until(&s, 20000);
    EXPECT_INT(simulator_pod(s.simulator)->state, POD_ENDED);
    EXPECT_INT(sim_container(&s, "a")->restart_count, 0);
    EXPECT_INT(sim_container(&s, "b")->restart_count, 0);
    sim_end(&s);
}

TEST(an_init_container_that_has_done_its_work_is_left_alone_and_one_that_runs_starts_anew)
{
    struct sim s = sim_pod_annotated(WATCH, "initContainers: [{name: i, command: [i]}], " APP);

    sim_runs(&s, "i", {.length = 2000});
    sim_run_until(&s, 1000);
    files_change(&s, 1);                        /* its turn is to come */
    EXPECT_INT(state(&s, "app"), CONTAINER_PENDING);
    files_change(&s, 0);
    sim_run_until(&s, 4000);
    EXPECT_INT(sim_container(&s, "i")->restart_count, 1);
    EXPECT_INT(sim_container(&s, "app")->started, 3000);
    buf_clear(&s.trace);
    files_change(&s, 0);
    EXPECT_TRACE(&s, "");
    sim_end(&s);
}

TEST(one_that_cannot_be_made_is_tried_again_at_once)
{
    struct sim s = sim_pod_annotated(WATCH, APP);

    sim_runs(&s, "app", {.not_created = true}, {.length = MONO_NEVER});
    sim_run_until(&s, 3000);
    EXPECT_INT(state(&s, "app"), CONTAINER_BLOCKED);
    files_change(&s, 0);
    EXPECT_INT(state(&s, "app"), CONTAINER_RUNNING);
    sim_end(&s);
}

TEST(one_that_is_stopped_for_a_failed_probe_starts_without_its_back_off)
{
    struct sim s = sim_pod_annotated(WATCH, "containers: [{name: app, command: [app], livenessProbe: "
                                            "{exec: {command: [p]}, periodSeconds: 1, failureThreshold: 1}}]");

    sim_behaviour(&s, "app")->hang_after = 500;
    sim_run_until(&s, 3000);                    /* the probe's first attempt has timed out */
    EXPECT_INT(state(&s, "app"), CONTAINER_STOPPING);
    EXPECT_INT(sim_container(&s, "app")->stop, STOP_LIVENESS);
    files_change(&s, 0);
    EXPECT_INT(sim_container(&s, "app")->stop, STOP_FILES_CHANGED);
    sim_run_until(&s, 32500);                   /* SIGKILL at 32 s, and at once */
    EXPECT_INT(state(&s, "app"), CONTAINER_RUNNING);
    sim_run_until(&s, 64500);
    EXPECT_INT(state(&s, "app"), CONTAINER_RUNNING);    /* the first crash of the new series */
    sim_end(&s);
}

TEST(a_change_ends_the_wait_of_a_pod_that_restarts_as_a_whole)
{
    struct sim s = sim_pod_annotated(
        WATCH, "containers: [{name: app, command: [app], restartPolicy: Never, restartPolicyRules: [{action: "
               "RestartAllContainers, exitCodes: {operator: In, values: [1]}}]}, {name: b, command: [b]}]");

    sim_runs(&s, "app", {.length = 1000, .exit_code = 1});
    sim_run_until(&s, 2500);
    EXPECT_INT(state(&s, "app"), CONTAINER_RESTARTS_ALL);
    files_change(&s, 0);
    EXPECT_INT(state(&s, "app"), CONTAINER_RUNNING);
    sim_end(&s);
}

TESTS(RUN(a_container_whose_files_change_is_stopped_gracefully_and_starts_at_once),
      RUN(one_that_hears_no_signal_is_killed_after_its_grace_period_and_starts_then),
      RUN(a_change_ends_the_back_off_and_its_series),
      RUN(one_that_has_ended_waits_for_a_change_and_so_does_its_pod),
      RUN(one_that_ended_before_its_pod_was_stopped_does_not_come_back),
      RUN(an_init_container_that_has_done_its_work_is_left_alone_and_one_that_runs_starts_anew),
      RUN(one_that_cannot_be_made_is_tried_again_at_once),
      RUN(one_that_is_stopped_for_a_failed_probe_starts_without_its_back_off),
      RUN(a_change_ends_the_wait_of_a_pod_that_restarts_as_a_whole))
