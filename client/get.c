#include "client/get.h"

#include "client/api_verbs.h"
#include "client/elastic.h"
#include "client/names.h"
#include "client/remote.h"
#include "client/usage.h"
#include "client/verb.h"
#include "client/yaml_out.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- tables ---- */

static bool is_shown(const json_t *column, const struct table_style *style)
{
    return style->wide || json_integer_value(json_object_get(column, "priority")) == 0;
}

static void add_header(const json_t *columns, const struct table_style *style, struct buf *text)
{
    const char *separator = "";
    json_t *c;
    size_t i;

    if (style->with_namespace) {
        buf_adds(text, "NAMESPACE");
        separator = "\t";
    }
    json_array_foreach((json_t *)columns, i, c) {
        if (!is_shown(c, style))
            continue;
        buf_adds(text, separator);
        for (const char *p = json_string_value(json_object_get(c, "name")); p != NULL && *p != '\0'; p++)
            buf_addc(text, (char)toupper((unsigned char)*p));
        separator = "\t";
    }
    buf_adds(text, style->with_labels ? "\tLABELS\n" : "\n");
}

static void add_labels(const json_t *metadata, struct buf *text)
{
    const json_t *labels = json_object_get(metadata, "labels");
    const char *key, *separator = "\t";
    json_t *value;

    if (json_object_size(labels) == 0)
        buf_adds(text, "\t<none>");
    json_object_foreach((json_t *)labels, key, value) {
        buf_addf(text, "%s%s=%s", separator, key, json_string_value(value));
        separator = ",";
    }
}

static void add_row(const json_t *columns, const json_t *row, const struct table_style *style, struct buf *text)
{
    const json_t *metadata = json_object_get(json_object_get(row, "object"), "metadata");
    const char *separator = "";
    json_t *cell;
    size_t i;

    if (style->with_namespace) {
        const char *namespace = json_string_value(json_object_get(metadata, "namespace"));

        buf_adds(text, namespace != NULL ? namespace : "");
        separator = "\t";
    }
    json_array_foreach(json_object_get(row, "cells"), i, cell) {
        const json_t *column = json_array_get(columns, i);
        const char *name = json_string_value(json_object_get(column, "name"));

        if (!is_shown(column, style))
            continue;
        buf_adds(text, separator);
        if (style->prefix != NULL && name != NULL && strcmp(name, "Name") == 0)
            buf_adds(text, style->prefix);
        if (json_is_integer(cell))
            buf_addf(text, "%" JSON_INTEGER_FORMAT, json_integer_value(cell));
        else
            elastic_cell(text, json_is_string(cell) ? json_string_value(cell) : "");
        separator = "\t";
    }
    if (style->with_labels)
        add_labels(metadata, text);
    buf_addc(text, '\n');
}

void get_table(const json_t *table, const struct table_style *style, struct buf *out)
{
    const json_t *columns = json_object_get(table, "columnDefinitions");
    struct buf text = BUF_INIT;
    json_t *row;
    size_t i;

    if (style->header)
        add_header(columns, style, &text);
    json_array_foreach(json_object_get(table, "rows"), i, row)
        add_row(columns, row, style, &text);
    elastic_format(buf_text(&text), 6, 3, out);
    buf_deinit(&text);
}

/* ---- Events ---- */

static const json_t *event_of(const void *item)
{
    const json_t *one = *(json_t *const *)item, *of_row = json_object_get(one, "object");

    return of_row != NULL ? of_row : one;
}

static unsigned long long version_of(const json_t *event)
{
    return strtoull(remote_text_at(json_object_get(event, "metadata"), "resourceVersion"), NULL, 10);
}

static int by_time(const void *a, const void *b)
{
    const json_t *x = event_of(a), *y = event_of(b);
    const int order = strcmp(remote_text_at(x, "lastTimestamp"), remote_text_at(y, "lastTimestamp"));

    return order != 0 ? order : (version_of(x) > version_of(y)) - (version_of(x) < version_of(y));
}

void get_sort_events(json_t *list)
{
    const size_t count = json_array_size(list);
    json_t **sorted = calloc(count + 1, sizeof *sorted), *item;
    size_t i;

    if (sorted == NULL)
        return;                         /* they are shown all the same */
    json_array_foreach(list, i, item)
        sorted[i] = json_incref(item);
    qsort(sorted, count, sizeof *sorted, by_time);
    for (i = 0; i < count; i++)
        json_array_set_new(list, i, sorted[i]);
    free(sorted);
}

/* ---- requests ---- */

void get_selectors(const struct api_options *o, struct buf *path)
{
    if (o->labels != NULL) {
        buf_adds(path, strchr(buf_text(path), '?') == NULL ? "?labelSelector=" : "&labelSelector=");
        remote_escape(path, o->labels);
    }
    if (o->fields != NULL) {
        buf_adds(path, strchr(buf_text(path), '?') == NULL ? "?fieldSelector=" : "&fieldSelector=");
        remote_escape(path, o->fields);
    }
}

struct getting {
    struct api_options o;
    char about[512];                    /* a field selector */
    struct remote remote;
    bool as_table, many;                /* many: several kinds, each name with its own */
    bool by_time;                       /* rows of Events, the latest last */
    unsigned printed;                   /* rows or objects */
    json_t *objects;                    /* for json and yaml */
    bool single;                        /* one object alone was asked for, by its name */
};

static void print(struct buf *out)
{
    fwrite(buf_text(out), 1, out->length, stdout);
}

static void show_table(struct getting *g, const struct kind_name *k, const json_t *table, bool header)
{
    char prefix[64];
    const struct table_style style = {
        .wide = g->o.output != NULL && strcmp(g->o.output, "wide") == 0,
        .header = header && !g->o.no_headers, .with_namespace = g->o.all_namespaces && k->namespaced,
        .with_labels = g->o.show_labels, .prefix = g->many ? prefix : NULL};
    struct buf out = BUF_INIT;

    if (json_array_size(json_object_get(table, "rows")) == 0)
        return;
    snprintf(prefix, sizeof prefix, "%s/", k->singular);
    if (g->many && g->printed > 0 && header)
        putchar('\n');
    get_table(table, &style, &out);
    print(&out);
    g->printed += (unsigned)json_array_size(json_object_get(table, "rows"));
    buf_deinit(&out);
}

static void take_object(struct getting *g, const struct kind_name *k, json_t *object)
{
    json_object_set_new(object, "kind", json_string(k->kind));
    json_object_set_new(object, "apiVersion", json_string("v1"));
    if (strcmp(g->o.output, "name") == 0)
        printf("%s/%s\n", k->singular, json_string_value(json_object_get(json_object_get(object, "metadata"), "name")));
    else
        json_array_append(g->objects, object);
    g->printed++;
}

static bool show(struct getting *g, const struct kind_name *k, json_t *answer, bool header)
{
    json_t *items = json_object_get(answer, "items"), *item;
    size_t i;

    if (answer == NULL)
        return false;
    if (g->by_time)                     /* as `kubectl events` has them; `get events` has them as the list has */
        get_sort_events(json_object_get(answer, "rows"));
    if (g->as_table)
        show_table(g, k, answer, header);
    else if (items == NULL)
        take_object(g, k, answer);
    else
        json_array_foreach(items, i, item)
            take_object(g, k, item);
    json_decref(answer);
    return true;
}

static bool get_kind(struct getting *g, const struct kind_name *k, const char *name)
{
    struct buf path = BUF_INIT;
    bool ok;

    kind_name_path(k, g->o.namespace, g->o.all_namespaces && name == NULL, &path);
    if (name != NULL) {
        buf_addc(&path, '/');
        remote_escape(&path, name);
    } else {
        buf_adds(&path, g->by_time ? "?includeObject=Object" : "");
        get_selectors(&g->o, &path);
    }
    ok = show(g, k, remote_json(&g->remote, &(struct remote_request){.path = buf_text(&path), .table = g->as_table}),
              g->printed == 0 || g->many);
    buf_deinit(&path);
    return ok;
}

/* ---- watching ---- */

struct watching {
    struct getting *g;
    const struct kind_name *kind;
    struct buf line;
    bool header;
};

static bool watch_part(void *arg, const char *bytes, size_t length)
{
    struct watching *w = arg;
    const char *end;

    buf_add(&w->line, bytes, length);
    while (w->line.length > 0 && (end = memchr(w->line.data, '\n', w->line.length)) != NULL) {
        json_t *event = json_loadb(w->line.data, (size_t)(end - w->line.data), 0, NULL);
        const char *type = json_string_value(json_object_get(event, "type"));
        json_t *object = json_object_get(event, "object");

        if (type != NULL && strcmp(type, "BOOKMARK") != 0 && strcmp(type, "ERROR") != 0) {
            w->g->printed = 0;
            show(w->g, w->kind, json_incref(object), w->header);
            w->header = false;
            fflush(stdout);
        }
        json_decref(event);
        buf_drop(&w->line, (size_t)(end - w->line.data) + 1);
    }
    return !buf_failed(&w->line);
}

static bool watch(struct getting *g, const struct kind_name *k, const char *name)
{
    struct watching w = {.g = g, .kind = k, .line = BUF_INIT, .header = true};
    struct buf path = BUF_INIT;
    bool ok;

    kind_name_path(k, g->o.namespace, g->o.all_namespaces, &path);
    buf_adds(&path, "?watch=true");
    if (name != NULL) {
        buf_adds(&path, "&fieldSelector=metadata.name%3D");
        remote_escape(&path, name);
    } else {
        get_selectors(&g->o, &path);
    }
    ok = remote_stream(&g->remote, &(struct remote_request){.path = buf_text(&path), .table = true}, watch_part, &w);
    buf_deinit(&path);
    buf_deinit(&w.line);
    return ok;
}

/* ---- the verb ---- */

static void print_objects(struct getting *g)
{
    json_t *all = g->single && json_array_size(g->objects) == 1
                      ? json_incref(json_array_get(g->objects, 0))
                      : json_pack("{s:s, s:O, s:s, s:{s:s}}", "apiVersion", "v1", "items", g->objects, "kind", "List",
                                  "metadata", "resourceVersion", "");

    if (strcmp(g->o.output, "yaml") == 0) {
        yaml_print(all, stdout);
    } else {
        json_dumpf(all, stdout, JSON_INDENT(4) | JSON_SORT_KEYS);
        putchar('\n');
    }
    json_decref(all);
}

static bool get_all(struct getting *g)
{
    char *kinds = strdup(g->o.arguments[0]), *rest = kinds, *one;
    const char *name;
    bool ok = kinds != NULL;

    g->many = strchr(g->o.arguments[0], ',') != NULL;
    while (ok && (one = strsep(&rest, ",")) != NULL) {
        const struct kind_name *k;

        g->o.arguments[0] = one;
        k = api_options_kind(&g->o, g->remote.verb, 0, &name);
        if (k == NULL) {
            ok = false;
            break;
        }
        g->single = name != NULL || g->o.argument_count == 2;
        if (name != NULL)
            ok = g->o.watch ? watch(g, k, name) : get_kind(g, k, name);
        else if (g->o.argument_count == 1)
            ok = g->o.watch ? watch(g, k, NULL) : get_kind(g, k, NULL);
        for (unsigned i = 1; name == NULL && i < g->o.argument_count; i++)
            ok = (g->o.watch ? watch(g, k, g->o.arguments[i]) : get_kind(g, k, g->o.arguments[i])) && ok;
    }
    free(kinds);
    return ok;
}

static int finish(struct getting *g, bool ok)
{
    if (!g->as_table && strcmp(g->o.output, "name") != 0 && (ok || json_array_size(g->objects) > 0))
        print_objects(g);
    else if (ok && g->printed == 0 && !g->o.watch && g->as_table)
        fprintf(stderr, g->o.all_namespaces ? "No resources found\n" : "No resources found in %s namespace.\n", g->o.namespace);
    return ok && verb_printed("get") ? EXIT_OK : EXIT_WORK;
}

static bool is_output(const char *output)
{
    static const char *const known[] = {"wide", "json", "yaml", "name"};

    for (size_t i = 0; output != NULL && i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i], output) == 0)
            return true;
    }
    return output == NULL;
}

static int run(struct getting *g, const char *verb, int argc, char **argv, const char *kind)
{
    int status = api_options_parse(&g->o, argc, argv);

    if (status < 0 && kind != NULL) {
        g->o.arguments[0] = kind;
        g->o.argument_count = 1;
    }
    if (status < 0 && g->o.condition != NULL) {         /* of events: --for says of what */
        const char *slash = strchr(g->o.condition, '/');

        snprintf(g->about, sizeof g->about, "involvedObject.name=%s", slash != NULL ? slash + 1 : g->o.condition);
        g->o.fields = g->about;
    }
    if (status < 0 && g->o.argument_count == 0)
        status = verb_usage_error(verb, "say what to get, such as pods");
    if (status < 0 && !is_output(g->o.output))
        status = verb_usage_error(verb, "unknown output: %s (wide, json, yaml or name)", g->o.output);
    if (status < 0) {
        g->as_table = g->o.output == NULL || strcmp(g->o.output, "wide") == 0;
        g->by_time = g->as_table && kind != NULL && !g->o.watch;
        g->objects = json_array();
        status = EXIT_WORK;
        if (remote_init(&g->remote, verb, g->o.socket))
            status = finish(g, get_all(g));
        remote_deinit(&g->remote);
        json_decref(g->objects);
    }
    api_options_deinit(&g->o);
    return status;
}

int get_verb(int argc, char **argv)
{
    struct getting g = {.o = {.usage = &get_usage}};

    return run(&g, "get", argc, argv, NULL);
}

int events_verb(int argc, char **argv)
{
    struct getting g = {.o = {.usage = &events_usage}};

    return run(&g, "events", argc, argv, "events");
}
