/*
 * The one node: this host.
 */
#ifndef PIDLET_API_NODES_H
#define PIDLET_API_NODES_H

#include <stdbool.h>

struct backing;

/* Looks at the host and shows what has changed; false: no memory. */
bool nodes_show(struct backing *b);

#endif
