/*
 * `pidlet run [FLAG…] -- CMD ARG…`: a pod of one container, without a manifest.
 */
#ifndef PIDLET_DAEMON_COMMAND_POD_H
#define PIDLET_DAEMON_COMMAND_POD_H

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

/* For getopt_long(), and what they say; false: it is none of them. */
#define COMMAND_LONG_OPTIONS                                     \
    {"name", required_argument, NULL, COMMAND_NAME},             \
    {"restart", required_argument, NULL, COMMAND_RESTART},       \
    {"liveness", required_argument, NULL, COMMAND_LIVENESS},     \
    {"readiness", required_argument, NULL, COMMAND_READINESS},   \
    {"startup", required_argument, NULL, COMMAND_STARTUP},       \
    {"grace", required_argument, NULL, COMMAND_GRACE},           \
    {"backoff", required_argument, NULL, COMMAND_BACKOFF}
enum {
    COMMAND_NAME = 0x200,
    COMMAND_RESTART,
    COMMAND_LIVENESS,
    COMMAND_READINESS,
    COMMAND_STARTUP,
    COMMAND_GRACE,
    COMMAND_BACKOFF,
};
bool command_option(struct command_options *o, int option, const char *value);

/* The first flag that only a command has a use for; NULL: none was given. */
const char *command_flag(const struct command_options *o);

/* Appends the pod's manifest; -1, or the exit status of a usage error that was printed. */
int command_manifest(const struct command_options *o, struct buf *out);

#endif
