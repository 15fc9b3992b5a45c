/* Containers whose restart somebody asks for. */
#include "daemon/core/status.h"
#include "tests/lib/sim.h"

#define APP "containers: [{name: app, command: [app]}]"

static void restart(struct sim *s, unsigned container)
{
    sim_begin(s);
    simulator_post(s->simulator, &(struct pod_event){
        .kind = POD_CONTAINER, .container = container, .of_container = {.kind = CONTAINER_RESTART}});
}

static enum container_state state(struct sim *s, const char *name)
{
    return sim_container(s, name)->state;
}

TEST(a_container_restarts_gracefully_and_at_once_and_the_others_run_on)
{
    struct sim s = sim_pod("restartPolicy: Never, containers: [{name: app, command: [app], lifecycle: {preStop: {exec: "
                           "{command: [hook]}}}}, {name: b, command: [b]}]");

    sim_behaviour(&s, "app")->hook_takes = 500;
    sim_run_until(&s, 1000);
    buf_clear(&s.trace);
    restart(&s, 0);
    restart(&s, 0);                             /* it is about to */
    sim_run_until(&s, 5000);
    EXPECT_TRACE(&s,
        "      1.000 app RestartRequested\n"
        "      1.000 app Killing restart\n"
        "      1.500 app Hook preStop ok\n"
        "      1.500 app TERM\n"
        "      1.500 app Exited 143\n"
        "      1.500 app NotReady\n"
        "      1.500 app BackOff 0s\n"
        "      1.500 app Created\n"
        "      1.500 app Started\n"
        "      1.500 app Ready\n");
    EXPECT_INT(sim_container(&s, "app")->restart_count, 1);
    EXPECT_INT(sim_container(&s, "b")->restart_count, 0);
    sim_end(&s);
}

TEST(a_restart_ends_the_back_off_and_its_series)
{
    struct sim s = sim_pod(APP);

    sim_runs(&s, "app", {.length = 1000, .exit_code = 1});
    sim_run_until(&s, 35000);
    EXPECT(status_in_backoff(sim_container(&s, "app"), 35000));
    buf_clear(&s.trace);
    restart(&s, 0);
    sim_run_until(&s, 37500);
    EXPECT_TRACE(&s,
        "     35.000 app RestartRequested\n"
        "     35.000 app Created\n"
        "     35.000 app Started\n"
        "     35.000 app Ready\n"
        "     36.000 app Exited 1\n"
        "     36.000 app NotReady\n"
        "     36.000 app BackOff 0s\n"
        "     36.000 app Created\n"
        "     36.000 app Started\n"
        "     36.000 app Ready\n"
        "     37.000 app Exited 1\n"
        "     37.000 app NotReady\n"
        "     37.000 app BackOff 10s\n");
    sim_end(&s);
}

TEST(one_that_has_done_its_work_runs_again_while_its_pod_goes_on)
{
    struct sim s = sim_pod("restartPolicy: OnFailure, containers: [{name: app, command: [app]}, {name: b, command: [b]}]");

    sim_runs(&s, "app", {.length = 1000});
    sim_run_until(&s, 5000);
    EXPECT_INT(state(&s, "app"), CONTAINER_TERMINATED);
    restart(&s, 0);
    EXPECT_INT(state(&s, "app"), CONTAINER_RUNNING);
    sim_run_until(&s, 10000);
    EXPECT_INT(state(&s, "app"), CONTAINER_TERMINATED);
    sim_end(&s);
}

TEST(nothing_comes_of_it_when_the_pod_has_ended_or_is_being_stopped)
{
    struct sim s = sim_pod("restartPolicy: Never, " APP);

    sim_runs(&s, "app", {.length = 1000});
    sim_run_until(&s, 5000);
    buf_clear(&s.trace);
    restart(&s, 0);
    sim_run_until(&s, 10000);
    EXPECT_TRACE(&s, "");
    sim_end(&s);

    s = sim_pod(APP);
    sim_behaviour(&s, "app")->term_after = 3000;
    sim_run_until(&s, 1000);
    sim_stop(&s, MONO_NEVER);
    restart(&s, 0);
    sim_run_until(&s, 10000);
    EXPECT_INT(simulator_pod(s.simulator)->state, POD_ENDED);
    EXPECT_INT(sim_container(&s, "app")->restart_count, 0);
    sim_end(&s);
}

TEST(one_that_is_stopped_for_a_failed_probe_starts_without_its_back_off)
{
    struct sim s = sim_pod("restartPolicy: Never, terminationGracePeriodSeconds: 5, containers: [{name: app, command: [app], "
                           "livenessProbe: {exec: {command: [probe]}, periodSeconds: 1, failureThreshold: 1}}]");

    sim_behaviour(&s, "app")->term_after = MONO_NEVER;
    sim_behaviour(&s, "app")->hang_after = 500;
    sim_run_until(&s, 4000);
    EXPECT_INT(state(&s, "app"), CONTAINER_STOPPING);
    restart(&s, 0);
    sim_run_until(&s, 8000);
    EXPECT_INT(sim_container(&s, "app")->restart_count, 1);     /* which its policy would not have */
    sim_end(&s);
}

TESTS(RUN(a_container_restarts_gracefully_and_at_once_and_the_others_run_on),
      RUN(a_restart_ends_the_back_off_and_its_series),
      RUN(one_that_has_done_its_work_runs_again_while_its_pod_goes_on),
      RUN(nothing_comes_of_it_when_the_pod_has_ended_or_is_being_stopped),
      RUN(one_that_is_stopped_for_a_failed_probe_starts_without_its_back_off))
