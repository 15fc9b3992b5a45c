#include "config/decode.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "config/diag.h"
#include "config/guess.h"
#include "config/tree.h"
#include "config/value.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct decoder {
    struct arena *arena;
    struct diags *diags;
    bool out_of_memory;                 /* said once, at the end */
};

static bool fill(struct decoder *d, const struct object_info *object, const struct node *n,
                 const struct path *at, void *out);

static bool no_memory(struct decoder *d)
{
    d->out_of_memory = true;
    return false;
}

static bool absent(const struct node *n)
{
    return n == NULL || n->kind == NODE_NULL;
}

/* ---- kinds ---- */

static const char *with_article(enum node_kind kind)
{
    switch (kind) {
    case NODE_NULL:
        return "null";
    case NODE_BOOL:
        return "a boolean";
    case NODE_INT:
        return "an integer";
    case NODE_FLOAT:
        return "a number";
    case NODE_STRING:
        return "a string";
    case NODE_LIST:
        return "a list";
    case NODE_MAP:
        return "a map";
    }
    return "";
}

static bool wrong_kind(struct decoder *d, const struct path *at, const struct node *n,
                       const char *wanted)
{
    bool quotable = strcmp(wanted, "a string") == 0
                    && (n->kind == NODE_BOOL || n->kind == NODE_INT || n->kind == NODE_FLOAT);

    if (quotable && diag_is_secret(d->diags, at))
        return diag_invalid(d->diags, at, "must be a string, not %s: write it in quotes", with_article(n->kind));
    if (quotable)
        return diag_invalid(d->diags, at, "must be a string, not %s: write \"%s\" in quotes",
                            with_article(n->kind), n->text);
    return diag_invalid(d->diags, at, "must be %s, not %s", wanted, with_article(n->kind));
}

static bool copy_text(struct decoder *d, const struct node *n, const char **out)
{
    const char *text = arena_strndup(d->arena, n->text, n->length);

    if (text == NULL)
        return no_memory(d);
    *out = text;
    return true;
}

/* A text in a format; at fault or not, it is kept: other rules see that it was given. */
static bool decode_text(struct decoder *d, enum field_format format, const struct node *n,
                        const struct path *at, const char **out)
{
    const bool number = n->kind == NODE_INT || n->kind == NODE_FLOAT;
    const char *fault = NULL;

    if (n->kind != NODE_STRING && !(number && format == FORMAT_QUANTITY)
        && !(n->kind == NODE_INT && format == FORMAT_INT_OR_PERCENT)) {
        if (n->text != NULL && n->kind != NODE_NULL)
            copy_text(d, n, out);       /* given all the same: it is not missing */
        return wrong_kind(d, at, n, format == FORMAT_INT_OR_PERCENT ? "an integer or a percentage" : "a string");
    }
    if (n->kind == NODE_STRING && format == FORMAT_INT_OR_PERCENT && strchr(n->text, '%') == NULL)
        fault = value_fault(format, "");        /* "3": a number needs no quotes, and takes none */
    else if (n->length > 0 || format == FORMAT_QUANTITY || format == FORMAT_INT_OR_PERCENT)
        fault = value_fault(format, n->text);
    if (fault != NULL)
        diag_add(d->diags, format == FORMAT_BASE64 ? DIAG_INVALID_BARE : DIAG_INVALID, at, "%s", fault);
    return copy_text(d, n, out);
}

static bool decode_string(struct decoder *d, const struct field *f, const struct node *n,
                          const struct path *at, const char **out)
{
    if (n->kind == NODE_STRING && n->length == 0) {
        if ((f->flags & REQUIRED) != 0)
            return diag_required(d->diags, at, "%s", "");
        if (f->default_text != NULL)
            return true;                /* empty means the default */
    }
    return decode_text(d, f->format, n, at, out);
}

/* The bounds in Kubernetes' words. */
static bool out_of_bounds(struct decoder *d, const struct field *f, const struct path *at, int64_t v)
{
    if ((f->flags & RANGE) != 0)
        return diag_invalid(d->diags, at, "must be between %" PRId64 " and %" PRId64 ", inclusive",
                            f->min, f->max);
    if (v > f->max)
        return diag_invalid(d->diags, at, "must be less than or equal to %" PRId64, f->max);
    if (f->min == 1)
        return diag_invalid(d->diags, at, "must be greater than 0");
    return diag_invalid(d->diags, at, "must be greater than or equal to %" PRId64, f->min);
}

static bool decode_int(struct decoder *d, const struct field *f, const struct node *n,
                       const struct path *at, int64_t *out)
{
    if (n->kind != NODE_INT)
        return wrong_kind(d, at, n, "an integer");
    if (n->integer == 0 && (f->flags & ZERO_IS_DEFAULT) != 0)
        return true;                    /* the default stands */
    if (n->integer < f->min || n->integer > f->max)
        return out_of_bounds(d, f, at, n->integer);
    *out = n->integer;
    return true;
}

static bool decode_bool(struct decoder *d, const struct node *n, const struct path *at, enum tri *out)
{
    if (n->kind != NODE_BOOL)
        return wrong_kind(d, at, n, "true or false");
    *out = n->boolean ? TRI_TRUE : TRI_FALSE;
    return true;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct enum_value *)a)->text, ((const struct enum_value *)b)->text);
}

static bool unsupported(struct decoder *d, const struct field *f, const struct path *at)
{
    const struct enum_info *e = f->choices;
    struct enum_value sorted[80];
    struct buf values = BUF_INIT;

    assert(e->count <= array_count(sorted));
    memcpy(sorted, e->values, e->count * sizeof *sorted);
    if ((f->flags & SORTED) != 0)
        qsort(sorted, e->count, sizeof *sorted, by_text);
    for (size_t i = 0; i < e->count; i++)
        buf_addf(&values, "%s\"%s\"", i > 0 ? ", " : "", sorted[i].text);
    diag_add(d->diags, DIAG_UNSUPPORTED, at, "supported values: %s", buf_text(&values));
    buf_deinit(&values);
    return false;
}

static bool decode_choice(struct decoder *d, const struct field *f, const struct node *n,
                          const struct path *at, int *out)
{
    if (n->kind != NODE_STRING)
        return wrong_kind(d, at, n, "a string");
    if (n->length == 0)
        return (f->flags & REQUIRED) == 0 || diag_required(d->diags, at, "%s", "");
    for (size_t i = 0; i < f->choices->count; i++) {
        if (strcmp(f->choices->values[i].text, n->text) == 0) {
            *out = f->choices->values[i].constant;
            return true;
        }
    }
    return unsupported(d, f, at);
}

static bool decode_port(struct decoder *d, const struct node *n, const struct path *at,
                        struct int_or_string *out)
{
    const char *fault;

    if (n->kind == NODE_INT) {
        if (n->integer < 1 || n->integer > 65535)
            return diag_invalid(d->diags, at, "must be between 1 and 65535, inclusive");
        *out = (struct int_or_string){.number = n->integer, .set = true};
        return true;
    }
    if (n->kind != NODE_STRING)
        return wrong_kind(d, at, n, "a port number or a port name");
    fault = n->length == 0 ? "must be a port number or a port name" : value_fault(FORMAT_PORT_NAME, n->text);
    if (fault != NULL)
        return diag_invalid(d->diags, at, "%s", fault);
    out->set = true;
    return copy_text(d, n, &out->text);
}

static bool decode_strings(struct decoder *d, const struct node *n, const struct path *at,
                           struct string_list *out)
{
    bool ok = true;

    static const char *at_fault[] = {"?"};

    if (n->kind != NODE_LIST) {
        *out = (struct string_list){.items = at_fault, .count = 1};     /* given all the same */
        return wrong_kind(d, at, n, "a list of strings");
    }
    out->items = arena_array(d->arena, n->list.count + 1, sizeof *out->items);
    if (out->items == NULL)
        return no_memory(d);
    out->count = n->list.count;
    for (size_t i = 0; i < n->list.count; i++) {
        const struct node *item = n->list.items[i];

        out->items[i] = at_fault[0];    /* stands until the end if the item is */
        if (item->kind == NODE_STRING)
            ok &= copy_text(d, item, &out->items[i]);
        else
            ok &= wrong_kind(d, PATH_INDEX(at, i), item, "a string");
    }
    return ok;
}

static bool decode_ints(struct decoder *d, const struct field *f, const struct node *n,
                        const struct path *at, struct int_list *out)
{
    bool ok = true;

    if (n->kind != NODE_LIST)
        return wrong_kind(d, at, n, "a list of integers");
    out->items = arena_array(d->arena, n->list.count, sizeof *out->items);
    if (out->items == NULL)
        return no_memory(d);
    out->count = n->list.count;
    for (size_t i = 0; i < n->list.count; i++)
        ok &= decode_int(d, f, n->list.items[i], PATH_INDEX(at, i), &out->items[i]);
    return ok;
}

static bool decode_map(struct decoder *d, const struct field *f, const struct node *n,
                       const struct path *at, struct string_map *out)
{
    bool ok = true;

    if (n->kind != NODE_MAP)
        return wrong_kind(d, at, n, "a map");
    out->items = arena_array(d->arena, n->map.count, sizeof *out->items);
    if (out->items == NULL)
        return no_memory(d);
    for (size_t i = 0; i < n->map.count; i++) {
        const struct node_pair *pair = &n->map.pairs[i];
        struct string_pair *to = &out->items[out->count];

        to->value = "";
        if (pair->value->kind != NODE_NULL
            && !decode_text(d, f->format, pair->value, PATH_MAP_KEY(at, pair->key), &to->value))
            ok = false;
        to->key = arena_strdup(d->arena, pair->key);
        if (to->key == NULL)
            return no_memory(d);
        out->count++;
    }
    return ok;
}

/* Every TYPE_list has this shape (config/spec.h). */
struct any_list {
    void *items;
    size_t count;
};

static bool decode_list(struct decoder *d, const struct field *f, const struct node *n,
                        const struct path *at, struct any_list *out)
{
    bool ok = true;

    if (n->kind != NODE_LIST)
        return wrong_kind(d, at, n, "a list");
    out->items = arena_array(d->arena, n->list.count, f->child->size);
    if (out->items == NULL)
        return no_memory(d);
    out->count = n->list.count;
    for (size_t i = 0; i < n->list.count; i++)
        ok &= fill(d, f->child, n->list.items[i], PATH_INDEX(at, i),
                   (char *)out->items + i * f->child->size);
    return ok;
}

static bool decode_child(struct decoder *d, const struct field *f, const struct node *n,
                         const struct path *at, void **out)
{
    void *child = arena_alloc(d->arena, f->child->size);

    if (child == NULL)
        return no_memory(d);
    *out = child;
    return fill(d, f->child, n, at, child);
}

static bool decode_any(struct decoder *d, const struct node *n, const struct node **out)
{
    *out = node_copy(n, d->arena);
    return *out != NULL || no_memory(d);
}

/* ---- fields ---- */

static void set_default(const struct field *f, void *member)
{
    switch (f->kind) {
    case FIELD_STRING:
        *(const char **)member = f->default_text;
        break;
    case FIELD_INT:
        *(int64_t *)member = f->default_int;
        break;
    case FIELD_BOOL:
        *(enum tri *)member = (enum tri)f->default_int;
        break;
    case FIELD_CHOICE:
        *(int *)member = (int)f->default_int;
        break;
    case FIELD_PORT:
    case FIELD_STRINGS:
    case FIELD_INTS:
    case FIELD_MAP:
    case FIELD_CHILD:
    case FIELD_LIST:
    case FIELD_ANY:
        break;                          /* zero is "nothing" */
    }
}

static bool decode_field(struct decoder *d, const struct field *f, const struct node *n,
                         const struct path *at, void *member)
{
    switch (f->kind) {
    case FIELD_STRING:
        return decode_string(d, f, n, at, member);
    case FIELD_INT:
        return decode_int(d, f, n, at, member);
    case FIELD_BOOL:
        return decode_bool(d, n, at, member);
    case FIELD_CHOICE:
        return decode_choice(d, f, n, at, member);
    case FIELD_PORT:
        return decode_port(d, n, at, member);
    case FIELD_STRINGS:
        return decode_strings(d, n, at, member);
    case FIELD_INTS:
        return decode_ints(d, f, n, at, member);
    case FIELD_MAP:
        return decode_map(d, f, n, at, member);
    case FIELD_CHILD:
        return decode_child(d, f, n, at, member);
    case FIELD_LIST:
        return decode_list(d, f, n, at, member);
    case FIELD_ANY:
        return decode_any(d, n, member);
    }
    return true;
}

/* A value that asks for nothing: false, empty, or a default written out. */
static bool asks_for_nothing(const struct field *f, const struct node *n)
{
    switch (n->kind) {
    case NODE_NULL:
        return true;
    case NODE_BOOL:
        return !n->boolean;
    case NODE_INT:
        return n->integer == 0;
    case NODE_STRING:
        return n->length == 0;
    case NODE_LIST:
        return n->list.count == 0;
    case NODE_MAP:
        return n->map.count == 0 && (f->flags & EMPTY_ASKS) == 0;
    case NODE_FLOAT:
        return false;
    }
    return false;
}

/* ---- unknown fields ---- */

static void unknown_field(struct decoder *d, const struct object_info *object, const char *key,
                          const struct path *at)
{
    struct guess guess = guess_init(key);
    struct buf path = BUF_INIT;

    if (diags_full(d->diags)) {
        diag_add(d->diags, DIAG_UNKNOWN_FIELD, at, "%s", "");
        return;
    }
    for (size_t i = 0; i < object->count; i++)
        guess_try(&guess, object->fields[i].json);
    path_format(at, &path);
    if (guess.best != NULL)
        diag_add(d->diags, DIAG_UNKNOWN_FIELD, at,
                 "strict decoding error: unknown field \"%s\": did you mean \"%s\"?", buf_text(&path),
                 guess.best);
    else
        diag_add(d->diags, DIAG_UNKNOWN_FIELD, at,
                 "strict decoding error: unknown field \"%s\": %s has no such field", buf_text(&path),
                 object->name);
    buf_deinit(&path);
}

/* ---- objects ---- */

static bool empty_list(const struct node *n)
{
    return n->kind == NODE_LIST && n->list.count == 0;
}

static bool fill_field(struct decoder *d, const struct field *f, const struct node *n,
                       const struct path *at, char *out)
{
    void *member = out + f->offset;
    struct path here = {.up = at, .key = f->json};
    static const struct node nothing = {.kind = NODE_MAP};
    bool ok = true;

    set_default(f, member);
    if (absent(n) || (empty_list(n) && (f->flags & REQUIRED) != 0)) {
        if ((f->flags & REQUIRED) != 0)
            return diag_required(d->diags, &here, "%s", "");
        if ((f->flags & MAKE_EMPTY) != 0)
            return decode_child(d, f, &nothing, &here, member);
        return true;
    }
    /* Refused or not, it is read: what is wrong in it is told as well. */
    if (f->mode == FIELD_REFUSED && !asks_for_nothing(f, n))
        ok = diag_add(d->diags, DIAG_REFUSED, &here, "%s", f->reason);
    return decode_field(d, f, n, &here, member) && ok;
}

static bool fill(struct decoder *d, const struct object_info *object, const struct node *n,
                 const struct path *at, void *out)
{
    bool ok = true;

    if (n->kind != NODE_MAP)
        return wrong_kind(d, at, n, "a map");
    for (size_t i = 0; i < object->count; i++)
        ok &= fill_field(d, &object->fields[i], node_get(n, object->fields[i].json), at, out);
    for (size_t i = 0; i < n->map.count; i++) {
        const char *key = n->map.pairs[i].key;

        if (schema_field(object, key) == NULL) {
            unknown_field(d, object, key, PATH_KEY(at, key));
            ok = false;
        }
    }
    return ok;
}

bool decode_too_much(struct diags *diags, const struct node *n)
{
    return diag_syntax(diags, n->line, n->column, "too large: the objects of one text take more memory than they may");
}

void *decode_object(const struct object_info *object, const struct node *n, const struct path *at,
                    struct arena *arena, struct diags *diags)
{
    struct decoder d = {.arena = arena, .diags = diags};
    void *out = arena_alloc(arena, object->size);

    if (out != NULL)
        fill(&d, object, n, at, out);
    if (out == NULL || d.out_of_memory) {
        if (arena_is_full(arena))
            decode_too_much(diags, n);
        else
            diag_add(diags, DIAG_INTERNAL, at, "out of memory");
        return NULL;
    }
    return out;
}
