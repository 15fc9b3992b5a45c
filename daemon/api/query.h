/*
 * The query of a request: names and values, decoded, in Go's notation of booleans and
 * durations.  Unknown parameters are nobody's business.  Pure.
 */
#ifndef PIDLET_API_QUERY_H
#define PIDLET_API_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

enum { QUERY_MAX = 64 };                /* parameters; those beyond are dropped */

struct query_parameter {
    const char *name;
    const char *value;                  /* "" without one */
};

struct query {
    struct query_parameter items[QUERY_MAX];
    size_t count;
};

/* False when `text`, what follows the "?", is no query: a bad %-escape, a NUL; or no memory. */
bool query_parse(struct query *q, const char *text, struct arena *arena);

/* The first of that name; NULL: there is none. */
const char *query_get(const struct query *q, const char *name);

/* Go's strconv.ParseBool; what it does not take, and what is absent, is false. */
bool query_bool(const struct query *q, const char *name);

/* False when it is there and no integer >= 0; absent: *out stays. */
bool query_int(const struct query *q, const char *name, int64_t *out);

/* Decodes %-escapes and, with `plus`, "+" in place; false: malformed, or has a NUL. */
bool query_unescape(char *text, bool plus);

#endif
