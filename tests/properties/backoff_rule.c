/* The back-off against the kubelet's rule, for random policies and lists of runs. */
#include "daemon/core/backoff.h"
#include "tests/lib/test.h"
#include "tests/properties/dice.h"
#include "tests/properties/rule.h"

enum { LISTS = 10000, RUNS = 40 };

static mono_ms a_duration(struct dice *d, unsigned digits)
{
    mono_ms n = 0;

    for (unsigned i = dice_roll(d, digits + 1); i > 0; i--)
        n = n * 10 + dice_roll(d, 10);
    return n;
}

static struct backoff_policy a_policy(struct dice *d)
{
    struct backoff_policy p = BACKOFF_POLICY_KUBELET;

    if (dice_once_in(d, 4))
        return p;
    p.initial = a_duration(d, 7);
    p.max = p.initial + a_duration(d, 8);
    p.reset = 1 + a_duration(d, 7);
    p.factor_milli = 1000 + (int32_t)dice_roll(d, dice_once_in(d, 2) ? 3000 : 999001);
    return p;
}

/* Mostly anything; now and then just at the edges of the reset. */
static mono_ms a_length(struct dice *d, const struct backoff_policy *policy)
{
    return dice_once_in(d, 4) ? policy->reset - 1 + dice_roll(d, 3) : a_duration(d, 7);
}

static void compare(struct dice *d, const struct backoff_policy *policy, int list)
{
    struct backoff b;
    struct rule rule = {0};
    mono_ms started = a_duration(d, 9);

    backoff_init(&b, 1);
    for (int run = 0; run < RUNS; run++) {
        mono_ms ended = started + a_length(d, policy);
        mono_ms wanted = rule_next_start(&rule, policy, ended);
        bool expired = rule_expired(&rule, policy, ended);
        struct backoff_decision got = backoff_next(&b, policy, started, ended);

        if (got.start != wanted || got.delay != wanted - ended || got.reset != expired)
            fail_msg("list %d, run %d: waits %lld ms%s, by the rule %lld ms%s", list, run,
                     (long long)got.delay, got.reset ? " after a reset" : "",
                     (long long)(wanted - ended), expired ? " after a reset" : "");
        rule_start(&rule, policy, ended, wanted);
        started = wanted;
        if (dice_once_in(d, 20)) {      /* `backoff reset` takes the entry out */
            backoff_reset(&b);
            rule = (struct rule){0};
        }
    }
}

TEST(waits_are_those_of_the_rule_for_random_lists_of_runs)
{
    struct dice d = dice_of(1);

    for (int list = 0; list < LISTS; list++) {
        struct backoff_policy policy = a_policy(&d);

        compare(&d, &policy, list);
    }
}

/* Jitter lengthens a wait, never past the cap, and has no say in the series. */
TEST(jitter_adds_to_the_waits_of_the_rule_within_its_bounds)
{
    struct dice d = dice_of(2);

    for (int list = 0; list < LISTS; list++) {
        struct backoff_policy policy = a_policy(&d);
        struct backoff b;
        struct rule rule = {0};
        mono_ms started = 0;

        policy.jitter_milli = (int32_t)dice_roll(&d, 1001);
        backoff_init(&b, (uint64_t)list);
        for (int run = 0; run < RUNS; run++) {
            mono_ms ended = started + a_length(&d, &policy);
            mono_ms least = rule_next_start(&rule, &policy, ended) - ended;
            mono_ms delay = backoff_next(&b, &policy, started, ended).delay;

            EXPECT(delay >= least);
            EXPECT(delay <= policy.max || policy.max < policy.initial);
            EXPECT(delay * 1000 <= least * (1000 + policy.jitter_milli) + 999);
            started = ended + delay;
            rule_start(&rule, &policy, ended, started);
        }
    }
}

/* The rule itself, against the worked example of kubelet-semantics 1.5. */
TEST(the_rule_waits_0_10_20_40_80_160_300_seconds)
{
    static const mono_ms wanted[] = {0, 10, 20, 40, 80, 160, 300, 300};
    struct backoff_policy policy = BACKOFF_POLICY_KUBELET;
    struct rule rule = {0};
    mono_ms now = 0;

    for (size_t i = 0; i < array_count(wanted); i++) {
        mono_ms next = rule_next_start(&rule, &policy, now);

        EXPECT_INT((next - now) / MONO_SECOND, wanted[i]);
        rule_start(&rule, &policy, now, next);
        now = next;
    }
}

TESTS(RUN(the_rule_waits_0_10_20_40_80_160_300_seconds),
      RUN(waits_are_those_of_the_rule_for_random_lists_of_runs),
      RUN(jitter_adds_to_the_waits_of_the_rule_within_its_bounds))
