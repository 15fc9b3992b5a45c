/*
 * An attempt's inside, for attempt.c and the handlers alone.
 */
#ifndef PIDLET_PROBES_ATTEMPT_PRIVATE_H
#define PIDLET_PROBES_ATTEMPT_PRIVATE_H

#include "base/buf.h"
#include "probes/attempt.h"
#include "probes/exec.h"

#include <ev.h>
#include <netdb.h>
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

struct lookup;

struct tcp_attempt {
    struct lookup *lookup;              /* NULL: none under way */
    struct addrinfo *addresses;         /* owned; NULL: none */
    const struct addrinfo *next;        /* to be tried after the one under way */
    ev_io connected;                    /* active while fd >= 0 */
    int fd;
    char peer[64];                      /* "127.0.0.1:80" of the one under way */
    const char *host;
    uint16_t port;
};

struct attempt {
    struct ev_loop *loop;
    attempt_done_fn *done;
    void *arg;
    ev_timer timer;                     /* the timeout, or an outcome that waits for the loop */
    enum attempt_handler handler;
    mono_ms timeout;
    bool decided;                       /* the outcome below is told when the timer fires */
    enum attempt_outcome outcome;
    int exit_code;
    struct buf text;
    union {
        struct exec_attempt exec;
        struct tcp_attempt tcp;
    };
};

/* Ends the attempt: tells `a->text` and frees `a`.  From the loop only. */
void attempt_finish(struct attempt *a, enum attempt_outcome outcome, int exit_code);

/* The same at the loop's next turn, for what is known before attempt_start() returns. */
void attempt_finish_later(struct attempt *a, enum attempt_outcome outcome);

#endif
