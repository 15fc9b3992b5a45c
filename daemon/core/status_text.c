#include "daemon/core/status_text.h"

#include "base/buf.h"
#include "config/load.h"
#include "daemon/core/conditions.h"
#include "daemon/core/recorder.h"

void status_add_message(const struct pod *p, const struct container_status *c, struct buf *out)
{
    if (c->state.message != NULL)
        buf_adds(out, c->state.message);
    else if (c->delay != MONO_NEVER)    /* CrashLoopBackOff, or all restart after it */
        recorder_add_backoff(out, p, c->core, c->delay);
}

/* "containers with unready status: [a b]"; the list is in spec order. */
static void add_list(const struct pod *p, const char *before, bool (*left_out)(const struct container *c),
                     struct buf *out)
{
    const char *blank = "";

    buf_addf(out, "%s: [", before);
    for (unsigned i = 0; i < p->count; i++) {
        if (left_out(&p->containers[i]))
            continue;
        buf_addf(out, "%s%s", blank, p->containers[i].spec->name);
        blank = " ";
    }
    buf_addc(out, ']');
}

static bool is_ready(const struct container *c)
{
    return c->role == ROLE_INIT || c->ready;
}

static void add_gates(const struct pod *p, struct buf *out)
{
    const char *comma = "";

    for (unsigned i = 0; i < p->gate_count; i++) {
        const struct gate *gate = pod_gate(p, i);
        const char *type = p->config->spec->readiness_gates.items[i].condition_type;

        if (gate->value == CONDITION_TRUE)
            continue;
        buf_adds(out, comma);
        comma = ", ";
        if (gate->value == CONDITION_UNSET)
            buf_addf(out, "corresponding condition of pod readiness gate \"%s\" does not exist.", type);
        else
            buf_addf(out, "the status of pod readiness gate \"%s\" is not \"True\", but %s", type,
                     condition_value_name(gate->value));
    }
}

void status_add_condition_message(const struct pod_status *s, enum condition_type type, struct buf *out)
{
    if (type == CONDITION_ALL_RESTARTING && s->conditions[type].is_true)
        buf_adds(out, "container exited with restart policy rule");
    if (s->conditions[type].is_true || status_is_terminal(s->phase))
        return;
    switch (type) {  /* GCOVR_EXCL_BR_LINE: all members; no way past them */
    case CONDITION_INITIALIZED:
        add_list(s->pod, "containers with incomplete status", condition_is_complete, out);
        break;
    case CONDITION_READY:
        if (s->conditions[CONDITION_CONTAINERS_READY].is_true) {
            add_gates(s->pod, out);
            break;
        }
        add_list(s->pod, "containers with unready status", is_ready, out);
        break;
    case CONDITION_CONTAINERS_READY:
        add_list(s->pod, "containers with unready status", is_ready, out);
        break;
    case CONDITION_READY_TO_START:
    case CONDITION_SCHEDULED:
    case CONDITION_ALL_RESTARTING:
        break;
    }
}

void status_add_notices(const struct pod *p, struct buf *out)
{
    const char *separator = "";

    for (unsigned i = 0; i < p->count; i++) {
        const struct container *c = &p->containers[i];
        const char *text = c->notices.status;

        if (text == NULL && !c->notices.reloading)
            continue;
        buf_addf(out, "%s%s: %s%s%s", separator, c->spec->name, c->notices.reloading ? "reloading" : "",
                 c->notices.reloading && text != NULL ? ": " : "", text != NULL ? text : "");
        separator = "; ";
    }
}
