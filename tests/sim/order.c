#include "tests/lib/sim.h"

#include <string.h>

TEST(containers_start_in_order_and_post_start_holds_back_the_next)
{
    struct sim s = sim_pod("containers: [{name: a, command: [a],"
                           " lifecycle: {postStart: {exec: {command: [hi]}}}}, {name: b, command: [b]}]");

    sim_behaviour(&s, "a")->hook_takes = 3000;
    sim_run_until(&s, 10000);
    EXPECT_TRACE(&s,
        "      0.000 a Created\n"
        "      0.000 a Started\n"
        "      3.000 a Hook postStart ok\n"
        "      3.000 a Ready\n"
        "      3.000 b Created\n"
        "      3.000 b Started\n"
        "      3.000 b Ready\n");
    sim_end(&s);
}

TEST(a_start_that_fails_does_not_hold_back_the_next)
{
    struct sim s = sim_pod("restartPolicy: Never, containers: [{name: a, command: [a]}, {name: b, command: [b]}]");

    sim_runs(&s, "a", {.start_fails = true});
    sim_runs(&s, "b", {.length = 1000});
    sim_run_until(&s, 10000);
    EXPECT_TRACE(&s,
        "      0.000 a Created\n"
        "      0.000 a Exited 128 StartError\n"
        "      0.000 b Created\n"
        "      0.000 b Started\n"
        "      0.000 b Ready\n"
        "      1.000 b Exited 0\n"
        "      1.000 b NotReady\n"
        "      1.000 Failed\n");
    sim_end(&s);
}

TEST(a_restart_whose_post_start_hangs_holds_back_nobody)
{
    struct sim s = sim_pod("containers: [{name: a, command: [a],"
                           " lifecycle: {postStart: {exec: {command: [hi]}}}}, {name: b, command: [b]}]");

    sim_behaviour(&s, "a")->hook_takes = 2000;
    sim_runs(&s, "a", {.length = 5000, .exit_code = 1}, {.length = MONO_NEVER});
    sim_runs(&s, "b", {.length = 3500, .exit_code = 1}, {.length = MONO_NEVER});
    sim_run_until(&s, 5000);
    buf_clear(&s.trace);
    sim_run_until(&s, 6000);
    EXPECT_TRACE(&s,
        "      5.500 b Exited 1\n"
        "      5.500 b NotReady\n"
        "      5.500 b BackOff 0s\n"
        "      5.500 b Created\n"
        "      5.500 b Started\n"
        "      5.500 b Ready\n");
    sim_end(&s);
}

/* The e2e runtime test of kubelet-semantics 5.2: exits 1, exits 0, runs for ever. */
static const struct container *after_1_then_0(struct sim *s, const char *spec)
{
    *s = sim_pod(spec);
    sim_runs(s, "app", {.length = 1000, .exit_code = 1}, {.length = 1000}, {.length = MONO_NEVER});
    sim_run_until(s, 60000);
    return sim_container(s, "app");
}

TEST(always_restarts_after_any_exit)
{
    struct sim s;
    const struct container *c =
        after_1_then_0(&s, "restartPolicy: Always, containers: [{name: app, command: [app]}]");

    EXPECT_INT(c->restart_count, 2);
    EXPECT(c->ready);
    sim_end(&s);
}

TEST(on_failure_stays_terminated_after_exit_0)
{
    struct sim s;
    const struct container *c =
        after_1_then_0(&s, "restartPolicy: OnFailure, containers: [{name: app, command: [app]}]");

    EXPECT_INT(c->restart_count, 1);
    EXPECT_INT(c->state, CONTAINER_TERMINATED);
    EXPECT(strstr(buf_text(&s.trace), "Succeeded") != NULL);
    sim_end(&s);
}

TEST(never_stays_terminated_after_any_exit)
{
    struct sim s;
    const struct container *c =
        after_1_then_0(&s, "restartPolicy: Never, containers: [{name: app, command: [app]}]");

    EXPECT_INT(c->restart_count, 0);
    EXPECT(strstr(buf_text(&s.trace), "Failed") != NULL);
    sim_end(&s);
}

TESTS(RUN(containers_start_in_order_and_post_start_holds_back_the_next),
      RUN(a_start_that_fails_does_not_hold_back_the_next),
      RUN(a_restart_whose_post_start_hangs_holds_back_nobody),
      RUN(always_restarts_after_any_exit),
      RUN(on_failure_stays_terminated_after_exit_0),
      RUN(never_stays_terminated_after_any_exit))
