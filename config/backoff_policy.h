/*
 * The back-off annotations: pidlet.dev/backoff on the pod, or
 * pidlet.dev/backoff.CONTAINER, e.g. "initial=1s,max=20s".
 *
 * The defaults are the kubelet's (kubelet-semantics 1.1): 10 s, doubling, up to
 * 300 s, started over after a run of more than 600 s.
 */
#ifndef PIDLET_CONFIG_BACKOFF_POLICY_H
#define PIDLET_CONFIG_BACKOFF_POLICY_H

#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

struct backoff_policy {
    mono_ms initial;            /* first delay that is not zero; 0: restarts never wait */
    mono_ms max;                /* cap, jitter included; >= initial */
    mono_ms reset;              /* a longer run than this starts the series over; > 0 */
    int32_t factor_milli;       /* 2000: each delay is twice the one before; >= 1000 */
    int32_t jitter_milli;       /* 100: up to a tenth of the delay is added; 0 to 1000 */
};

#define BACKOFF_POLICY_KUBELET                                                            \
    {                                                                                     \
        .initial = 10 * MONO_SECOND, .max = 300 * MONO_SECOND, .reset = 600 * MONO_SECOND, \
        .factor_milli = 2000, .jitter_milli = 0,                                          \
    }

#define BACKOFF_POLICY_ERROR_SIZE 160

struct annotation_part {        /* a KEY=VALUE of an annotation */
    const char *name;
    const char *default_text;
    const char *doc;
};

enum { BACKOFF_POLICY_PARTS = 5 };

extern const struct annotation_part backoff_policy_parts[BACKOFF_POLICY_PARTS];

/*
 * Reads "initial=10s,max=5m,factor=2,jitter=0,reset=10m" over what *policy holds:
 * a key that is not named keeps its value.  If max < initial, initial becomes max.
 * Blanks around keys and values are allowed.  On failure returns false, leaves
 * *policy alone and says in `error` what is wrong and what would be right.
 */
bool backoff_policy_parse(const char *text, struct backoff_policy *policy,
                          char error[BACKOFF_POLICY_ERROR_SIZE]);

#endif
