#include "daemon/core/events.h"

#include "base/buf.h"
#include "base/hash.h"
#include "daemon/core/event_filter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TYPES = 2 };

/* All that is remembered of one pod. */
struct event_pod {
    struct event_pod *next;             /* with the same hash */
    struct event_record *records;
    struct event_group *groups;
    unsigned count, capacity;
    unsigned group_count;               /* bounded by the reasons that there are */
    struct event_bucket buckets[TYPES];         /* Normal, Warning */
    bool gone;
    char *namespace, *name, *uid;       /* in one piece with the struct */
};

struct event_store {
    struct event_limits limits;
    event_change_fn *on_change;
    void *arg;
    uint64_t sequence, lost, last_stamp;
    mono_ms deadline;                   /* not after the first expiry, but for `patience` */
    struct event_pod *pods[EVENT_STORE_PARTS];
};

static uint64_t hash_of(const char *text)
{
    return hash_text(HASH_INIT, text);
}

/* ---- pods ---- */

static struct event_pod **pod_slot(struct event_store *store, const struct event_pod_name *name)
{
    struct event_pod **at = &store->pods[hash_text(hash_of(name->uid), name->name) % EVENT_STORE_PARTS];

    while (*at != NULL
           && (strcmp((*at)->uid, name->uid) != 0 || strcmp((*at)->name, name->name) != 0
               || strcmp((*at)->namespace, name->namespace) != 0))
        at = &(*at)->next;
    return at;
}

static struct event_pod *pod_new(const struct event_pod_name *name, mono_ms now)
{
    const size_t lengths[] = {strlen(name->namespace) + 1, strlen(name->name) + 1, strlen(name->uid) + 1};
    struct event_pod *pod = malloc(sizeof *pod + lengths[0] + lengths[1] + lengths[2]);

    if (pod == NULL)
        return NULL;
    *pod = (struct event_pod){0};
    pod->namespace = memcpy(pod + 1, name->namespace, lengths[0]);
    pod->name = memcpy(pod->namespace + lengths[0], name->name, lengths[1]);
    pod->uid = memcpy(pod->name + lengths[1], name->uid, lengths[2]);
    for (int type = 0; type < TYPES; type++)
        event_bucket_init(&pod->buckets[type], now);
    return pod;
}

static void pod_free(struct event_pod *pod)
{
    for (unsigned i = 0; i < pod->count; i++)
        free(pod->records[i].text);
    free(pod->records);
    free(pod->groups);
    free(pod);
}

struct event_pod_name event_record_pod(const struct event_record *record)
{
    return (struct event_pod_name){.namespace = record->pod->namespace, .name = record->pod->name,
                                   .uid = record->pod->uid};
}

void event_record_add_name(const struct event_record *record, struct buf *out)
{
    buf_addf(out, "%s.%" PRIx64, record->pod->name, record->name_stamp);
}

/* ---- changes ---- */

static void changed(struct event_store *store, enum event_change change, struct event_record *r)
{
    r->sequence = ++store->sequence;
    if (store->on_change != NULL)
        store->on_change(store->arg, change, r);
}

static bool is_shown(const struct event_record *r)
{
    return r->count > 0;
}

static void hide(struct event_store *store, struct event_record *r)
{
    changed(store, EVENT_DELETED, r);
    r->count = 0;
}

static void remove_record(struct event_store *store, struct event_pod *pod, unsigned i)
{
    if (is_shown(&pod->records[i]))
        hide(store, &pod->records[i]);
    free(pod->records[i].text);
    pod->records[i] = pod->records[--pod->count];
}

/* ---- records ---- */

/* Aggregated: of the same type and reason, whatever the container. */
static struct event_group *group_of(struct event_pod *pod, const struct event *ev)
{
    struct event_group *groups;

    for (unsigned i = 0; i < pod->group_count; i++) {
        if (strcmp(pod->groups[i].reason, ev->reason) == 0 && strcmp(pod->groups[i].type, ev->type) == 0)
            return &pod->groups[i];
    }
    groups = reallocarray(pod->groups, pod->group_count + 1, sizeof *groups);
    if (groups == NULL)
        return NULL;
    pod->groups = groups;
    groups[pod->group_count] = (struct event_group){.type = ev->type, .reason = ev->reason, .last = ev->now};
    return &groups[pod->group_count++];
}

/* An Event as it is looked for, and kept. */
struct wanted {
    const struct event *ev;
    char field_path[320];               /* a name of a container has 63 bytes at the most */
    const char *prefix;                 /* of the message */
    uint64_t hash;                      /* of all that tells records apart; 64 bits do it alone */
};

static struct wanted wanted_of(const struct event *ev, bool combined)
{
    struct wanted w = {.ev = ev, .prefix = combined ? "(combined from similar events): " : ""};

    if (ev->container != NULL && !combined)
        snprintf(w.field_path, sizeof w.field_path, "spec.%s{%.255s}",
                 ev->init ? "initContainers" : "containers", ev->container);
    w.hash = hash_text(hash_text(hash_of(ev->type), ev->reason), w.field_path);
    /* All that is combined is one record. */
    w.hash = hash_text(w.hash, combined ? w.prefix : ev->message);
    return w;
}

static struct event_record *find(struct event_pod *pod, const struct wanted *w)
{
    for (unsigned i = 0; i < pod->count; i++) {
        if (pod->records[i].hash == w->hash)
            return &pod->records[i];
    }
    return NULL;
}

/* What nobody sees goes first, then what was seen least lately. */
static unsigned least_missed(const struct event_pod *pod)
{
    unsigned least = 0;

    for (unsigned i = 1; i < pod->count; i++) {
        const struct event_record *a = &pod->records[i], *b = &pod->records[least];

        if (is_shown(a) != is_shown(b) ? is_shown(b) : a->seen < b->seen)
            least = i;
    }
    return least;
}

static bool make_room(struct event_store *store, struct event_pod *pod)
{
    unsigned capacity = pod->capacity < 2 ? 2 : 2 * pod->capacity;      /* Created and Started: most have no more */
    struct event_record *records;

    if (pod->count == store->limits.per_pod) {
        remove_record(store, pod, least_missed(pod));
        return true;
    }
    if (pod->count < pod->capacity)
        return true;
    if (capacity > store->limits.per_pod)
        capacity = store->limits.per_pod;
    records = reallocarray(pod->records, capacity, sizeof *records);
    if (records == NULL)
        return false;
    pod->records = records;
    pod->capacity = capacity;
    return true;
}

/* Field path and message in one piece of memory. */
static bool set_text(struct event_record *r, const struct wanted *w)
{
    const size_t path = strlen(w->field_path) + 1, prefix = strlen(w->prefix);
    const size_t message = strlen(w->ev->message) + 1;
    char *text = malloc(path + prefix + message);

    if (text == NULL)
        return false;
    memcpy(text, w->field_path, path);
    memcpy(text + path, w->prefix, prefix);
    memcpy(text + path + prefix, w->ev->message, message);
    free(r->text);
    r->text = text;
    r->field_path = text;
    r->message = text + path;
    return true;
}

/* Names of one pod's Events differ, also when two of them come in one nanosecond. */
static uint64_t new_stamp(struct event_store *store, uint64_t unix_ns)
{
    store->last_stamp = unix_ns > store->last_stamp ? unix_ns : store->last_stamp + 1;
    return store->last_stamp;
}

static struct event_record *append(struct event_store *store, struct event_pod *pod, const struct wanted *w)
{
    struct event_record r = {
        .pod = pod, .type = w->ev->type, .reason = w->ev->reason, .hash = w->hash,
        .first_at = (int64_t)(w->ev->unix_ns / 1000000)};

    if (!set_text(&r, w))
        return NULL;
    if (!make_room(store, pod)) {
        free(r.text);
        return NULL;
    }
    r.name_stamp = new_stamp(store, w->ev->unix_ns);
    pod->records[pod->count] = r;
    return &pod->records[pod->count++];
}

/* Counts it; the record of what was counted, or NULL without memory. */
static struct event_record *observe(struct event_store *store, struct event_pod *pod, const struct event *ev)
{
    struct event_group *group = group_of(pod, ev);
    struct event_record *r;
    struct wanted w;
    bool combined;

    if (group == NULL)
        return NULL;
    combined = !event_group_apart(group, (uint32_t)hash_of(ev->message), ev->now);
    w = wanted_of(ev, combined);
    r = find(pod, &w);
    if (r == NULL)
        r = append(store, pod, &w);
    else if (combined && !set_text(r, &w))    /* its message is the newest one's */
        return NULL;
    if (r != NULL) {
        r->seen = ev->now;
        r->seen_count++;
    }
    return r;
}

static void write_record(struct event_store *store, struct event_record *r, const struct event *ev)
{
    const bool shown = is_shown(r);

    r->count = r->seen_count;
    r->last = ev->now;
    r->last_at = (int64_t)(ev->unix_ns / 1000000);
    store->deadline = mono_min(store->deadline, mono_add(r->last, store->limits.ttl));
    changed(store, shown ? EVENT_MODIFIED : EVENT_ADDED, r);
}

bool event_store_add(struct event_store *store, const struct event *ev)
{
    struct event_record *r = NULL;
    struct event_pod **slot;

    event_store_expire(store, ev->now);
    slot = pod_slot(store, &ev->pod);
    if (*slot == NULL)
        *slot = pod_new(&ev->pod, ev->now);
    if (*slot != NULL) {
        (*slot)->gone = false;
        r = observe(store, *slot, ev);
    }
    if (r == NULL) {
        store->lost++;
        return false;
    }
    if (!event_bucket_take(&(*slot)->buckets[strcmp(ev->type, "Normal") == 0 ? 0 : 1], ev->now))
        return false;
    write_record(store, r, ev);
    return true;
}

/* ---- what is too old ---- */

static bool shows_something(const struct event_pod *pod)
{
    for (unsigned i = 0; i < pod->count; i++) {
        if (is_shown(&pod->records[i]))
            return true;
    }
    return false;
}

void event_store_pod_gone(struct event_store *store, const struct event_pod_name *name)
{
    struct event_pod **slot = pod_slot(store, name), *pod = *slot;

    if (pod == NULL)
        return;
    pod->gone = true;
    if (!shows_something(pod)) {
        *slot = pod->next;
        pod_free(pod);
    }
}

/* Hides the pod's records that are too old; the next one's turn is *deadline at the latest. */
static void expire_pod(struct event_store *store, struct event_pod *pod, mono_ms now, mono_ms *deadline)
{
    for (unsigned i = 0; i < pod->count; i++) {
        struct event_record *r = &pod->records[i];
        const mono_ms until = mono_add(r->last, store->limits.ttl);

        if (!is_shown(r))
            continue;
        if (until <= now)
            hide(store, r);
        else
            *deadline = mono_min(*deadline, until);
    }
}

void event_store_expire(struct event_store *store, mono_ms now)
{
    /* Many a record's time comes in one go: looked at sixty times in a life, not at each end. */
    const mono_ms patience = store->limits.ttl / 60;
    mono_ms deadline = MONO_NEVER;

    if (now < store->deadline)
        return;
    for (unsigned i = 0; i < EVENT_STORE_PARTS; i++) {
        for (struct event_pod **at = &store->pods[i], *pod; (pod = *at) != NULL;) {
            expire_pod(store, pod, now, &deadline);
            if (pod->gone && !shows_something(pod)) {
                *at = pod->next;
                pod_free(pod);
            } else {
                at = &pod->next;
            }
        }
    }
    store->deadline = deadline == MONO_NEVER || deadline > now + patience ? deadline : now + patience;
}

mono_ms event_store_deadline(const struct event_store *store)
{
    return store->deadline;
}

/* ---- the store ---- */

void event_store_each(const struct event_store *store, unsigned part, event_change_fn *fn, void *arg)
{
    for (const struct event_pod *pod = store->pods[part]; pod != NULL; pod = pod->next) {
        for (unsigned j = 0; j < pod->count; j++) {
            if (is_shown(&pod->records[j]))
                fn(arg, EVENT_ADDED, &pod->records[j]);
        }
    }
}

uint64_t event_store_sequence(const struct event_store *store)
{
    return store->sequence;
}

uint64_t event_store_lost(const struct event_store *store)
{
    return store->lost;
}

void event_store_listen(struct event_store *store, event_change_fn *on_change, void *arg)
{
    store->on_change = on_change;
    store->arg = arg;
}

struct event_store *event_store_new(const struct event_limits *limits)
{
    struct event_store *store = calloc(1, sizeof *store);

    if (store == NULL)
        return NULL;
    store->limits = *limits;
    store->deadline = MONO_NEVER;
    return store;
}

void event_store_free(struct event_store *store)
{
    if (store == NULL)
        return;
    for (unsigned i = 0; i < EVENT_STORE_PARTS; i++) {
        for (struct event_pod *pod = store->pods[i], *next; pod != NULL; pod = next) {
            next = pod->next;
            pod_free(pod);
        }
    }
    free(store);
}
