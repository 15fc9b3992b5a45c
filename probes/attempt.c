#include "probes/attempt.h"

#include "base/macros.h"
#include "probes/attempt_private.h"
#include "probes/tcp.h"

#include <stdlib.h>

static void deinit(struct attempt *a)
{
    ev_timer_stop(a->loop, &a->timer);
    switch (a->handler) {
    case HANDLER_EXEC:
        exec_attempt_deinit(a);
        break;
    case HANDLER_TCP:
        tcp_attempt_deinit(a);
        break;
    }
}

static void destroy(struct attempt *a)
{
    buf_deinit(&a->text);
    free(a);
}

void attempt_finish(struct attempt *a, enum attempt_outcome outcome, int exit_code)
{
    size_t length = a->text.length < ATTEMPT_TEXT_MAX ? a->text.length : ATTEMPT_TEXT_MAX;

    deinit(a);
    if (a->text.data != NULL)
        a->text.data[length] = '\0';
    a->done(a->arg, outcome, exit_code, buf_text(&a->text), buf_failed(&a->text) ? 0 : length);
    destroy(a);
}

void attempt_finish_later(struct attempt *a, enum attempt_outcome outcome)
{
    a->decided = true;
    a->outcome = outcome;
    ev_timer_stop(a->loop, &a->timer);
    ev_timer_set(&a->timer, 0., 0.);
    ev_timer_start(a->loop, &a->timer);
}

static void timer_fired(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct attempt *a = container_of(w, struct attempt, timer);

    (void)loop;
    (void)revents;
    if (a->decided) {
        attempt_finish(a, a->outcome, 0);
        return;
    }
    switch (a->handler) {
    case HANDLER_EXEC:
        exec_attempt_timed_out(a);
        break;
    case HANDLER_TCP:
        tcp_attempt_timed_out(a);
        break;
    }
}

struct attempt *attempt_start(struct ev_loop *loop, const struct attempt_request *request,
                              attempt_done_fn *done, void *arg)
{
    struct attempt *a = calloc(1, sizeof *a);

    if (a == NULL)
        return NULL;
    a->loop = loop;
    a->done = done;
    a->arg = arg;
    a->handler = request->handler;
    a->timeout = request->timeout;
    ev_timer_init(&a->timer, timer_fired, 0., 0.);
    if (request->timeout != MONO_NEVER) {
        ev_now_update(loop);            /* the turn may have taken long already */
        ev_timer_set(&a->timer, (ev_tstamp)request->timeout / 1000., 0.);
        ev_timer_start(loop, &a->timer);
    }
    switch (request->handler) {
    case HANDLER_EXEC:
        exec_attempt_start(a, request);
        break;
    case HANDLER_TCP:
        tcp_attempt_start(a, request);
        break;
    }
    return a;
}

void attempt_cancel(struct attempt *a)
{
    deinit(a);
    destroy(a);
}
