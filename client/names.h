/*
 * Resources by their names on the command line: pods, pod, po; pod/web.
 */
#ifndef PIDLET_CLIENT_NAMES_H
#define PIDLET_CLIENT_NAMES_H

#include "base/buf.h"

#include <stdbool.h>

struct kind_name {
    const char *plural, *singular, *kind, *short_name;
    bool namespaced;
};

/* NULL: the daemon serves none of that name. */
const struct kind_name *kind_name_find(const char *text, size_t length);

/* All of them; NULL: past the last. */
const struct kind_name *kind_name_at(size_t i);

/* Appends the path of its collection. */
void kind_name_path(const struct kind_name *k, const char *namespace, bool all_namespaces, struct buf *out);

#endif
