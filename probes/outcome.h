/*
 * How one try of a probe or hook ended: a closed set, and exactly one each try.
 */
#ifndef PIDLET_PROBES_OUTCOME_H
#define PIDLET_PROBES_OUTCOME_H

enum attempt_outcome {
    ATTEMPT_OK,
    ATTEMPT_TIMED_OUT,
    ATTEMPT_CONNECT_FAILED,     /* refused, unreachable, reset: the dial failed */
    ATTEMPT_NAME_NOT_RESOLVED,  /* the host's name has no address: the dial failed */
    ATTEMPT_HTTP_STATUS,        /* answered, but not 200 to 399; a hook takes it for success */
    ATTEMPT_REDIRECTED,         /* answered 300 to 399: a warning, which counts as success */
    ATTEMPT_EXIT_CODE,          /* ran, but did not exit 0; a signal counts as 128 + N */
    ATTEMPT_CANNOT_RUN,         /* the command could not be started: a probe error */
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
const char *attempt_outcome_name(enum attempt_outcome outcome);

enum { ATTEMPT_TEXT_MAX = 10 * 1024 };  /* bytes of output that an attempt hands on */

#endif
