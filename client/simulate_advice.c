#include "client/simulate_advice.h"

#include "base/buf.h"
#include "base/duration.h"
#include "client/simulate_text.h"
#include "config/load.h"

#include <stdio.h>
#include <stdlib.h>

/* A change worth less than this, in tenths of a per cent, is not worth telling. */
enum { WORTH = 5 };

struct alternative {
    char text[64];                      /* of the annotation */
    struct backoff_policy policy;
};

static void add_duration(struct buf *out, mono_ms d)
{
    char text[DURATION_SIZE];

    duration_format(d, text);
    buf_adds(out, text);
}

static bool with_max(const struct backoff_policy *now, mono_ms max, struct alternative *a)
{
    char text[DURATION_SIZE];

    if (max >= now->max)
        return false;
    duration_format(max, text);
    snprintf(a->text, sizeof a->text, "max=%s", text);
    a->policy = *now;
    a->policy.max = max;
    a->policy.initial = mono_min(now->initial, max);
    return true;
}

/* Half of the shortest run, in whole seconds: every run is longer, none by accident. */
static bool with_reset(const struct backoff_policy *now, mono_ms shortest_run, struct alternative *a)
{
    mono_ms reset = shortest_run / 2 / MONO_SECOND * MONO_SECOND;
    char text[DURATION_SIZE];

    if (reset < 10 * MONO_SECOND || reset >= now->reset)
        return false;
    duration_format(reset, text);
    snprintf(a->text, sizeof a->text, "reset=%s", text);
    a->policy = *now;
    a->policy.reset = reset;
    return true;
}

/* The same simulation under another policy; false: no memory. */
static bool play(const struct simulation *s, const struct alternative *a, struct tally_sum *sum)
{
    struct backoff_policy *policies = calloc(s->config->count, sizeof *policies);
    struct simulation other = *s;
    struct simulation_result result;
    bool ok;

    if (policies == NULL)
        return false;
    for (unsigned i = 0; i < s->config->count; i++)
        policies[i] = s->config->backoff[i];
    policies[s->container] = a->policy;
    other.policies = policies;
    other.json = NULL;
    ok = simulation_play(&other, &result) && result.violation == NULL;
    if (ok)
        *sum = tally_sum(&result.tally, (unsigned)s->container);
    simulation_result_deinit(&result);
    free(policies);
    return ok;
}

/* Appends the alternative if it is worth it; whether it is. */
static bool add_alternative(const struct simulation *s, const struct alternative *a,
                            const struct tally_sum *now, struct buf *out)
{
    struct tally_sum then;

    if (!play(s, a, &then)
        || tally_permille(then.serving, then.length) < tally_permille(now->serving, now->length) + WORTH)
        return false;
    buf_adds(out, "  with pidlet.dev/backoff");
    if (s->config->count > 1)
        buf_addf(out, ".%s", s->config->containers[s->container]->name);
    buf_addf(out, ": %s availability would be ", a->text);
    simulate_percent(then.serving, then.length, out);
    buf_adds(out, ", the longest wait ");
    add_duration(out, then.longest_wait);
    buf_addc(out, '\n');
    return true;
}

static void add_reason(const struct tally_sum *now, const struct backoff_policy *policy, struct buf *out)
{
    buf_adds(out, "advice: runs of ");
    if (now->shortest_run != now->longest_run) {
        add_duration(out, now->shortest_run);
        buf_adds(out, " to ");
    }
    add_duration(out, now->longest_run);
    buf_adds(out, now->longest_run > policy->reset ? " do not all reach the reset of "
                                                   : " never reach the reset of ");
    add_duration(out, policy->reset);
    buf_addc(out, '\n');
}

/* At most two caps, and a shorter reset. */
static void add_alternatives(const struct simulation *s, const struct tally_sum *now, struct buf *out)
{
    static const mono_ms maxima[] = {60 * MONO_SECOND, 20 * MONO_SECOND, 5 * MONO_SECOND, MONO_SECOND};
    const struct backoff_policy *policy = &s->config->backoff[s->container];
    struct alternative a;
    unsigned caps = 0;

    for (size_t i = 0; i < sizeof maxima / sizeof *maxima && caps < 2; i++) {
        if (with_max(policy, maxima[i], &a))
            caps += add_alternative(s, &a, now, out);
    }
    if (with_reset(policy, now->shortest_run, &a))
        add_alternative(s, &a, now, out);
}

void simulate_advice(const struct simulation *s, const struct tally *t, struct buf *out)
{
    struct buf alternatives = BUF_INIT;
    struct tally_sum now;

    if (s->container < 0)
        return;
    now = tally_sum(t, (unsigned)s->container);
    if (now.longest_wait == 0)
        return;
    add_alternatives(s, &now, &alternatives);
    if (alternatives.length > 0)
        add_reason(&now, &s->config->backoff[s->container], out);
    buf_add_buf(out, &alternatives);
    buf_deinit(&alternatives);
}
