#include "config/report.h"

#include "base/arena.h"
#include "base/buf.h"
#include "config/diag.h"
#include "config/kinds.h"
#include "config/tree.h"

#include <stdlib.h>

struct walk {
    struct report *report;
    struct report_object *object;
    struct buf path;
};

const char *field_mode_name(enum field_mode mode)
{
    static const char *const names[] = {
        [FIELD_HONOURED] = "honoured",
        [FIELD_IGNORED]  = "ignored",
        [FIELD_REFUSED]  = "refused",
    };

    return names[mode];
}

bool report_init(struct report *r)
{
    *r = (struct report){.arena = arena_new()};
    return r->arena != NULL;
}

void report_deinit(struct report *r)
{
    for (size_t i = 0; i < r->count; i++)
        free(r->items[i]->fields);
    free(r->items);
    arena_free(r->arena);
    *r = (struct report){0};
}

static void add_field(struct walk *w, const struct field *f, unsigned line, unsigned column,
                      const struct path *at)
{
    struct report_object *o = w->object;
    const char *path;

    if (o->count == o->capacity) {
        size_t capacity = o->capacity == 0 ? 8 : o->capacity * 2;
        struct report_field *fields = reallocarray(o->fields, capacity, sizeof *fields);

        if (fields == NULL) {
            w->report->out_of_memory = true;
            return;
        }
        o->fields = fields;
        o->capacity = capacity;
    }
    buf_clear(&w->path);
    path_format(at, &w->path);
    path = buf_failed(&w->path) ? NULL : arena_strdup(w->report->arena, buf_text(&w->path));
    if (path == NULL) {
        w->report->out_of_memory = true;
        return;
    }
    o->fields[o->count++] = (struct report_field){
        .path = path, .line = line, .column = column, .mode = f->mode, .reason = f->reason};
    o->of_mode[f->mode]++;
}

static void walk_object(struct walk *w, const struct object_info *info, const struct node *n,
                        const struct path *at);

/* What a field says is told once: at the outermost one that is not simply honoured. */
static void walk_field(struct walk *w, const struct field *f, const struct node_pair *pair,
                       const struct path *at)
{
    const struct node *n = pair->value;

    if (f->mode == FIELD_HONOURED && f->kind == FIELD_CHILD && n->kind == NODE_MAP && n->map.count > 0) {
        walk_object(w, f->child, n, at);
    } else if (f->mode == FIELD_HONOURED && f->kind == FIELD_LIST && n->kind == NODE_LIST
               && n->list.count > 0) {
        for (size_t i = 0; i < n->list.count; i++)
            walk_object(w, f->child, n->list.items[i], PATH_INDEX(at, i));
    } else if (n->kind != NODE_NULL) {
        add_field(w, f, pair->line, pair->column, at);
    }
}

static void walk_object(struct walk *w, const struct object_info *info, const struct node *n,
                        const struct path *at)
{
    if (n->kind != NODE_MAP)
        return;
    for (size_t i = 0; i < n->map.count; i++) {
        const struct node_pair *pair = &n->map.pairs[i];
        const struct field *f = schema_field(info, pair->key);

        if (f != NULL)
            walk_field(w, f, pair, PATH_KEY(at, pair->key));
    }
}

static struct report_object *object_new(struct report *r)
{
    struct report_object *o = arena_make(r->arena, struct report_object);

    if (o != NULL && r->count == r->capacity) {
        size_t capacity = r->capacity == 0 ? 8 : r->capacity * 2;
        struct report_object **items = reallocarray(r->items, capacity, sizeof *items);

        if (items == NULL)
            return NULL;
        r->items = items;
        r->capacity = capacity;
    }
    return o;
}

void report_add(struct report *r, const char *file, const struct kind_info *kind,
                const struct node *n, const struct path *at)
{
    const struct node *name = node_get(node_get(n, "metadata"), "name");
    struct walk w = {.report = r, .object = object_new(r)};

    if (w.object == NULL) {
        r->out_of_memory = true;
        return;
    }
    w.object->kind = kind;
    w.object->line = n->line;
    w.object->file = arena_strdup(r->arena, file);
    w.object->name = name != NULL && name->kind == NODE_STRING
                         ? arena_strndup(r->arena, name->text, name->length) : "";
    r->items[r->count++] = w.object;
    if (w.object->file == NULL || w.object->name == NULL) {
        r->out_of_memory = true;
        w.object->file = w.object->name = "";
    }
    walk_object(&w, kind->schema, n, at);
    buf_deinit(&w.path);
}
