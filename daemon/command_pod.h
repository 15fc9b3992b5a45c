/*
 * `pidlet run [FLAG…] -- CMD ARG…`: a pod of one container, without a manifest.
 */
#ifndef PIDLET_DAEMON_COMMAND_POD_H
#define PIDLET_DAEMON_COMMAND_POD_H

#include "client/usage.h"

#include <stdbool.h>

struct buf;

/* As given; NULL: not. */
struct command_options {
    char **argv;                        /* the command, NULL-terminated; NULL: there is none */
    const char *name;
    const char *restart;
    const char *liveness, *readiness, *startup;
    const char *grace;
    const char *backoff;
    bool init;                          /* for a container's PID 1: waits for all that the command starts, for ever */
};

/* Takes an option of a command line; false: it is none of these. */
bool command_option(struct command_options *o, int option, const char *value);

/* The first flag that only a command has a use for; NULL: none was given. */
const char *command_flag(const struct command_options *o);

/* Appends the pod's manifest; -1, or the exit status of a usage error that was printed. */
int command_manifest(const struct command_options *o, struct buf *out);

#endif
