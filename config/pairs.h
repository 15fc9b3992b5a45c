/*
 * Lists such as "initial=1s,max=20s": KEY=VALUE, commas between, blanks around both allowed.
 *
 *     struct pairs p = PAIRS(text);
 *     while (pairs_next(&p)) … p.key, p.value …
 */
#ifndef PIDLET_CONFIG_PAIRS_H
#define PIDLET_CONFIG_PAIRS_H

#include <stdbool.h>
#include <stddef.h>

struct span {                           /* a part of a text; borrowed */
    const char *text;
    size_t length;
};

struct pairs {
    const char *rest;                   /* NULL: the list has ended */
    struct span all;                    /* of the pair, as it stands there */
    struct span key, value;             /* value.text NULL: there is no "=" */
    unsigned seen;                      /* a bit for each key that pairs_key() has found */
};

#define PAIRS(list) {.rest = (list)}

/* Takes the next pair; false after the last.  An empty list has one, which is empty. */
bool pairs_next(struct pairs *p);

enum { PAIRS_UNKNOWN = -1, PAIRS_TWICE = -2 };

/* The pair's key as an index of `keys`, at most 32 of them. */
int pairs_key(struct pairs *p, const char *const *keys, size_t count);

/* For "%.*s" in messages: not more than 40 bytes of it. */
#define SPAN(s) (int)((s).length < 40 ? (s).length : 40), (s).text

#endif
