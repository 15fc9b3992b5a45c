#include "daemon/core/pod.h"

#include "config/load.h"

#include <assert.h>

static const char *const state_names[POD_STATES] = {
    [POD_NEW]      = "new",
    [POD_ACTIVE]   = "active",
    [POD_DELETING] = "deleting",
    [POD_ENDED]    = "ended",
};

const char *pod_state_name(enum pod_state state)
{
    return state_names[state];
}

size_t pod_size(const struct pod_config *config)
{
    return sizeof(struct pod) + config->spec->containers.count * sizeof(struct container);
}

/* Negative was allowed once and means 1 (kubelet-semantics 4.2). */
static mono_ms spec_grace(const struct pod_spec *spec)
{
    int64_t seconds = spec->termination_grace_period_seconds;

    if (seconds < 0)
        return MONO_SECOND;
    return seconds > MONO_NEVER / MONO_SECOND ? MONO_NEVER : seconds * MONO_SECOND;
}

void pod_init(struct pod *p, const struct pod_config *config, mono_ms now, uint64_t seed)
{
    const struct pod_spec *spec = config->spec;

    *p = (struct pod){
        .config = config,
        .created = now,
        .grace = spec_grace(spec),
        .state = POD_NEW,
        .count = (unsigned)spec->containers.count,
    };
    for (unsigned i = 0; i < p->count; i++)
        container_init(&p->containers[i], &spec->containers.items[i], (int)i, spec->restart_policy,
                       &config->backoff[i], seed + i);
}

size_t pod_actions_max(const struct pod *p)
{
    return (size_t)(p->count + 1) * CONTAINER_ACTIONS_MAX;
}

mono_ms pod_deadline(const struct pod *p)
{
    mono_ms deadline = MONO_NEVER;

    for (unsigned i = 0; i < p->count; i++)
        deadline = mono_min(deadline, container_deadline(&p->containers[i]));
    return deadline;
}

static void each(struct pod *p, enum container_event_kind kind, mono_ms now, mono_ms grace,
                 struct actions *out)
{
    const struct container_event ev = {.kind = kind, .now = now, .grace = grace};

    for (unsigned i = 0; i < p->count; i++)
        container_step(&p->containers[i], &ev, out);
}

/* First starts, in order: one that is on its way holds back those after it. */
static void start_next(struct pod *p, mono_ms now, struct actions *out)
{
    const struct container_event ev = {.kind = CONTAINER_START, .now = now, .grace = p->grace};

    for (unsigned i = 0; i < p->count; i++) {
        struct container *c = &p->containers[i];

        if (c->state == CONTAINER_PENDING)
            container_step(c, &ev, out);
        if (c->restart_count == 0
            && (c->state == CONTAINER_STARTING || c->state == CONTAINER_POST_START))
            return;
    }
}

static void pod_note(struct actions *out, enum note_kind kind, mono_ms now)
{
    assert(out->count < out->capacity);
    out->items[out->count++] = (struct action){
        .kind = DO_NOTE, .container = NO_CONTAINER, .note = {.kind = kind, .now = now}};
}

/* The pod's end, once no container runs or will run again (kubelet-semantics 4.5). */
static void end_if_done(struct pod *p, mono_ms now, struct actions *out)
{
    bool failed = false;

    for (unsigned i = 0; i < p->count; i++) {
        const struct container *c = &p->containers[i];

        if (c->state != CONTAINER_TERMINATED)
            return;
        failed |= !c->has_last || c->last.exit_code != 0;
    }
    p->state = POD_ENDED;
    /* How the containers of a deleted pod ended is no verdict on it: they were told to. */
    if (p->deleted)
        pod_note(out, NOTE_DELETED, now);
    else
        pod_note(out, failed ? NOTE_FAILED : NOTE_SUCCEEDED, now);
}

static void delete(struct pod *p, const struct pod_event *ev, struct actions *out)
{
    mono_ms grace = ev->grace == MONO_NEVER ? p->grace : ev->grace;

    p->state = POD_DELETING;
    p->deleted = true;
    each(p, ev->kind == POD_KILL ? CONTAINER_KILL : CONTAINER_STOP, ev->now, grace, out);
}

static void step_container(struct pod *p, const struct pod_event *ev, struct actions *out)
{
    struct container_event of_container = ev->of_container;

    assert(ev->container < p->count);
    of_container.now = ev->now;
    of_container.grace = p->grace;
    container_step(&p->containers[ev->container], &of_container, out);
}

static void step_new(struct pod *p, const struct pod_event *ev, struct actions *out)
{
    switch (ev->kind) {
    case POD_START:
        p->state = POD_ACTIVE;
        start_next(p, ev->now, out);
        break;
    case POD_STOP:
    case POD_KILL:
        delete(p, ev, out);
        end_if_done(p, ev->now, out);
        break;
    case POD_DEADLINE:
    case POD_CONTAINER:
        break;
    }
}

static void step_active(struct pod *p, const struct pod_event *ev, struct actions *out)
{
    switch (ev->kind) {
    case POD_DEADLINE:
        each(p, CONTAINER_DEADLINE, ev->now, p->grace, out);
        break;
    case POD_CONTAINER:
        step_container(p, ev, out);
        start_next(p, ev->now, out);
        break;
    case POD_STOP:
    case POD_KILL:
        delete(p, ev, out);
        break;
    case POD_START:
        break;
    }
    end_if_done(p, ev->now, out);
}

static void step_deleting(struct pod *p, const struct pod_event *ev, struct actions *out)
{
    switch (ev->kind) {
    case POD_DEADLINE:
        each(p, CONTAINER_DEADLINE, ev->now, p->grace, out);
        break;
    case POD_CONTAINER:
        step_container(p, ev, out);
        break;
    case POD_STOP:                      /* once more: the grace period can only shrink */
    case POD_KILL:
        delete(p, ev, out);
        break;
    case POD_START:
        break;
    }
    end_if_done(p, ev->now, out);
}

void pod_step(struct pod *p, const struct pod_event *ev, struct actions *out)
{
    out->count = 0;
    switch (p->state) {
    case POD_NEW:
        step_new(p, ev, out);
        break;
    case POD_ACTIVE:
        step_active(p, ev, out);
        break;
    case POD_DELETING:
        step_deleting(p, ev, out);
        break;
    case POD_ENDED:
        if ((ev->kind == POD_STOP || ev->kind == POD_KILL) && !p->deleted) {
            p->deleted = true;
            pod_note(out, NOTE_DELETED, ev->now);
        }
        break;
    }
}
