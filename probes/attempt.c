#include "probes/attempt.h"

#include "base/macros.h"
#include "probes/attempt_private.h"

#include <stdlib.h>

/* ---- the smallest handler: a pause, which always succeeds ---- */

static void sleep_start(struct attempt *a, const struct attempt_request *request)
{
    a->decided = true;
    a->outcome = ATTEMPT_OK;
    ev_timer_set(&a->timer, (ev_tstamp)request->sleep / 1000., 0.);
    ev_timer_start(a->loop, &a->timer);
}

static void sleep_deinit(struct attempt *a)
{
    (void)a;                            /* the timer is everybody's */
}

static const struct attempt_ops sleep_ops = {.start = sleep_start, .deinit = sleep_deinit};

/* NULL: not built in.  The field table refuses what asks for it (config/fields/probe.def). */
static const struct attempt_ops *const handlers[HANDLERS] = {
    [HANDLER_EXEC]  = &exec_attempt_ops,
    [HANDLER_TCP]   = &tcp_attempt_ops,
#if PIDLET_HTTP
    [HANDLER_HTTP]  = &http_attempt_ops,
#endif
#if PIDLET_GRPC
    [HANDLER_GRPC]  = &grpc_attempt_ops,
#endif
    [HANDLER_SLEEP] = &sleep_ops,
};

/* ---- every attempt ---- */

static void deinit(struct attempt *a)
{
    ev_timer_stop(a->loop, &a->timer);
    if (a->ops != NULL)
        a->ops->deinit(a);
}

static void destroy(struct attempt *a)
{
    buf_deinit(&a->text);
    free(a);
}

void attempt_finish(struct attempt *a, enum attempt_outcome outcome, int exit_code)
{
    struct attempt_result result = {.outcome = outcome, .exit_code = exit_code};

    deinit(a);
    if (!buf_failed(&a->text))
        result.length = a->text.length < ATTEMPT_TEXT_MAX ? a->text.length : ATTEMPT_TEXT_MAX;
    result.stdout_length = a->stdout_length < result.length ? a->stdout_length : result.length;
    if (a->text.data != NULL)
        a->text.data[result.length] = '\0';
    result.text = buf_text(&a->text);
    a->done(a->arg, &result);
    destroy(a);
}

void attempt_finish_later(struct attempt *a, enum attempt_outcome outcome)
{
    a->decided = true;
    a->outcome = outcome;
    ev_timer_stop(a->loop, &a->timer);
    ev_feed_event(a->loop, &a->timer, EV_TIMER);
}

static void timer_fired(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct attempt *a = container_of(w, struct attempt, timer);

    (void)loop;
    (void)revents;
    if (a->decided)
        attempt_finish(a, a->outcome, 0);
    else
        a->ops->timed_out(a);
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
    a->ops = handlers[request->handler];
    a->timeout = request->timeout;
    ev_timer_init(&a->timer, timer_fired, 0., 0.);
    ev_now_update(loop);                /* the turn may have taken long already */
    if (a->ops == NULL) {
        buf_adds(&a->text, "this pidlet was built without it");
        attempt_finish_later(a, ATTEMPT_CANNOT_RUN);
        return a;
    }
    if (request->timeout != MONO_NEVER) {
        ev_timer_set(&a->timer, (ev_tstamp)request->timeout / 1000., 0.);
        ev_timer_start(loop, &a->timer);
    }
    a->ops->start(a, request);
    return a;
}

void attempt_cancel(struct attempt *a)
{
    deinit(a);
    destroy(a);
}
