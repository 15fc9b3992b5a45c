/*
 * Namespaces: `default`, those that were created, and those that something lives in.
 */
#ifndef PIDLET_API_NAMESPACES_H
#define PIDLET_API_NAMESPACES_H

#include <stdbool.h>

struct backing;

/* Shows a namespace for everything that is shown; ends those that are empty and to go. */
bool namespaces_show(struct backing *b);

void namespaces_restore(struct backing *b);

#endif
