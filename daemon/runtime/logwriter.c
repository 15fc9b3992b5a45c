#include "daemon/runtime/logwriter.h"

#include "base/log.h"
#include "base/macros.h"
#include "config/load.h"

#include <errno.h>
#include <string.h>

static const double retry_after = 1.;   /* seconds between two looks whether there is room */

static void try_again(struct ev_loop *loop, ev_timer *w, int revents);

void logwriter_hub_init(struct logwriter_hub *h, struct ev_loop *loop, const struct crilog_rules *rules)
{
    *h = (struct logwriter_hub){.loop = loop, .rules = *rules};
    ev_timer_init(&h->again, try_again, 0., retry_after);
}

void logwriter_hub_deinit(struct logwriter_hub *h)
{
    ev_timer_stop(h->loop, &h->again);
}

void logwriter_init(struct logwriter *w, struct logwriter_hub *hub, const struct pod_config *config,
                    const char *container, enum logs_when_full when_full)
{
    *w = (struct logwriter){.hub = hub, .when_full = when_full};
    crilog_init(&w->log, &hub->rules, config, container);
}

int logwriter_open(struct logwriter *w, unsigned restart_count)
{
    return crilog_open(&w->log, restart_count);
}

/* ---- in and out of trouble ---- */

static void enter(struct logwriter *w, enum logwriter_state state, int error)
{
    const uint64_t lines = state == LOG_WRITES ? w->dropped : 0;

    w->state = state;
    if (state == LOG_WRITES)
        w->dropped = 0;
    if (w->hub->on_change != NULL)
        w->hub->on_change(w->hub->arg, w, error, lines);
}

static void begin_holding(struct logwriter *w, int error)
{
    struct logwriter_hub *h = w->hub;

    w->next_holding = h->holding;
    h->holding = w;
    if (!ev_is_active(&h->again))
        ev_timer_again(h->loop, &h->again);
    enter(w, LOG_HOLDS, error);
}

static void end_holding(struct logwriter *w)
{
    struct logwriter **link = &w->hub->holding;

    while (*link != w)
        link = &(*link)->next_holding;
    *link = w->next_holding;
    if (w->hub->holding == NULL)
        ev_timer_stop(w->hub->loop, &w->hub->again);
    buf_deinit(&w->held);
}

static uint64_t count_lines(const char *text, size_t length)
{
    uint64_t lines = 0;

    for (const char *p = text, *end = text + length; p < end; lines++)
        p = (const char *)memchr(p, '\n', (size_t)(end - p)) + 1;
    return lines;
}

static void drop(struct logwriter *w, uint64_t lines, int error)
{
    w->dropped += lines;
    if (w->state != LOG_DROPS)
        enter(w, LOG_DROPS, error);
}

/* ---- lines ---- */

static void keep(struct logwriter *w, const char *text, size_t length)
{
    const size_t before = w->held.length;

    buf_add(&w->held, text, length);
    if (!buf_failed(&w->held))
        return;
    w->dropped += count_lines(text, length);    /* told when there is room again */
    w->held.failed = false;
    w->held.length = before;
}

void logwriter_write(struct logwriter *w, const char *text, size_t length, uint64_t lines)
{
    size_t taken;
    int error = 0;

    if (w->state == LOG_HOLDS) {
        keep(w, text, length);
        return;
    }
    taken = crilog_write(&w->log, text, length, &error);
    if (taken == length) {
        if (w->state == LOG_DROPS)
            enter(w, LOG_WRITES, 0);
    } else if (w->when_full == LOGS_PAUSE) {
        keep(w, text + taken, length - taken);
        begin_holding(w, error);
    } else {
        drop(w, taken == 0 ? lines : count_lines(text + taken, length - taken), error);
    }
}

void logwriter_lost(struct logwriter *w, uint64_t lines)
{
    if (w->state == LOG_HOLDS)
        w->dropped += lines;
    else
        drop(w, lines, ENOMEM);
}

/* True when all that was held is written. */
static bool write_held(struct logwriter *w, int *error)
{
    size_t taken = crilog_write(&w->log, w->held.data, w->held.length, error);

    buf_drop(&w->held, taken);
    return w->held.length == 0;
}

static void try_again(struct ev_loop *loop, ev_timer *timer, int revents)
{
    struct logwriter_hub *h = container_of(timer, struct logwriter_hub, again);
    struct logwriter *next;

    (void)loop;
    (void)revents;
    for (struct logwriter *w = h->holding; w != NULL; w = next) {
        int error;

        next = w->next_holding;
        if (!write_held(w, &error))
            continue;
        end_holding(w);
        enter(w, LOG_WRITES, 0);
        h->on_room(w);
    }
}

void logwriter_close(struct logwriter *w)
{
    int error = 0;

    if (w->state == LOG_HOLDS) {
        const bool all = write_held(w, &error);

        if (!all)
            w->dropped += count_lines(w->held.data, w->held.length);
        end_holding(w);
        w->state = all ? LOG_WRITES : LOG_DROPS;
    }
    if (w->state == LOG_DROPS || w->dropped > 0)
        enter(w, LOG_WRITES, error);    /* the count must not wait for a run that may never come */
    crilog_close(&w->log);
}
