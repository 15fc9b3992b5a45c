/*
 * Which objects a list or watch is about: label and field selectors, as
 * apimachinery's labels.Parse and fields.ParseSelector read them.  Pure.
 */
#ifndef PIDLET_API_SELECTOR_H
#define PIDLET_API_SELECTOR_H

#include "config/spec.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct buf;

enum requirement_operator {
    SELECT_IN,                          /* a=b, a==b, a in (b,c) */
    SELECT_NOT_IN,                      /* a!=b, a notin (b,c): true of those without a, too */
    SELECT_EXISTS,                      /* a */
    SELECT_NOT_EXISTS,                  /* !a */
    SELECT_GREATER,                     /* a>1: integers */
    SELECT_LESS,
};

struct requirement {
    enum requirement_operator operator;
    const char *key;
    const char **values;
    size_t count;
};

struct selector {                       /* all of them must hold; none: everything is selected */
    struct requirement *items;
    size_t count;
};

/* Parse in `arena`; on a fault say why in `why` and return false. */
bool selector_parse_labels(struct selector *s, const char *text, struct arena *arena, struct buf *why);
bool selector_parse_fields(struct selector *s, const char *text, struct arena *arena, struct buf *why);

bool selector_matches_labels(const struct selector *s, const struct string_map *labels);

/* The value of a field, never NULL. */
typedef const char *selector_field_fn(const void *object, const char *field);
bool selector_matches_fields(const struct selector *s, const void *object, selector_field_fn *field);

#endif
