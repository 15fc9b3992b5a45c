/* CPU time as a rate: over which window, and of which run. */
#include "daemon/runtime/usage.h"
#include "tests/lib/test.h"

#define MS_OF_CPU UINT64_C(1000000)     /* in nanoseconds */

TEST(the_first_who_asks_hears_the_rate_since_the_start)
{
    struct usage_sample s = {0};
    struct resource_usage u;

    resource_usage_rate(&s, 1, 10000, 14000, 1000 * MS_OF_CPU, &u);
    EXPECT_INT(u.window, 4000);
    EXPECT_INT(u.cpu, 250 * MS_OF_CPU);
}

TEST(later_it_is_the_rate_since_somebody_asked_before)
{
    struct usage_sample s = {0};
    struct resource_usage u;

    resource_usage_rate(&s, 1, 10000, 14000, 1000 * MS_OF_CPU, &u);
    resource_usage_rate(&s, 1, 10000, 16000, 3000 * MS_OF_CPU, &u);
    EXPECT_INT(u.window, 2000);
    EXPECT_INT(u.cpu, 1000 * MS_OF_CPU);
}

TEST(who_asks_again_at_once_hears_the_rate_of_a_window_that_is_long_enough)
{
    struct usage_sample s = {0};
    struct resource_usage u;

    resource_usage_rate(&s, 1, 10000, 14000, 1000 * MS_OF_CPU, &u);
    resource_usage_rate(&s, 1, 10000, 15000, 1500 * MS_OF_CPU, &u);
    for (mono_ms now = 15100; now < 15500; now += 100) {
        resource_usage_rate(&s, 1, 10000, now, (uint64_t)(now - 12000) * MS_OF_CPU / 2, &u);
        EXPECT_INT(u.window, now - 14000);
        EXPECT_INT(u.cpu, 500 * MS_OF_CPU);
    }
}

TEST(a_new_run_is_a_new_series)
{
    struct usage_sample s = {0};
    struct resource_usage u;

    resource_usage_rate(&s, 1, 10000, 14000, 9000 * MS_OF_CPU, &u);
    resource_usage_rate(&s, 2, 15000, 16000, 100 * MS_OF_CPU, &u);
    EXPECT_INT(u.window, 1000);
    EXPECT_INT(u.cpu, 100 * MS_OF_CPU);
}

TEST(time_that_an_orphan_took_away_is_not_less_than_nothing)
{
    struct usage_sample s = {0};
    struct resource_usage u;

    resource_usage_rate(&s, 1, 10000, 14000, 9000 * MS_OF_CPU, &u);
    resource_usage_rate(&s, 1, 10000, 15000, 100 * MS_OF_CPU, &u);
    EXPECT_INT(u.cpu, 0);
    resource_usage_rate(&s, 1, 10000, 16000, 600 * MS_OF_CPU, &u);
    EXPECT_INT(u.cpu, 500 * MS_OF_CPU);
}

TEST(at_the_moment_of_the_start_there_is_a_window_all_the_same)
{
    struct usage_sample s = {0};
    struct resource_usage u;

    resource_usage_rate(&s, 1, 10000, 10000, 0, &u);
    EXPECT_INT(u.window, 1);
    EXPECT_INT(u.cpu, 0);
}

TESTS(RUN(the_first_who_asks_hears_the_rate_since_the_start),
      RUN(later_it_is_the_rate_since_somebody_asked_before),
      RUN(who_asks_again_at_once_hears_the_rate_of_a_window_that_is_long_enough),
      RUN(a_new_run_is_a_new_series),
      RUN(time_that_an_orphan_took_away_is_not_less_than_nothing),
      RUN(at_the_moment_of_the_start_there_is_a_window_all_the_same))
