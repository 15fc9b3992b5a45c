#include "tests/properties/rule.h"

/* Step 3's second condition, turned round: F - lastUpdate > 600 s. */
bool rule_expired(const struct rule *r, const struct backoff_policy *policy, mono_ms finished)
{
    return r->entry && finished - r->last_update > policy->reset;
}

static bool in_backoff(const struct rule *r, const struct backoff_policy *policy, mono_ms finished,
                       mono_ms now)
{
    return r->entry && !rule_expired(r, policy, finished) && now - finished < r->delay;
}

/*
 * The condition is true up to some instant and false from it on, so the instant is
 * found by halving, without a word about what it should be.
 */
mono_ms rule_next_start(const struct rule *r, const struct backoff_policy *policy, mono_ms finished)
{
    mono_ms waits = finished, starts = finished + policy->max;

    if (!in_backoff(r, policy, finished, finished))
        return finished;
    while (starts - waits > 1) {
        mono_ms middle = waits + (starts - waits) / 2;

        if (in_backoff(r, policy, finished, middle))
            waits = middle;
        else
            starts = middle;
    }
    return starts;
}

/* factor x delay; a fraction of a millisecond is waited out. */
static mono_ms grown(const struct backoff_policy *policy, mono_ms delay)
{
    long double product = (long double)delay * policy->factor_milli / 1000;

    if (product >= (long double)policy->max)
        return policy->max;
    return (mono_ms)product + ((long double)(mono_ms)product < product);
}

/* Step 4. */
void rule_start(struct rule *r, const struct backoff_policy *policy, mono_ms finished, mono_ms now)
{
    if (!r->entry || rule_expired(r, policy, finished))
        r->delay = policy->initial;
    else
        r->delay = grown(policy, r->delay);
    r->entry = true;
    r->last_update = now;
}
