#include "daemon/core/backoff.h"

#include "base/random.h"

void backoff_init(struct backoff *b, uint64_t seed)
{
    *b = (struct backoff){.random = seed};
}

void backoff_reset(struct backoff *b)
{
    b->next = 0;
    b->counting = false;
}

/* a * milli / 1000, rounded up so that it can grow from 1 ms, at most `cap`; a >= 0. */
static mono_ms scaled(mono_ms a, int64_t milli, mono_ms cap)
{
    __int128 product = ((__int128)a * milli + 999) / 1000;

    return product > cap ? cap : (mono_ms)product;
}

static mono_ms with_jitter(struct backoff *b, const struct backoff_policy *policy, mono_ms delay)
{
    mono_ms most;

    if (policy->jitter_milli == 0 || delay == 0)
        return delay;
    most = scaled(delay, policy->jitter_milli, policy->max - delay);
    return delay + (mono_ms)(random_next(&b->random) % ((uint64_t)most + 1));
}

struct backoff_decision backoff_next(struct backoff *b, const struct backoff_policy *policy,
                                     mono_ms started, mono_ms ended)
{
    bool reset = b->counting && ended - started > policy->reset;
    mono_ms delay;

    if (reset)
        backoff_reset(b);
    delay = b->next;
    b->next = b->counting && delay > 0 ? scaled(delay, policy->factor_milli, policy->max)
                                       : policy->initial;
    b->counting = true;
    delay = with_jitter(b, policy, delay);
    return (struct backoff_decision){
        .delay = delay, .start = mono_add(ended, delay), .reset = reset};
}
