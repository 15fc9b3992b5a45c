#include "daemon/core/backoff.h"
#include "tests/lib/test.h"

static const struct backoff_policy kubelet = BACKOFF_POLICY_KUBELET;

/* The delays of `count` restarts after runs that last `length` each, in seconds. */
static void expect_delays(const struct backoff_policy *policy, mono_ms length, const int *wanted,
                          size_t count)
{
    struct backoff b;
    mono_ms start = 1000;

    backoff_init(&b, 1);
    for (size_t i = 0; i < count; i++) {
        struct backoff_decision next = backoff_next(&b, policy, start, start + length);

        EXPECT_INT(next.delay, wanted[i] * MONO_SECOND);
        EXPECT_INT(next.start, start + length + next.delay);
        start = next.start;
    }
}

#define EXPECT_DELAYS(policy, length, ...)                                          \
    expect_delays(policy, length, (const int[]){__VA_ARGS__},                       \
                  sizeof(const int[]){__VA_ARGS__} / sizeof(int))

TEST(the_first_restart_is_immediate_then_10_s_doubling_to_300_s)
{
    EXPECT_DELAYS(&kubelet, 0, 0, 10, 20, 40, 80, 160, 300, 300, 300);
    EXPECT_DELAYS(&kubelet, 180000, 0, 10, 20, 40, 80, 160, 300, 300);
}

TEST(a_run_longer_than_the_reset_starts_the_series_over)
{
    struct backoff b;
    struct backoff_decision next;

    EXPECT_DELAYS(&kubelet, 660000, 0, 0, 0, 0);
    backoff_init(&b, 1);
    backoff_next(&b, &kubelet, 0, 0);
    backoff_next(&b, &kubelet, 0, 0);
    next = backoff_next(&b, &kubelet, 0, 600000);       /* not longer: exactly as long */
    EXPECT_INT(next.delay, 20000);
    EXPECT(!next.reset);
    next = backoff_next(&b, &kubelet, 0, 600001);
    EXPECT_INT(next.delay, 0);
    EXPECT(next.reset);
    next = backoff_next(&b, &kubelet, 0, 0);
    EXPECT_INT(next.delay, 10000);
}

TEST(a_long_first_run_is_no_reset_since_there_is_no_series_yet)
{
    struct backoff b;
    struct backoff_decision next;

    backoff_init(&b, 1);
    next = backoff_next(&b, &kubelet, 0, 900000);
    EXPECT_INT(next.delay, 0);
    EXPECT(!next.reset);
}

TEST(the_policy_sets_initial_factor_and_cap)
{
    EXPECT_DELAYS((&(struct backoff_policy){.initial = 1000, .max = 60000, .reset = 600000,
                                            .factor_milli = 2000}),
                  0, 0, 1, 2, 4, 8, 16, 32, 60, 60);
    EXPECT_DELAYS((&(struct backoff_policy){.initial = 10000, .max = 30000, .reset = 600000,
                                            .factor_milli = 2000}),
                  0, 0, 10, 20, 30, 30);
    EXPECT_DELAYS((&(struct backoff_policy){.initial = 4000, .max = 300000, .reset = 600000,
                                            .factor_milli = 1500}),
                  0, 0, 4, 6, 9);
    EXPECT_DELAYS((&(struct backoff_policy){.initial = 5000, .max = 300000, .reset = 600000,
                                            .factor_milli = 1000}),
                  0, 0, 5, 5, 5);
}

TEST(an_initial_delay_of_zero_never_waits)
{
    EXPECT_DELAYS((&(struct backoff_policy){.initial = 0, .max = 300000, .reset = 600000,
                                            .factor_milli = 2000}),
                  0, 0, 0, 0, 0);
}

TEST(huge_policies_do_not_overflow)
{
    const struct backoff_policy huge = {.initial = MONO_NEVER / 4, .max = MONO_NEVER - 1,
                                        .reset = MONO_NEVER - 1, .factor_milli = 1000000};
    struct backoff b;
    struct backoff_decision next = {0};

    backoff_init(&b, 1);
    for (int i = 0; i < 5; i++)
        next = backoff_next(&b, &huge, 0, 1000);
    EXPECT_INT(next.delay, MONO_NEVER - 1);
    EXPECT_INT(next.start, MONO_NEVER);
}

TEST(jitter_adds_up_to_its_share_and_never_passes_the_cap)
{
    const struct backoff_policy policy = {.initial = 10000, .max = 30000, .reset = 600000,
                                          .factor_milli = 2000, .jitter_milli = 500};
    bool seen_more = false;

    for (uint64_t seed = 0; seed < 1000; seed++) {
        static const mono_ms base[] = {0, 10000, 20000, 30000};
        struct backoff b;

        backoff_init(&b, seed);
        for (size_t i = 0; i < 4; i++) {
            mono_ms delay = backoff_next(&b, &policy, 0, 0).delay;

            EXPECT(delay >= base[i]);
            EXPECT(delay <= base[i] + base[i] / 2 && delay <= policy.max);
            seen_more |= delay > base[i];
        }
    }
    EXPECT(seen_more);
}

TEST(the_same_seed_gives_the_same_jitter)
{
    const struct backoff_policy policy = {.initial = 10000, .max = 300000, .reset = 600000,
                                          .factor_milli = 2000, .jitter_milli = 1000};
    struct backoff a, b;

    backoff_init(&a, 4711);
    backoff_init(&b, 4711);
    for (int i = 0; i < 20; i++)
        EXPECT_INT(backoff_next(&a, &policy, 0, 0).delay, backoff_next(&b, &policy, 0, 0).delay);
}

TEST(a_reset_makes_the_next_restart_immediate)
{
    struct backoff b;

    backoff_init(&b, 1);
    for (int i = 0; i < 4; i++)
        backoff_next(&b, &kubelet, 0, 0);
    backoff_reset(&b);
    EXPECT_INT(backoff_next(&b, &kubelet, 0, 0).delay, 0);
    EXPECT_INT(backoff_next(&b, &kubelet, 0, 0).delay, 10000);
}

/* kubelet-semantics 1.3 without its garbage collection, written from the text alone. */
static int64_t reference_delay(int64_t *entry, int64_t run_ms)
{
    int64_t delay;

    if (*entry == 0 || run_ms > 600000) {
        *entry = 10000;
        return 0;
    }
    delay = *entry;
    *entry = delay * 2 > 300000 ? 300000 : delay * 2;
    return delay;
}

TEST(random_runs_wait_as_the_rule_says)
{
    for (uint64_t seed = 1; seed <= 10000; seed++) {
        uint64_t x = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
        int64_t entry = 0, start = 0;
        struct backoff b;

        backoff_init(&b, seed);
        for (int i = 0; i < 30; i++) {
            int64_t run, wanted;
            struct backoff_decision next;

            x = x * UINT64_C(6364136223846793005) + 1442695040888963407u;
            run = (int64_t)(x >> 33) % 800000;
            wanted = reference_delay(&entry, run);
            next = backoff_next(&b, &kubelet, start, start + run);
            if (next.delay != wanted)
                fail_msg("seed %llu, run %d of %lld ms: waits %lld, the rule says %lld",
                         (unsigned long long)seed, i, (long long)run, (long long)next.delay,
                         (long long)wanted);
            start = next.start;
        }
    }
}

TESTS(RUN(the_first_restart_is_immediate_then_10_s_doubling_to_300_s),
      RUN(a_run_longer_than_the_reset_starts_the_series_over),
      RUN(a_long_first_run_is_no_reset_since_there_is_no_series_yet),
      RUN(the_policy_sets_initial_factor_and_cap),
      RUN(an_initial_delay_of_zero_never_waits),
      RUN(huge_policies_do_not_overflow),
      RUN(jitter_adds_up_to_its_share_and_never_passes_the_cap),
      RUN(the_same_seed_gives_the_same_jitter),
      RUN(a_reset_makes_the_next_restart_immediate),
      RUN(random_runs_wait_as_the_rule_says))
