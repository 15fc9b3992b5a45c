#include "tests/lib/sim.h"

#define POST_START                                         \
    "containers: [{name: app, command: [app],"             \
    " lifecycle: {postStart: {exec: {command: [hi]}}}}]"

TEST(probes_and_readiness_wait_for_post_start)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app],"
                           " readinessProbe: {exec: {command: [ok]}},"
                           " lifecycle: {postStart: {exec: {command: [hi]}}}}]");

    sim_behaviour(&s, "app")->hook_takes = 4000;
    sim_run_until(&s, 10000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      4.000 app Hook postStart ok\n"
        "      4.000 app Ready\n");
    sim_end(&s);
}

TEST(a_post_start_that_fails_stops_the_container_and_backs_off)
{
    struct sim s = sim_pod(POST_START);

    sim_behaviour(&s, "app")->hook_takes = 500;
    sim_behaviour(&s, "app")->hook_outcome = ATTEMPT_EXIT_CODE;
    sim_behaviour(&s, "app")->term_after = 1000;
    sim_run_until(&s, 12999);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      0.500 app Hook postStart exit code\n"
        "      0.500 app Killing postStart\n"
        "      0.500 app TERM\n"
        "      1.500 app Exited 143\n"
        "      1.500 app BackOff 0s\n"
        "      1.500 app Created\n"
        "      1.500 app Started\n"
        "      2.000 app Hook postStart exit code\n"
        "      2.000 app Killing postStart\n"
        "      2.000 app TERM\n"
        "      3.000 app Exited 143\n"
        "      3.000 app BackOff 10s\n");
    sim_end(&s);
}

TEST(a_process_that_ends_during_post_start_cancels_the_hook)
{
    struct sim s = sim_pod("restartPolicy: Never, " POST_START);

    sim_behaviour(&s, "app")->hook_takes = MONO_NEVER;
    sim_runs(&s, "app", {.length = 2000, .exit_code = 4});
    sim_run_until(&s, 60000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      2.000 app Exited 4\n"
        "      2.000 Failed\n");
    sim_end(&s);
}

TEST(a_liveness_stop_runs_the_pre_stop_hook_first)
{
    struct sim s = sim_pod("terminationGracePeriodSeconds: 10, containers: [{name: app, command: [app],"
                           " livenessProbe: {exec: {command: [ok]}, failureThreshold: 1},"
                           " lifecycle: {preStop: {exec: {command: [bye]}}}}]");

    sim_behaviour(&s, "app")->ready_after = MONO_NEVER;
    sim_behaviour(&s, "app")->hook_takes = 3000;
    sim_run_until(&s, 10000);
    buf_clear(&s.trace);
    sim_run_until(&s, 13000);
    EXPECT_TRACE(&s,
        "     13.000 app Hook preStop ok\n"
        "     13.000 app TERM\n"
        "     13.000 app Exited 143\n"
        "     13.000 app NotReady\n"
        "     13.000 app BackOff 0s\n"
        "     13.000 app Created\n"
        "     13.000 app Started\n"
        "     13.000 app Ready\n");
    sim_end(&s);
}

TEST(an_exit_of_its_own_runs_no_pre_stop_hook)
{
    struct sim s = sim_pod("restartPolicy: Never, containers: [{name: app, command: [app],"
                           " lifecycle: {preStop: {exec: {command: [bye]}}}}]");

    sim_runs(&s, "app", {.length = 1000});
    sim_run_until(&s, 5000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      0.000 app Ready\n"
        "      1.000 app Exited 0\n"
        "      1.000 app NotReady\n"
        "      1.000 Succeeded\n");
    sim_end(&s);
}

/* kubelet-semantics 3.3: what the hook takes is taken from the grace period, in whole seconds. */
static struct sim stopped_after_a_sleep(const char *spec)
{
    struct sim s = sim_pod(spec);

    sim_behaviour(&s, "app")->term_after = MONO_NEVER;
    sim_behaviour(&s, "app")->hook_outcome = ATTEMPT_EXIT_CODE;         /* of other kinds of hooks */
    sim_run_until(&s, 5000);
    buf_clear(&s.trace);
    sim_stop(&s, MONO_NEVER);
    sim_run_until(&s, 20000);
    return s;
}

#define SLEEP(seconds)                                                      \
    "terminationGracePeriodSeconds: 10, containers: [{name: app, command: [app]," \
    " lifecycle: {preStop: {sleep: {seconds: " seconds "}}}}]"

TEST(a_sleep_before_the_stop_is_deducted_from_the_grace_period)
{
    struct sim s = stopped_after_a_sleep(SLEEP("4"));

    EXPECT_TRACE(&s,
        "      5.000 app Killing deleted\n"
        "      9.000 app Hook preStop ok\n"
        "      9.000 app TERM\n"
        "     15.000 app KILL\n"
        "     15.000 app Exited 137\n"
        "     15.000 app NotReady\n"
        "     15.000 Deleted\n");
    sim_end(&s);
}

TEST(a_sleep_of_nearly_the_grace_period_leaves_two_seconds)
{
    struct sim s = stopped_after_a_sleep(SLEEP("9"));

    EXPECT_TRACE(&s,
        "      5.000 app Killing deleted\n"
        "     14.000 app Hook preStop ok\n"
        "     14.000 app TERM\n"
        "     16.000 app KILL\n"
        "     16.000 app Exited 137\n"
        "     16.000 app NotReady\n"
        "     16.000 Deleted\n");
    sim_end(&s);
}

TEST(a_sleep_of_no_time_is_over_at_once)
{
    struct sim s = stopped_after_a_sleep(SLEEP("0"));

    EXPECT_TRACE(&s,
        "      5.000 app Killing deleted\n"
        "      5.000 app Hook preStop ok\n"
        "      5.000 app TERM\n"
        "     15.000 app KILL\n"
        "     15.000 app Exited 137\n"
        "     15.000 app NotReady\n"
        "     15.000 Deleted\n");
    sim_end(&s);
}

TEST(a_sleep_after_the_start_holds_the_probes_back)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app],"
                           " lifecycle: {postStart: {sleep: {seconds: 3}}}}]");

    sim_run_until(&s, 10000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      3.000 app Hook postStart ok\n"
        "      3.000 app Ready\n");
    sim_end(&s);
}

/* kubelet-semantics 3.1: accepted for old manifests, never run. */
TEST(a_tcp_socket_hook_always_fails)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app],"
                           " lifecycle: {postStart: {tcpSocket: {port: 80}}}}]");

    sim_run_until(&s, 0);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      0.000 app Hook postStart invalid handler\n"
        "      0.000 app Killing postStart\n"
        "      0.000 app TERM\n"
        "      0.000 app Exited 143\n"
        "      0.000 app BackOff 0s\n"
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      0.000 app Hook postStart invalid handler\n"
        "      0.000 app Killing postStart\n"
        "      0.000 app TERM\n"
        "      0.000 app Exited 143\n"
        "      0.000 app BackOff 10s\n");
    sim_end(&s);
}

TEST(a_post_start_that_fell_back_to_http_is_a_success)
{
    struct sim s = sim_pod(POST_START);

    sim_behaviour(&s, "app")->hook_outcome = ATTEMPT_FELL_BACK;
    sim_run_until(&s, 10000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      0.000 app Hook postStart fell back to HTTP\n"
        "      0.000 app Ready\n");
    sim_end(&s);
}

TESTS(RUN(probes_and_readiness_wait_for_post_start),
      RUN(a_post_start_that_fails_stops_the_container_and_backs_off),
      RUN(a_process_that_ends_during_post_start_cancels_the_hook),
      RUN(a_liveness_stop_runs_the_pre_stop_hook_first),
      RUN(an_exit_of_its_own_runs_no_pre_stop_hook),
      RUN(a_sleep_before_the_stop_is_deducted_from_the_grace_period),
      RUN(a_sleep_of_nearly_the_grace_period_leaves_two_seconds),
      RUN(a_sleep_of_no_time_is_over_at_once),
      RUN(a_sleep_after_the_start_holds_the_probes_back),
      RUN(a_tcp_socket_hook_always_fails),
      RUN(a_post_start_that_fell_back_to_http_is_a_success))
