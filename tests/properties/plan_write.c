#include "tests/properties/plan.h"

#include "base/buf.h"
#include "base/duration.h"
#include "daemon/core/conditions.h"

#include <inttypes.h>
#include <string.h>

/* ---- the pod, as a manifest ---- */

static const char *policy_name(enum restart_policy policy)
{
    switch (policy) {
    case restart_policy_UNSET:
        return NULL;
    case RESTART_ALWAYS:
        return "Always";
    case RESTART_ON_FAILURE:
        return "OnFailure";
    case RESTART_NEVER:
        return "Never";
    }
    return NULL;
}

static void write_probe(struct buf *out, const char *key, const struct plan_probe *p)
{
    if (!p->there)
        return;
    buf_addf(out, "    %s: {exec: {command: [probe]}, periodSeconds: %d, failureThreshold: %d", key,
             p->period, p->failure);
    if (p->delay != 0)
        buf_addf(out, ", initialDelaySeconds: %d", p->delay);
    if (p->timeout != 1)
        buf_addf(out, ", timeoutSeconds: %d", p->timeout);
    if (p->success != 1)
        buf_addf(out, ", successThreshold: %d", p->success);
    if (p->grace != 0)
        buf_addf(out, ", terminationGracePeriodSeconds: %" PRId64, p->grace);
    buf_adds(out, "}\n");
}

static void write_rules(struct buf *out, const struct plan_container *c)
{
    if (c->rule_count == 0)
        return;
    buf_adds(out, "    restartPolicyRules:\n");
    for (unsigned i = 0; i < c->rule_count; i++)
        buf_addf(out, "    - {action: %s, exitCodes: {operator: %s, values: [%d]}}\n",
                 c->rules[i].all ? "RestartAllContainers" : "Restart", c->rules[i].not_in ? "NotIn" : "In",
                 c->rules[i].code);
}

static void write_lifecycle(struct buf *out, const struct plan_container *c)
{
    if (!c->post_start && !c->pre_stop && !c->own_signal)
        return;
    buf_adds(out, "    lifecycle:\n");
    if (c->own_signal)
        buf_adds(out, "      stopSignal: SIGUSR1\n");
    if (c->post_start)
        buf_adds(out, "      postStart: {exec: {command: [hook]}}\n");
    if (c->pre_stop)
        buf_adds(out, "      preStop: {exec: {command: [hook]}}\n");
}

static void write_container(struct buf *out, const struct plan_container *c, unsigned i)
{
    const char *policy = policy_name(c->policy);

    buf_addf(out, "  - name: c%u\n    command: [app]\n", i);
    if (policy != NULL)
        buf_addf(out, "    restartPolicy: %s\n", policy);
    write_probe(out, "livenessProbe", &c->probes[PROBE_LIVENESS]);
    write_probe(out, "readinessProbe", &c->probes[PROBE_READINESS]);
    write_probe(out, "startupProbe", &c->probes[PROBE_STARTUP]);
    write_rules(out, c);
    write_lifecycle(out, c);
}

static void write_milli(struct buf *out, const char *key, int32_t milli)
{
    buf_addf(out, ",%s=%d.%03d", key, milli / 1000, milli % 1000);
}

static void write_backoff(struct buf *out, const struct backoff_policy *b, unsigned i)
{
    buf_addf(out, "    pidlet.dev/backoff.c%u: \"initial=%" PRId64 "ms,max=%" PRId64 "ms,reset=%" PRId64 "ms",
             i, b->initial, b->max, b->reset);
    write_milli(out, "factor", b->factor_milli);
    write_milli(out, "jitter", b->jitter_milli);
    buf_adds(out, "\"\n");
}

static void write_annotations(struct buf *out, const struct plan_container *c, unsigned i)
{
    if (c->own_backoff)
        write_backoff(out, &c->backoff, i);
    if (c->watch)
        buf_addf(out, "    pidlet.dev/watch.c%u: files\n", i);
    if (c->notify)
        buf_addf(out, "    pidlet.dev/notify.c%u: \"true\"\n", i);
    if (c->watchdog != 0)
        buf_addf(out, "    pidlet.dev/watchdog.c%u: %" PRId64 "ms\n", i, c->watchdog);
}

void plan_write_pod(const struct plan *p, struct buf *out)
{
    const char *list = "";
    bool annotated = false;

    buf_adds(out, "apiVersion: v1\nkind: Pod\nmetadata:\n  name: pod\n");
    for (unsigned i = 0; i < p->count; i++) {
        const struct plan_container *c = &p->containers[i];

        if (!annotated && (c->own_backoff || c->watch || c->notify || c->watchdog != 0)) {
            buf_adds(out, "  annotations:\n");
            annotated = true;
        }
        write_annotations(out, c, i);
    }
    buf_addf(out, "spec:\n  restartPolicy: %s\n  terminationGracePeriodSeconds: %" PRId64 "\n",
             policy_name(p->policy), p->grace);
    if (p->deadline != 0)
        buf_addf(out, "  activeDeadlineSeconds: %" PRId64 "\n", p->deadline);
    if (p->gate)
        buf_adds(out, "  readinessGates: [{conditionType: open}]\n");
    for (unsigned i = 0; i < p->count; i++) {
        if (p->containers[i].own_signal) {
            buf_adds(out, "  os: {name: linux}\n");
            break;
        }
    }
    for (unsigned i = 0; i < p->count; i++) {
        const char *wanted =
            p->containers[i].role == ROLE_REGULAR ? "  containers:\n" : "  initContainers:\n";

        if (strcmp(wanted, list) != 0)
            buf_adds(out, wanted);
        list = wanted;
        write_container(out, &p->containers[i], i);
    }
}

/* ---- what befalls it, as a scenario of `simulate` ---- */

static void write_duration(struct buf *out, const char *key, mono_ms duration, mono_ms plain)
{
    char text[DURATION_SIZE] = "never";

    if (duration == plain)
        return;
    if (duration != MONO_NEVER)
        duration_format(duration, text);
    buf_addf(out, "  %s: %s\n", key, text);
}

static const char *outcome_name(enum attempt_outcome outcome)
{
    switch (outcome) {
    case ATTEMPT_OK:
        return "OK";
    case ATTEMPT_TIMED_OUT:
        return "TimedOut";
    case ATTEMPT_CONNECT_FAILED:
        return "ConnectFailed";
    case ATTEMPT_NAME_NOT_RESOLVED:
        return "NameNotResolved";
    case ATTEMPT_HTTP_STATUS:
        return "HTTPStatus";
    case ATTEMPT_REDIRECTED:
        return "Redirected";
    case ATTEMPT_HTTP_REQUEST:
        return "HTTPRequest";
    case ATTEMPT_UNSERVING:
        return "Unserving";
    case ATTEMPT_FELL_BACK:
        return "FellBack";
    case ATTEMPT_BODY_UNREADABLE:
        return "BodyUnreadable";
    case ATTEMPT_HOOK_INVALID:
        return "HookInvalid";
    case ATTEMPT_EXIT_CODE:
        return "ExitCode";
    case ATTEMPT_CANNOT_RUN:
        return "CannotRun";
    case ATTEMPT_NOT_RUN:
        return "NotRun";
    }
    return NULL;
}

static void write_run(struct buf *out, const struct sim_run *run)
{
    char length[DURATION_SIZE] = "never";

    if (run->not_created || run->start_fails) {
        buf_addf(out, "  - {%s: true}\n", run->not_created ? "notCreated" : "startFails");
        return;
    }
    if (run->length != MONO_NEVER)
        duration_format(run->length, length);
    buf_addf(out, "  - {length: %s", length);
    if (run->signal != 0)
        buf_addf(out, ", signal: %d", run->signal);
    if (run->exit_code != 0)
        buf_addf(out, ", exitCode: %d", run->exit_code);
    if (run->oom_killed)
        buf_adds(out, ", oomKilled: true");
    buf_adds(out, "}\n");
}

static void write_behaviour(struct buf *out, const struct plan_container *c, unsigned i)
{
    const struct sim_behaviour *b = &c->behaviour;

    buf_addf(out, "- name: c%u\n", i);
    if (c->run_count > 0)
        buf_adds(out, "  runs:\n");
    for (unsigned run = 0; run < c->run_count; run++)
        write_run(out, &c->runs[run]);
    write_duration(out, "termAfter", b->term_after, 0);
    if (b->term_exits)
        buf_addf(out, "  termExitCode: %d\n", b->term_code);
    write_duration(out, "startupAfter", b->startup_after, 0);
    write_duration(out, "readyAfter", b->ready_after, 0);
    write_duration(out, "hangAfter", b->hang_after, MONO_NEVER);
    write_duration(out, "attemptTakes", b->attempt_takes, 0);
    write_duration(out, "hookTakes", b->hook_takes, 0);
    if (b->hook_outcome != ATTEMPT_OK)
        buf_addf(out, "  hookOutcome: %s\n", outcome_name(b->hook_outcome));
    if (b->probe_fails_with != ATTEMPT_OK)      /* which means that connecting fails */
        buf_addf(out, "  probeFailsWith: %s\n", outcome_name(b->probe_fails_with));
}

static const char *const notice_names[PLAN_NOTICES] = {
    [NOTICE_READY]            = "READY=1",
    [NOTICE_RELOADING]        = "RELOADING=1",
    [NOTICE_STOPPING]         = "STOPPING=1",
    [NOTICE_WATCHDOG]         = "WATCHDOG=1",
    [NOTICE_WATCHDOG_TRIGGER] = "WATCHDOG=trigger",
};

static void write_fault(struct buf *out, const struct plan_fault *fault)
{
    char at[DURATION_SIZE];

    duration_format(fault->at, at);
    buf_addf(out, "- {at: %s, fault: ", at);
    switch (fault->kind) {
    case FAULT_DELETE:
        buf_adds(out, "Delete");
        if (fault->grace >= 0)
            buf_addf(out, ", gracePeriodSeconds: %" PRId64, fault->grace);
        break;
    case FAULT_DELETE_NOW:
        buf_adds(out, "DeleteNow");
        break;
    case FAULT_RESET:
        buf_addf(out, "BackOffReset, container: c%u", fault->container);
        break;
    case FAULT_RETRY:
        buf_addf(out, "BackOffRetry, container: c%u", fault->container);
        break;
    case FAULT_CHANGE:
        buf_addf(out, "Change, container: c%u", fault->container);
        break;
    case FAULT_CHANGE_COMMAND:
        buf_addf(out, "ChangeCommand, container: c%u", fault->container);
        break;
    case FAULT_FILES:
        buf_addf(out, "FilesChanged, container: c%u", fault->container);
        break;
    case FAULT_RESTART:
        buf_addf(out, "Restart, container: c%u", fault->container);
        break;
    case FAULT_NOTICE:
        buf_addf(out, "Notify, container: c%u, notice: %s", fault->container, notice_names[fault->notice]);
        break;
    case FAULT_CONDITION:
        buf_addf(out, "SetCondition, conditionType: open, status: \"%s\"", condition_value_name(fault->value));
        break;
    }
    buf_adds(out, "}\n");
}

void plan_write_scenario(const struct plan *p, uint64_t seed, struct buf *out)
{
    char length[DURATION_SIZE];

    duration_format(p->horizon, length);
    buf_addf(out, "seed: %" PRIu64 "\nfor: %s\ncontainers:\n", seed, length);
    for (unsigned i = 0; i < p->count; i++)
        write_behaviour(out, &p->containers[i], i);
    if (p->fault_count > 0)
        buf_adds(out, "faults:\n");
    for (unsigned i = 0; i < p->fault_count; i++)
        write_fault(out, &p->faults[i]);
}
