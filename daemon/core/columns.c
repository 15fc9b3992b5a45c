#include "daemon/core/columns.h"

#include "base/duration.h"

#include <stdio.h>
#include <string.h>

static bool is_sidecar(const struct container_status *c)
{
    return c->core->role == ROLE_SIDECAR;
}

static void count_restarts(const struct container_status *c, struct columns *out)
{
    const struct state_status *last = &c->last_state;

    out->restarts += c->restart_count;
    if (last->kind == STATUS_TERMINATED
        && (out->last_restart == MONO_NEVER || last->finished > out->last_restart))
        out->last_restart = last->finished;
}

static bool is_done(const struct container_status *c)
{
    if (c->state.kind == STATUS_TERMINATED)
        return c->state.exit_code == 0;
    return is_sidecar(c) && c->started;
}

/* What the first init container that is not finished tells, at `i` of the list. */
static void init_status(const struct pod_status *s, unsigned i, char out[COLUMN_SIZE])
{
    const struct state_status *state = &s->containers[i].state;

    if (state->kind == STATUS_TERMINATED
        || (state->kind == STATUS_WAITING && strcmp(state->reason, "PodInitializing") != 0))
        snprintf(out, COLUMN_SIZE, "Init:%s", state->reason);
    else
        snprintf(out, COLUMN_SIZE, "Init:%u/%u", i, s->init_count);
}

/* The init containers in order, up to the first that is not finished; true if there is one. */
static bool walk_init(const struct pod_status *s, struct columns *out, struct columns *sidecars)
{
    for (unsigned i = 0; i < s->init_count; i++) {
        const struct container_status *c = &s->containers[i];

        count_restarts(c, out);
        if (is_sidecar(c))
            count_restarts(c, sidecars);
        if (!is_done(c)) {
            init_status(s, i, out->status);
            return true;
        }
        out->ready += is_sidecar(c) && c->ready;
    }
    return false;
}

/* The others from last to first: the first name wins. */
static void walk_regular(const struct pod_status *s, struct columns *out)
{
    const char *reason = NULL, *error = NULL;
    bool runs = false;

    for (unsigned i = s->count; i > s->init_count; i--) {
        const struct container_status *c = &s->containers[i - 1];

        count_restarts(c, out);
        if (c->state.kind == STATUS_WAITING || c->state.kind == STATUS_TERMINATED)
            reason = c->state.reason;
        if (c->state.kind == STATUS_TERMINATED && c->state.exit_code != 0)
            error = c->state.reason;
        if (c->state.kind == STATUS_RUNNING && c->ready) {
            out->ready++;
            runs = true;
        }
    }
    if (reason == NULL)
        return;
    /* kubectl goes on to ask for Ready: with a container that ended it cannot be True. */
    if (strcmp(reason, "Completed") == 0)
        reason = error != NULL ? error : runs ? "NotReady" : reason;
    snprintf(out->status, COLUMN_SIZE, "%s", reason);
}

static void write_restarts(struct columns *out, mono_ms now)
{
    char age[DURATION_SIZE];

    if (out->restarts == 0) {           /* else there was a run before */
        snprintf(out->restarts_text, COLUMN_SIZE, "%u", out->restarts);
        return;
    }
    duration_human(now - out->last_restart, age);
    snprintf(out->restarts_text, COLUMN_SIZE, "%u (%s ago)", out->restarts, age);
}

void columns_of(const struct pod_status *s, mono_ms now, struct columns *out)
{
    struct columns sidecars = {.last_restart = MONO_NEVER};
    bool initializing;

    *out = (struct columns){.last_restart = MONO_NEVER};
    snprintf(out->status, COLUMN_SIZE, "%s", s->reason != NULL ? s->reason : pod_phase_name(s->phase));
    for (unsigned i = 0; i < s->count; i++)
        out->total += s->containers[i].core->role != ROLE_INIT;
    initializing = walk_init(s, out, &sidecars);
    if (!initializing || s->conditions[CONDITION_INITIALIZED].is_true) {
        out->restarts = sidecars.restarts;
        out->last_restart = sidecars.last_restart;
        walk_regular(s, out);
    }
    if (s->deleted_at != MONO_NEVER && !status_is_terminal(s->phase))
        snprintf(out->status, COLUMN_SIZE, "Terminating");
    snprintf(out->ready_text, COLUMN_SIZE, "%u/%u", out->ready, out->total);
    write_restarts(out, now);
}
