#include "tests/lib/sim.h"

#include <string.h>

#define APP "containers: [{name: app, command: [app]}]"

TEST(a_stop_sends_term_and_the_pod_is_gone_with_its_last_process)
{
    struct sim s = sim_pod(APP);

    sim_behaviour(&s, "app")->term_after = 2500;
    sim_run_until(&s, 10000);
    buf_clear(&s.trace);
    sim_stop(&s, MONO_NEVER);
    sim_run_until(&s, 60000);
    EXPECT_TRACE(&s,
        "     10.000 app Killing deleted\n"
        "     10.000 app TERM\n"
        "     12.500 app Exited 143\n"
        "     12.500 app NotReady\n"
        "     12.500 Deleted\n");
    sim_end(&s);
}

/* From a stop at 10 s to the signals, for a process that ignores TERM. */
static void expect_stop(const char *spec, mono_ms hook_takes, enum attempt_outcome hook,
                        const char *wanted)
{
    struct sim s = sim_pod(spec);

    *sim_behaviour(&s, "app") = (struct sim_behaviour){
        .term_after = MONO_NEVER, .hang_after = MONO_NEVER, .hook_takes = hook_takes,
        .hook_outcome = hook};
    sim_run_until(&s, 10000);
    buf_clear(&s.trace);
    sim_stop(&s, MONO_NEVER);
    sim_run_until(&s, 600000);
    EXPECT_TRACE(&s, wanted);
    sim_end(&s);
}

#define WITH_GRACE(g) "terminationGracePeriodSeconds: " g ", " APP
#define WITH_HOOK(g)                                                          \
    "terminationGracePeriodSeconds: " g ", containers: [{name: app, command: [app]," \
    " lifecycle: {preStop: {exec: {command: [bye]}}}}]"

/* The table of kubelet-semantics 3.3, and difference 4 for grace 0. */
TEST(term_ignored_means_kill_after_the_grace_period)
{
    expect_stop(WITH_GRACE("30"), 0, ATTEMPT_OK,
        "     10.000 app Killing deleted\n"
        "     10.000 app TERM\n"
        "     40.000 app KILL\n"
        "     40.000 app Exited 137\n"
        "     40.000 app NotReady\n"
        "     40.000 Deleted\n");
}

TEST(a_grace_of_1_has_the_floor_of_2_seconds)
{
    expect_stop(WITH_GRACE("1"), 0, ATTEMPT_OK,
        "     10.000 app Killing deleted\n"
        "     10.000 app TERM\n"
        "     12.000 app KILL\n"
        "     12.000 app Exited 137\n"
        "     12.000 app NotReady\n"
        "     12.000 Deleted\n");
}

TEST(a_grace_of_0_kills_at_once_without_the_hook)
{
    expect_stop(WITH_HOOK("0"), 0, ATTEMPT_OK,
        "     10.000 app Killing deleted\n"
        "     10.000 app KILL\n"
        "     10.000 app Exited 137\n"
        "     10.000 app NotReady\n"
        "     10.000 Deleted\n");
}

TEST(a_negative_grace_means_1)
{
    expect_stop(WITH_GRACE("-5"), 0, ATTEMPT_OK,
        "     10.000 app Killing deleted\n"
        "     10.000 app TERM\n"
        "     12.000 app KILL\n"
        "     12.000 app Exited 137\n"
        "     12.000 app NotReady\n"
        "     12.000 Deleted\n");
}

TEST(the_pre_stop_hook_eats_the_grace_period_in_whole_seconds)
{
    expect_stop(WITH_HOOK("30"), 12700, ATTEMPT_OK,
        "     10.000 app Killing deleted\n"
        "     22.700 app Hook preStop ok\n"
        "     22.700 app TERM\n"
        "     40.700 app KILL\n"
        "     40.700 app Exited 137\n"
        "     40.700 app NotReady\n"
        "     40.700 Deleted\n");
}

TEST(a_hook_that_leaves_less_than_2_seconds_gets_them_all_the_same)
{
    expect_stop(WITH_HOOK("30"), 29500, ATTEMPT_OK,
        "     10.000 app Killing deleted\n"
        "     39.500 app Hook preStop ok\n"
        "     39.500 app TERM\n"
        "     41.500 app KILL\n"
        "     41.500 app Exited 137\n"
        "     41.500 app NotReady\n"
        "     41.500 Deleted\n");
}

TEST(a_hook_that_never_ends_is_overtaken_by_the_signal)
{
    expect_stop(WITH_HOOK("30"), MONO_NEVER, ATTEMPT_OK,
        "     10.000 app Killing deleted\n"
        "     40.000 app TERM\n"
        "     42.000 app KILL\n"
        "     42.000 app Exited 137\n"
        "     42.000 app NotReady\n"
        "     42.000 Deleted\n");
}

TEST(a_hook_that_ends_late_is_noted_beside_the_signal)
{
    expect_stop(WITH_HOOK("1"), 2000, ATTEMPT_EXIT_CODE,
        "     10.000 app Killing deleted\n"
        "     11.000 app TERM\n"
        "     12.000 app Hook preStop exit code\n"
        "     13.000 app KILL\n"
        "     13.000 app Exited 137\n"
        "     13.000 app NotReady\n"
        "     13.000 Deleted\n");
}

TEST(a_hook_that_fails_is_followed_by_the_signal_at_once)
{
    expect_stop(WITH_HOOK("5"), 100, ATTEMPT_EXIT_CODE,
        "     10.000 app Killing deleted\n"
        "     10.100 app Hook preStop exit code\n"
        "     10.100 app TERM\n"
        "     15.100 app KILL\n"
        "     15.100 app Exited 137\n"
        "     15.100 app NotReady\n"
        "     15.100 Deleted\n");
}

TEST(a_process_that_ends_during_its_hook_ends_the_stop)
{
    struct sim s = sim_pod(WITH_HOOK("30"));

    sim_behaviour(&s, "app")->hook_takes = 20000;
    sim_runs(&s, "app", {.length = 15000, .exit_code = 0});
    sim_run_until(&s, 10000);
    buf_clear(&s.trace);
    sim_stop(&s, MONO_NEVER);
    sim_run_until(&s, 60000);
    EXPECT_TRACE(&s,
        "     10.000 app Killing deleted\n"
        "     15.000 app Exited 0\n"
        "     15.000 app NotReady\n"
        "     15.000 Deleted\n");
    sim_end(&s);
}

TEST(a_second_stop_can_only_shorten_the_grace_period)
{
    struct sim s = sim_pod(WITH_GRACE("30"));

    sim_behaviour(&s, "app")->term_after = MONO_NEVER;
    sim_run_until(&s, 10000);
    sim_stop(&s, MONO_NEVER);
    sim_run_until(&s, 12000);
    buf_clear(&s.trace);
    sim_stop(&s, 300 * MONO_SECOND);
    sim_stop(&s, 5 * MONO_SECOND);
    sim_run_until(&s, 60000);
    EXPECT_TRACE(&s,
        "     17.000 app KILL\n"
        "     17.000 app Exited 137\n"
        "     17.000 app NotReady\n"
        "     17.000 Deleted\n");
    sim_end(&s);
}

TEST(a_second_stop_during_the_hook_brings_the_signal_sooner)
{
    struct sim s = sim_pod(WITH_HOOK("30"));

    sim_behaviour(&s, "app")->term_after = MONO_NEVER;
    sim_behaviour(&s, "app")->hook_takes = MONO_NEVER;
    sim_run_until(&s, 10000);
    sim_stop(&s, MONO_NEVER);
    sim_run_until(&s, 12000);
    buf_clear(&s.trace);
    sim_stop(&s, 3 * MONO_SECOND);
    sim_run_until(&s, 60000);
    EXPECT_TRACE(&s,
        "     15.000 app TERM\n"
        "     17.000 app KILL\n"
        "     17.000 app Exited 137\n"
        "     17.000 app NotReady\n"
        "     17.000 Deleted\n");
    sim_end(&s);
}

TEST(a_kill_during_a_stop_is_immediate)
{
    struct sim s = sim_pod(WITH_HOOK("30"));

    sim_behaviour(&s, "app")->hook_takes = MONO_NEVER;
    sim_run_until(&s, 10000);
    sim_stop(&s, MONO_NEVER);
    sim_run_until(&s, 12000);
    buf_clear(&s.trace);
    sim_post(&s, POD_KILL);
    sim_run_until(&s, 60000);
    EXPECT_TRACE(&s,
        "     12.000 app KILL\n"
        "     12.000 app Exited 137\n"
        "     12.000 app NotReady\n"
        "     12.000 Deleted\n");
    sim_end(&s);
}

TEST(a_stop_during_back_off_terminates_without_a_start)
{
    struct sim s = sim_pod(APP);

    sim_runs(&s, "app", {.length = 0, .exit_code = 1});
    sim_run_until(&s, 5000);
    buf_clear(&s.trace);
    sim_stop(&s, MONO_NEVER);
    sim_run_until(&s, 60000);
    EXPECT_TRACE(&s, "      5.000 Deleted\n");
    sim_end(&s);
}

TEST(a_stop_during_a_liveness_stop_ends_without_a_restart)
{
    struct sim s = sim_pod("terminationGracePeriodSeconds: 30, containers: [{name: app, command: [app],"
                           " livenessProbe: {exec: {command: [ok]}, failureThreshold: 1}}]");

    sim_behaviour(&s, "app")->term_after = 8000;
    sim_behaviour(&s, "app")->ready_after = MONO_NEVER;
    sim_run_until(&s, 12000);
    sim_stop(&s, MONO_NEVER);
    sim_run_until(&s, 60000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      0.000 app Ready\n"
        "     10.000 app Unhealthy liveness\n"
        "     10.000 app Killing liveness\n"
        "     10.000 app TERM\n"
        "     18.000 app Exited 143\n"
        "     18.000 app NotReady\n"
        "     18.000 Deleted\n");
    sim_end(&s);
}

TEST(a_stop_during_post_start_does_not_wait_for_the_hook)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app],"
                           " lifecycle: {postStart: {exec: {command: [hi]}}}}]");

    sim_behaviour(&s, "app")->hook_takes = MONO_NEVER;
    sim_run_until(&s, 5000);
    sim_stop(&s, MONO_NEVER);
    sim_run_until(&s, 60000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      5.000 app Killing deleted\n"
        "      5.000 app TERM\n"
        "      5.000 app Exited 143\n"
        "      5.000 Deleted\n");
    sim_end(&s);
}

TEST(a_deleted_pod_that_had_ended_is_gone_at_once)
{
    struct sim s = sim_pod("restartPolicy: Never, " APP);

    sim_runs(&s, "app", {.length = 1000});
    sim_run_until(&s, 5000);
    sim_stop(&s, MONO_NEVER);
    sim_stop(&s, MONO_NEVER);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      0.000 app Ready\n"
        "      1.000 app Exited 0\n"
        "      1.000 app NotReady\n"
        "      1.000 Succeeded\n"
        "      5.000 Deleted\n");
    sim_end(&s);
}

/*
 * Every state of a container meets a stop (and a kill): nothing starts any more, and the
 * pod is gone within the grace period.
 */
TEST(a_stop_in_every_state_ends_in_time_without_another_start)
{
    bool met[CONTAINER_STATES] = {false};

    for (mono_ms at = 0; at <= 60000; at += 250) {
        for (int kill = 0; kill < 2; kill++) {
            struct sim s = sim_pod(
                "terminationGracePeriodSeconds: 5, containers: [{name: app, command: [app],"
                " livenessProbe: {exec: {command: [ok]}, periodSeconds: 3, failureThreshold: 1},"
                " readinessProbe: {exec: {command: [ok]}, periodSeconds: 2},"
                " lifecycle: {postStart: {exec: {command: [hi]}}, preStop: {exec: {command: [bye]}}}}]");
            struct sim_behaviour *b = sim_behaviour(&s, "app");
            const struct container *c;

            b->term_after = at % 1000 == 0 ? MONO_NEVER : 1500;
            b->ready_after = at % 500 == 0 ? MONO_NEVER : 0;
            b->hook_takes = 1000;
            b->attempt_takes = 100;
            sim_runs(&s, "app", {.length = 9000, .exit_code = 1});
            sim_run_until(&s, at);
            c = sim_container(&s, "app");
            met[c->state] = true;
            buf_clear(&s.trace);
            sim_post(&s, kill ? POD_KILL : POD_STOP);
            sim_run_until(&s, at + (kill ? 0 : 7000));
            if (c->state != CONTAINER_TERMINATED)
                fail_msg("stopped at %lld ms, still %s", (long long)at,
                         container_state_name(c->state));
            EXPECT(strstr(buf_text(&s.trace), "Created") == NULL);
            EXPECT(strstr(buf_text(&s.trace), "Deleted") != NULL);
            sim_end(&s);
        }
    }
    /* STARTING and KILLING pass within an instant here, PENDING and TERMINATED stand above. */
    EXPECT(met[CONTAINER_WAITING] && met[CONTAINER_POST_START] && met[CONTAINER_RUNNING]);
    EXPECT(met[CONTAINER_PRE_STOP] && met[CONTAINER_STOPPING]);
}

/* From a stop, a change or a failed probe at 10 s to the pod's end or the container's next start. */
static void expect_end(struct sim *s, enum pod_event_kind kind, const char *wanted)
{
    sim_run_until(s, 10000);
    buf_clear(&s->events);
    if (kind != POD_DEADLINE)
        sim_post(s, kind);
    sim_run_until(s, 14900);
    EXPECT_EVENTS(s, wanted);
    sim_end(s);
}

TEST(an_end_that_was_asked_for_is_no_warning)
{
    struct sim s = sim_pod(APP);

    expect_end(&s, POD_STOP,
        "Normal Killing: Stopping container app\n"
        "Normal Exited: killed by signal 15 (exit code 143) after 10s\n"
        "Normal NotReady: Container is not ready\n"
        "Normal Deleted: all containers are gone\n");
}

TEST(an_end_by_the_stop_signal_that_the_pod_names_is_no_warning)
{
    struct sim s = sim_pod("os: {name: linux}, containers: [{name: app, command: [app], lifecycle: {stopSignal: SIGUSR1}}]");

    sim_behaviour(&s, "app")->term_code = 138;
    sim_behaviour(&s, "app")->term_exits = true;
    expect_end(&s, POD_STOP,
        "Normal Killing: Stopping container app\n"
        "Normal Exited: exit code 138 after 10s\n"
        "Normal NotReady: Container is not ready\n"
        "Normal Deleted: all containers are gone\n");
}

TEST(an_end_in_another_way_than_asked_for_is_a_warning)
{
    struct sim s = sim_pod(APP);

    sim_behaviour(&s, "app")->term_code = 1;
    sim_behaviour(&s, "app")->term_exits = true;
    expect_end(&s, POD_STOP,
        "Normal Killing: Stopping container app\n"
        "Warning Exited: exit code 1 after 10s\n"
        "Normal NotReady: Container is not ready\n"
        "Normal Deleted: all containers are gone\n");
}

TEST(an_end_by_force_is_a_warning)
{
    struct sim s = sim_pod(APP);

    expect_end(&s, POD_KILL,
        "Normal Killing: Stopping container app\n"
        "Warning Exited: killed by signal 9 (exit code 137) after 10s\n"
        "Normal NotReady: Container is not ready\n"
        "Normal Deleted: all containers are gone\n");
}

TEST(an_end_by_the_stop_signal_that_nobody_asked_for_is_a_warning)
{
    struct sim s = sim_pod(APP);

    sim_runs(&s, "app", {.length = 10500, .exit_code = 143}, {.length = MONO_NEVER});
    expect_end(&s, POD_DEADLINE,
        "Warning Exited: exit code 143 after 10.5s\n"
        "Warning NotReady: Container is not ready\n"
        "Normal Created: Container created\n"
        "Normal Started: Container started\n"
        "Normal Ready: Container is ready\n");
}

TEST(an_end_after_all_work_is_no_warning)
{
    struct sim s = sim_pod("restartPolicy: Never, " APP);

    sim_runs(&s, "app", {.length = 10500});
    expect_end(&s, POD_DEADLINE,
        "Normal Exited: exit code 0 after 10.5s\n"
        "Normal NotReady: Container is not ready\n"
        "Normal Succeeded: all containers ended with exit code 0\n");
}

TESTS(RUN(an_end_after_all_work_is_no_warning),
      RUN(an_end_that_was_asked_for_is_no_warning),
      RUN(an_end_by_the_stop_signal_that_the_pod_names_is_no_warning),
      RUN(an_end_in_another_way_than_asked_for_is_a_warning),
      RUN(an_end_by_force_is_a_warning),
      RUN(an_end_by_the_stop_signal_that_nobody_asked_for_is_a_warning),
      RUN(a_stop_sends_term_and_the_pod_is_gone_with_its_last_process),
      RUN(term_ignored_means_kill_after_the_grace_period),
      RUN(a_grace_of_1_has_the_floor_of_2_seconds),
      RUN(a_grace_of_0_kills_at_once_without_the_hook),
      RUN(a_negative_grace_means_1),
      RUN(the_pre_stop_hook_eats_the_grace_period_in_whole_seconds),
      RUN(a_hook_that_leaves_less_than_2_seconds_gets_them_all_the_same),
      RUN(a_hook_that_never_ends_is_overtaken_by_the_signal),
      RUN(a_hook_that_ends_late_is_noted_beside_the_signal),
      RUN(a_hook_that_fails_is_followed_by_the_signal_at_once),
      RUN(a_process_that_ends_during_its_hook_ends_the_stop),
      RUN(a_second_stop_can_only_shorten_the_grace_period),
      RUN(a_second_stop_during_the_hook_brings_the_signal_sooner),
      RUN(a_kill_during_a_stop_is_immediate),
      RUN(a_stop_during_back_off_terminates_without_a_start),
      RUN(a_stop_during_a_liveness_stop_ends_without_a_restart),
      RUN(a_stop_during_post_start_does_not_wait_for_the_hook),
      RUN(a_deleted_pod_that_had_ended_is_gone_at_once),
      RUN(a_stop_in_every_state_ends_in_time_without_another_start))
