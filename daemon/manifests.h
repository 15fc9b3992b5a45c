/*
 * The manifests that a daemon is told to run: read, reported on, sorted out.
 */
#ifndef PIDLET_DAEMON_MANIFESTS_H
#define PIDLET_DAEMON_MANIFESTS_H

#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>

struct pod_config_set;

struct manifest_options {
    const char **sources;               /* files, folders, "-"; in their order */
    size_t source_count;
    const char *command;                /* a manifest's text in place of sources; NULL: none */
    mono_ms max_restart_period;         /* of the settings */
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

#endif
