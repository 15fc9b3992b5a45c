#include "config/chaos_plan.h"
#include "tests/lib/test.h"

#include <string.h>

static char error[CHAOS_PLAN_ERROR_SIZE];

static struct chaos_plan parsed(const char *text)
{
    struct chaos_plan p;

    if (!chaos_plan_parse(text, &p, error))
        fail_msg("%s: %s", text, error);
    return p;
}

TEST(kills_alone_go_on_for_ever_and_hit_every_container)
{
    struct chaos_plan p = parsed("kill-every=3m");

    EXPECT_INT(p.kill.least, 180000);
    EXPECT_INT(p.kill.most, 180000);
    EXPECT(p.stop.least == MONO_NEVER);
    EXPECT(p.stop_for == MONO_NEVER);
    EXPECT(p.length == MONO_NEVER);
    EXPECT_INT(p.rounds, 0);
    EXPECT_INT(p.seed, 1);
    EXPECT(chaos_plan_hits(&p, "api", "app"));
}

TEST(every_key_is_read)
{
    struct chaos_plan p = parsed(
        " kill-every = 3m-4m, stop-every=250ms,stop-for=5s,rounds=7,for=1h,seed=18446744073709551615,container=api/app ");

    EXPECT_INT(p.kill.least, 180000);
    EXPECT_INT(p.kill.most, 240000);
    EXPECT_INT(p.stop.least, 250);
    EXPECT_INT(p.stop_for, 5000);
    EXPECT_INT(p.rounds, 7);
    EXPECT_INT(p.length, 3600000);
    EXPECT(p.seed == UINT64_MAX);
    EXPECT_STR(p.container, "api/app");
}

TEST(a_container_is_named_alone_or_with_its_pod)
{
    struct chaos_plan p = parsed("kill-every=3m,container=app");

    EXPECT(chaos_plan_hits(&p, "api", "app"));
    EXPECT(chaos_plan_hits(&p, "web", "app"));
    EXPECT(!chaos_plan_hits(&p, "api", "ap"));
    p = parsed("kill-every=3m,container=api/app");
    EXPECT(chaos_plan_hits(&p, "api", "app"));
    EXPECT(!chaos_plan_hits(&p, "api", "side"));
    EXPECT(!chaos_plan_hits(&p, "ap", "app"));
    EXPECT(!chaos_plan_hits(&p, "apx", "app"));
}

TEST(faults_say_what_would_be_right_and_change_nothing)
{
    static const char *const rows[][2] = {
        {"", "\"\" is no KEY=VALUE such as kill-every=3m"},
        {"3m", "\"3m\" is no KEY=VALUE such as kill-every=3m"},
        {"kill-every=3m,", "\"\" is no KEY=VALUE such as kill-every=3m"},
        {"kill=3m", "\"kill\" is none of kill-every, stop-every, stop-for, rounds, for, seed, container"},
        {"kill-every=3m,kill-every=4m", "kill-every: given twice"},
        {"kill-every=", "kill-every: \"\" is no duration over 0, such as 3m, and no two of them, such as 3m-4m"},
        {"kill-every=0s", "kill-every: \"0s\" is no duration over 0, such as 3m, and no two of them, such as 3m-4m"},
        {"kill-every=3", "kill-every: \"3\" is no duration over 0, such as 3m, and no two of them, such as 3m-4m"},
        {"kill-every=-3m", "kill-every: \"-3m\" is no duration over 0, such as 3m, and no two of them, such as 3m-4m"},
        {"kill-every=3m-", "kill-every: \"3m-\" is no duration over 0, such as 3m, and no two of them, such as 3m-4m"},
        {"stop-every=4m-3m", "stop-every: \"4m-3m\" is no duration over 0, such as 3m, and no two of them, such as 3m-4m"},
        {"stop-every=3m-4m-5m", "stop-every: \"3m-4m-5m\" is no duration over 0, such as 3m, and no two of them, such as 3m-4m"},
        {"kill-every=3m,for=0s", "for: \"0s\" is no duration over 0, such as 90s or 1h30m"},
        {"stop-every=3m,stop-for=soon", "stop-for: \"soon\" is no duration over 0, such as 90s or 1h30m"},
        {"kill-every=3m,stop-for=1s", "stop-for: goes with stop-every"},
        {"kill-every=3m,rounds=0", "rounds: \"0\" is no number from 1 to 1000000"},
        {"kill-every=3m,rounds=1000001", "rounds: \"1000001\" is no number from 1 to 1000000"},
        {"kill-every=3m,rounds=-1", "rounds: \"-1\" is no number from 1 to 1000000"},
        {"kill-every=3m,rounds=", "rounds: \"\" is no number from 1 to 1000000"},
        {"kill-every=3m,seed=18446744073709551616",
         "seed: \"18446744073709551616\" is no number from 0 to 18446744073709551615"},
        {"kill-every=3m,seed=x", "seed: \"x\" is no number from 0 to 18446744073709551615"},
        {"kill-every=3m,container=", "container: \"\" is no container's name, such as app or api/app"},
        {"rounds=7", "no fault: give kill-every=3m or stop-every=3m, or both"},
    };
    char long_name[400] = "kill-every=1s,container=";

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct chaos_plan p = {.rounds = 4711};

        if (chaos_plan_parse(rows[i][0], &p, error))
            fail_msg("taken: %s", rows[i][0]);
        EXPECT_STR(error, rows[i][1]);
        EXPECT_INT(p.rounds, 4711);
    }
    memset(long_name + strlen(long_name), 'a', 330);
    EXPECT(!chaos_plan_parse(long_name, &(struct chaos_plan){0}, error));
}

TESTS(RUN(kills_alone_go_on_for_ever_and_hit_every_container),
      RUN(every_key_is_read),
      RUN(a_container_is_named_alone_or_with_its_pod),
      RUN(faults_say_what_would_be_right_and_change_nothing))
