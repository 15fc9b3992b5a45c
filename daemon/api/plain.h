/*
 * ConfigMaps and Secrets: those of manifest files, which are only shown, and those that
 * were applied, which are kept.  Pods look values up in both, at each start of a container.
 */
#ifndef PIDLET_API_PLAIN_H
#define PIDLET_API_PLAIN_H

#include <stdbool.h>

struct backing;

/* The manifests were read (again): shows what they hold.  False: no memory, try again. */
bool plain_show_files(struct backing *b);

/* Reads back what was applied to an earlier daemon. */
void plain_restore(struct backing *b);

#endif
