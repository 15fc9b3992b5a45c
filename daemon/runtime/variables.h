/*
 * Environment variables under construction: each name once, in the order in which the
 * names came, found without looking through all of them.  A ConfigMap may hold tens of
 * thousands, and the loop waits while they are put together.
 */
#ifndef PIDLET_RUNTIME_VARIABLES_H
#define PIDLET_RUNTIME_VARIABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct variables {                      /* in the arena; the strings are borrowed */
    char **items;                       /* "NAME=value"; NULL: dropped */
    size_t count;
    uint32_t *slots;                    /* index into items + 1; 0: free.  Open addressing. */
    size_t mask;
};

/* Room for `most` variables, dropped ones included.  False: no memory. */
bool variables_init(struct variables *v, struct arena *a, size_t most);

/* Adds it as it is, also a second one of its name, which then nothing finds. */
void variables_add(struct variables *v, char *variable);

/* Adds it, or puts it in the place of the one of its name. */
void variables_set(struct variables *v, char *variable);
void variables_drop(struct variables *v, const char *name);

/* The value; NULL: there is no such variable. */
const char *variables_get(const struct variables *v, const char *name, size_t length);

/* The vector for execve(2), NULL at the end; nothing may follow. */
char **variables_end(struct variables *v);

#endif
