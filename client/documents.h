/*
 * The objects of a manifest, as JSON, one by one: for verbs that send or name them.
 */
#ifndef PIDLET_CLIENT_DOCUMENTS_H
#define PIDLET_CLIENT_DOCUMENTS_H

#include <jansson.h>
#include <stdbool.h>

struct kind_name;

/* `object` is borrowed, and may be changed; false ends it. */
typedef bool documents_fn(void *arg, const struct kind_name *k, const char *namespace, const char *name, json_t *object);

/* Of a file, or of standard input ("-"); Lists are taken apart.  False: said why, or `fn` did. */
bool documents_each(const char *verb, const char *file, const char *namespace, documents_fn *fn, void *arg);

#endif
