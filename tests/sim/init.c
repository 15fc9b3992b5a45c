/* Init containers and sidecars: kubelet-semantics 4.3, 4.5, 5.2 and 6. */
#include "tests/lib/sim.h"

#define SIDECAR(name, more) "{name: " name ", command: [" name "], restartPolicy: Always" more "}"
#define INIT(name) "{name: " name ", command: [" name "]}"
#define APP "containers: [{name: app, command: [app]}]"

/* The worked example of kubelet-semantics 6.3. */
TEST(init_containers_run_in_order_and_a_sidecar_holds_back_until_its_startup_probe_passes)
{
    struct sim s = sim_pod("initContainers: [" INIT("i1") ", "
                           SIDECAR("s1", ", startupProbe: {exec: {command: [ok]}, periodSeconds: 2}") ", "
                           INIT("i2") "], " APP);

    sim_runs(&s, "i1", {.length = 2000});
    sim_runs(&s, "i2", {.length = 3000});
    sim_behaviour(&s, "s1")->startup_after = 6000;
    sim_run_until(&s, 60000);
    EXPECT_TRACE(&s,
        "      0.000 i1 Created\n"
        "      0.000 i1 Started\n"
        "      2.000 i1 Exited 0\n"
        "      2.000 s1 Created\n"
        "      2.000 s1 Started\n"
        "      4.000 s1 Unhealthy startup\n"
        "      6.000 s1 Unhealthy startup\n"
        "      8.000 s1 Ready\n"
        "      8.000 i2 Created\n"
        "      8.000 i2 Started\n"
        "     11.000 i2 Exited 0\n"
        "     11.000 app Created\n"
        "     11.000 app Started\n"
        "     11.000 app Ready\n");
    sim_end(&s);
}

/* 6.1: failure re-runs the same one with its own back-off; Always means OnFailure. */
TEST(an_init_container_that_fails_is_restarted_alone_with_back_off)
{
    struct sim s = sim_pod("initContainers: [" INIT("a") ", " INIT("b") "], " APP);

    sim_runs(&s, "a", {.length = 1000});
    sim_runs(&s, "b", {.length = 1000, .exit_code = 3}, {.length = 1000, .exit_code = 3}, {.length = 1000});
    sim_run_until(&s, 60000);
    EXPECT_TRACE(&s,
        "      0.000 a Created\n"
        "      0.000 a Started\n"
        "      1.000 a Exited 0\n"
        "      1.000 b Created\n"
        "      1.000 b Started\n"
        "      2.000 b Exited 3\n"
        "      2.000 b BackOff 0s\n"
        "      2.000 b Created\n"
        "      2.000 b Started\n"
        "      3.000 b Exited 3\n"
        "      3.000 b BackOff 10s\n"
        "     13.000 b Created\n"
        "     13.000 b Started\n"
        "     14.000 b Exited 0\n"
        "     14.000 app Created\n"
        "     14.000 app Started\n"
        "     14.000 app Ready\n");
    sim_end(&s);
}

/* 6.1: with Never the whole pod fails; 6.2: sidecars are stopped then. */
TEST(an_init_container_that_fails_under_never_fails_the_pod)
{
    struct sim s = sim_pod("restartPolicy: Never, initContainers: [" SIDECAR("s", "") ", " INIT("i") "], " APP);

    sim_runs(&s, "i", {.length = 1000, .exit_code = 3});
    sim_run_until(&s, 60000);
    EXPECT_TRACE(&s,
        "      0.000 s Created\n"
        "      0.000 s Started\n"
        "      0.000 s Ready\n"
        "      0.000 i Created\n"
        "      0.000 i Started\n"
        "      1.000 i Exited 3\n"
        "      1.000 s Killing finished\n"
        "      1.000 s TERM\n"
        "      1.000 s Exited 143\n"
        "      1.000 s NotReady\n"
        "      1.000 Failed\n");
    sim_end(&s);
}

/* 5.2: OnFailure, the init container's own policy Never, exit n. */
TEST(an_init_containers_own_never_fails_the_pod)
{
    struct sim s = sim_pod("restartPolicy: OnFailure, initContainers: ["
                           "{name: i, command: [i], restartPolicy: Never}], " APP);

    sim_runs(&s, "i", {.length = 1000, .exit_code = 3});
    sim_run_until(&s, 60000);
    EXPECT_TRACE(&s,
        "      0.000 i Created\n"
        "      0.000 i Started\n"
        "      1.000 i Exited 3\n"
        "      1.000 Failed\n");
    sim_end(&s);
}

/* 6.1: once regular containers run, init containers are done for ever. */
TEST(a_crash_of_a_container_runs_no_init_container_again)
{
    struct sim s = sim_pod("initContainers: [" INIT("i") "], " APP);

    sim_runs(&s, "app", {.length = 1000, .exit_code = 1}, {.length = MONO_NEVER});
    sim_run_until(&s, 60000);
    EXPECT_INT(sim_container(&s, "i")->restart_count, 0);
    EXPECT_INT(sim_container(&s, "app")->restart_count, 1);
    sim_end(&s);
}

/* 6.2: restarted on any exit, under Never too, also while later init containers run. */
TEST(a_sidecar_is_restarted_on_any_exit_while_the_pod_lives)
{
    struct sim s = sim_pod("restartPolicy: Never, initContainers: [" SIDECAR("s", "") ", " INIT("i") "], " APP);

    sim_runs(&s, "s", {.length = 1000}, {.length = 12000, .exit_code = 7}, {.length = MONO_NEVER});
    sim_runs(&s, "i", {.length = 5000});
    sim_run_until(&s, 60000);
    EXPECT_TRACE(&s,
        "      0.000 s Created\n"
        "      0.000 s Started\n"
        "      0.000 s Ready\n"
        "      0.000 i Created\n"
        "      0.000 i Started\n"
        "      1.000 s Exited 0\n"
        "      1.000 s NotReady\n"
        "      1.000 s BackOff 0s\n"
        "      1.000 s Created\n"
        "      1.000 s Started\n"
        "      1.000 s Ready\n"
        "      5.000 i Exited 0\n"
        "      5.000 app Created\n"
        "      5.000 app Started\n"
        "      5.000 app Ready\n"
        "     13.000 s Exited 7\n"
        "     13.000 s NotReady\n"
        "     13.000 s BackOff 10s\n"
        "     23.000 s Created\n"
        "     23.000 s Started\n"
        "     23.000 s Ready\n");
    sim_end(&s);
}

/* 6.2: startup failure: killed and restarted, the sequence does not advance. */
TEST(a_sidecar_whose_startup_probe_fails_is_restarted_and_holds_back_the_rest)
{
    struct sim s = sim_pod("initContainers: ["
                           SIDECAR("s", ", startupProbe: {exec: {command: [ok]}, periodSeconds: 1, failureThreshold: 2}")
                           "], " APP);

    sim_behaviour(&s, "s")->startup_after = MONO_NEVER;
    sim_run_until(&s, 13000);
    EXPECT_TRACE(&s,
        "      0.000 s Created\n"
        "      0.000 s Started\n"
        "      1.000 s Unhealthy startup\n"
        "      2.000 s Unhealthy startup\n"
        "      2.000 s Killing startup\n"
        "      2.000 s TERM\n"
        "      2.000 s Exited 143\n"
        "      2.000 s BackOff 0s\n"
        "      2.000 s Created\n"
        "      2.000 s Started\n"
        "      3.000 s Unhealthy startup\n"
        "      4.000 s Unhealthy startup\n"
        "      4.000 s Killing startup\n"
        "      4.000 s TERM\n"
        "      4.000 s Exited 143\n"
        "      4.000 s BackOff 10s\n");
    sim_end(&s);
}

/* 6.2: they do not keep the pod alive; 4.5: their exit codes never count. */
TEST(sidecars_are_stopped_when_all_containers_are_done_and_their_codes_do_not_count)
{
    struct sim s = sim_pod("restartPolicy: Never, terminationGracePeriodSeconds: 3, initContainers: ["
                           SIDECAR("s", "") "], " APP);

    sim_runs(&s, "app", {.length = 1000});
    sim_behaviour(&s, "s")->term_after = MONO_NEVER;
    sim_run_until(&s, 60000);
    EXPECT_TRACE(&s,
        "      0.000 s Created\n"
        "      0.000 s Started\n"
        "      0.000 s Ready\n"
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      0.000 app Ready\n"
        "      1.000 app Exited 0\n"
        "      1.000 app NotReady\n"
        "      1.000 s Killing finished\n"
        "      1.000 s TERM\n"
        "      4.000 s KILL\n"
        "      4.000 s Exited 137\n"
        "      4.000 s NotReady\n"
        "      4.000 Succeeded\n");
    sim_end(&s);
}

/* Two sidecars that need 5 s each, asked to go at 0 s; grace 30 s. */
static void stopped(struct sim *s, mono_ms app_takes)
{
    *s = sim_pod("initContainers: [" SIDECAR("s1", "") ", " SIDECAR("s2", "") "], " APP);

    sim_behaviour(s, "app")->term_after = app_takes;
    sim_behaviour(s, "s1")->term_after = 5000;
    sim_behaviour(s, "s2")->term_after = 5000;
    sim_run_until(s, 0);
    sim_stop(s, MONO_NEVER);
    buf_clear(&s->trace);
}

/* The worked example of 4.3. */
TEST(sidecars_get_their_signal_last_in_reverse_order)
{
    struct sim s;

    stopped(&s, 10000);
    sim_run_until(&s, 60000);
    EXPECT_TRACE(&s,
        "     10.000 app Exited 143\n"
        "     10.000 app NotReady\n"
        "     10.000 s2 TERM\n"
        "     15.000 s2 Exited 143\n"
        "     15.000 s2 NotReady\n"
        "     15.000 s1 TERM\n"
        "     20.000 s1 Exited 143\n"
        "     20.000 s1 NotReady\n"
        "     20.000 Deleted\n");
    sim_end(&s);
}

TEST(sidecars_share_the_end_when_the_containers_take_all_the_grace)
{
    struct sim s;

    stopped(&s, MONO_NEVER);
    sim_run_until(&s, 60000);
    EXPECT_TRACE(&s,
        "     30.000 s1 TERM\n"
        "     30.000 s2 TERM\n"
        "     30.000 app KILL\n"
        "     30.000 app Exited 137\n"
        "     30.000 app NotReady\n"
        "     32.000 s1 KILL\n"
        "     32.000 s2 KILL\n"
        "     32.000 s1 Exited 137\n"
        "     32.000 s1 NotReady\n"
        "     32.000 s2 Exited 137\n"
        "     32.000 s2 NotReady\n"
        "     32.000 Deleted\n");
    sim_end(&s);
}

/* 4.3: the hooks of all start at once; only the signal waits. */
TEST(the_pre_stop_hooks_of_sidecars_run_at_once)
{
    struct sim s = sim_pod("initContainers: ["
                           SIDECAR("s1", ", lifecycle: {preStop: {exec: {command: [bye]}}}") "], " APP);

    sim_behaviour(&s, "s1")->hook_takes = 2000;
    sim_behaviour(&s, "app")->term_after = 4000;
    sim_run_until(&s, 0);
    sim_stop(&s, MONO_NEVER);
    buf_clear(&s.trace);
    sim_run_until(&s, 60000);
    EXPECT_TRACE(&s,
        "      2.000 s1 Hook preStop ok\n"
        "      4.000 app Exited 143\n"
        "      4.000 app NotReady\n"
        "      4.000 s1 TERM\n"
        "      4.000 s1 Exited 143\n"
        "      4.000 s1 NotReady\n"
        "      4.000 Deleted\n");
    sim_end(&s);
}

TEST(a_sidecar_that_ends_by_itself_during_the_stop_stays_ended)
{
    struct sim s = sim_pod("initContainers: [" SIDECAR("s1", "") "], " APP);

    sim_runs(&s, "s1", {.length = 3000});
    sim_behaviour(&s, "app")->term_after = 5000;
    sim_run_until(&s, 0);
    sim_stop(&s, MONO_NEVER);
    buf_clear(&s.trace);
    sim_run_until(&s, 60000);
    EXPECT_TRACE(&s,
        "      3.000 s1 Exited 0\n"
        "      3.000 s1 NotReady\n"
        "      5.000 app Exited 143\n"
        "      5.000 app NotReady\n"
        "      5.000 Deleted\n");
    sim_end(&s);
}

/* 4.3: a running init container is stopped at once and nobody waits for it. */
TEST(a_deletion_during_init_stops_the_init_container_and_its_sidecars_at_once)
{
    struct sim s = sim_pod("initContainers: [" SIDECAR("s1", "") ", " INIT("i") "], " APP);

    sim_runs(&s, "i", {.length = MONO_NEVER});
    sim_behaviour(&s, "i")->term_after = 9000;
    sim_run_until(&s, 1000);
    buf_clear(&s.trace);
    sim_stop(&s, MONO_NEVER);
    sim_run_until(&s, 60000);
    EXPECT_TRACE(&s,
        "      1.000 s1 Killing deleted\n"
        "      1.000 i Killing deleted\n"
        "      1.000 i TERM\n"
        "      1.000 s1 TERM\n"
        "      1.000 s1 Exited 143\n"
        "      1.000 s1 NotReady\n"
        "     10.000 i Exited 143\n"
        "     10.000 Deleted\n");
    sim_end(&s);
}

/* Difference 4: no grace, no order. */
TEST(a_deletion_without_grace_kills_sidecars_with_the_rest)
{
    struct sim s = sim_pod("initContainers: [" SIDECAR("s1", "") "], " APP);

    sim_run_until(&s, 1000);
    buf_clear(&s.trace);
    sim_stop(&s, 0);
    sim_run_until(&s, 2000);
    EXPECT_TRACE(&s,
        "      1.000 s1 Killing deleted\n"
        "      1.000 s1 KILL\n"
        "      1.000 app Killing deleted\n"
        "      1.000 app KILL\n"
        "      1.000 s1 Exited 137\n"
        "      1.000 s1 NotReady\n"
        "      1.000 app Exited 137\n"
        "      1.000 app NotReady\n"
        "      1.000 Deleted\n");
    sim_end(&s);
}

TESTS(RUN(init_containers_run_in_order_and_a_sidecar_holds_back_until_its_startup_probe_passes),
      RUN(an_init_container_that_fails_is_restarted_alone_with_back_off),
      RUN(an_init_container_that_fails_under_never_fails_the_pod),
      RUN(an_init_containers_own_never_fails_the_pod),
      RUN(a_crash_of_a_container_runs_no_init_container_again),
      RUN(a_sidecar_is_restarted_on_any_exit_while_the_pod_lives),
      RUN(a_sidecar_whose_startup_probe_fails_is_restarted_and_holds_back_the_rest),
      RUN(sidecars_are_stopped_when_all_containers_are_done_and_their_codes_do_not_count),
      RUN(sidecars_get_their_signal_last_in_reverse_order),
      RUN(sidecars_share_the_end_when_the_containers_take_all_the_grace),
      RUN(the_pre_stop_hooks_of_sidecars_run_at_once),
      RUN(a_sidecar_that_ends_by_itself_during_the_stop_stays_ended),
      RUN(a_deletion_during_init_stops_the_init_container_and_its_sidecars_at_once),
      RUN(a_deletion_without_grace_kills_sidecars_with_the_rest))
