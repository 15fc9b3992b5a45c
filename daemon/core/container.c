#include "daemon/core/container.h"

#include "daemon/core/moves.h"
#include "daemon/core/states.h"

static const char *const state_names[CONTAINER_STATES] = {
    [CONTAINER_PENDING]    = "pending",
    [CONTAINER_WAITING]    = "waiting",
    [CONTAINER_BLOCKED]    = "blocked",
    [CONTAINER_RESTARTS_ALL] = "restarts-all",
    [CONTAINER_STARTING]   = "starting",
    [CONTAINER_POST_START] = "post-start",
    [CONTAINER_RUNNING]    = "running",
    [CONTAINER_PRE_STOP]   = "pre-stop",
    [CONTAINER_QUEUED]     = "queued",
    [CONTAINER_STOPPING]   = "stopping",
    [CONTAINER_KILLING]    = "killing",
    [CONTAINER_TERMINATED] = "terminated",
};

const char *container_state_name(enum container_state state)
{
    return state_names[state];
}

enum container_role container_role(const struct container_spec *spec, bool init)
{
    if (!init)
        return ROLE_REGULAR;
    return spec->restart_policy == RESTART_ALWAYS ? ROLE_SIDECAR : ROLE_INIT;
}

void container_init(struct container *c, const struct container_spec *spec, int index, bool init,
                    enum restart_policy pod_policy, const struct backoff_policy *backoff,
                    const struct notify_rules *notify, uint64_t seed)
{
    const struct container_config config = {
        .spec = spec, .policy = backoff, .notify = notify, .restart_policy = pod_policy};

    *c = (struct container){
        .deadline = MONO_NEVER,
        .notices.deadline = MONO_NEVER,
        .index = index,
        .state = CONTAINER_PENDING,
        .role = container_role(spec, init),
        .wanted = true,
    };
    backoff_init(&c->backoff, seed);
    move_take_config(c, &config);
}

bool container_has_process(const struct container *c)
{
    switch (c->state) {
    case CONTAINER_PENDING:
    case CONTAINER_WAITING:
    case CONTAINER_BLOCKED:
    case CONTAINER_RESTARTS_ALL:
    case CONTAINER_TERMINATED:
        return false;
    case CONTAINER_STARTING:
    case CONTAINER_POST_START:
    case CONTAINER_RUNNING:
    case CONTAINER_PRE_STOP:
    case CONTAINER_QUEUED:
    case CONTAINER_STOPPING:
    case CONTAINER_KILLING:
        return true;
    }
    return false;
}

mono_ms container_deadline(const struct container *c)
{
    mono_ms deadline = mono_min(c->deadline, c->notices.deadline);

    for (int i = 0; i < PROBE_TYPES; i++)
        deadline = mono_min(deadline, c->workers[i].deadline);
    return deadline;
}

void container_end_probes(struct container *c, mono_ms now, struct actions *out)
{
    for (int i = 0; i < PROBE_TYPES; i++)
        move_end_probe(c, (enum probe_type)i, now, out);
}

void container_step(struct container *c, const struct container_event *ev, struct actions *out)
{
    /* An attempt that was cancelled, or never begun, has no say in any state. */
    if (ev->kind == CONTAINER_ATTEMPT && (c->live_slots & 1u << ev->slot) == 0)
        return;
    /* In every state: what it crashed of may be mended. */
    if (ev->kind == CONTAINER_FILES_CHANGED || ev->kind == CONTAINER_RESTART)
        backoff_reset(&c->backoff);
    /* Whatever the state: the text takes the place of the one before, which is freed. */
    if (ev->kind == CONTAINER_NOTICE && ev->notice == NOTICE_STATUS)
        c->notices.status = ev->text;

    switch (c->state) {
    case CONTAINER_PENDING:
        state_pending(c, ev, out);
        break;
    case CONTAINER_WAITING:
        state_waiting(c, ev, out);
        break;
    case CONTAINER_BLOCKED:
        state_blocked(c, ev, out);
        break;
    case CONTAINER_RESTARTS_ALL:
        state_restarts_all(c, ev, out);
        break;
    case CONTAINER_STARTING:
        state_starting(c, ev, out);
        break;
    case CONTAINER_POST_START:
        state_post_start(c, ev, out);
        break;
    case CONTAINER_RUNNING:
        state_running(c, ev, out);
        break;
    case CONTAINER_PRE_STOP:
        state_pre_stop(c, ev, out);
        break;
    case CONTAINER_QUEUED:
        state_queued(c, ev, out);
        break;
    case CONTAINER_STOPPING:
        state_stopping(c, ev, out);
        break;
    case CONTAINER_KILLING:
        state_killing(c, ev, out);
        break;
    case CONTAINER_TERMINATED:
        state_terminated(c, ev, out);
        break;
    }
}
