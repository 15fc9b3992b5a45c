#include "client/script.h"

#include "base/arena.h"
#include "config/load.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

int script_container(const struct pod_config *config, const char *name)
{
    for (unsigned i = 0; i < config->count; i++) {
        if (strcmp(config->containers[i]->name, name) == 0)
            return (int)i;
    }
    return -1;
}

static enum attempt_outcome outcome(enum scenario_outcome o)
{
    switch (o) {
    case scenario_outcome_UNSET:
    case SCENARIO_OK:
        return ATTEMPT_OK;
    case SCENARIO_TIMED_OUT:
        return ATTEMPT_TIMED_OUT;
    case SCENARIO_CONNECT_FAILED:
        return ATTEMPT_CONNECT_FAILED;
    case SCENARIO_NAME_NOT_RESOLVED:
        return ATTEMPT_NAME_NOT_RESOLVED;
    case SCENARIO_HTTP_STATUS:
        return ATTEMPT_HTTP_STATUS;
    case SCENARIO_REDIRECTED:
        return ATTEMPT_REDIRECTED;
    case SCENARIO_HTTP_REQUEST:
        return ATTEMPT_HTTP_REQUEST;
    case SCENARIO_UNSERVING:
        return ATTEMPT_UNSERVING;
    case SCENARIO_FELL_BACK:
        return ATTEMPT_FELL_BACK;
    case SCENARIO_BODY_UNREADABLE:
        return ATTEMPT_BODY_UNREADABLE;
    case SCENARIO_HOOK_INVALID:
        return ATTEMPT_HOOK_INVALID;
    case SCENARIO_EXIT_CODE:
        return ATTEMPT_EXIT_CODE;
    case SCENARIO_CANNOT_RUN:
        return ATTEMPT_CANNOT_RUN;
    case SCENARIO_NOT_RUN:
        return ATTEMPT_NOT_RUN;
    }
    return ATTEMPT_OK;
}

static struct sim_run *copy_runs(const struct scenario_container *c, struct arena *arena)
{
    struct sim_run *runs = arena_array(arena, c->runs.count + 1, sizeof *runs);

    for (size_t i = 0; runs != NULL && i < c->runs.count; i++) {
        const struct scenario_run *run = &c->runs.items[i];

        runs[i] = (struct sim_run){
            .length = scenario_time(run->length),
            .exit_code = (int)run->exit_code,
            .signal = (int)run->signal,
            .start_fails = run->start_fails == TRI_TRUE,
            .oom_killed = run->oom_killed == TRI_TRUE,
            .not_created = run->not_created == TRI_TRUE,
        };
    }
    return runs;
}

bool script_behaviours(const struct scenario *s, const struct pod_config *config,
                       struct arena *arena, struct sim_behaviour *behaviours)
{
    for (unsigned i = 0; i < config->count; i++)
        behaviours[i] = (struct sim_behaviour)SIM_BEHAVIOUR_CALM;
    for (size_t i = 0; i < s->containers.count; i++) {
        const struct scenario_container *c = &s->containers.items[i];
        int index = script_container(config, c->name);
        struct sim_run *runs = copy_runs(c, arena);

        if (runs == NULL)
            return false;
        if (index < 0)
            continue;
        behaviours[index] = (struct sim_behaviour){
            .runs = runs,
            .run_count = c->runs.count,
            .term_after = scenario_time(c->term_after),
            .term_code = c->term_exit_code == INT_UNSET ? 0 : (int)c->term_exit_code,
            .term_exits = c->term_exit_code != INT_UNSET,
            .startup_after = scenario_time(c->startup_after),
            .ready_after = scenario_time(c->ready_after),
            .hang_after = scenario_time(c->hang_after),
            .attempt_takes = scenario_time(c->attempt_takes),
            .hook_takes = scenario_time(c->hook_takes),
            .hook_outcome = outcome(c->hook_outcome),
            .probe_fails_with = outcome(c->probe_fails_with),
        };
    }
    return true;
}

static void befall(struct simulator *sim, int container, const struct sim_fault *fault)
{
    if (container >= 0)
        simulator_fault(sim, (unsigned)container, fault);
}

static void tell(struct simulator *sim, int container, enum container_event_kind kind)
{
    if (container >= 0)
        simulator_post(sim, &(struct pod_event){.kind = POD_CONTAINER,
                                                .container = (unsigned)container,
                                                .of_container.kind = kind});
}

/* The same definition once more, told to be another. */
static void change(struct simulator *sim, int container, enum spec_change change)
{
    const struct pod_config *config = simulator_pod(sim)->config;
    enum spec_change *changes;

    if (container < 0)
        return;
    changes = calloc(config->count, sizeof *changes);
    if (changes == NULL)
        return;
    changes[container] = change;
    simulator_post(sim, &(struct pod_event){.kind = POD_CONFIG, .config = config, .changes = changes});
    free(changes);
}

static void set_condition(struct simulator *sim, const struct scenario_fault *f)
{
    static const enum condition_value values[] = {
        [scenario_condition_UNSET] = CONDITION_UNSET,
        [SCENARIO_TRUE]            = CONDITION_TRUE,
        [SCENARIO_FALSE]           = CONDITION_FALSE,
        [SCENARIO_UNKNOWN]         = CONDITION_UNKNOWN,
    };
    const struct readiness_gate_spec_list *gates = &simulator_pod(sim)->config->spec->readiness_gates;

    for (unsigned i = 0; i < gates->count; i++) {
        if (strcmp(gates->items[i].condition_type, f->condition_type) == 0)
            simulator_post(sim, &(struct pod_event){
                .kind = POD_CONDITION, .gate = i, .condition = values[f->status]});
    }
}

static void notify(struct simulator *sim, int container, enum scenario_notice notice)
{
    static const enum notice notices[] = {
        [scenario_notice_UNSET]            = NOTICE_READY,
        [SCENARIO_NOTICE_READY]            = NOTICE_READY,
        [SCENARIO_NOTICE_RELOADING]        = NOTICE_RELOADING,
        [SCENARIO_NOTICE_STOPPING]         = NOTICE_STOPPING,
        [SCENARIO_NOTICE_WATCHDOG]         = NOTICE_WATCHDOG,
        [SCENARIO_NOTICE_WATCHDOG_TRIGGER] = NOTICE_WATCHDOG_TRIGGER,
    };

    if (container >= 0)
        simulator_post(sim, &(struct pod_event){
            .kind = POD_CONTAINER, .container = (unsigned)container,
            .of_container = {.kind = CONTAINER_NOTICE, .notice = notices[notice]}});
}

static void happen(struct simulator *sim, const struct scenario_fault *f)
{
    const struct pod_config *config = simulator_pod(sim)->config;
    int container = f->container == NULL ? -1 : script_container(config, f->container);
    mono_ms until = mono_add(simulator_now(sim), scenario_time(f->lasts));

    switch (f->fault) {
    case scenario_fault_kind_UNSET:
        break;
    case SCENARIO_KILL:
        befall(sim, container, &(struct sim_fault){.kind = SIM_FAULT_END, .signal = SIGKILL});
        break;
    case SCENARIO_EXIT:
        befall(sim, container,
               &(struct sim_fault){.kind = SIM_FAULT_END, .exit_code = (int)f->exit_code});
        break;
    case SCENARIO_HANG:
        befall(sim, container, &(struct sim_fault){.kind = SIM_FAULT_HANG, .until = until});
        break;
    case SCENARIO_FAIL_PROBES:
        befall(sim, container, &(struct sim_fault){.kind = SIM_FAULT_FAIL_PROBES, .until = until});
        break;
    case SCENARIO_DELETE:
        simulator_post(sim, &(struct pod_event){
            .kind = POD_STOP,
            .grace = f->grace_period_seconds == INT_UNSET ? MONO_NEVER
                                                          : f->grace_period_seconds * MONO_SECOND});
        break;
    case SCENARIO_DELETE_NOW:
        simulator_post(sim, &(struct pod_event){.kind = POD_KILL});
        break;
    case SCENARIO_BACKOFF_RESET:
        tell(sim, container, CONTAINER_BACKOFF_RESET);
        break;
    case SCENARIO_BACKOFF_RETRY:
        tell(sim, container, CONTAINER_BACKOFF_RETRY);
        break;
    case SCENARIO_CHANGE:
        change(sim, container, SPEC_CHANGED);
        break;
    case SCENARIO_CHANGE_COMMAND:
        change(sim, container, SPEC_NEW_COMMAND);
        break;
    case SCENARIO_FILES_CHANGED:
        tell(sim, container, CONTAINER_FILES_CHANGED);
        break;
    case SCENARIO_RESTART:
        tell(sim, container, CONTAINER_RESTART);
        break;
    case SCENARIO_SET_CONDITION:
        set_condition(sim, f);
        break;
    case SCENARIO_NOTIFY:
        notify(sim, container, f->notice);
        break;
    }
}

void script_run(const struct scenario *s, struct simulator *sim, mono_ms until)
{
    for (size_t i = 0; i < s->faults.count; i++) {
        mono_ms at = scenario_time(s->faults.items[i].at);

        if (at > until)
            break;
        if (at < simulator_now(sim))
            continue;
        simulator_run(sim, at);
        if (simulator_violation(sim) != NULL)
            return;
        happen(sim, &s->faults.items[i]);
    }
    simulator_run(sim, until);
}
