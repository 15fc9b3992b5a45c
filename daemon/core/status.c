#include "daemon/core/status.h"

#include "config/load.h"
#include "daemon/core/conditions.h"
#include "daemon/core/restart_rules.h"

#include <string.h>

static const char *const phase_names[] = {
    [PHASE_PENDING]   = "Pending",
    [PHASE_RUNNING]   = "Running",
    [PHASE_SUCCEEDED] = "Succeeded",
    [PHASE_FAILED]    = "Failed",
};

const char *pod_phase_name(enum pod_phase phase)
{
    return phase_names[phase];
}

bool status_is_terminal(enum pod_phase phase)
{
    return phase == PHASE_SUCCEEDED || phase == PHASE_FAILED;
}

bool status_ready(const struct pod *p)
{
    for (unsigned i = 0; i < p->count; i++) {
        if (!p->containers[i].ready)
            return false;
    }
    return p->count > 0;
}

bool status_in_backoff(const struct container *c, mono_ms now)
{
    return c->state == CONTAINER_WAITING && c->deadline > now;
}

/* ---- a container ---- */

/* The reason of a container that waits and has nothing to complain of (7.2). */
static const char *plain_waiting_reason(const struct pod *p)
{
    return p->config->init_count > 0 ? "PodInitializing" : "ContainerCreating";
}

static struct state_status waiting(const char *reason, const char *message)
{
    return (struct state_status){.kind = STATUS_WAITING, .reason = reason, .message = message,
                                 .started = MONO_NEVER, .finished = MONO_NEVER};
}

static struct state_status running(const struct container *c)
{
    return (struct state_status){.kind = STATUS_RUNNING, .started = c->started, .finished = MONO_NEVER};
}

static struct state_status terminated(const struct run_end *end)
{
    return (struct state_status){
        .kind = STATUS_TERMINATED, .reason = end_reason_name(end->reason), .message = end->message,
        .exit_code = end->exit_code, .signal = end->signal, .started = end->started,
        .finished = end->finished};
}

/* Ended for good without a run: the pod went before its turn came (kubelet-semantics 4.4). */
static struct state_status never_ran(const struct pod *p)
{
    const struct run_end lost = {
        .reason = END_LOST, .exit_code = 137, .started = MONO_NEVER, .finished = MONO_NEVER,
        .message = "The container could not be located when the pod was terminated"};

    return p->conditions[CONDITION_INITIALIZED].is_true ? terminated(&lost)
                                                        : waiting(plain_waiting_reason(p), NULL);
}

/* Its run has ended, and the next one is to come. */
static struct state_status between_runs(const struct container *c, mono_ms now)
{
    if (c->deadline > now)
        return waiting("CrashLoopBackOff", NULL);
    if (c->stop == STOP_POST_START)
        return waiting("PostStartHookError", c->complaint);
    if (c->last.reason == END_START_ERROR)
        return waiting("RunContainerError", c->last.message);
    return terminated(&c->last);
}

static struct state_status state_of(const struct pod *p, const struct container *c, mono_ms now)
{
    switch (c->state) {
    case CONTAINER_PENDING:
        return waiting(p->state == POD_RESTARTING ? "RestartingAllContainers" : plain_waiting_reason(p),
                       NULL);
    case CONTAINER_RESTARTS_ALL:
        return waiting("RestartingAllContainers", NULL);
    case CONTAINER_BLOCKED:
        return waiting(c->create_error == CREATE_CONFIG_ERROR ? "CreateContainerConfigError"
                                                              : "CreateContainerError",
                       c->complaint);
    case CONTAINER_STARTING:
    case CONTAINER_POST_START:          /* does not count as running before the hook's end (3.2) */
        return waiting(plain_waiting_reason(p), NULL);
    case CONTAINER_WAITING:
        return between_runs(c, now);
    case CONTAINER_RUNNING:
    case CONTAINER_PRE_STOP:
    case CONTAINER_QUEUED:
    case CONTAINER_STOPPING:
    case CONTAINER_KILLING:
        return c->stop == STOP_POST_START ? waiting("PostStartHookError", c->complaint) : running(c);
    case CONTAINER_TERMINATED:
        if (c->has_last)
            return terminated(&c->last);
        return p->state == POD_ENDED ? never_ran(p) : waiting(plain_waiting_reason(p), NULL);
    }
    return (struct state_status){.kind = STATUS_NONE};
}

void status_of_container(const struct pod *p, const struct container *c, mono_ms now,
                         struct container_status *out)
{
    *out = (struct container_status){
        .core = c,
        .name = c->spec->name,
        .state = state_of(p, c, now),
        .restart_count = c->restart_count,
        .ready = c->role == ROLE_INIT ? condition_is_complete(c) : c->ready,
        .started = c->started_up,
        .stop_signal = c->stop_signal,
        .next_start = MONO_NEVER,
        .delay = MONO_NEVER,
    };
    if (out->state.kind != STATUS_TERMINATED && c->has_last)
        out->last_state = terminated(&c->last);
    else if (out->state.kind == STATUS_TERMINATED && c->has_before)
        out->last_state = terminated(&c->before);
    if (status_in_backoff(c, now) || c->state == CONTAINER_RESTARTS_ALL) {
        out->next_start = c->deadline;
        out->delay = c->deadline - c->last.finished;
    }
}

/* ---- the phase, in the order of kubelet-semantics 7.1 ---- */

/* Shown as running. */
static bool runs(const struct container *c)
{
    return container_has_process(c) && c->state != CONTAINER_STARTING
           && c->state != CONTAINER_POST_START;
}

/* Waits, and never ran. */
static bool has_not_begun(const struct container *c)
{
    return !c->has_last && !runs(c);
}

static bool init_has_failed_for_good(const struct container *c)
{
    return c->role == ROLE_INIT && c->state == CONTAINER_TERMINATED && c->has_last
           && !run_succeeded(&c->last) && c->restart_policy == RESTART_NEVER;
}

static bool init_is_under_way(const struct container *c, bool has_run)
{
    switch (c->role) {
    case ROLE_INIT:
        return runs(c);
    case ROLE_SIDECAR:
        return !has_run && runs(c) && !c->started_up;
    case ROLE_REGULAR:
        return false;
    }
    return false;
}

static enum pod_phase phase_of_what_runs(const struct pod *p)
{
    const bool has_run = condition_has_run(p);
    bool pending = false;

    for (unsigned i = 0; i < p->count; i++) {
        const struct container *c = &p->containers[i];

        if (init_has_failed_for_good(c))
            return PHASE_FAILED;
        pending |= init_is_under_way(c, has_run) || has_not_begun(c);
    }
    return pending ? PHASE_PENDING : PHASE_RUNNING;     /* where no container has run, one has not begun */
}

enum pod_phase status_phase(const struct pod *p)
{
    if (p->deadline_exceeded)
        return PHASE_FAILED;
    if (p->state == POD_ENDED)
        return pod_failed(p) ? PHASE_FAILED : PHASE_SUCCEEDED;
    return phase_of_what_runs(p);
}

/* ---- the pod ---- */

static const char *condition_reason(const struct pod *p, enum condition_type type, enum pod_phase phase)
{
    if (type == CONDITION_INITIALIZED) {
        if (phase == PHASE_SUCCEEDED)
            return "PodCompleted";
        return p->conditions[type].is_true ? NULL : "ContainersNotInitialized";
    }
    if (type == CONDITION_ALL_RESTARTING)
        return p->conditions[type].is_true ? "RestartAllContainersStarted" : NULL;
    if (type != CONDITION_READY && type != CONDITION_CONTAINERS_READY)
        return NULL;
    if (p->conditions[type].is_true)
        return NULL;
    if (phase == PHASE_SUCCEEDED)
        return "PodCompleted";
    if (phase == PHASE_FAILED)
        return "PodFailed";
    return p->conditions[CONDITION_CONTAINERS_READY].is_true ? "ReadinessGatesNotReady"
                                                             : "ContainersNotReady";
}

/* Some rule asks for it: only then the condition is listed (7.3). */
static bool may_restart_all(const struct pod *p)
{
    for (unsigned i = 0; i < p->count; i++) {
        const struct restart_rule_spec_list *rules = &p->containers[i].spec->restart_policy_rules;

        for (size_t j = 0; j < rules->count; j++) {
            if (rules->items[j].action == RULE_RESTART_ALL_CONTAINERS)
                return true;
        }
    }
    return false;
}

/* Keeps those from `first` on sorted by name as one more comes in. */
static void put_in_order(struct container_status *containers, unsigned first, unsigned at)
{
    for (; at > first && strcmp(containers[at - 1].name, containers[at].name) > 0; at--) {
        const struct container_status later = containers[at - 1];

        containers[at - 1] = containers[at];
        containers[at] = later;
    }
}

void status_of(const struct pod *p, mono_ms now, struct container_status *containers,
               struct pod_status *out)
{
    *out = (struct pod_status){
        .pod = p,
        .phase = status_phase(p),
        .start_time = p->started,
        .condition_count = may_restart_all(p) ? CONDITIONS : CONDITION_ALL_RESTARTING,
        .containers = containers,
        .init_count = p->config->init_count,
        .count = p->count,
        .deleted_at = p->deleted_at,
    };
    if (p->deadline_exceeded) {
        out->reason = "DeadlineExceeded";
        out->message = "Pod was active on the node longer than the specified deadline";
    }
    for (int type = 0; type < CONDITIONS; type++)
        out->conditions[type] = (struct condition_status){
            .type = (enum condition_type)type,
            .is_true = p->conditions[type].is_true,
            .since = p->conditions[type].since,
            .reason = condition_reason(p, (enum condition_type)type, out->phase),
        };
    for (unsigned i = 0; i < p->count; i++) {
        status_of_container(p, &p->containers[i], now, &containers[i]);
        if (i > p->config->init_count)
            put_in_order(containers, p->config->init_count, i);
    }
}
