/*
 * Between the files of the tree; others include tree.h.
 */
#ifndef PIDLET_CONFIG_NODE_H
#define PIDLET_CONFIG_NODE_H

#include "config/tree.h"

enum { NODE_MAP_SMALL = 16 };           /* so many keys are found as fast one by one */

/* Makes map.order of a large map, for its pairs as they stand; false: no memory. */
bool node_sort(struct node *map, struct arena *arena);

/* Levels of lists and maps: 0 for a scalar. */
size_t node_depth(const struct node *n);

#endif
