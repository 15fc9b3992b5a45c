#include "daemon/api/selector.h"

#include "base/arena.h"
#include "base/buf.h"
#include "config/value.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct parser {
    const char *p;
    struct arena *arena;
    struct buf *why;
    struct selector *out;
    size_t capacity;
};

static void skip_blanks(struct parser *s)
{
    while (*s->p == ' ' || *s->p == '\t')
        s->p++;
}

static bool fault(struct parser *s, const char *what)
{
    buf_addf(s->why, "unable to parse requirement: %s", what);
    return false;
}

static struct requirement *add(struct parser *s, enum requirement_operator operator, const char *key)
{
    if (s->out->count == s->capacity) {
        size_t capacity = s->capacity == 0 ? 4 : s->capacity * 2;
        struct requirement *items = arena_array(s->arena, capacity, sizeof *items);

        if (items == NULL)
            return NULL;
        if (s->out->count > 0)
            memcpy(items, s->out->items, s->out->count * sizeof *items);
        s->out->items = items;
        s->capacity = capacity;
    }
    s->out->items[s->out->count] = (struct requirement){.operator = operator, .key = key};
    return &s->out->items[s->out->count++];
}

/* A key, a value or a word such as "in": up to a blank or a sign of the notation. */
static char *word(struct parser *s)
{
    size_t length = strcspn(s->p, " \t,=!<>()");
    char *text = arena_strndup(s->arena, s->p, length);

    s->p += length;
    skip_blanks(s);
    return text;
}

static bool key_is_good(struct parser *s, const char *key)
{
    const char *wrong = key[0] == '\0' ? "a label's key must not be empty"
                                       : value_fault(FORMAT_QUALIFIED_NAME, key);

    if (wrong != NULL)
        return fault(s, wrong);
    return true;
}

static bool value_is_good(struct parser *s, const char *value)
{
    const char *wrong = value_fault(FORMAT_LABEL_VALUE, value);

    if (wrong != NULL)
        return fault(s, wrong);
    return true;
}

static bool no_memory(struct parser *s)
{
    return fault(s, "out of memory");
}

/* (x, y): the values of `in` and `notin`. */
static bool value_list(struct parser *s, struct requirement *r)
{
    const char **values;
    size_t most = 1;

    skip_blanks(s);
    if (*s->p != '(')
        return fault(s, "found no '(' after in or notin");
    for (const char *p = ++s->p; *p != '\0' && *p != ')'; p++)
        most += *p == ',';
    values = arena_array(s->arena, most, sizeof *values);
    if (values == NULL)
        return no_memory(s);
    r->values = values;
    for (;;) {
        char *value;

        skip_blanks(s);
        value = word(s);
        if (value == NULL)
            return no_memory(s);
        if (!value_is_good(s, value))
            return false;
        values[r->count++] = value;
        if (*s->p == ')')
            break;
        if (*s->p != ',')
            return fault(s, "found no ',' or ')' in a list of values");
        s->p++;
    }
    s->p++;
    skip_blanks(s);
    return true;
}

static bool one_value(struct parser *s, struct requirement *r, bool number)
{
    char *value, *end;

    skip_blanks(s);
    value = word(s);
    r->values = arena_array(s->arena, 1, sizeof *r->values);
    if (value == NULL || r->values == NULL)
        return no_memory(s);
    if (number) {
        errno = 0;
        (void)strtoll(value, &end, 10);
        if (*value == '\0' || *end != '\0' || errno != 0)
            return fault(s, "for '>' and '<' the value must be an integer");
    } else if (!value_is_good(s, value)) {
        return false;
    }
    r->values[r->count++] = value;
    return true;
}

/* The operator that stands at `s->p`, which moves past it. */
static bool operator_here(struct parser *s, enum requirement_operator *operator, bool *list)
{
    static const struct {
        const char *text;
        enum requirement_operator operator;
    } signs[] = {{"==", SELECT_IN}, {"=", SELECT_IN}, {"!=", SELECT_NOT_IN}, {">", SELECT_GREATER}, {"<", SELECT_LESS}};
    char *name;

    *list = false;
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (strncmp(s->p, signs[i].text, strlen(signs[i].text)) == 0) {
            s->p += strlen(signs[i].text);
            *operator = signs[i].operator;
            return true;
        }
    }
    name = word(s);
    *list = true;
    *operator = SELECT_IN;
    if (name != NULL && strcmp(name, "in") == 0)
        return true;
    *operator = SELECT_NOT_IN;
    if (name != NULL && strcmp(name, "notin") == 0)
        return true;
    return fault(s, "found no operator: =, ==, !=, in, notin, >, <");
}

static bool label_requirement(struct parser *s)
{
    enum requirement_operator operator;
    struct requirement *r;
    char *key;
    bool negated = *s->p == '!', list;

    if (negated) {
        s->p++;
        skip_blanks(s);
    }
    key = word(s);
    if (key == NULL)
        return no_memory(s);
    if (!key_is_good(s, key))
        return false;
    if (negated || *s->p == ',' || *s->p == '\0')
        return add(s, negated ? SELECT_NOT_EXISTS : SELECT_EXISTS, key) != NULL || no_memory(s);
    if (!operator_here(s, &operator, &list))
        return false;
    r = add(s, operator, key);
    if (r == NULL)
        return no_memory(s);
    return list ? value_list(s, r) : one_value(s, r, operator == SELECT_GREATER || operator == SELECT_LESS);
}

bool selector_parse_labels(struct selector *s, const char *text, struct arena *arena, struct buf *why)
{
    struct parser parser = {.p = text, .arena = arena, .why = why, .out = s};

    *s = (struct selector){0};
    skip_blanks(&parser);
    while (*parser.p != '\0') {
        if (!label_requirement(&parser))
            return false;
        skip_blanks(&parser);
        if (*parser.p == '\0')
            return true;
        if (*parser.p != ',')
            return fault(&parser, "found no ',' between two requirements");
        parser.p++;
        skip_blanks(&parser);
        if (*parser.p == '\0')
            return fault(&parser, "found nothing after ','");
    }
    return true;
}

/* ---- fields ---- */

/* Up to an unescaped '=', "!=" or ','; \, \= and \\ stand for the sign itself. */
static char *field_word(struct parser *s, bool value)
{
    char *text = arena_strdup(s->arena, s->p), *out = text;

    if (text == NULL)
        return NULL;
    while (*s->p != '\0' && *s->p != ',') {
        if (!value && (*s->p == '=' || (s->p[0] == '!' && s->p[1] == '=')))
            break;
        if (s->p[0] == '\\' && s->p[1] != '\0')
            s->p++;
        *out++ = *s->p++;
    }
    *out = '\0';
    return text;
}

static bool field_requirement(struct parser *s)
{
    char *key = field_word(s, false), *value;
    enum requirement_operator operator;
    struct requirement *r;

    if (key == NULL)
        return no_memory(s);
    if (*s->p == '!') {
        operator = SELECT_NOT_IN;
        s->p += 2;
    } else if (*s->p == '=') {
        operator = SELECT_IN;
        s->p += s->p[1] == '=' ? 2 : 1;
    } else {
        buf_addf(s->why, "invalid selector: '%s'; can't understand '%s'", key, key);
        return false;
    }
    value = field_word(s, true);
    r = value == NULL ? NULL : add(s, operator, key);
    if (r == NULL || (r->values = arena_array(s->arena, 1, sizeof *r->values)) == NULL)
        return no_memory(s);
    r->values[r->count++] = value;
    return true;
}

bool selector_parse_fields(struct selector *s, const char *text, struct arena *arena, struct buf *why)
{
    struct parser parser = {.p = text, .arena = arena, .why = why, .out = s};

    *s = (struct selector){0};
    while (*parser.p != '\0') {
        if (*parser.p == ',')
            parser.p++;                 /* an empty one selects everything */
        else if (!field_requirement(&parser))
            return false;
    }
    return true;
}

/* ---- matching ---- */

static bool holds(const struct requirement *r, const char *value)
{
    bool in = false;

    for (size_t i = 0; value != NULL && i < r->count; i++)
        in |= strcmp(r->values[i], value) == 0;
    switch (r->operator) {
    case SELECT_IN:
        return in;
    case SELECT_NOT_IN:
        return !in;
    case SELECT_EXISTS:
        return value != NULL;
    case SELECT_NOT_EXISTS:
        return value == NULL;
    case SELECT_GREATER:
    case SELECT_LESS: {
        char *end = NULL;
        long long number = value == NULL ? 0 : strtoll(value, &end, 10);

        if (value == NULL || end == value || *end != '\0')
            return false;
        return r->operator == SELECT_GREATER ? number > strtoll(r->values[0], NULL, 10)
                                             : number < strtoll(r->values[0], NULL, 10);
    }
    }
    return false;
}

bool selector_matches_labels(const struct selector *s, const struct string_map *labels)
{
    for (size_t i = 0; i < s->count; i++) {
        if (!holds(&s->items[i], string_map_get(labels, s->items[i].key)))
            return false;
    }
    return true;
}

bool selector_matches_fields(const struct selector *s, const void *object, selector_field_fn *field)
{
    for (size_t i = 0; i < s->count; i++) {
        if (!holds(&s->items[i], field(object, s->items[i].key)))
            return false;
    }
    return true;
}
