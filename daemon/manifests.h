/*
 * The manifests that a daemon is told to run: read, reported on, sorted out.
 */
#ifndef PIDLET_DAEMON_MANIFESTS_H
#define PIDLET_DAEMON_MANIFESTS_H

#include "config/annotations.h"

#include <stdbool.h>
#include <stddef.h>

struct pod_config_set;

struct manifest_options {
    const char **sources;               /* files, folders, "-"; in their order */
    size_t source_count;
    bool watched;                       /* the one source is the folder of static pods */
    const char *command;                /* a manifest's text in place of sources; NULL: none */
    struct annotation_defaults defaults;        /* by the settings and the command line */
    unsigned verbosity;                 /* 0: a line a file; 1: what is not honoured; 2: every field */
    bool quiet;                         /* no report at all */
};

/*
 * Reads all sources.  False when there was a finding, which has been printed; then
 * nothing of `set` may be run.  A file with a kind that is not run is said so, and
 * its pods are not in the set.
 */
bool manifests_load(const struct manifest_options *o, struct pod_config_set *set);

bool manifests_read_standard_input(const struct manifest_options *o);

/* Adds to the set what goes on running of a file that is at fault; false: no memory. */
typedef bool manifests_keep_fn(void *arg, const char *file, struct pod_config_set *set);

/*
 * Reads a folder file by file, as the kubelet does: what is wrong in one is printed, and
 * `keep` (may be NULL) is asked what goes on in its place; the others count; *at_fault: there is
 * such a file.  False: nothing could be read, and nothing may be changed.
 */
bool manifests_load_each(const struct manifest_options *o, struct pod_config_set *set, manifests_keep_fn *keep,
                         void *arg, bool *at_fault);

#endif
