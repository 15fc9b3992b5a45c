#include "client/rivals.h"

#include "daemon/core/backoff.h"

enum rule { RULE_KUBELET, RULE_SERIES, RULE_START_LIMIT, RULE_START_RETRIES };

enum { START_LIMIT = 5, START_RETRIES = 3 };
#define START_LIMIT_INTERVAL (10 * MONO_SECOND)
#define START_SECONDS MONO_SECOND

static const struct {
    const char *name;
    const char *text;
    const char *source;                 /* where the rule is documented */
    enum rule rule;
    struct backoff_policy policy;       /* what the rule has use for */
} rivals[RIVALS] = {
    [RIVAL_KUBELET] = {
        "kubelet", "at once, then 10s doubling to 5m; a run over 10m starts over",
        "kubernetes.io, Pod Lifecycle; at once the first time: KEP-4603", RULE_KUBELET, BACKOFF_POLICY_KUBELET},
    [RIVAL_KUBELET_REDUCED] = {
        "kubelet-reduced", "at once, then 1s doubling to 1m; a run over 10m starts over",
        "kubernetes.io, Pod Lifecycle; feature gate ReduceDefaultCrashLoopBackOffDecay", RULE_KUBELET,
        {.initial = 1000, .max = 60000, .reset = 600000, .factor_milli = 2000}},
    [RIVAL_SYSTEMD] = {
        "systemd", "100ms always; more than 5 starts in 10s: gives up",
        "systemd.service(5) RestartSec=, systemd.unit(5) StartLimitBurst=; Restart=always", RULE_START_LIMIT,
        {.initial = 100}},
    [RIVAL_DOCKER] = {
        "Docker", "100ms doubling to 1m; a run of 10s starts over",
        "docs.docker.com, docker run, Restart policies; Engine API, RestartPolicy", RULE_SERIES,
        {.initial = 100, .max = 60000, .reset = 10000}},
    [RIVAL_PEBBLE] = {
        "Pebble", "500ms doubling to 30s; a run of 30s starts over",
        "documentation.ubuntu.com/pebble, Service auto-restart", RULE_SERIES,
        {.initial = 500, .max = 30000, .reset = 30000}},
    [RIVAL_SUPERVISORD] = {
        "supervisord", "at once; after runs under 1s 1s, 2s, 3s, then gives up",
        "supervisord.org, Subprocesses; [program:x] startsecs, startretries; autorestart=true", RULE_START_RETRIES, {0}},
};

struct course {
    struct backoff backoff;             /* RULE_KUBELET */
    mono_ms next;                       /* RULE_SERIES; 0: none yet */
    mono_ms starts[START_LIMIT];        /* RULE_START_LIMIT: the newest ones, a ring */
    unsigned start_count;
    unsigned retries;                   /* RULE_START_RETRIES, in a row */
};

static mono_ms next_of_series(struct course *c, const struct backoff_policy *policy, mono_ms ran)
{
    if (c->next == 0 || ran >= policy->reset)
        c->next = policy->initial;
    else
        c->next = mono_min(c->next * 2, policy->max);
    return c->next;
}

/* A start at `at` would be one too many. */
static bool over_the_limit(struct course *c, mono_ms at)
{
    mono_ms *oldest = &c->starts[c->start_count % START_LIMIT];
    bool over = c->start_count >= START_LIMIT && at - *oldest < START_LIMIT_INTERVAL;

    *oldest = at;
    c->start_count++;
    return over;
}

/* The wait before the next start; negative: there is none. */
static mono_ms wait_after(enum rival rival, struct course *c, mono_ms started, mono_ms ended)
{
    const struct backoff_policy *policy = &rivals[rival].policy;

    switch (rivals[rival].rule) {
    case RULE_KUBELET:
        return backoff_next(&c->backoff, policy, started, ended).delay;
    case RULE_SERIES:
        return next_of_series(c, policy, ended - started);
    case RULE_START_LIMIT:
        return over_the_limit(c, ended + policy->initial) ? -1 : policy->initial;
    case RULE_START_RETRIES:
        if (ended - started >= START_SECONDS)
            c->retries = 0;
        else if (++c->retries > START_RETRIES)
            return -1;
        return c->retries * MONO_SECOND;
    }
    return -1;
}

/* The part of the run's serving that falls before `left` of it has passed. */
static mono_ms served(const struct rival_run *run, mono_ms left)
{
    if (run->ready_from >= left)
        return 0;
    return mono_min(run->ready, left - run->ready_from);
}

static void note_wait(struct rival_result *result, mono_ms wait)
{
    if (result->wait_count < RIVAL_WAITS)
        result->waits[result->wait_count++] = wait;
    if (wait > result->longest_wait)
        result->longest_wait = wait;
    result->restarts++;
}

struct rival_result rival_play(enum rival rival, const struct rival_run *runs, size_t count,
                               mono_ms length)
{
    struct rival_result result = {.gave_up_at = MONO_NEVER};
    struct course course = {.start_count = 1};
    mono_ms started = 0, ended, wait;

    backoff_init(&course.backoff, 1);
    for (size_t i = 0; started < length; i++) {
        const struct rival_run *run = &runs[i < count ? i : count - 1];

        result.serving += served(run, length - started);
        ended = mono_add(started, run->length);
        if (ended >= length)
            break;
        wait = wait_after(rival, &course, started, ended);
        if (wait < 0) {
            result.gave_up_at = ended;
            break;
        }
        note_wait(&result, wait);
        started = mono_add(ended, wait);
    }
    return result;
}

const char *rival_name(enum rival rival)
{
    return rivals[rival].name;
}

const char *rival_rule(enum rival rival)
{
    return rivals[rival].text;
}

const char *rival_source(enum rival rival)
{
    return rivals[rival].source;
}
