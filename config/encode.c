#include "config/encode.h"

#include "base/buf.h"
#include "config/tree.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Every TYPE_list has this shape (config/spec.h). */
struct any_list {
    const void *items;
    size_t count;
};

static void add_text(struct buf *out, const char *text)
{
    buf_add_quoted(out, text, strlen(text));
}

/* ---- values of no type ---- */

/* JSON's grammar of numbers, with a fraction or an exponent: else it would be read as an integer. */
static bool is_json_float(const char *p)
{
    const char *digits;
    bool real = false;

    p += *p == '-';
    digits = p;
    p += strspn(p, "0123456789");
    if (p == digits || (*digits == '0' && p - digits > 1))
        return false;
    if (*p == '.') {
        real = true;
        if (!isdigit((unsigned char)*++p))
            return false;
        p += strspn(p, "0123456789");
    }
    if (*p == 'e' || *p == 'E') {
        real = true;
        p++;
        p += *p == '+' || *p == '-';
        if (!isdigit((unsigned char)*p))
            return false;
        p += strspn(p, "0123456789");
    }
    return real && *p == '\0';
}

static void add_float(const struct node *n, struct buf *out)
{
    char text[40];

    if (is_json_float(n->text)) {
        buf_adds(out, n->text);
        return;
    }
    if (!isfinite(n->real)) {           /* JSON has no word for it */
        add_text(out, n->text);
        return;
    }
    snprintf(text, sizeof text, "%.17g", n->real);
    buf_adds(out, text);
    if (strpbrk(text, ".e") == NULL)
        buf_adds(out, ".0");
}

static void add_items(const struct node *n, struct buf *out)
{
    buf_addc(out, '[');
    for (size_t i = 0; i < n->list.count; i++) {
        if (i > 0)
            buf_addc(out, ',');
        encode_node(n->list.items[i], out);
    }
    buf_addc(out, ']');
}

static void add_pairs(const struct node *n, struct buf *out)
{
    buf_addc(out, '{');
    for (size_t i = 0; i < n->map.count; i++) {
        if (i > 0)
            buf_addc(out, ',');
        add_text(out, n->map.pairs[i].key);
        buf_addc(out, ':');
        encode_node(n->map.pairs[i].value, out);
    }
    buf_addc(out, '}');
}

void encode_node(const struct node *n, struct buf *out)
{
    switch (n->kind) {
    case NODE_NULL:
        buf_adds(out, "null");
        break;
    case NODE_BOOL:
        buf_adds(out, n->boolean ? "true" : "false");
        break;
    case NODE_INT:
        buf_addf(out, "%" PRId64, n->integer);
        break;
    case NODE_FLOAT:
        add_float(n, out);
        break;
    case NODE_STRING:
        buf_add_quoted(out, n->text, n->length);
        break;
    case NODE_LIST:
        add_items(n, out);
        break;
    case NODE_MAP:
        add_pairs(n, out);
        break;
    }
}

/* ---- fields ---- */

/* What was not given, and what means the same as nothing. */
static bool is_absent(const struct field *f, const void *member)
{
    switch (f->kind) {
    case FIELD_STRING: {
        const char *text = *(const char *const *)member;

        return text == NULL || (text[0] == '\0' && f->default_text != NULL);
    }
    case FIELD_INT:
        return *(const int64_t *)member == INT_UNSET;
    case FIELD_BOOL:
        return *(const enum tri *)member == TRI_UNSET;
    case FIELD_CHOICE:
        return enum_text(f->choices, *(const int *)member) == NULL;
    case FIELD_PORT:
        return !((const struct int_or_string *)member)->set;
    case FIELD_STRINGS:
        return ((const struct string_list *)member)->count == 0;
    case FIELD_INTS:
        return ((const struct int_list *)member)->count == 0;
    case FIELD_MAP:
        return ((const struct string_map *)member)->count == 0;
    case FIELD_LIST:
        return ((const struct any_list *)member)->count == 0;
    case FIELD_CHILD:
    case FIELD_ANY:
        return *(const void *const *)member == NULL;
    }
    return true;
}

static void add_strings(const struct string_list *list, struct buf *out)
{
    buf_addc(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            buf_addc(out, ',');
        add_text(out, list->items[i]);
    }
    buf_addc(out, ']');
}

static void add_ints(const struct int_list *list, struct buf *out)
{
    buf_addc(out, '[');
    for (size_t i = 0; i < list->count; i++)
        buf_addf(out, "%s%" PRId64, i > 0 ? "," : "", list->items[i]);
    buf_addc(out, ']');
}

static void add_map(const struct string_map *map, struct buf *out)
{
    buf_addc(out, '{');
    for (size_t i = 0; i < map->count; i++) {
        if (i > 0)
            buf_addc(out, ',');
        add_text(out, map->items[i].key);
        buf_addc(out, ':');
        add_text(out, map->items[i].value);
    }
    buf_addc(out, '}');
}

static void add_list(const struct field *f, const struct any_list *list, struct buf *out)
{
    buf_addc(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            buf_addc(out, ',');
        encode_object(f->child, (const char *)list->items + i * f->child->size, out);
    }
    buf_addc(out, ']');
}

static void add_port(const struct int_or_string *port, struct buf *out)
{
    if (port->text != NULL)
        add_text(out, port->text);
    else
        buf_addf(out, "%" PRId64, port->number);
}

static void add_string(const struct field *f, const char *text, struct buf *out)
{
    if (f->format == FORMAT_INT_OR_PERCENT && strchr(text, '%') == NULL)
        buf_adds(out, text);            /* a number, bare */
    else
        add_text(out, text);
}

static void add_value(const struct field *f, const void *member, struct buf *out)
{
    switch (f->kind) {
    case FIELD_STRING:
        add_string(f, *(const char *const *)member, out);
        break;
    case FIELD_INT:
        buf_addf(out, "%" PRId64, *(const int64_t *)member);
        break;
    case FIELD_BOOL:
        buf_adds(out, *(const enum tri *)member == TRI_TRUE ? "true" : "false");
        break;
    case FIELD_CHOICE:
        add_text(out, enum_text(f->choices, *(const int *)member));
        break;
    case FIELD_PORT:
        add_port(member, out);
        break;
    case FIELD_STRINGS:
        add_strings(member, out);
        break;
    case FIELD_INTS:
        add_ints(member, out);
        break;
    case FIELD_MAP:
        add_map(member, out);
        break;
    case FIELD_CHILD:
        encode_object(f->child, *(const void *const *)member, out);
        break;
    case FIELD_LIST:
        add_list(f, member, out);
        break;
    case FIELD_ANY:
        encode_node(*(const struct node *const *)member, out);
        break;
    }
}

void encode_object(const struct object_info *info, const void *object, struct buf *out)
{
    const char *separator = "";

    buf_addc(out, '{');
    for (size_t i = 0; i < info->count; i++) {
        const struct field *f = &info->fields[i];
        const void *member = (const char *)object + f->offset;

        if (is_absent(f, member))
            continue;
        buf_adds(out, separator);
        add_text(out, f->json);
        buf_addc(out, ':');
        add_value(f, member, out);
        separator = ",";
    }
    buf_addc(out, '}');
}
