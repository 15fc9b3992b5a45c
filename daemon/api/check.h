/*
 * An object of a request held to the field table, as manifests are: 400 for fields that
 * nobody knows, 422 for what is wrong in those that are known.
 */
#ifndef PIDLET_API_CHECK_H
#define PIDLET_API_CHECK_H

#include <stdbool.h>

struct pod_config_set;
struct write;

/*
 * Loads w->object into `set`, which is empty.  Unknown fields are refused, or taken out of
 * w->object with a warning, or silently, as the request wants it.  False: answered.
 */
bool check_object(struct write *w, struct pod_config_set *set);

/* The metadata alone, for kinds that the field table does not have. */
bool check_metadata(struct write *w);

#endif
