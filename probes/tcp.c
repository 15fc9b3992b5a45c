/*
 * A tcpSocket attempt: success as soon as the connection is there; nothing is sent.
 */
#include "base/fd.h"
#include "probes/attempt_private.h"

enum attempt_outcome attempt_outcome_of_dial(enum dial_result result)
{
    switch (result) {
    case DIAL_CONNECTED:
        return ATTEMPT_OK;
    case DIAL_FAILED:
        return ATTEMPT_CONNECT_FAILED;
    case DIAL_NO_SUCH_NAME:
        return ATTEMPT_NAME_NOT_RESOLVED;
    case DIAL_OWN_TROUBLE:
        return ATTEMPT_NOT_RUN;
    }
    return ATTEMPT_NOT_RUN;
}

static void dialed(void *arg, enum dial_result result, int fd)
{
    struct attempt *a = arg;

    fd_close(&fd);
    if (result != DIAL_CONNECTED)
        dial_add_why(&a->tcp, &a->text);
    attempt_finish(a, attempt_outcome_of_dial(result), 0);
}

static void start(struct attempt *a, const struct attempt_request *request)
{
    dial_start(&a->tcp, a->loop, request->host, request->port, dialed, a);
}

static void timed_out(struct attempt *a)
{
    bool own_trouble = dial_is_short(&a->tcp);

    dial_add_timeout(&a->tcp, &a->text);
    attempt_finish(a, own_trouble ? ATTEMPT_NOT_RUN : ATTEMPT_TIMED_OUT, 0);
}

static void deinit(struct attempt *a)
{
    dial_stop(&a->tcp);
}

const struct attempt_ops tcp_attempt_ops = {.start = start, .timed_out = timed_out, .deinit = deinit};
