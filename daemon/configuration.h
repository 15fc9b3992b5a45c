/*
 * The daemon's settings as it starts: found, read, reported on.
 */
#ifndef PIDLET_DAEMON_CONFIGURATION_H
#define PIDLET_DAEMON_CONFIGURATION_H

#include "config/settings.h"

#include <stdbool.h>

struct configuration {
    struct settings settings;
    struct arena *arena;                /* of its texts */
};

/*
 * Reads `file`; NULL: the one in its place, if there is one.  `verbosity` as in
 * manifests.h.  False with a finding, which has been printed.
 */
bool configuration_load(struct configuration *c, const char *file, unsigned verbosity);
void configuration_deinit(struct configuration *c);

#endif
