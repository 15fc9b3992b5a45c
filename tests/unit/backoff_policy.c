#include "config/backoff_policy.h"
#include "tests/lib/test.h"

static char error[BACKOFF_POLICY_ERROR_SIZE];

static struct backoff_policy parsed(const char *text)
{
    struct backoff_policy p = BACKOFF_POLICY_KUBELET;

    if (!backoff_policy_parse(text, &p, error))
        fail_msg("%s: %s", text, error);
    return p;
}

TEST(keys_that_are_not_named_keep_their_values)
{
    struct backoff_policy p = parsed("max=20s");

    EXPECT_INT(p.initial, 10000);
    EXPECT_INT(p.max, 20000);
    EXPECT_INT(p.factor_milli, 2000);
    EXPECT_INT(p.jitter_milli, 0);
    EXPECT_INT(p.reset, 600000);
}

TEST(every_key_is_read)
{
    struct backoff_policy p = parsed(" initial = 1s , max=1m30s,factor=1.5,jitter=0.125, reset=250ms ");

    EXPECT_INT(p.initial, 1000);
    EXPECT_INT(p.max, 90000);
    EXPECT_INT(p.factor_milli, 1500);
    EXPECT_INT(p.jitter_milli, 125);
    EXPECT_INT(p.reset, 250);
}

TEST(a_max_below_initial_lowers_initial)
{
    EXPECT_INT(parsed("max=3s").initial, 3000);
    EXPECT_INT(parsed("initial=5s,max=0s").initial, 0);
    EXPECT_INT(parsed("max=5s,initial=7s").initial, 5000);
}

TEST(bounds_are_taken_and_their_neighbours_refused)
{
    EXPECT_INT(parsed("factor=1").factor_milli, 1000);
    EXPECT_INT(parsed("factor=1000").factor_milli, 1000000);
    EXPECT_INT(parsed("jitter=1").jitter_milli, 1000);
    EXPECT_INT(parsed("jitter=0").jitter_milli, 0);
    EXPECT_INT(parsed("initial=0s").initial, 0);
    EXPECT_INT(parsed("reset=1ms").reset, 1);
}

TEST(faults_say_what_would_be_right_and_change_nothing)
{
    static const struct { const char *text, *wanted; } rows[] = {
        {"", "\"\" is no KEY=VALUE such as max=20s"},
        {"max", "\"max\" is no KEY=VALUE such as max=20s"},
        {"max=20s,", "\"\" is no KEY=VALUE such as max=20s"},
        {"maximum=20s", "\"maximum\" is none of initial, max, factor, jitter, reset"},
        {"max=20", "max: \"20\" is no duration such as 10s, 1m30s or 250ms"},
        {"max=-1s", "max: \"-1s\" is no duration such as 10s, 1m30s or 250ms"},
        {"reset=0s", "reset: must be greater than 0"},
        {"factor=0.999", "factor: \"0.999\" is no number from 1 to 1000, such as 2 or 1.5"},
        {"factor=1000.001", "factor: \"1000.001\" is no number from 1 to 1000, such as 2 or 1.5"},
        {"factor=2x", "factor: \"2x\" is no number from 1 to 1000, such as 2 or 1.5"},
        {"factor=.5", "factor: \".5\" is no number from 1 to 1000, such as 2 or 1.5"},
        {"jitter=1.001", "jitter: \"1.001\" is no number from 0 to 1, such as 0.1"},
        {"jitter=-0.1", "jitter: \"-0.1\" is no number from 0 to 1, such as 0.1"},
        {"max=1s,max=2s", "max: given twice"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct backoff_policy p = BACKOFF_POLICY_KUBELET;

        if (backoff_policy_parse(rows[i].text, &p, error))
            fail_msg("taken: %s", rows[i].text);
        EXPECT_STR(error, rows[i].wanted);
        EXPECT_INT(p.max, 300000);
    }
}

TESTS(RUN(keys_that_are_not_named_keep_their_values),
      RUN(every_key_is_read),
      RUN(a_max_below_initial_lowers_initial),
      RUN(bounds_are_taken_and_their_neighbours_refused),
      RUN(faults_say_what_would_be_right_and_change_nothing))
