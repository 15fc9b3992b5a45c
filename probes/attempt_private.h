/*
 * An attempt's inside, for attempt.c and the handlers alone.
 */
#ifndef PIDLET_PROBES_ATTEMPT_PRIVATE_H
#define PIDLET_PROBES_ATTEMPT_PRIVATE_H

#include "base/buf.h"
#include "probes/attempt.h"
#include "probes/dial.h"
#include "probes/exec.h"

#include <ev.h>
#include <stdbool.h>

struct exec_stream {
    ev_io readable;                     /* active while fd >= 0 */
    int fd;
    struct buf text;                    /* at most ATTEMPT_TEXT_MAX; the rest is read and dropped */
};

struct exec_attempt {
    const struct exec_runner *runner;
    struct exec_child *child;           /* NULL: not started, or gone */
    struct exec_stream streams[2];      /* stdout, stderr */
    char *const *argv;
    bool timed_out;
};

struct grpc_attempt;
struct http_attempt;

struct attempt {
    struct ev_loop *loop;
    attempt_done_fn *done;
    void *arg;
    ev_timer timer;                     /* the timeout, or an outcome that waits for the loop */
    const struct attempt_ops *ops;
    mono_ms timeout;
    bool decided;                       /* the outcome below is told when the timer fires */
    enum attempt_outcome outcome;
    struct buf text;
    size_t stdout_length;
    union {
        struct exec_attempt exec;
        struct dial tcp;
        struct http_attempt *http;
        struct grpc_attempt *grpc;
    };
};

/* What a handler does; one table each. */
struct attempt_ops {
    void (*start)(struct attempt *a, const struct attempt_request *request);
    void (*timed_out)(struct attempt *a);       /* must tell an outcome, at once or soon */
    void (*deinit)(struct attempt *a);          /* lets go of everything; may be called twice */
};

extern const struct attempt_ops exec_attempt_ops, tcp_attempt_ops, http_attempt_ops, grpc_attempt_ops;

/* Ends the attempt: tells `a->text` and frees `a`.  From the loop only. */
void attempt_finish(struct attempt *a, enum attempt_outcome outcome, int exit_code);

/* The same at the loop's next turn, for what is known before attempt_start() returns. */
void attempt_finish_later(struct attempt *a, enum attempt_outcome outcome);

/* What a dial that did not succeed is to an attempt. */
enum attempt_outcome attempt_outcome_of_dial(enum dial_result result);

#endif
