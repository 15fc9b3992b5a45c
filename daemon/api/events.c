#include "daemon/api/events.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/macros.h"
#include "daemon/api/backing.h"
#include "daemon/api/kinds.h"
#include "daemon/api/snapshot.h"
#include "base/stamp.h"
#include "daemon/core/events.h"
#include "daemon/runtime/host.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char component[] = "pidlet";
static const char head[] = "{\"kind\":\"Event\",\"apiVersion\":\"v1\",\"metadata\":";

enum {
    FIELD_API_VERSION,
    FIELD_FIELD_PATH,
    FIELD_KIND,
    FIELD_OBJECT_NAME,
    FIELD_OBJECT_NAMESPACE,
    FIELD_UID,
    FIELD_REASON,
    FIELD_COMPONENT,
    FIELD_SOURCE,
    FIELD_TYPE,
};
enum { FIELDS = FIELD_TYPE + 1 };

enum {
    COLUMN_LAST_SEEN,
    COLUMN_TYPE,
    COLUMN_REASON,
    COLUMN_OBJECT,
    COLUMN_SUBOBJECT,
    COLUMN_SOURCE,
    COLUMN_MESSAGE,
    COLUMN_FIRST_SEEN,
    COLUMN_COUNT,
    COLUMN_NAME,
};
enum { COLUMNS = COLUMN_NAME + 1 };

/* ---- one ---- */

static void add_pair(struct buf *out, const char *key, const char *value)
{
    buf_addf(out, ",\"%s\":", key);
    buf_add_quoted(out, value, strlen(value));
}

static void add_metadata(struct buf *out, const struct snapshot *s)
{
    char stamp[STAMP_SIZE];

    stamp_format(s->created, stamp);
    buf_addf(out, "{\"name\":\"%s\",\"namespace\":\"%s\",\"uid\":\"%s\",\"resourceVersion\":\"%" PRIu64
                  "\",\"creationTimestamp\":\"%s\"}", s->name, s->namespace, s->uid, s->version, stamp);
}

static void add_object(struct buf *out, const struct backing *b, struct snapshot *s,
                       const struct event_record *record)
{
    char first[STAMP_SIZE], last[STAMP_SIZE];

    stamp_format(record->first_at / 1000, first);
    stamp_format(record->last_at / 1000, last);
    buf_adds(out, head);
    add_metadata(out, s);
    s->metadata_length = out->length - strlen(head);
    buf_adds(out, ",\"involvedObject\":{\"kind\":\"Pod\"");
    add_pair(out, "namespace", s->namespace);
    add_pair(out, "name", s->fields[FIELD_OBJECT_NAME]);
    add_pair(out, "uid", s->fields[FIELD_UID]);
    add_pair(out, "apiVersion", "v1");
    if (record->field_path[0] != '\0')
        add_pair(out, "fieldPath", record->field_path);
    buf_addc(out, '}');
    add_pair(out, "reason", record->reason);
    add_pair(out, "message", record->message);
    buf_addf(out, ",\"source\":{\"component\":\"%s\",\"host\":\"%s\"}", component, b->host->node_name);
    buf_addf(out, ",\"firstTimestamp\":\"%s\",\"lastTimestamp\":\"%s\",\"count\":%u", first, last, record->count);
    add_pair(out, "type", record->type);
    buf_addf(out, ",\"eventTime\":null,\"reportingComponent\":\"%s\",\"reportingInstance\":\"%s\"}", component,
             b->host->node_name);
}

static const char *keep(struct snapshot *s, struct buf *text)
{
    const char *copy = buf_failed(text) ? NULL : arena_strndup(s->arena, buf_text(text), text->length);

    buf_clear(text);
    return copy;
}

static bool take_identity(struct snapshot *s, const struct event_record *record, struct buf *text)
{
    const struct event_pod_name pod = event_record_pod(record);

    event_record_add_name(record, text);
    s->name = keep(s, text);
    buf_addf(text, "%08x-%04x-4%03x-8%03x-%012" PRIx64, (unsigned)(record->name_stamp >> 32),
             (unsigned)(record->name_stamp >> 16 & 0xffff), (unsigned)(record->name_stamp >> 4 & 0xfff),
             (unsigned)(record->name_stamp & 0xfff), record->name_stamp & UINT64_C(0xffffffffffff));
    s->uid = keep(s, text);
    s->namespace = arena_strdup(s->arena, pod.namespace);
    s->created = record->first_at / 1000;
    s->fields[FIELD_OBJECT_NAME] = arena_strdup(s->arena, pod.name);
    s->fields[FIELD_UID] = arena_strdup(s->arena, pod.uid);
    s->fields[FIELD_FIELD_PATH] = arena_strdup(s->arena, record->field_path);
    return s->name != NULL && s->uid != NULL && s->namespace != NULL && s->fields[FIELD_OBJECT_NAME] != NULL
           && s->fields[FIELD_UID] != NULL && s->fields[FIELD_FIELD_PATH] != NULL;
}

static bool take_cells(const struct backing *b, struct snapshot *s, const struct event_record *record)
{
    s->fields[FIELD_API_VERSION] = "v1";
    s->fields[FIELD_KIND] = "Pod";
    s->fields[FIELD_OBJECT_NAMESPACE] = s->namespace;
    s->fields[FIELD_REASON] = record->reason;           /* constants, both */
    s->fields[FIELD_TYPE] = record->type;
    s->fields[FIELD_COMPONENT] = s->fields[FIELD_SOURCE] = component;
    s->cells[COLUMN_LAST_SEEN].since = record->last_at / 1000;
    s->cells[COLUMN_TYPE].text = record->type;
    s->cells[COLUMN_REASON].text = record->reason;
    s->cells[COLUMN_OBJECT].text = arena_printf(s->arena, "pod/%s", s->fields[FIELD_OBJECT_NAME]);
    s->cells[COLUMN_SUBOBJECT].text = s->fields[FIELD_FIELD_PATH];
    s->cells[COLUMN_SOURCE].text = arena_printf(s->arena, "%s, %s", component, b->host->node_name);
    s->cells[COLUMN_MESSAGE].text = arena_strdup(s->arena, record->message);
    s->cells[COLUMN_FIRST_SEEN].since = record->first_at / 1000;
    s->cells[COLUMN_COUNT].text = arena_printf(s->arena, "%u", record->count);
    s->cells[COLUMN_NAME].text = s->name;
    return s->cells[COLUMN_OBJECT].text != NULL && s->cells[COLUMN_SOURCE].text != NULL
           && s->cells[COLUMN_MESSAGE].text != NULL && s->cells[COLUMN_COUNT].text != NULL;
}

static struct snapshot *snapshot_of(const struct backing *b, const struct event_record *record)
{
    struct snapshot *s = snapshot_new(&resource_events);
    struct buf text = BUF_INIT;
    bool ok;

    if (s == NULL)
        return NULL;
    s->version = store_next_version(&b->api->store);
    ok = take_identity(s, record, &text) && take_cells(b, s, record);
    if (ok) {
        add_object(&text, b, s, record);
        s->length = text.length;
        s->text = keep(s, &text);
        ok = s->text != NULL;
    }
    if (ok)
        s->metadata = s->text + strlen(head);
    buf_deinit(&text);
    if (ok)
        return s;
    snapshot_unref(s);
    return NULL;
}

/* ---- all ---- */

static void on_change(void *arg, enum event_change change, const struct event_record *record)
{
    struct backing *b = arg;
    struct snapshot *s = snapshot_of(b, record);

    if (s == NULL || !(change == EVENT_DELETED ? store_remove(&b->api->store, s) : store_put(&b->api->store, s)))
        b->events_lost = true;
}

enum shown events_show_some(struct backing *b, size_t most)
{
    if (b->events == NULL)
        return SHOWN_ALL;
    if (b->events_lost) {
        b->events_lost = false;
        b->events_shown = 0;
    }
    if (b->events_shown == 0)           /* what comes from now on is not missed, and may be shown twice */
        event_store_listen(b->events, on_change, b);
    for (size_t begun = b->api->store.sequence; b->events_shown < EVENT_STORE_PARTS; b->events_shown++) {
        if (b->api->store.sequence - begun >= most)
            return SHOWN_PARTLY;
        event_store_each(b->events, b->events_shown, on_change, b);
    }
    return b->events_lost ? SHOWN_FAILED : SHOWN_ALL;
}

void events_add_bad_file(struct backing *b, const char *path, bool set_aside, const char *why)
{
    const char *slash = strrchr(path, '/'), *file = slash != NULL ? slash + 1 : path, *underscore = strchr(file, '_');
    char *namespace = strndup(file, underscore != NULL ? (size_t)(underscore - file) : 0);
    char *name = strndup(underscore != NULL ? underscore + 1 : file, strcspn(underscore != NULL ? underscore + 1 : file, "."));
    const struct wall_time now = clock_wall();
    struct buf message = BUF_INIT;

    buf_addf(&message, "%s: %s: %s", path, set_aside ? "set aside" : "left for the next start", why);
    log_warn("%s", buf_text(&message));
    if (b->events != NULL && namespace != NULL && name != NULL && !buf_failed(&message)) {
        const struct event ev = {
            .pod = {.namespace = *namespace != '\0' ? namespace : "default", .name = name, .uid = ""},
            .type = "Warning", .reason = "FailedRestore", .message = buf_text(&message), .now = clock_mono(),
            .unix_ns = (uint64_t)now.seconds * 1000000000 + (uint64_t)now.nanoseconds};

        event_store_add(b->events, &ev);
    }
    buf_deinit(&message);
    free(namespace);
    free(name);
}

/* ---- as a resource ---- */

static bool no_cells(struct snapshot *s, const json_t *object)
{
    (void)s;
    (void)object;
    return true;
}

static const struct column columns[COLUMNS] = {
    [COLUMN_LAST_SEEN]  = {"Last Seen", "string", "", 0, "Time since the newest occurrence."},
    [COLUMN_TYPE]       = {"Type", "string", "", 0, "Normal or Warning."},
    [COLUMN_REASON]     = {"Reason", "string", "", 0, "What happened, in one word."},
    [COLUMN_OBJECT]     = {"Object", "string", "", 0, "What it happened to."},
    [COLUMN_SUBOBJECT]  = {"Subobject", "string", "", 1, "Which part of it."},
    [COLUMN_SOURCE]     = {"Source", "string", "", 1, "Who says so."},
    [COLUMN_MESSAGE]    = {"Message", "string", "", 0, "What happened."},
    [COLUMN_FIRST_SEEN] = {"First Seen", "string", "", 1, "Time since the first occurrence."},
    [COLUMN_COUNT]      = {"Count", "integer", "", 1, "How often."},
    [COLUMN_NAME]       = {"Name", "string", "name", 1, "Name of the Event."},
};

static const char *const fields[FIELDS] = {
    [FIELD_API_VERSION]      = "involvedObject.apiVersion",
    [FIELD_FIELD_PATH]       = "involvedObject.fieldPath",
    [FIELD_KIND]             = "involvedObject.kind",
    [FIELD_OBJECT_NAME]      = "involvedObject.name",
    [FIELD_OBJECT_NAMESPACE] = "involvedObject.namespace",
    [FIELD_UID]              = "involvedObject.uid",
    [FIELD_REASON]           = "reason",
    [FIELD_COMPONENT]        = "reportingComponent",
    [FIELD_SOURCE]           = "source",
    [FIELD_TYPE]             = "type",
};

const struct resource resource_events = {
    .plural = "events", .singular = "event", .kind = "Event", .short_name = "ev",
    .namespaced = true, .verbs = VERBS_READ,
    .columns = columns, .column_count = COLUMNS, .fields = fields, .field_count = FIELDS, .fill_cells = no_cells,
};
