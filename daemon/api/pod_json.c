#include "daemon/api/pod_json.h"

#include "base/arena.h"
#include "base/buf.h"
#include "config/encode.h"
#include "config/load.h"
#include "config/schema.h"
#include "daemon/api/backing.h"
#include "daemon/api/kinds.h"
#include "daemon/api/pod_status.h"
#include "daemon/api/snapshot.h"
#include "base/stamp.h"
#include "daemon/core/columns.h"
#include "daemon/core/status.h"
#include "daemon/runtime/host.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void add_text(struct buf *out, const char *text)
{
    buf_add_quoted(out, text, strlen(text));
}

/* What an encoded object does not have, put before its end. */
static void reopen(struct buf *out)
{
    out->length--;                      /* the brace */
    if (out->data[out->length - 1] != '{')
        buf_addc(out, ',');
}

/* ---- metadata ---- */

/* Of a mirror pod, what the kubelet writes on them; and the file, which is ours. */
static void add_annotations(const struct pod_config *c, struct buf *out)
{
    const struct string_map *own = &c->manifest->metadata->annotations;

    buf_adds(out, "\"annotations\":{");
    for (size_t i = 0; i < own->count; i++) {
        add_text(out, own->items[i].key);
        buf_addc(out, ':');
        add_text(out, own->items[i].value);
        buf_addc(out, ',');
    }
    buf_adds(out, "\"kubernetes.io/config.hash\":");
    add_text(out, c->hash);
    buf_adds(out, ",\"kubernetes.io/config.mirror\":");
    add_text(out, c->hash);
    buf_adds(out, ",\"kubernetes.io/config.source\":\"file\",\"pidlet.dev/config.file\":");
    add_text(out, c->file);
    buf_addc(out, '}');
}

static void add_stamp(struct buf *out, const char *key, int64_t seconds)
{
    char stamp[STAMP_SIZE];

    stamp_format(seconds, stamp);
    buf_addf(out, "\"%s\":\"%s\"", key, stamp);
}

int64_t pod_wall(const struct backing *b, mono_ms t)
{
    return wall_history_at(&b->wall, t) / 1000;
}

static int64_t created_at(const struct backing *b, const struct pod_config *c, const struct pod *core)
{
    int64_t written = stamp_parse(c->manifest->metadata->creation_timestamp);

    return written != 0 || core == NULL ? written : pod_wall(b, core->created);
}

/* `core` is NULL for the disk, and for pods that ended before. */
static void add_metadata(const struct backing *b, const struct pod_config *c, const struct pod *core, uint64_t version,
                         struct buf *out)
{
    struct object_meta meta = *c->manifest->metadata;

    if (!c->applied)
        meta.annotations = (struct string_map){0};
    meta.resource_version = NULL;
    meta.deletion_timestamp = NULL;
    meta.deletion_grace_period_seconds = INT_UNSET;
    meta.uid = c->uid;
    encode_object(&schema_object_meta, &meta, out);
    if (buf_failed(out))
        return;
    reopen(out);
    if (!c->applied) {
        add_annotations(c, out);
        buf_addc(out, ',');
    }
    if (meta.creation_timestamp == NULL) {
        add_stamp(out, "creationTimestamp", created_at(b, c, core));
        buf_addc(out, ',');
    }
    if (core != NULL && core->deleted_at != MONO_NEVER) {
        int64_t grace = core->deleted_grace / MONO_SECOND;

        add_stamp(out, "deletionTimestamp", pod_wall(b, core->deleted_at) + grace);
        buf_addf(out, ",\"deletionGracePeriodSeconds\":%" PRId64 ",", grace);
    }
    if (version != 0)
        buf_addf(out, "\"resourceVersion\":\"%" PRIu64 "\"}", version);
    else if (out->data[out->length - 1] == ',')
        out->data[out->length - 1] = '}';
    else
        buf_addc(out, '}');
}

/* ---- spec ---- */

static void add_spec(const struct backing *b, const struct pod_config *c, struct buf *out)
{
    encode_object(&schema_pod_spec, c->spec, out);
    if (buf_failed(out) || (c->spec->node_name != NULL && c->spec->node_name[0] != '\0'))
        return;
    reopen(out);
    buf_adds(out, "\"nodeName\":");
    add_text(out, b->host->node_name);
    buf_addc(out, '}');
}

void pod_json_keep(const struct backing *b, const struct pod_config *config, const char *status, struct buf *out)
{
    buf_adds(out, "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":");
    add_metadata(b, config, NULL, 0, out);
    buf_adds(out, ",\"spec\":");
    add_spec(b, config, out);
    if (status != NULL)
        buf_addf(out, ",\"status\":%s", status);
    buf_adds(out, "}\n");
}

/* ---- the snapshot ---- */

static char *keep_text(struct snapshot *s, const struct buf *text)
{
    return buf_failed(text) ? NULL : arena_strndup(s->arena, buf_text(text), text->length);
}

static bool take_labels(struct snapshot *s, const struct string_map *labels)
{
    s->labels.items = arena_array(s->arena, labels->count + 1, sizeof *s->labels.items);
    if (s->labels.items == NULL)
        return false;
    for (size_t i = 0; i < labels->count; i++) {
        struct string_pair *pair = &s->labels.items[s->labels.count++];

        pair->key = arena_strdup(s->arena, labels->items[i].key);
        pair->value = arena_strdup(s->arena, labels->items[i].value);
        if (pair->key == NULL || pair->value == NULL)
            return false;
    }
    return true;
}

static bool take_identity(struct snapshot *s, const struct pod_config *c)
{
    s->namespace = arena_strdup(s->arena, c->namespace);
    s->name = arena_strdup(s->arena, c->name);
    s->uid = arena_strdup(s->arena, c->uid);
    return s->namespace != NULL && s->name != NULL && s->uid != NULL
           && take_labels(s, &c->manifest->metadata->labels);
}

/* The whole object from its parts. */
static bool take_text(const struct backing *b, struct snapshot *s, const struct pod_config *c, const struct pod *core,
                      const char *status)
{
    struct buf all = BUF_INIT;
    size_t begin, end;

    buf_adds(&all, "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":");
    begin = all.length;
    add_metadata(b, c, core, s->version, &all);
    end = all.length;
    buf_adds(&all, ",\"spec\":");
    add_spec(b, c, &all);
    buf_adds(&all, ",\"status\":");
    buf_adds(&all, status);
    buf_addc(&all, '}');
    s->text = keep_text(s, &all);
    s->length = all.length;
    buf_deinit(&all);
    if (s->text == NULL)
        return false;
    s->metadata = s->text + begin;
    s->metadata_length = end - begin;
    return true;
}

/* In the order of pods' fields and columns, see pods.c. */
static bool take_fields(const struct backing *b, struct snapshot *s, const struct pod_config *c, const char *phase)
{
    const char *node = c->spec->node_name;

    s->fields[POD_FIELD_NODE_NAME] = arena_strdup(s->arena, node != NULL && *node != '\0' ? node : b->host->node_name);
    s->fields[POD_FIELD_PHASE] = arena_strdup(s->arena, phase);
    s->fields[POD_FIELD_POD_IP] = b->host->facts.pod_ip;
    s->fields[POD_FIELD_RESTART_POLICY] = enum_text(&schema_enum_restart_policy, c->spec->restart_policy);
    s->fields[POD_FIELD_SERVICE_ACCOUNT] = "";
    s->cells[POD_COLUMN_NAME].text = s->name;
    s->cells[POD_COLUMN_AGE].since = s->created;
    s->cells[POD_COLUMN_IP].text = b->host->facts.pod_ip;
    s->cells[POD_COLUMN_NODE].text = s->fields[POD_FIELD_NODE_NAME];
    s->cells[POD_COLUMN_NOMINATED].text = "<none>";
    s->cells[POD_COLUMN_GATES].text = "<none>";
    return s->fields[POD_FIELD_NODE_NAME] != NULL && s->fields[POD_FIELD_PHASE] != NULL;
}

static bool take_columns(const struct backing *b, struct snapshot *s, const struct pod_status *status, mono_ms now)
{
    struct columns columns;

    columns_of(status, now, &columns);
    s->cells[POD_COLUMN_READY].text = arena_strdup(s->arena, columns.ready_text);
    s->cells[POD_COLUMN_STATUS].text = arena_strdup(s->arena, columns.status);
    s->cells[POD_COLUMN_RESTARTS].text = arena_printf(s->arena, "%u", columns.restarts);
    if (columns.restarts > 0 && columns.last_restart != MONO_NEVER)
        s->cells[POD_COLUMN_RESTARTS].since = pod_wall(b, columns.last_restart);
    if (status->pod->gate_count > 0) {
        unsigned open = 0;

        for (unsigned i = 0; i < status->pod->gate_count; i++)
            open += pod_gate(status->pod, i)->value == CONDITION_TRUE;
        s->cells[POD_COLUMN_GATES].text = arena_printf(s->arena, "%u/%u", open, status->pod->gate_count);
    }
    return s->cells[POD_COLUMN_READY].text != NULL && s->cells[POD_COLUMN_STATUS].text != NULL
           && s->cells[POD_COLUMN_RESTARTS].text != NULL && s->cells[POD_COLUMN_GATES].text != NULL;
}

struct snapshot *pod_json(const struct backing *b, const struct pod_config *c, const struct pod *core, mono_ms now,
                          uint64_t version)
{
    struct snapshot *s = snapshot_new(&resource_pods);
    struct container_status *room = calloc(core->count + 1, sizeof *room);
    struct buf text = BUF_INIT;
    struct pod_status status;
    bool ok = s != NULL && room != NULL;

    if (ok) {
        status_of(core, now, room, &status);
        s->version = version;
        s->created = created_at(b, c, core);
        pod_status_add(b, &status, &text);
        ok = !buf_failed(&text) && take_identity(s, c) && take_text(b, s, c, core, buf_text(&text))
             && take_fields(b, s, c, pod_phase_name(status.phase)) && take_columns(b, s, &status, now);
    }
    buf_deinit(&text);
    free(room);
    if (ok)
        return s;
    snapshot_unref(s);
    return NULL;
}

void pod_json_status(const struct backing *b, const struct pod *core, mono_ms now, struct buf *out)
{
    struct container_status *room = calloc(core->count + 1, sizeof *room);
    struct pod_status status;

    if (room == NULL) {
        out->failed = true;
        return;
    }
    status_of(core, now, room, &status);
    pod_status_add(b, &status, out);
    free(room);
}

/* ---- ended before ---- */

static bool take_ended_columns(struct snapshot *s, const char *status, char **phase)
{
    json_t *object = json_loads(status, 0, NULL), *list = json_object_get(object, "containerStatuses"), *one;
    const char *text = json_string_value(json_object_get(object, "phase")), *reason = NULL;
    int64_t restarts = 0;
    size_t i;

    json_array_foreach(list, i, one) {
        const json_t *ended = json_object_get(json_object_get(one, "state"), "terminated");
        const char *its = json_string_value(json_object_get(ended, "reason"));

        restarts += json_integer_value(json_object_get(one, "restartCount"));
        if (reason == NULL || (its != NULL && strcmp(its, "Completed") != 0))
            reason = its != NULL ? its : reason;
    }
    *phase = arena_strdup(s->arena, text != NULL ? text : "Unknown");
    s->cells[POD_COLUMN_READY].text = arena_printf(s->arena, "0/%zu", json_array_size(list));
    s->cells[POD_COLUMN_STATUS].text = arena_strdup(s->arena, reason != NULL ? reason : *phase);
    s->cells[POD_COLUMN_RESTARTS].text = arena_printf(s->arena, "%" PRId64, restarts);
    json_decref(object);
    return *phase != NULL && s->cells[POD_COLUMN_READY].text != NULL && s->cells[POD_COLUMN_STATUS].text != NULL
           && s->cells[POD_COLUMN_RESTARTS].text != NULL;
}

struct snapshot *pod_json_ended(const struct backing *b, const struct pod_config *c, const char *status, uint64_t version)
{
    struct snapshot *s = snapshot_new(&resource_pods);
    char *phase;

    if (s == NULL)
        return NULL;
    s->version = version;
    s->created = created_at(b, c, NULL);
    if (take_identity(s, c) && take_text(b, s, c, NULL, status) && take_ended_columns(s, status, &phase)
        && take_fields(b, s, c, phase))
        return s;
    snapshot_unref(s);
    return NULL;
}
