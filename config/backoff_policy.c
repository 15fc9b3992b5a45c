#include "config/backoff_policy.h"

#include "base/duration.h"
#include "config/pairs.h"

#include <stdio.h>

enum key { KEY_INITIAL, KEY_MAX, KEY_FACTOR, KEY_JITTER, KEY_RESET };

const struct annotation_part backoff_policy_parts[BACKOFF_POLICY_PARTS] = {
    [KEY_INITIAL] = {"initial", "10s", "First delay after the immediate restart; 0s: restarts never wait."},
    [KEY_MAX]     = {"max", "5m", "No delay is longer, jitter included; below initial, it lowers that too."},
    [KEY_FACTOR]  = {"factor", "2", "Each delay is so many times the one before; 1 to 1000."},
    [KEY_JITTER]  = {"jitter", "0", "Up to this share of a delay is added at random; 0 to 1."},
    [KEY_RESET]   = {"reset", "10m", "A longer run starts the series over."},
};

#define FAIL(...) (snprintf(error, BACKOFF_POLICY_ERROR_SIZE, __VA_ARGS__), false)

/* A decimal such as 2, 1.5 or 0.125 in thousandths. */
static bool parse_milli(struct span s, int32_t *out)
{
    int64_t value = 0, scale = 0;

    if (s.length == 0 || s.length > 9)
        return false;
    for (size_t i = 0; i < s.length; i++) {
        char c = s.text[i];

        if (c == '.' && scale == 0 && i > 0 && i + 1 < s.length) {
            scale = 1;
        } else if (c < '0' || c > '9') {
            return false;
        } else if (scale == 0) {
            value = value * 10 + (c - '0');
        } else {
            if (scale == 1000)
                return false;           /* finer than a thousandth */
            value = value * 10 + (c - '0');
            scale *= 10;
        }
    }
    for (scale = scale == 0 ? 1 : scale; scale < 1000; scale *= 10)
        value *= 10;
    if (value > INT32_MAX)
        return false;
    *out = (int32_t)value;
    return true;
}

static bool parse_value(enum key key, struct span s, struct backoff_policy *p,
                        char error[BACKOFF_POLICY_ERROR_SIZE])
{
    mono_ms *duration = key == KEY_INITIAL ? &p->initial : key == KEY_MAX ? &p->max : &p->reset;

    switch (key) {
    case KEY_INITIAL:
    case KEY_MAX:
    case KEY_RESET:
        if (!duration_parse(s.text, s.length, duration))
            return FAIL("%s: \"%.*s\" is no duration such as 10s, 1m30s or 250ms",
                        backoff_policy_parts[key].name, SPAN(s));
        if (key == KEY_RESET && p->reset == 0)
            return FAIL("reset: must be greater than 0");
        return true;
    case KEY_FACTOR:
        if (!parse_milli(s, &p->factor_milli) || p->factor_milli < 1000 || p->factor_milli > 1000000)
            return FAIL("factor: \"%.*s\" is no number from 1 to 1000, such as 2 or 1.5", SPAN(s));
        return true;
    case KEY_JITTER:
        if (!parse_milli(s, &p->jitter_milli) || p->jitter_milli > 1000)
            return FAIL("jitter: \"%.*s\" is no number from 0 to 1, such as 0.1", SPAN(s));
        return true;
    }
    return true;
}

static bool parse_pair(struct pairs *pair, struct backoff_policy *p,
                       char error[BACKOFF_POLICY_ERROR_SIZE])
{
    const char *keys[BACKOFF_POLICY_PARTS];
    int key;

    for (size_t i = 0; i < BACKOFF_POLICY_PARTS; i++)
        keys[i] = backoff_policy_parts[i].name;
    if (pair->value.text == NULL)
        return FAIL("\"%.*s\" is no KEY=VALUE such as max=20s", SPAN(pair->all));
    key = pairs_key(pair, keys, BACKOFF_POLICY_PARTS);
    if (key == PAIRS_TWICE)
        return FAIL("%.*s: given twice", SPAN(pair->key));
    if (key == PAIRS_UNKNOWN)
        return FAIL("\"%.*s\" is none of initial, max, factor, jitter, reset", SPAN(pair->key));
    return parse_value((enum key)key, pair->value, p, error);
}

bool backoff_policy_parse(const char *text, struct backoff_policy *policy,
                          char error[BACKOFF_POLICY_ERROR_SIZE])
{
    struct backoff_policy p = *policy;
    struct pairs pairs = PAIRS(text);

    while (pairs_next(&pairs)) {
        if (!parse_pair(&pairs, &p, error))
            return false;
    }
    if (p.max < p.initial)
        p.initial = p.max;
    *policy = p;
    return true;
}
