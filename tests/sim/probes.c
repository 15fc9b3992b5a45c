#include "tests/lib/sim.h"

#define PROBED(liveness, readiness)                                                    \
    "containers: [{name: app, command: [app], livenessProbe: {tcpSocket: {port: 80}, " liveness \
    "}, readinessProbe: {tcpSocket: {port: 80}, " readiness "}}]"

TEST(readiness_is_false_until_the_probe_has_passed)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app],"
                           " readinessProbe: {tcpSocket: {port: 80}, initialDelaySeconds: 2, periodSeconds: 5}}]");

    sim_behaviour(&s, "app")->ready_after = 6000;
    sim_run_until(&s, 20000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      2.000 app Unhealthy readiness\n"
        "      7.000 app Ready\n");
    sim_end(&s);
}

/* kubelet-semantics 2.6: the Event ProbeWarning. */
TEST(a_probe_that_is_redirected_away_warns_and_succeeds)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app],"
                           " readinessProbe: {tcpSocket: {port: 80}, periodSeconds: 5}}]");

    sim_behaviour(&s, "app")->ready_after = MONO_NEVER;
    sim_behaviour(&s, "app")->probe_fails_with = ATTEMPT_REDIRECTED;
    sim_run_until(&s, 5000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      0.000 app ProbeWarning readiness\n"
        "      0.000 app Ready\n"
        "      5.000 app ProbeWarning readiness\n");
    sim_end(&s);
}

#define STARTUP(startup)                                                       \
    "terminationGracePeriodSeconds: 10, containers: [{name: app, command: [app]," \
    " startupProbe: {tcpSocket: {port: 80}, " startup "},"                      \
    " livenessProbe: {tcpSocket: {port: 80}, periodSeconds: 4, failureThreshold: 1}," \
    " readinessProbe: {tcpSocket: {port: 80}, periodSeconds: 4}}]"

/* kubelet-semantics 2.1, 2.2: readiness at once after startup, liveness on its own grid (difference 3). */
TEST(no_other_probe_begins_before_the_startup_probe_has_passed)
{
    struct sim s = sim_pod(STARTUP("periodSeconds: 3"));

    sim_behaviour(&s, "app")->startup_after = 5000;
    sim_behaviour(&s, "app")->ready_after = 7000;
    sim_run_until(&s, 20000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      3.000 app Unhealthy startup\n"
        "      6.000 app Unhealthy readiness\n"
        "     10.000 app Ready\n");
    EXPECT(sim_container(&s, "app")->started_up);
    sim_end(&s);
}

/* 2.7, 4.2: killed within the probe's own grace period, then the common back-off. */
TEST(a_startup_probe_that_fails_restarts_the_container)
{
    struct sim s = sim_pod(STARTUP("periodSeconds: 3, failureThreshold: 2, terminationGracePeriodSeconds: 5"));

    sim_behaviour(&s, "app")->startup_after = MONO_NEVER;
    sim_behaviour(&s, "app")->term_after = MONO_NEVER;
    sim_run_until(&s, 13999);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      3.000 app Unhealthy startup\n"
        "      6.000 app Unhealthy startup\n"
        "      6.000 app Killing startup\n"
        "      6.000 app TERM\n"
        "     11.000 app KILL\n"
        "     11.000 app Exited 137\n"
        "     11.000 app BackOff 0s\n"
        "     11.000 app Created\n"
        "     11.000 app Started\n");
    EXPECT(!sim_container(&s, "app")->started_up);
    sim_end(&s);
}

/* 2.4: three tries at once, thrown away, neither success nor failure. */
TEST(startup_attempts_that_cannot_tell_decide_nothing)
{
    struct sim s = sim_pod(STARTUP("periodSeconds: 3, failureThreshold: 1"));

    sim_behaviour(&s, "app")->startup_after = 4000;
    sim_behaviour(&s, "app")->probe_fails_with = ATTEMPT_CANNOT_RUN;
    sim_run_until(&s, 7000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      3.000 app ProbeError startup\n"
        "      6.000 app Ready\n");
    sim_end(&s);
}

TEST(a_hung_process_fails_readiness_and_liveness_and_is_restarted)
{
    struct sim s = sim_pod("terminationGracePeriodSeconds: 4, "
                           PROBED("periodSeconds: 10, failureThreshold: 2",
                                  "periodSeconds: 10, failureThreshold: 1"));

    sim_behaviour(&s, "app")->hang_after = 15000;
    sim_run_until(&s, 40000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      0.000 app Ready\n"
        "     21.000 app Unhealthy liveness\n"
        "     21.000 app Unhealthy readiness\n"
        "     21.000 app NotReady\n"
        "     31.000 app Unhealthy liveness\n"
        "     31.000 app Killing liveness\n"
        "     31.000 app TERM\n"
        "     31.000 app Unhealthy readiness\n"
        "     35.000 app KILL\n"
        "     35.000 app Exited 137\n"
        "     35.000 app BackOff 0s\n"
        "     35.000 app Created\n"
        "     35.000 app Started\n"
        "     35.000 app Ready\n");
    sim_end(&s);
}

TEST(repeated_liveness_kills_run_into_crash_loop_back_off)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app],"
                           " livenessProbe: {exec: {command: [ok]}, failureThreshold: 1, periodSeconds: 20}}]");

    sim_behaviour(&s, "app")->ready_after = MONO_NEVER;
    sim_run_until(&s, 89999);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      0.000 app Ready\n"
        "     20.000 app Unhealthy liveness\n"
        "     20.000 app Killing liveness\n"
        "     20.000 app TERM\n"
        "     20.000 app Exited 143\n"
        "     20.000 app NotReady\n"
        "     20.000 app BackOff 0s\n"
        "     20.000 app Created\n"
        "     20.000 app Started\n"
        "     20.000 app Ready\n"
        "     40.000 app Unhealthy liveness\n"
        "     40.000 app Killing liveness\n"
        "     40.000 app TERM\n"
        "     40.000 app Exited 143\n"
        "     40.000 app NotReady\n"
        "     40.000 app BackOff 10s\n"
        "     50.000 app Created\n"
        "     50.000 app Started\n"
        "     50.000 app Ready\n"
        "     70.000 app Unhealthy liveness\n"
        "     70.000 app Killing liveness\n"
        "     70.000 app TERM\n"
        "     70.000 app Exited 143\n"
        "     70.000 app NotReady\n"
        "     70.000 app BackOff 20s\n");
    sim_end(&s);
}

TEST(a_liveness_probe_brings_its_own_grace_period)
{
    struct sim s = sim_pod("terminationGracePeriodSeconds: 60, containers: [{name: app, command: [app],"
                           " livenessProbe: {exec: {command: [ok]}, failureThreshold: 1,"
                           " terminationGracePeriodSeconds: 3}}]");

    sim_behaviour(&s, "app")->ready_after = MONO_NEVER;
    sim_behaviour(&s, "app")->term_after = MONO_NEVER;
    sim_run_until(&s, 10000);
    buf_clear(&s.trace);
    sim_run_until(&s, 13000);
    EXPECT_TRACE(&s,
        "     13.000 app KILL\n"
        "     13.000 app Exited 137\n"
        "     13.000 app NotReady\n"
        "     13.000 app BackOff 0s\n"
        "     13.000 app Created\n"
        "     13.000 app Started\n"
        "     13.000 app Ready\n");
    sim_end(&s);
}

TEST(under_never_a_liveness_kill_ends_the_pod)
{
    struct sim s = sim_pod("restartPolicy: Never, containers: [{name: app, command: [app],"
                           " livenessProbe: {exec: {command: [ok]}, failureThreshold: 1}}]");

    sim_behaviour(&s, "app")->ready_after = MONO_NEVER;
    sim_run_until(&s, 60000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      0.000 app Ready\n"
        "     10.000 app Unhealthy liveness\n"
        "     10.000 app Killing liveness\n"
        "     10.000 app TERM\n"
        "     10.000 app Exited 143\n"
        "     10.000 app NotReady\n"
        "     10.000 Failed\n");
    sim_end(&s);
}

TEST(under_on_failure_a_liveness_kill_restarts_even_after_exit_0)
{
    struct sim s = sim_pod("restartPolicy: OnFailure, containers: [{name: app, command: [app],"
                           " livenessProbe: {exec: {command: [ok]}, failureThreshold: 1}}]");

    sim_behaviour(&s, "app")->ready_after = MONO_NEVER;
    sim_behaviour(&s, "app")->term_exits = true;
    sim_run_until(&s, 10000);
    EXPECT_INT(sim_container(&s, "app")->restart_count, 1);
    sim_end(&s);
}

TEST(a_probe_that_cannot_tell_never_restarts_anything)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app],"
                           " livenessProbe: {exec: {command: [typo]}, failureThreshold: 1}}]");

    sim_behaviour(&s, "app")->ready_after = MONO_NEVER;
    sim_behaviour(&s, "app")->probe_fails_with = ATTEMPT_CANNOT_RUN;
    sim_run_until(&s, 25000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      0.000 app Ready\n"
        "     10.000 app ProbeError liveness\n"
        "     20.000 app ProbeError liveness\n");
    sim_end(&s);
}

TEST(a_crash_cancels_the_attempt_under_way)
{
    struct sim s = sim_pod(PROBED("periodSeconds: 10", "periodSeconds: 10"));

    sim_behaviour(&s, "app")->attempt_takes = 900;
    sim_runs(&s, "app", {.length = 10500, .exit_code = 3}, {.length = MONO_NEVER});
    sim_run_until(&s, 12000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      0.900 app Ready\n"
        "     10.500 app Exited 3\n"
        "     10.500 app NotReady\n"
        "     10.500 app BackOff 0s\n"
        "     10.500 app Created\n"
        "     10.500 app Started\n"
        "     11.400 app Ready\n");
    sim_end(&s);
}

TESTS(RUN(readiness_is_false_until_the_probe_has_passed),
      RUN(a_probe_that_is_redirected_away_warns_and_succeeds),
      RUN(no_other_probe_begins_before_the_startup_probe_has_passed),
      RUN(a_startup_probe_that_fails_restarts_the_container),
      RUN(startup_attempts_that_cannot_tell_decide_nothing),
      RUN(a_hung_process_fails_readiness_and_liveness_and_is_restarted),
      RUN(repeated_liveness_kills_run_into_crash_loop_back_off),
      RUN(a_liveness_probe_brings_its_own_grace_period),
      RUN(under_never_a_liveness_kill_ends_the_pod),
      RUN(under_on_failure_a_liveness_kill_restarts_even_after_exit_0),
      RUN(a_probe_that_cannot_tell_never_restarts_anything),
      RUN(a_crash_cancels_the_attempt_under_way))
