#include "config/diag.h"

#include "base/arena.h"
#include "base/buf.h"
#include "config/tree.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *words;
    bool has_value;                     /* kubelet-semantics 10.1 */
} diag_kinds[] = {
    [DIAG_SYNTAX]        = {"Syntax error", false},
    [DIAG_REQUIRED]      = {"Required value", false},
    [DIAG_INVALID]       = {"Invalid value", true},
    [DIAG_INVALID_BARE]  = {"Invalid value", false},
    [DIAG_UNSUPPORTED]   = {"Unsupported value", true},
    [DIAG_DUPLICATE]     = {"Duplicate value", true},
    [DIAG_NOT_FOUND]     = {"Not found", true},
    [DIAG_FORBIDDEN]     = {"Forbidden", false},
    [DIAG_TOO_LONG]      = {"Too long", false},
    [DIAG_TOO_MANY]      = {"Too many", true},
    [DIAG_UNKNOWN_FIELD] = {"Unknown field", false},
    [DIAG_DUPLICATE_FIELD] = {"Duplicate field", false},
    [DIAG_REFUSED]       = {"Refused", false},
    [DIAG_INTERNAL]      = {"Internal error", false},
};

bool diags_init(struct diags *d)
{
    *d = (struct diags){.arena = arena_new()};
    return d->arena != NULL;
}

void diags_deinit(struct diags *d)
{
    free(d->items);
    arena_free(d->arena);
    *d = (struct diags){0};
}

void diags_set_file(struct diags *d, const char *name)
{
    d->file = arena_strdup(d->arena, name);     /* NULL, for want of memory, is printed as none */
}

/* ---- where ---- */

/* The nearest node there is on the way to `at`; *exact when it is the place itself. */
static const struct node *locate(const struct path *at, bool *exact)
{
    const struct node *up, *n = NULL;

    if (at->up == NULL) {
        *exact = at->root != NULL;
        return at->root;
    }
    up = locate(at->up, exact);
    if (!*exact || up == NULL)
        return up;
    if (at->key != NULL)
        n = node_get(up, at->key);
    else if (up->kind == NODE_LIST && at->index < up->list.count)
        n = up->list.items[at->index];
    *exact = n != NULL;
    return n != NULL ? n : up;
}

/* For a field that should not be there, its key tells more than its value. */
static const struct node_pair *key_of(const struct path *at)
{
    const struct node *up;
    bool exact;

    if (at->up == NULL || at->key == NULL)
        return NULL;
    up = locate(at->up, &exact);
    return exact ? node_pair(up, at->key) : NULL;
}

static void set_place(struct diag *one, const struct path *at, const struct node *n)
{
    const struct node_pair *pair =
        one->kind == DIAG_UNKNOWN_FIELD || one->kind == DIAG_REFUSED ? key_of(at) : NULL;

    if (pair != NULL) {
        one->line = pair->line;
        one->column = pair->column;
    } else if (n != NULL) {
        one->line = n->line;
        one->column = n->column;
    }
}

void path_format(const struct path *at, struct buf *out)
{
    if (at->up == NULL)
        return;
    path_format(at->up, out);
    if (at->key == NULL)
        buf_addf(out, "[%zu]", at->index);
    else if (at->in_map)
        buf_addf(out, "[%s]", at->key);
    else
        buf_addf(out, "%s%s", out->length > 0 ? "." : "", at->key);
}

/* ---- what ---- */

enum { VALUE_SHOWN = 200 };             /* bytes of a value that a finding repeats */

/* As Kubernetes prints it: numbers and booleans bare, strings quoted, the rest as JSON. */
static void add_value(struct buf *out, const struct node *n)
{
    switch (n->kind) {
    case NODE_NULL:
        buf_adds(out, "null");
        break;
    case NODE_BOOL:
        buf_adds(out, n->boolean ? "true" : "false");
        break;
    case NODE_INT:
    case NODE_FLOAT:
        buf_add(out, n->text, n->length);
        break;
    case NODE_STRING:
        buf_add_quoted(out, n->text, n->length < VALUE_SHOWN ? n->length : VALUE_SHOWN);
        break;
    case NODE_LIST:
        buf_addc(out, '[');
        for (size_t i = 0; i < n->list.count && out->length < VALUE_SHOWN; i++) {
            if (i > 0)
                buf_addc(out, ',');
            add_value(out, n->list.items[i]);
        }
        buf_addc(out, ']');
        break;
    case NODE_MAP:
        buf_addc(out, '{');
        for (size_t i = 0; i < n->map.count && out->length < VALUE_SHOWN; i++) {
            if (i > 0)
                buf_addc(out, ',');
            buf_add_quoted(out, n->map.pairs[i].key, strlen(n->map.pairs[i].key));
            buf_addc(out, ':');
            add_value(out, n->map.pairs[i].value);
        }
        buf_addc(out, '}');
        break;
    }
}

static struct diag *next_diag(struct diags *d)
{
    if (diags_full(d)) {
        d->dropped++;
        return NULL;
    }
    if (d->count == d->capacity) {
        size_t capacity = d->capacity == 0 ? 8 : d->capacity * 2;
        struct diag *items = realloc(d->items, capacity * sizeof *items);

        if (items == NULL) {
            d->out_of_memory = true;
            return NULL;
        }
        d->items = items;
        d->capacity = capacity;
    }
    return &d->items[d->count++];
}

/* No more than fits, and no half of a character. */
static void cut(struct buf *b)
{
    static const char mark[] = "…";
    size_t length = DIAG_MAX_TEXT - sizeof mark;

    if (b->length <= DIAG_MAX_TEXT)
        return;
    while (length > 0 && (b->data[length] & 0xc0) == 0x80)
        length--;
    b->length = length;
    buf_adds(b, mark);
}

/* The text of `b` in the findings' arena; "" when memory is short. */
static const char *keep(struct diags *d, struct buf *b)
{
    const char *text;

    cut(b);
    text = b->failed ? NULL : arena_strdup(d->arena, buf_text(b));

    buf_deinit(b);
    if (text == NULL)
        d->out_of_memory = true;
    return text != NULL ? text : "";
}

bool diag_is_secret(const struct diags *d, const struct path *at)
{
    for (; at != NULL; at = at->up) {
        if (at->key != NULL && !at->in_map && strcmp(at->key, "metadata") == 0)
            return false;
    }
    return d->secret;
}

static bool vadd(struct diags *d, enum diag_kind kind, const struct path *at, unsigned line,
                 unsigned column, const char *value, const char *format, va_list args)
{
    struct diag *one = next_diag(d);
    struct buf text = BUF_INIT;
    const struct node *n;
    bool exact = false;

    if (one == NULL)
        return false;
    *one = (struct diag){.kind = kind, .file = d->file, .line = line, .column = column, .path = ""};
    if (at != NULL) {
        n = locate(at, &exact);
        set_place(one, at, n);
        path_format(at, &text);
        one->path = keep(d, &text);
        if (value != NULL)
            buf_adds(&text, value);
        else if (kind == DIAG_TOO_MANY && exact && n != NULL && n->kind == NODE_LIST)
            buf_addf(&text, "%zu", (size_t)n->list.count);
        else if (diag_kinds[kind].has_value && exact && n != NULL && !diag_is_secret(d, at))
            add_value(&text, n);
        if (text.length > 0)
            one->value = keep(d, &text);
    }
    buf_vaddf(&text, format, args);
    one->detail = keep(d, &text);
    return false;
}

bool diag_syntax(struct diags *d, unsigned line, unsigned column, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vadd(d, DIAG_SYNTAX, NULL, line, column, NULL, format, args);
    va_end(args);
    return false;
}

bool diag_required(struct diags *d, const struct path *at, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vadd(d, DIAG_REQUIRED, at, 0, 0, NULL, format, args);
    va_end(args);
    return false;
}

bool diag_invalid(struct diags *d, const struct path *at, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vadd(d, DIAG_INVALID, at, 0, 0, NULL, format, args);
    va_end(args);
    return false;
}

bool diag_add(struct diags *d, enum diag_kind kind, const struct path *at, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vadd(d, kind, at, 0, 0, NULL, format, args);
    va_end(args);
    return false;
}

bool diag_add_at(struct diags *d, enum diag_kind kind, unsigned line, unsigned column,
                 const struct path *at, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vadd(d, kind, at, line, column, NULL, format, args);
    va_end(args);
    return false;
}

bool diag_add_value(struct diags *d, enum diag_kind kind, const struct path *at, const char *value,
                    const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vadd(d, kind, at, 0, 0, value, format, args);
    va_end(args);
    return false;
}

const char *diag_kind_words(enum diag_kind kind)
{
    return diag_kinds[kind].words;
}

void diag_format(const struct diag *one, struct buf *out)
{
    if (one->file != NULL)
        buf_addf(out, "%s:", one->file);
    if (one->line > 0)
        buf_addf(out, "%u:%u:", one->line, one->column);
    if (out->length > 0)
        buf_addc(out, ' ');
    if (one->path[0] != '\0')
        buf_addf(out, "%s: ", one->path);
    if (one->kind != DIAG_SYNTAX)
        buf_addf(out, "%s", diag_kinds[one->kind].words);
    if (one->value != NULL)
        buf_addf(out, ": %s", one->value);
    if (one->detail[0] != '\0')
        buf_addf(out, "%s%s", one->kind == DIAG_SYNTAX ? "" : ": ", one->detail);
}
