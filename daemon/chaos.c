#include "daemon/chaos.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/macros.h"
#include "client/chaos_report.h"
#include "client/tally.h"
#include "client/verb.h"
#include "config/load.h"
#include "daemon/core/chaos.h"
#include "daemon/runtime/executor.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct watched_pod {
    struct live_pod *live;              /* NULL: it is gone */
    struct pod_config *config;          /* a reference */
    mono_ms created;
    struct chaos *chaos;
    struct tally tally;
};

struct chaos_watch {
    const struct chaos_plan *plan;
    struct chaos_listener listener;
    struct ev_loop *loop;
    ev_timer due;                       /* of the earliest fault, or of the end */
    mono_ms armed;                      /* for when; MONO_NEVER: not at all */
    struct watched_pod *pods;           /* in order of their starts */
    size_t count, capacity;
    bool ended;
    bool out_of_memory;
};

/* ---- what comes next ---- */

static void arm(struct chaos_watch *w, mono_ms deadline)
{
    mono_ms now;

    if (deadline >= w->armed)
        return;
    w->armed = deadline;
    ev_timer_stop(w->loop, &w->due);
    ev_now_update(w->loop);
    now = clock_mono();
    ev_timer_set(&w->due, deadline > now ? (ev_tstamp)(deadline - now) / 1000. : 0., 0.);
    ev_timer_start(w->loop, &w->due);
}

static bool all_done(const struct chaos_watch *w)
{
    for (size_t i = 0; i < w->count; i++) {
        if (!chaos_done(w->pods[i].chaos))
            return false;
    }
    return true;
}

static int signal_of(enum chaos_deed deed)
{
    switch (deed) {
    case CHAOS_KILL:
        return SIGKILL;
    case CHAOS_STOP:
        return SIGSTOP;
    case CHAOS_CONTINUE:
        return SIGCONT;
    }
    return 0;
}

static void obey(struct chaos_watch *w, const struct watched_pod *p, const struct chaos_order *order)
{
    char object[512], message[96];
    const char *signal = chaos_signal_name(order->deed);

    live_pod_signal(p->live, order->container, signal_of(order->deed));
    snprintf(object, sizeof object, "%s/%s", p->config->name, p->config->containers[order->container]->name);
    if (order->deed == CHAOS_CONTINUE)
        snprintf(message, sizeof message, "%s", signal);
    else if (w->plan->rounds == 0)
        snprintf(message, sizeof message, "%s, round %u", signal, order->round);
    else
        snprintf(message, sizeof message, "%s, round %u of %u", signal, order->round, w->plan->rounds);
    w->listener.on_fault(w->listener.arg, object, message);
}

static void send_due(struct chaos_watch *w, struct watched_pod *p, mono_ms now)
{
    struct chaos_order order;

    while (p->live != NULL && chaos_next(p->chaos, live_pod_core(p->live), now, &order))
        obey(w, p, &order);
}

static void fall_due(struct ev_loop *loop, ev_timer *timer, int revents)
{
    struct chaos_watch *w = container_of(timer, struct chaos_watch, due);
    mono_ms now = clock_mono(), next = MONO_NEVER;

    (void)loop;
    (void)revents;
    w->armed = MONO_NEVER;
    for (size_t i = 0; i < w->count; i++) {
        send_due(w, &w->pods[i], now);
        next = mono_min(next, chaos_deadline(w->pods[i].chaos));
    }
    if (w->ended)
        return;
    arm(w, next);
    if (all_done(w))
        w->listener.on_done(w->listener.arg);
}

/* ---- what happens ---- */

static struct watched_pod *find(struct chaos_watch *w, const struct live_pod *live)
{
    for (size_t i = w->count; i-- > 0;) {
        if (w->pods[i].live == live)
            return &w->pods[i];
    }
    return NULL;
}

static void pod_deinit(struct watched_pod *p)
{
    tally_deinit(&p->tally);
    free(p->chaos);
    pod_config_unref(p->config);
}

/* A pod that is seen for the first time; NULL: no memory. */
static struct watched_pod *add(struct chaos_watch *w, struct live_pod *live)
{
    struct pod_config *config = live_pod_config(live);
    mono_ms created = live_pod_core(live)->created;
    struct watched_pod p = {.live = live, .config = config, .created = created};

    if (w->count == w->capacity) {
        size_t capacity = w->capacity == 0 ? 16 : 2 * w->capacity;
        struct watched_pod *pods = reallocarray(w->pods, capacity, sizeof *pods);

        if (pods == NULL)
            return NULL;
        w->pods = pods;
        w->capacity = capacity;
    }
    pod_config_ref(config);
    p.chaos = calloc(1, chaos_size(config));
    if (p.chaos == NULL || !tally_init(&p.tally, config)) {
        pod_deinit(&p);
        return NULL;
    }
    chaos_init(p.chaos, w->plan, config, created);
    w->pods[w->count] = p;
    return &w->pods[w->count++];
}

void chaos_watch_note(struct chaos_watch *w, struct live_pod *live, const struct action *action)
{
    struct watched_pod *p = find(w, live);

    if (w->ended)
        return;
    if (p == NULL && (p = add(w, live)) == NULL) {
        if (!w->out_of_memory)
            log_warn("out of memory: chaos spares the pods that start from now on");
        w->out_of_memory = true;
        return;
    }
    tally_action(&p->tally, live_pod_core(live), action);
    chaos_observe(p->chaos, live_pod_core(live), action);
    if (action->container == NO_CONTAINER && action->note.kind == NOTE_DELETED) {
        tally_finish(&p->tally, action->note.now - p->created);
        p->live = NULL;                 /* it may be freed now */
    }
    /* Orders and the end of all wait for the loop: this is within a step. */
    arm(w, chaos_done(p->chaos) && all_done(w) ? action->note.now : chaos_deadline(p->chaos));
}

void chaos_watch_end(struct chaos_watch *w)
{
    mono_ms now = clock_mono();

    if (w->ended)
        return;
    w->ended = true;
    ev_timer_stop(w->loop, &w->due);
    for (size_t i = 0; i < w->count; i++) {
        struct watched_pod *p = &w->pods[i];

        chaos_end(p->chaos, now);
        send_due(w, p, now);
        if (p->live != NULL)
            tally_finish(&p->tally, mono_min(p->tally.ended_at, now - p->created));
    }
}

void chaos_watch_report(const struct chaos_watch *w, struct buf *out)
{
    for (size_t i = 0; i < w->count; i++) {
        size_t before = out->length;

        chaos_report(w->pods[i].chaos, &w->pods[i].tally, out);
        if (out->length > before)
            buf_addc(out, '\n');
    }
    if (w->out_of_memory)
        buf_adds(out, "Memory was short: there were more pods than these.\n");
}

/* ---- life ---- */

int chaos_check(const struct chaos_plan *plan, const struct pod_config_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct pod_config *c = set->items[i];

        for (unsigned j = 0; j < c->count; j++) {
            if (chaos_is_target(plan, c, j))
                return -1;
        }
    }
    return verb_usage_error("run", "--chaos: container: no pod has a container %s that is no init container",
                            plan->container);
}

struct chaos_watch *chaos_watch_new(struct ev_loop *loop, const struct chaos_plan *plan,
                                    const struct chaos_listener *listener)
{
    struct chaos_watch *w = calloc(1, sizeof *w);

    if (w == NULL)
        return NULL;
    w->plan = plan;
    w->listener = *listener;
    w->loop = loop;
    w->armed = MONO_NEVER;
    ev_timer_init(&w->due, fall_due, 0., 0.);
    return w;
}

void chaos_watch_free(struct chaos_watch *w)
{
    if (w == NULL)
        return;
    ev_timer_stop(w->loop, &w->due);
    for (size_t i = 0; i < w->count; i++)
        pod_deinit(&w->pods[i]);
    free(w->pods);
    free(w);
}
