/*
 * The command line: `pidlet VERB …`, each verb a function.
 */
#ifndef PIDLET_CLIENT_VERB_H
#define PIDLET_CLIENT_VERB_H

#include <stdbool.h>

struct usage;

/* The exit status of every verb; a contract. */
enum {
    EXIT_OK     = 0,
    EXIT_WORK   = 1,            /* the work failed */
    EXIT_USAGE  = 2,            /* wrong usage */
    EXIT_FAULTY = 3,            /* the manifest has errors */
};

struct verb {
    const struct usage *usage;
    int (*run)(int argc, char **argv);  /* argv[0] is the verb; returns an exit status */
};

/* Prints "pidlet VERB: WHY" and where help is to be had; returns EXIT_USAGE. */
int verb_usage_error(const char *verb, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* All that was printed has been taken; else says on standard error why not. */
bool verb_printed(const char *verb);

#endif
