#include "tests/lib/sim.h"

#include <string.h>

TEST(a_crash_loop_starts_at_once_then_doubles)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app]}]");

    sim_runs(&s, "app", {.length = 1000, .exit_code = 1});
    sim_run_until(&s, 35 * 1000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      0.000 app Ready\n"
        "      1.000 app Exited 1\n"
        "      1.000 app NotReady\n"
        "      1.000 app BackOff 0s\n"
        "      1.000 app Created\n"
        "      1.000 app Started\n"
        "      1.000 app Ready\n"
        "      2.000 app Exited 1\n"
        "      2.000 app NotReady\n"
        "      2.000 app BackOff 10s\n"
        "     12.000 app Created\n"
        "     12.000 app Started\n"
        "     12.000 app Ready\n"
        "     13.000 app Exited 1\n"
        "     13.000 app NotReady\n"
        "     13.000 app BackOff 20s\n"
        "     33.000 app Created\n"
        "     33.000 app Started\n"
        "     33.000 app Ready\n"
        "     34.000 app Exited 1\n"
        "     34.000 app NotReady\n"
        "     34.000 app BackOff 40s\n");
    EXPECT_INT(sim_container(&s, "app")->restart_count, 3);
    sim_end(&s);
}

/* The instants of the starts, in seconds, for whole tables of kubelet-semantics 1.5. */
static void expect_starts(const char *annotations, const struct sim_run *run, const int *wanted,
                          size_t count)
{
    struct sim s = sim_pod_annotated(annotations, "containers: [{name: app, command: [app]}]");
    struct buf expected = BUF_INIT, got = BUF_INIT;

    sim_set_runs(&s, "app", run, 1);
    sim_run_until(&s, wanted[count - 1] * MONO_SECOND);
    for (size_t i = 0; i < count; i++)
        buf_addf(&expected, "%7d.000 app Started\n", wanted[i]);
    for (const char *line = buf_text(&s.trace); *line != '\0'; line = strchr(line, '\n') + 1) {
        size_t length = (size_t)(strchr(line, '\n') - line) + 1;

        if (length > 9 && memcmp(line + length - 9, " Started\n", 9) == 0)
            buf_add(&got, line, length);
    }
    EXPECT_STR(buf_text(&got), buf_text(&expected));
    buf_deinit(&expected);
    buf_deinit(&got);
    sim_end(&s);
}

#define EXPECT_STARTS(annotations, run, ...)                    \
    expect_starts(annotations, &(const struct sim_run)run, (const int[]){__VA_ARGS__}, \
                  sizeof(const int[]){__VA_ARGS__} / sizeof(int))
#define RUN_OF(...) {__VA_ARGS__}

TEST(an_instant_crash_starts_at_0_0_10_30_70_150_310_610)
{
    EXPECT_STARTS("", RUN_OF(.length = 0, .exit_code = 1),
                  0, 0, 10, 30, 70, 150, 310, 610, 910, 1210);
}

TEST(kills_every_3_minutes_climb_to_the_cap)
{
    EXPECT_STARTS("", RUN_OF(.length = 180000, .signal = 9),
                  0, 180, 370, 570, 790, 1050, 1390, 1870, 2350, 2830);
}

TEST(kills_every_4_minutes_climb_to_the_cap)
{
    EXPECT_STARTS("", RUN_OF(.length = 240000, .signal = 9),
                  0, 240, 490, 750, 1030, 1350, 1750, 2290, 2830);
}

/* Without the kubelet's garbage collection, which cuts these waits short (difference 1). */
TEST(kills_every_6_or_8_minutes_climb_to_the_cap_too)
{
    static const struct sim_run six = {.length = 360000, .signal = 9}, eight = {.length = 480000, .signal = 9};
    static const int every_6[] = {0, 360, 730, 1110, 1510, 1950, 2470, 3130, 3790};
    static const int every_8[] = {0, 480, 970, 1470, 1990, 2550, 3190, 3970, 4750};

    expect_starts("", &six, every_6, sizeof every_6 / sizeof *every_6);
    expect_starts("", &eight, every_8, sizeof every_8 / sizeof *every_8);
}

/* spec 1.8, the other curves. */
TEST(other_policies_have_the_curves_of_the_kubelets_settings)
{
    static const struct sim_run instant = {.length = 0, .exit_code = 1};
    static const int reduced[] = {0, 0, 1, 3, 7, 15, 31, 63, 123, 183, 243, 303};
    static const int capped[] = {0, 0, 10, 30, 60, 90, 120, 150, 180, 210, 240, 270, 300};
    static const int least[] = {0, 0, 1, 2, 3, 4};

    expect_starts("pidlet.dev/backoff: \"initial=1s,max=60s\"", &instant, reduced, sizeof reduced / sizeof *reduced);
    expect_starts("pidlet.dev/backoff: \"max=30s\"", &instant, capped, sizeof capped / sizeof *capped);
    expect_starts("pidlet.dev/backoff: \"max=1s\"", &instant, least, sizeof least / sizeof *least);
}

TEST(kills_every_11_minutes_never_wait)
{
    EXPECT_STARTS("", RUN_OF(.length = 660000, .signal = 9), 0, 660, 1320, 1980, 2640, 3300);
}

TEST(an_exit_0_under_always_waits_like_a_crash)
{
    EXPECT_STARTS("", RUN_OF(.length = 0), 0, 0, 10, 30, 70);
}

TEST(a_start_that_fails_waits_like_a_crash)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app]}]");

    sim_runs(&s, "app", {.start_fails = true});
    sim_run_until(&s, 29999);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Exited 128 StartError\n"
        "      0.000 app BackOff 0s\n"
        "      0.000 app Created\n"
        "      0.000 app Exited 128 StartError\n"
        "      0.000 app BackOff 10s\n"
        "     10.000 app Created\n"
        "     10.000 app Exited 128 StartError\n"
        "     10.000 app BackOff 20s\n");
    sim_end(&s);
}

TEST(the_annotation_max_20s_caps_the_wait)
{
    EXPECT_STARTS("pidlet.dev/backoff: 'max=20s'", RUN_OF(.length = 180000, .signal = 9),
                  0, 180, 370, 570, 770, 970, 1170, 1370);
}

TEST(the_annotation_of_one_container_leaves_the_other_alone)
{
    struct sim s = sim_pod_annotated("pidlet.dev/backoff.b: 'initial=1s,max=1s'",
                                     "containers: [{name: a, command: [a]}, {name: b, command: [b]}]");

    sim_runs(&s, "a", {.length = 0, .exit_code = 1});
    sim_runs(&s, "b", {.length = 0, .exit_code = 1});
    sim_run_until(&s, 9999);
    EXPECT_INT(sim_container(&s, "a")->restart_count, 1);
    EXPECT_INT(sim_container(&s, "b")->restart_count, 10);
    sim_end(&s);
}

TEST(a_shorter_reset_starts_the_series_over)
{
    struct sim s = sim_pod_annotated("pidlet.dev/backoff: 'reset=2m'",
                                     "containers: [{name: app, command: [app]}]");

    sim_runs(&s, "app", {.length = 0, .exit_code = 1}, {.length = 0, .exit_code = 1},
             {.length = 121000, .exit_code = 1}, {.length = 500000});
    sim_run_until(&s, 200 * 1000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      0.000 app Ready\n"
        "      0.000 app Exited 1\n"
        "      0.000 app NotReady\n"
        "      0.000 app BackOff 0s\n"
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      0.000 app Ready\n"
        "      0.000 app Exited 1\n"
        "      0.000 app NotReady\n"
        "      0.000 app BackOff 10s\n"
        "     10.000 app Created\n"
        "     10.000 app Started\n"
        "     10.000 app Ready\n"
        "    131.000 app Exited 1\n"
        "    131.000 app NotReady\n"
        "    131.000 app Reset\n"
        "    131.000 app BackOff 0s\n"
        "    131.000 app Created\n"
        "    131.000 app Started\n"
        "    131.000 app Ready\n");
    sim_end(&s);
}

/* The case that pidlet was made for: tcpSocket probes, a kill every 3 to 4 minutes. */
#define CHAOS_SPEC                                                                            \
    "containers: [{name: app, command: [app],"                                                \
    " livenessProbe: {tcpSocket: {port: 8080}, periodSeconds: 3, initialDelaySeconds: 5,"     \
    "                 failureThreshold: 3, timeoutSeconds: 1},"                               \
    " readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 3, initialDelaySeconds: 5,"    \
    "                 failureThreshold: 3, timeoutSeconds: 1}}]"

#define CHAOS_KILLS                                                            \
    {.length = 180000, .signal = 9}, {.length = 200000, .signal = 9},          \
    {.length = 220000, .signal = 9}, {.length = 240000, .signal = 9},          \
    {.length = 190000, .signal = 9}, {.length = 210000, .signal = 9},          \
    {.length = 230000, .signal = 9}, {.length = MONO_NEVER}

TEST(the_real_case_sits_in_a_5_minute_back_off_after_the_7th_kill)
{
    struct sim s = sim_pod(CHAOS_SPEC);

    sim_runs(&s, "app", CHAOS_KILLS);
    sim_run_until(&s, 60 * 60 * 1000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      5.000 app Ready\n"
        "    180.000 app Exited 137\n"
        "    180.000 app NotReady\n"
        "    180.000 app BackOff 0s\n"
        "    180.000 app Created\n"
        "    180.000 app Started\n"
        "    185.000 app Ready\n"
        "    380.000 app Exited 137\n"
        "    380.000 app NotReady\n"
        "    380.000 app BackOff 10s\n"
        "    390.000 app Created\n"
        "    390.000 app Started\n"
        "    395.000 app Ready\n"
        "    610.000 app Exited 137\n"
        "    610.000 app NotReady\n"
        "    610.000 app BackOff 20s\n"
        "    630.000 app Created\n"
        "    630.000 app Started\n"
        "    635.000 app Ready\n"
        "    870.000 app Exited 137\n"
        "    870.000 app NotReady\n"
        "    870.000 app BackOff 40s\n"
        "    910.000 app Created\n"
        "    910.000 app Started\n"
        "    915.000 app Ready\n"
        "   1100.000 app Exited 137\n"
        "   1100.000 app NotReady\n"
        "   1100.000 app BackOff 1m20s\n"
        "   1180.000 app Created\n"
        "   1180.000 app Started\n"
        "   1185.000 app Ready\n"
        "   1390.000 app Exited 137\n"
        "   1390.000 app NotReady\n"
        "   1390.000 app BackOff 2m40s\n"
        "   1550.000 app Created\n"
        "   1550.000 app Started\n"
        "   1555.000 app Ready\n"
        "   1780.000 app Exited 137\n"
        "   1780.000 app NotReady\n"
        "   1780.000 app BackOff 5m0s\n"
        "   2080.000 app Created\n"
        "   2080.000 app Started\n"
        "   2085.000 app Ready\n");
    sim_end(&s);
}

TEST(one_annotation_cures_the_real_case)
{
    struct sim s = sim_pod_annotated("pidlet.dev/backoff: 'max=20s'", CHAOS_SPEC);

    sim_runs(&s, "app", CHAOS_KILLS);
    sim_run_until(&s, 60 * 60 * 1000);
    EXPECT(strstr(buf_text(&s.trace), "BackOff 20s") != NULL);
    EXPECT(strstr(buf_text(&s.trace), "BackOff 40s") == NULL);
    EXPECT(strstr(buf_text(&s.trace), "BackOff 5m0s") == NULL);
    EXPECT_INT(sim_container(&s, "app")->restart_count, 7);
    sim_end(&s);
}

TEST(a_reset_by_hand_starts_at_once_and_anew)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app]}]");

    sim_runs(&s, "app", {.length = 0, .exit_code = 1});
    sim_run_until(&s, 75 * 1000);                       /* waits since 70, until 150 */
    buf_clear(&s.trace);
    simulator_post(s.simulator, &(struct pod_event){
        .kind = POD_CONTAINER, .of_container = {.kind = CONTAINER_BACKOFF_RESET}});
    sim_run_until(&s, 84999);
    EXPECT_INT(sim_container(&s, "app")->restart_count, 6);     /* at 75, and at once again */
    sim_run_until(&s, 85000);
    EXPECT_INT(sim_container(&s, "app")->restart_count, 7);     /* 10 s later */
    sim_end(&s);
}

TEST(a_retry_by_hand_starts_at_once_and_keeps_the_series)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app]}]");

    sim_runs(&s, "app", {.length = 0, .exit_code = 1});
    sim_run_until(&s, 75 * 1000);
    simulator_post(s.simulator, &(struct pod_event){
        .kind = POD_CONTAINER, .of_container = {.kind = CONTAINER_BACKOFF_RETRY}});
    sim_run_until(&s, 234999);
    EXPECT_INT(sim_container(&s, "app")->restart_count, 5);
    sim_run_until(&s, 235000);                          /* 160 s after 75 */
    EXPECT_INT(sim_container(&s, "app")->restart_count, 6);
    sim_end(&s);
}

TESTS(RUN(a_crash_loop_starts_at_once_then_doubles),
      RUN(an_instant_crash_starts_at_0_0_10_30_70_150_310_610),
      RUN(kills_every_3_minutes_climb_to_the_cap),
      RUN(kills_every_4_minutes_climb_to_the_cap),
      RUN(kills_every_6_or_8_minutes_climb_to_the_cap_too),
      RUN(other_policies_have_the_curves_of_the_kubelets_settings),
      RUN(kills_every_11_minutes_never_wait),
      RUN(an_exit_0_under_always_waits_like_a_crash),
      RUN(a_start_that_fails_waits_like_a_crash),
      RUN(the_annotation_max_20s_caps_the_wait),
      RUN(the_annotation_of_one_container_leaves_the_other_alone),
      RUN(a_shorter_reset_starts_the_series_over),
      RUN(the_real_case_sits_in_a_5_minute_back_off_after_the_7th_kill),
      RUN(one_annotation_cures_the_real_case),
      RUN(a_reset_by_hand_starts_at_once_and_anew),
      RUN(a_retry_by_hand_starts_at_once_and_keeps_the_series))
