/*
 * One bounded try of a probe or a hook, with exactly one outcome.
 *
 * As relayd's checks all end in one place, every attempt ends in one call of its
 * `done`, from the loop and never from inside attempt_start(); the attempt frees
 * itself right after.  A cancelled attempt has no outcome and calls nothing.
 */
#ifndef PIDLET_PROBES_ATTEMPT_H
#define PIDLET_PROBES_ATTEMPT_H

#include "base/clock.h"
#include "config/spec.h"
#include "probes/outcome.h"

#include <stddef.h>
#include <stdint.h>

struct attempt;
struct ev_loop;
struct exec_runner;
struct http_client;

struct attempt_result {
    enum attempt_outcome outcome;
    int exit_code;              /* exec; 128 + N for signal N */
    /*
     * The attempt's output (exec: stdout, then stderr) or what went wrong in the
     * kubelet's words ("dial tcp 127.0.0.1:8080: connect: connection refused"): at
     * most ATTEMPT_TEXT_MAX bytes, NUL-terminated, borrowed for the call.
     */
    const char *text;
    size_t length;
    size_t stdout_length;       /* of exec's: where stderr begins */
};

typedef void attempt_done_fn(void *arg, const struct attempt_result *result);

enum attempt_handler { HANDLER_EXEC, HANDLER_TCP, HANDLER_HTTP, HANDLER_GRPC, HANDLER_SLEEP };
enum { HANDLERS = HANDLER_SLEEP + 1 };

/* All that is pointed to is borrowed until the outcome. */
struct attempt_request {
    enum attempt_handler handler;
    mono_ms timeout;                    /* over everything; MONO_NEVER: none, as hooks have */
    const char *host;                   /* TCP, HTTP, gRPC: name or address */
    uint16_t port;
    struct {
        char *const *argv;              /* NULL at the end */
        const struct exec_runner *runner;   /* starts it in the container's context */
    } exec;
    struct {
        struct http_client *client;     /* NULL: there is none to be had */
        const struct http_get_spec *get;    /* its host and port are those above */
        bool hook;                      /* any answer is success; see kubelet-semantics 3.1 */
    } http;
    const char *grpc_service;           /* "": the server as a whole */
    mono_ms sleep;
};

/* NULL: no memory for it.  Everything else that fails is an outcome. */
struct attempt *attempt_start(struct ev_loop *loop, const struct attempt_request *request,
                              attempt_done_fn *done, void *arg);

/* Ends it without an outcome: what it started is killed, what it opened is closed. */
void attempt_cancel(struct attempt *a);

#endif
