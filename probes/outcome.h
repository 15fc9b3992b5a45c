/*
 * How one try of a probe or hook ended: a closed set, and exactly one each try.
 */
#ifndef PIDLET_PROBES_OUTCOME_H
#define PIDLET_PROBES_OUTCOME_H

#include <stdbool.h>

enum attempt_outcome {
    ATTEMPT_OK,
    ATTEMPT_TIMED_OUT,
    ATTEMPT_CONNECT_FAILED,     /* refused, unreachable, reset: the dial failed */
    ATTEMPT_NAME_NOT_RESOLVED,  /* the host's name has no address: the dial failed */
    ATTEMPT_HTTP_STATUS,        /* answered, but not 200 to 399; no outcome of a hook */
    ATTEMPT_HTTP_REQUEST,       /* no such request can be made, or what came is no answer to it */
    ATTEMPT_UNSERVING,          /* gRPC: anything but SERVING, in time */
    ATTEMPT_REDIRECTED,         /* answered 300 to 399: a warning, which counts as success */
    ATTEMPT_FELL_BACK,          /* a hook: answered over HTTP what was asked over HTTPS */
    ATTEMPT_EXIT_CODE,          /* ran, but did not exit 0; a signal counts as 128 + N */
    ATTEMPT_CANNOT_RUN,         /* the command could not be started: a probe error */
    ATTEMPT_BODY_UNREADABLE,    /* HTTP: the headers came, the body did not: a probe error */
    ATTEMPT_HOOK_INVALID,       /* tcpSocket as a hook, which Kubernetes accepts and never runs */
    ATTEMPT_NOT_RUN,            /* our own trouble: never counts against the container */
};

enum { ATTEMPT_OUTCOMES = ATTEMPT_NOT_RUN + 1 };

/*
 * What an outcome means to a probe (kubelet-semantics 2.4): failures count, errors
 * are tried again at once, three times in all, and then thrown away.  A warning is a
 * success that people are told of.
 */
enum attempt_class { ATTEMPT_SUCCESS, ATTEMPT_WARNING, ATTEMPT_FAILURE, ATTEMPT_ERROR };

enum attempt_class attempt_class(enum attempt_outcome outcome);
/* Of a hook: anything but a failure or an error. */
bool attempt_succeeded(enum attempt_outcome outcome);
const char *attempt_outcome_name(enum attempt_outcome outcome);

enum { ATTEMPT_TEXT_MAX = 10 * 1024 };  /* bytes of output that an attempt hands on */

#endif
