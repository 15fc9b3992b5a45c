/*
 * Shared libraries that are loaded when they are first needed.
 *
 * Linked in the ordinary way they, and all that they need in turn, would be in every process:
 * tens of milliseconds at each start of the program, and megabytes in a daemon that may never
 * use them.  Each is a struct of function pointers, with one list of their names for the
 * struct and for what is looked up: see libcurl.h.
 */
#ifndef PIDLET_BASE_LIBRARY_H
#define PIDLET_BASE_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

struct library {
    const char *const *names;           /* sonames, tried in turn; the last one is followed by NULL */
    const char *const *symbols;         /* `count` of them */
    void **functions;                   /* as many: the struct's members */
    size_t count;
    bool loaded;
    char why[200];                      /* why it is not */
};

/*
 * Loads it if it is not loaded yet; it stays so.  False: none is to be had that knows every
 * symbol, and l->why says why.  Nothing may be called before.
 */
bool library_load(struct library *l);

#endif
