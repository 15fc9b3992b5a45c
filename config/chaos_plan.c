#include "config/chaos_plan.h"

#include "base/duration.h"
#include "base/macros.h"
#include "config/pairs.h"

#include <stdio.h>
#include <string.h>

enum key { KEY_KILL, KEY_STOP, KEY_STOP_FOR, KEY_ROUNDS, KEY_FOR, KEY_SEED, KEY_CONTAINER };

static const char *const keys[] = {
    [KEY_KILL]      = "kill-every",
    [KEY_STOP]      = "stop-every",
    [KEY_STOP_FOR]  = "stop-for",
    [KEY_ROUNDS]    = "rounds",
    [KEY_FOR]       = "for",
    [KEY_SEED]      = "seed",
    [KEY_CONTAINER] = "container",
};

#define FAIL(...) (snprintf(error, CHAOS_PLAN_ERROR_SIZE, __VA_ARGS__), false)

static bool duration(struct span s, mono_ms *out)
{
    return s.length > 0 && duration_parse(s.text, s.length, out) && *out > 0;
}

/* "3m", or "3m-4m" */
static bool spread(struct span s, struct chaos_span *out)
{
    const char *dash = s.length > 0 ? memchr(s.text, '-', s.length) : NULL;
    struct span least = s, most = s;

    if (dash != NULL) {
        least.length = (size_t)(dash - s.text);
        most = (struct span){.text = dash + 1, .length = s.length - least.length - 1};
    }
    return duration(least, &out->least) && duration(most, &out->most) && out->least <= out->most;
}

static bool number(struct span s, uint64_t most, uint64_t *out)
{
    uint64_t v = 0;

    for (size_t i = 0; i < s.length; i++) {
        unsigned digit = (unsigned)(s.text[i] - '0');

        if (digit > 9 || v > (most - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    *out = v;
    return s.length > 0;
}

static bool parse_value(enum key key, struct span s, struct chaos_plan *p, char error[CHAOS_PLAN_ERROR_SIZE])
{
    uint64_t rounds = 0;

    switch (key) {
    case KEY_KILL:
    case KEY_STOP:
        if (!spread(s, key == KEY_KILL ? &p->kill : &p->stop))
            return FAIL("%s: \"%.*s\" is no duration over 0, such as 3m, and no two of them, such as 3m-4m",
                        keys[key], SPAN(s));
        return true;
    case KEY_STOP_FOR:
    case KEY_FOR:
        if (!duration(s, key == KEY_FOR ? &p->length : &p->stop_for))
            return FAIL("%s: \"%.*s\" is no duration over 0, such as 90s or 1h30m", keys[key], SPAN(s));
        return true;
    case KEY_ROUNDS:
        if (!number(s, 1000000, &rounds) || rounds == 0)
            return FAIL("rounds: \"%.*s\" is no number from 1 to 1000000", SPAN(s));
        p->rounds = (unsigned)rounds;
        return true;
    case KEY_SEED:
        if (!number(s, UINT64_MAX, &p->seed))
            return FAIL("seed: \"%.*s\" is no number from 0 to 18446744073709551615", SPAN(s));
        return true;
    case KEY_CONTAINER:
        if (s.length == 0 || s.length >= sizeof p->container)
            return FAIL("container: \"%.*s\" is no container's name, such as app or api/app", SPAN(s));
        memcpy(p->container, s.text, s.length);
        return true;
    }
    return true;
}

static bool parse_pair(struct pairs *pair, struct chaos_plan *p, char error[CHAOS_PLAN_ERROR_SIZE])
{
    int key;

    if (pair->value.text == NULL)
        return FAIL("\"%.*s\" is no KEY=VALUE such as kill-every=3m", SPAN(pair->all));
    key = pairs_key(pair, keys, array_count(keys));
    if (key == PAIRS_TWICE)
        return FAIL("%.*s: given twice", SPAN(pair->key));
    if (key == PAIRS_UNKNOWN)
        return FAIL("\"%.*s\" is none of kill-every, stop-every, stop-for, rounds, for, seed, container",
                    SPAN(pair->key));
    return parse_value((enum key)key, pair->value, p, error);
}

bool chaos_plan_parse(const char *text, struct chaos_plan *plan, char error[CHAOS_PLAN_ERROR_SIZE])
{
    static const struct chaos_span never = {.least = MONO_NEVER, .most = MONO_NEVER};
    struct chaos_plan p = {.kill = never, .stop = never, .stop_for = MONO_NEVER, .length = MONO_NEVER, .seed = 1};
    struct pairs pairs = PAIRS(text);

    while (pairs_next(&pairs)) {
        if (!parse_pair(&pairs, &p, error))
            return false;
    }
    if (p.kill.least == MONO_NEVER && p.stop.least == MONO_NEVER)
        return FAIL("no fault: give kill-every=3m or stop-every=3m, or both");
    if (p.stop.least == MONO_NEVER && p.stop_for != MONO_NEVER)
        return FAIL("stop-for: goes with stop-every");
    *plan = p;
    return true;
}

bool chaos_plan_hits(const struct chaos_plan *plan, const char *pod, const char *container)
{
    const char *name = plan->container, *slash = strchr(name, '/');

    if (slash != NULL) {
        if (strlen(pod) != (size_t)(slash - name) || strncmp(pod, name, (size_t)(slash - name)) != 0)
            return false;
        name = slash + 1;
    }
    return name[0] == '\0' || strcmp(name, container) == 0;
}
