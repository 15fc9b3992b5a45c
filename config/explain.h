/*
 * `pidlet explain`: what the field table says of a kind or a field, laid out as by kubectl explain.
 */
#ifndef PIDLET_CONFIG_EXPLAIN_H
#define PIDLET_CONFIG_EXPLAIN_H

#include <stdbool.h>

struct buf;

struct explain_options {
    bool recursive;             /* the fields of fields, a line each */
    unsigned max_depth;         /* of them; 0: all */
    const char *api_version;    /* must be the kind's; NULL: need not be */
};

/*
 * Appends the text of `path` to `out`: "pod", "deploy.spec.template", "spec.containers[0].image" after
 * a kind, "pidlet.dev/backoff".  False: there is no such thing, and `error` says so as kubectl does.
 */
bool explain(const char *path, const struct explain_options *options, struct buf *out, struct buf *error);

#endif
