/*
 * `pidlet top`: what each container uses, how often it was restarted, and when it starts
 * again.  On a terminal it goes on until q or Ctrl-C; elsewhere, or with --once, it is a table.
 */
#include "base/duration.h"
#include "client/api_verbs.h"
#include "client/elastic.h"
#include "client/names.h"
#include "client/options.h"
#include "client/remote.h"
#include "client/screen.h"
#include "client/usage.h"
#include "client/verb.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    REFRESH = 2000,                     /* ms */
    ONCE = 1000,                        /* ms that --once measures */
};

struct row {
    const char *namespace, *pod, *container;    /* of the answers; borrowed */
    const char *state;
    bool measured;
    double cpu;                         /* percent of one CPU */
    uint64_t memory;                    /* KiB */
    int64_t restarts;
    bool waits;                         /* in back-off */
    char next[DURATION_SIZE + 4];       /* when it starts again; "" */
};

struct top {
    struct api_options o;
    struct remote remote;
    json_t *pods, *usage;               /* the newest answers */
    struct row *rows;
    size_t count, capacity;
};

/* ---- what is asked ---- */

static json_t *ask(struct top *t, const char *root)
{
    struct buf path = BUF_INIT;
    json_t *answer;

    buf_adds(&path, root);
    if (!t->o.all_namespaces) {
        buf_adds(&path, "/namespaces/");
        remote_escape(&path, t->o.namespace);
    }
    buf_adds(&path, "/pods");
    if (t->o.labels != NULL) {
        buf_adds(&path, "?labelSelector=");
        remote_escape(&path, t->o.labels);
    }
    answer = remote_json(&t->remote, &(struct remote_request){.path = buf_text(&path)});
    buf_deinit(&path);
    return answer;
}

static bool measure(struct top *t)
{
    json_decref(t->usage);
    t->usage = ask(t, "/apis/metrics.k8s.io/v1beta1");
    return t->usage != NULL;
}

/* ---- rows ---- */

/* The measured containers of each pod, by "NAMESPACE/NAME". */
static json_t *index_of(const json_t *usage)
{
    json_t *index = json_object(), *item;
    size_t i;

    json_array_foreach(json_object_get(usage, "items"), i, item) {
        const json_t *metadata = json_object_get(item, "metadata");
        struct buf key = BUF_INIT;

        buf_addf(&key, "%s/%s", remote_text_at(metadata, "namespace"), remote_text_at(metadata, "name"));
        json_object_set(index, buf_text(&key), json_object_get(item, "containers"));
        buf_deinit(&key);
    }
    return index;
}

static void take_usage(struct row *row, const json_t *index)
{
    struct buf key = BUF_INIT;
    json_t *c;
    size_t i;

    buf_addf(&key, "%s/%s", row->namespace, row->pod);
    json_array_foreach(json_object_get(index, buf_text(&key)), i, c) {
        const json_t *usage = json_object_get(c, "usage");

        if (strcmp(remote_text_at(c, "name"), row->container) != 0)
            continue;
        row->measured = true;           /* as pidlet writes it: "123n" and "456Ki" */
        row->cpu = (double)strtoull(remote_text_at(usage, "cpu"), NULL, 10) / 1e7;
        row->memory = strtoull(remote_text_at(usage, "memory"), NULL, 10);
    }
    buf_deinit(&key);
}

static void take_state(struct row *row, const json_t *status)
{
    const json_t *state = json_object_get(status, "state");
    const json_t *waiting = json_object_get(state, "waiting"), *terminated = json_object_get(state, "terminated");

    row->state = json_object_get(state, "running") != NULL ? "Running"
                 : waiting != NULL ? remote_text_at(waiting, "reason") : remote_text_at(terminated, "reason");
    row->waits = waiting != NULL && strcmp(row->state, "CrashLoopBackOff") == 0;
    row->restarts = json_integer_value(json_object_get(status, "restartCount"));
}

static bool add_rows(struct top *t, const json_t *pod, const char *list, const json_t *index)
{
    const json_t *metadata = json_object_get(pod, "metadata");
    json_t *status;
    size_t i;

    json_array_foreach(json_object_get(json_object_get(pod, "status"), list), i, status) {
        struct row *row;

        if (t->count == t->capacity) {
            size_t capacity = t->capacity == 0 ? 64 : t->capacity * 2;
            struct row *rows = reallocarray(t->rows, capacity, sizeof *rows);

            if (rows == NULL)
                return false;
            t->rows = rows;
            t->capacity = capacity;
        }
        row = &t->rows[t->count++];
        *row = (struct row){.namespace = remote_text_at(metadata, "namespace"), .pod = remote_text_at(metadata, "name"),
                            .container = remote_text_at(status, "name")};
        take_state(row, status);
        take_usage(row, index);
    }
    return true;
}

static int by_cpu(const void *a, const void *b)
{
    const struct row *x = a, *y = b;

    return (x->cpu < y->cpu) - (x->cpu > y->cpu);
}

static int by_memory(const void *a, const void *b)
{
    const struct row *x = a, *y = b;

    return (x->memory < y->memory) - (x->memory > y->memory);
}

static int by_restarts(const void *a, const void *b)
{
    const struct row *x = a, *y = b;

    return (x->restarts < y->restarts) - (x->restarts > y->restarts);
}

static const struct order {
    const char *name;
    int (*compare)(const void *a, const void *b);       /* NULL: as the daemon lists them */
} orders[] = {{"name", NULL}, {"cpu", by_cpu}, {"memory", by_memory}, {"restarts", by_restarts}};

static const struct order *order_of(const char *name)
{
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        if (strcmp(orders[i].name, name != NULL ? name : "name") == 0)
            return &orders[i];
    }
    return NULL;
}

/* False: said why. */
static bool take_rows(struct top *t)
{
    json_t *index, *pod;
    bool ok = true;
    size_t i;

    t->count = 0;
    if (!measure(t))
        return false;
    json_decref(t->pods);
    t->pods = ask(t, "/api/v1");
    if (t->pods == NULL)
        return false;
    index = index_of(t->usage);
    json_array_foreach(json_object_get(t->pods, "items"), i, pod)
        ok = ok && add_rows(t, pod, "initContainerStatuses", index) && add_rows(t, pod, "containerStatuses", index);
    json_decref(index);
    if (!ok)
        fprintf(stderr, "pidlet top: out of memory\n");
    if (ok && order_of(t->o.order)->compare != NULL)
        qsort(t->rows, t->count, sizeof *t->rows, order_of(t->o.order)->compare);
    return ok;
}

/* When it starts again: asked only for those that are shown. */
static void take_next(struct top *t, struct row *row)
{
    struct buf path = BUF_INIT;
    char text[DURATION_SIZE];
    json_t *answer, *c;
    mono_ms remaining;
    size_t i;

    buf_addf(&path, "/api/v1/namespaces/%s/pods/%s/backoff?container=", row->namespace, row->pod);
    remote_escape(&path, row->container);
    if (!remote_ask(&t->remote, &(struct remote_request){.path = buf_text(&path)}) || t->remote.code != 200) {
        buf_deinit(&path);
        return;                         /* it has gone meanwhile */
    }
    answer = json_loadb(t->remote.body.data, t->remote.body.length, 0, NULL);
    json_array_foreach(json_object_get(answer, "containers"), i, c) {
        const char *left = remote_text_at(c, "remaining");

        if (duration_parse(left, strlen(left), &remaining)) {
            duration_format((remaining + 999) / 1000 * 1000, text);
            snprintf(row->next, sizeof row->next, "in %s", text);
        }
    }
    json_decref(answer);
    buf_deinit(&path);
}

/* ---- the table ---- */

static void add_row(const struct top *t, const struct row *row, struct buf *text)
{
    if (t->o.all_namespaces)
        buf_addf(text, "%s\t", row->namespace);
    buf_addf(text, "%s\t%s\t%s\t", row->pod, row->container, row->state);
    if (row->measured)
        buf_addf(text, "%.1f\t%.1fMi\t", row->cpu, (double)row->memory / 1024);
    else
        buf_adds(text, "-\t-\t");
    buf_addf(text, "%" PRId64 "\t%s\t\n", row->restarts, row->next[0] != '\0' ? row->next : "-");
}

/* At most `most` rows. */
static void add_table(struct top *t, size_t most, struct buf *out)
{
    struct buf text = BUF_INIT;

    if (!t->o.no_headers) {
        if (t->o.all_namespaces)
            buf_adds(&text, "NAMESPACE\t");
        buf_adds(&text, "POD\tCONTAINER\tSTATUS\tCPU%\tRSS\tRESTARTS\tNEXT START\t\n");
    }
    for (size_t i = 0; i < t->count && i < most; i++) {
        if (t->rows[i].waits)
            take_next(t, &t->rows[i]);
        add_row(t, &t->rows[i], &text);
    }
    elastic_format(buf_text(&text), 6, 3, out);
    out->failed |= buf_failed(&text);
    buf_deinit(&text);
}

static bool show_once(struct top *t)
{
    const struct timespec pause = {.tv_sec = ONCE / 1000, .tv_nsec = ONCE % 1000 * 1000000};
    struct buf out = BUF_INIT;
    bool ok;

    /* What was used in the last second, not on average since each container's start. */
    if (!measure(t))
        return false;
    nanosleep(&pause, NULL);
    ok = take_rows(t);
    if (ok && t->count == 0)
        fprintf(stderr, t->o.all_namespaces ? "No resources found\n" : "No resources found in %s namespace.\n", t->o.namespace);
    if (ok && t->count > 0) {
        add_table(t, t->count, &out);
        fputs(buf_text(&out), stdout);
    }
    ok = ok && !buf_failed(&out);
    buf_deinit(&out);
    return ok;
}

static void add_summary(const struct top *t, struct buf *out)
{
    int64_t restarts = 0;
    uint64_t memory = 0;
    double cpu = 0;

    for (size_t i = 0; i < t->count; i++) {
        restarts += t->rows[i].restarts;
        memory += t->rows[i].memory;
        cpu += t->rows[i].cpu;
    }
    buf_addf(out, "%zu container%s, CPU %.1f%%, RSS %.1fMi, %" PRId64 " restart%s; q ends\n\n", t->count,
             t->count == 1 ? "" : "s", cpu, (double)memory / 1024, restarts, restarts == 1 ? "" : "s");
}

static bool show_live(struct top *t)
{
    enum { OTHER_LINES = 3 };           /* the summary, an empty one, the header */
    struct screen screen;
    bool ok = true;

    screen_begin(&screen);
    while (ok && !screen.over) {
        struct buf out = BUF_INIT;

        ok = take_rows(t);
        if (ok) {
            add_summary(t, &out);
            add_table(t, screen.lines > OTHER_LINES ? screen.lines - OTHER_LINES : 1, &out);
            screen_show(&screen, buf_text(&out));
            screen_wait(&screen, REFRESH);
        }
        screen.over |= screen_told_to_end();
        buf_deinit(&out);
    }
    screen_end(&screen);
    ok |= screen.over;
    if (!ok)
        measure(t);                     /* says what is wrong once more: the screen with it has gone */
    return ok;
}

int top_verb(int argc, char **argv)
{
    struct top t = {.o = {.usage = &top_usage}};
    int status = api_options_parse(&t.o, argc, argv);

    if (status < 0 && t.o.argument_count > 0)
        status = verb_usage_error("top", "unexpected argument: %s", t.o.arguments[0]);
    if (status < 0 && order_of(t.o.order) == NULL)
        status = verb_usage_error("top", "unknown order: %s (name, cpu, memory or restarts)", t.o.order);
    if (status < 0) {
        bool ok = remote_init(&t.remote, "top", t.o.socket) && (t.o.once || !screen_is_there() ? show_once(&t) : show_live(&t));

        remote_deinit(&t.remote);
        status = ok && verb_printed("top") ? EXIT_OK : EXIT_WORK;
    }
    json_decref(t.pods);
    json_decref(t.usage);
    free(t.rows);
    api_options_deinit(&t.o);
    return status;
}
