#include "daemon/api/pod_status.h"

#include "base/buf.h"
#include "config/load.h"
#include "config/resources.h"
#include "config/signals.h"
#include "daemon/api/backing.h"
#include "base/stamp.h"
#include "daemon/core/conditions.h"
#include "daemon/core/status.h"
#include "daemon/core/status_text.h"
#include "daemon/runtime/host.h"

#include <string.h>

static void add_text(struct buf *out, const char *text)
{
    buf_add_quoted(out, text, strlen(text));
}

/* MONO_NEVER: null, as the zero time is written; of a container that never ran. */
static void add_time(const struct backing *b, struct buf *out, const char *key, mono_ms t)
{
    char stamp[STAMP_SIZE];

    if (t == MONO_NEVER) {
        buf_addf(out, "\"%s\":null", key);
        return;
    }
    stamp_format(pod_wall(b, t), stamp);
    buf_addf(out, "\"%s\":\"%s\"", key, stamp);
}

/* ---- containers ---- */

static void add_reason(struct buf *out, const char *reason, const char *message)
{
    if (reason != NULL) {
        buf_adds(out, "\"reason\":");
        add_text(out, reason);
    }
    if (message != NULL && *message != '\0') {
        buf_adds(out, reason != NULL ? ",\"message\":" : "\"message\":");
        add_text(out, message);
    }
}

static void add_id(const struct pod_status *s, const struct container_status *c, unsigned run, struct buf *out)
{
    buf_addf(out, "\"containerID\":\"pidlet://%s/%s/%u\"", s->pod->config->uid, c->name, run);
}

static void add_terminated(const struct backing *b, const struct pod_status *s, const struct container_status *c,
                           const struct state_status *t, unsigned run, struct buf *out)
{
    buf_addf(out, "{\"terminated\":{\"exitCode\":%d,", t->exit_code);
    if (t->signal != 0)
        buf_addf(out, "\"signal\":%d,", t->signal);
    add_reason(out, t->reason, t->message);
    if (t->reason != NULL || (t->message != NULL && *t->message != '\0'))
        buf_addc(out, ',');
    add_time(b, out, "startedAt", t->started);
    buf_addc(out, ',');
    add_time(b, out, "finishedAt", t->finished);
    buf_addc(out, ',');
    add_id(s, c, run, out);
    buf_adds(out, "}}");
}

static void add_state(const struct backing *b, const struct pod_status *s, const struct container_status *c,
                      const struct state_status *state, unsigned run, struct buf *out)
{
    struct buf message = BUF_INIT;

    switch (state->kind) {
    case STATUS_NONE:
        buf_adds(out, "{}");
        break;
    case STATUS_WAITING:
        if (state->message == NULL)
            status_add_message(s->pod, c, &message);
        buf_adds(out, "{\"waiting\":{");
        add_reason(out, state->reason, state->message != NULL ? state->message : buf_text(&message));
        buf_adds(out, "}}");
        break;
    case STATUS_RUNNING:
        buf_adds(out, "{\"running\":{");
        add_time(b, out, "startedAt", state->started);
        buf_adds(out, "}}");
        break;
    case STATUS_TERMINATED:
        add_terminated(b, s, c, state, run, out);
        break;
    }
    buf_deinit(&message);
}

static void add_container(const struct backing *b, const struct pod_status *s, const struct container_status *c,
                          struct buf *out)
{
    const char *image = c->core->spec->image;
    const bool runs = c->state.kind == STATUS_RUNNING || c->state.kind == STATUS_TERMINATED;
    /* The run that lastState is of: the one before the present one, or the newest, which is over. */
    const unsigned last = runs && c->restart_count > 0 ? c->restart_count - 1 : c->restart_count;

    buf_adds(out, "{\"name\":");
    add_text(out, c->name);
    buf_adds(out, ",\"state\":");
    add_state(b, s, c, &c->state, c->restart_count, out);
    buf_adds(out, ",\"lastState\":");
    add_state(b, s, c, &c->last_state, last, out);
    buf_addf(out, ",\"ready\":%s,\"restartCount\":%u,\"image\":", c->ready ? "true" : "false", c->restart_count);
    add_text(out, image != NULL ? image : "");
    buf_adds(out, ",\"imageID\":\"\",");
    if (runs || c->last_state.kind == STATUS_TERMINATED) {
        add_id(s, c, runs ? c->restart_count : last, out);
        buf_addc(out, ',');
    }
    buf_addf(out, "\"started\":%s", c->started ? "true" : "false");
    if (c->core->spec->lifecycle != NULL && c->core->spec->lifecycle->stop_signal != signal_name_UNSET)
        buf_addf(out, ",\"stopSignal\":\"%s\"", signal_text(c->stop_signal));
    buf_addc(out, '}');
}

static void add_containers(const struct backing *b, const struct pod_status *s, const char *key, unsigned from,
                           unsigned to, struct buf *out)
{
    if (from == to)
        return;
    buf_addf(out, ",\"%s\":[", key);
    for (unsigned i = from; i < to; i++) {
        if (i > from)
            buf_addc(out, ',');
        add_container(b, s, &s->containers[i], out);
    }
    buf_addc(out, ']');
}

/* ---- conditions ---- */

static void add_condition(const struct backing *b, const char *type, const char *value, mono_ms since, const char *reason,
                          const char *message, struct buf *out)
{
    buf_adds(out, "{\"type\":");
    add_text(out, type);
    buf_addf(out, ",\"status\":\"%s\",\"lastProbeTime\":null,", value);
    add_time(b, out, "lastTransitionTime", since);
    if (reason != NULL || (message != NULL && *message != '\0'))
        buf_addc(out, ',');
    add_reason(out, reason, message);
    buf_addc(out, '}');
}

static void add_conditions(const struct backing *b, const struct pod_status *s, struct buf *out)
{
    const struct readiness_gate_spec_list *gates = &s->pod->config->spec->readiness_gates;
    const char *separator = "";

    buf_adds(out, ",\"conditions\":[");
    for (unsigned i = 0; i < s->pod->gate_count; i++) {
        const struct gate *g = pod_gate(s->pod, i);

        if (g->value == CONDITION_UNSET)
            continue;
        buf_adds(out, separator);
        add_condition(b, gates->items[i].condition_type, condition_value_name(g->value), g->since, g->reason, g->message,
                      out);
        separator = ",";
    }
    for (unsigned i = 0; i < s->condition_count; i++) {
        const struct condition_status *c = &s->conditions[i];
        struct buf message = BUF_INIT;

        status_add_condition_message(s, c->type, &message);
        buf_adds(out, separator);
        add_condition(b, condition_name(c->type), c->is_true ? "True" : "False", c->since, c->reason, buf_text(&message),
                      out);
        separator = ",";
        buf_deinit(&message);
    }
    buf_addc(out, ']');
}

/* ---- all of it ---- */

void pod_status_add(const struct backing *b, const struct pod_status *s, struct buf *out)
{
    const struct host_facts *facts = &b->host->facts;
    struct buf notices = BUF_INIT;
    const char *message = s->message;

    status_add_notices(s->pod, &notices);
    if (message == NULL && notices.length > 0)
        message = buf_text(&notices);
    buf_addf(out, "{\"phase\":\"%s\"", pod_phase_name(s->phase));
    if (s->reason != NULL || message != NULL) {
        buf_addc(out, ',');
        add_reason(out, s->reason, message);
    }
    buf_deinit(&notices);
    add_conditions(b, s, out);
    buf_addf(out, ",\"hostIP\":\"%s\",\"hostIPs\":[{\"ip\":\"%s\"}],\"podIP\":\"%s\",\"podIPs\":[{\"ip\":\"%s\"}]",
             facts->host_ip, facts->host_ip, facts->pod_ip, facts->pod_ip);
    if (s->start_time != MONO_NEVER) {
        buf_addc(out, ',');
        add_time(b, out, "startTime", s->start_time);
    }
    add_containers(b, s, "initContainerStatuses", 0, s->init_count, out);
    add_containers(b, s, "containerStatuses", s->init_count, s->count, out);
    buf_addf(out, ",\"qosClass\":\"%s\"}", qos_class_name(qos_class_of(s->pod->config->spec)));
}
