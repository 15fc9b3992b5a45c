#include "daemon/console.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/duration.h"
#include "base/log.h"
#include "base/macros.h"
#include "config/load.h"
#include "daemon/core/order.h"
#include "daemon/core/status.h"
#include "daemon/runtime/manager.h"
#include "daemon/runtime/terminal.h"

#include <stdio.h>
#include <unistd.h>

/* What the line has to say of the pods. */
struct counts {
    size_t pods, ready, ended;
    size_t waiting;                     /* containers in CrashLoopBackOff */
    const struct pod *next_pod;         /* whose container starts first of these; NULL: none */
    const struct container *next;
    size_t stopping;                    /* containers that are being stopped */
    size_t watching;                    /* those that have ended and wait for their files to change */
    const struct pod *watching_pod;     /* whose container that is; the first of them */
    const struct container *watched;
};

enum { NAMES_MAX = 8 };                 /* of those waited for; more do not fit in any line */

/* In whole seconds, rounded up: it never says 0s while there is something to wait for. */
static void add_left(struct buf *out, mono_ms until, mono_ms now)
{
    char text[DURATION_SIZE];
    mono_ms left = until > now ? until - now : 0;

    duration_format((left + MONO_SECOND - 1) / MONO_SECOND * MONO_SECOND, text);
    buf_adds(out, text);
}

static void count_container(struct counts *n, const struct pod *p, const struct container *c, mono_ms now)
{
    if (status_in_backoff(c, now)) {
        n->waiting++;
        if (n->next == NULL || c->deadline < n->next->deadline) {
            n->next = c;
            n->next_pod = p;
        }
    }
    n->stopping += c->stop != STOP_NONE && container_has_process(c);
    if (p->state == POD_ACTIVE && order_waits_for_files(p, c) && n->watching++ == 0) {
        n->watching_pod = p;
        n->watched = c;
    }
}

static struct counts count(const struct manager *m, mono_ms now)
{
    struct counts n = {.pods = m->count};

    for (size_t i = 0; i < m->count; i++) {
        const struct pod *p = live_pod_core(manager_pod(m, i));

        n.ended += p->state == POD_ENDED;
        n.ready += p->state != POD_ENDED && status_ready(p);
        for (unsigned j = 0; j < p->count; j++)
            count_container(&n, p, &p->containers[j], now);
    }
    return n;
}

/* "api/app (SIGKILL in 12s), web/db" of those that are being stopped. */
static void add_waited_for(struct buf *out, const struct manager *m, mono_ms now)
{
    size_t names = 0;

    for (size_t i = 0; i < m->count; i++) {
        const struct pod *p = live_pod_core(manager_pod(m, i));

        for (unsigned j = 0; j < p->count && names < NAMES_MAX; j++) {
            const struct container *c = &p->containers[j];

            if (c->stop == STOP_NONE || !container_has_process(c))
                continue;
            buf_addf(out, "%s%s/%s", names++ > 0 ? ", " : "", p->config->name, c->spec->name);
            if (c->deadline != MONO_NEVER) {
                buf_adds(out, " (SIGKILL in ");
                add_left(out, c->deadline, now);
                buf_addc(out, ')');
            }
        }
    }
}

/* The line; whether it counts down. */
static bool say(const struct manager *m, mono_ms now, struct buf *out)
{
    const struct counts n = count(m, now);

    if (m->stopping) {
        if (n.stopping > 0) {
            buf_adds(out, "stopping, Ctrl-C kills; waiting for ");
            add_waited_for(out, m, now);
        }
        return n.stopping > 0;
    }
    if (n.pods == n.ended)
        return false;                   /* nothing runs: it is over, or waits for what is applied */
    buf_addf(out, "%zu of %zu pod%s ready", n.ready, n.pods - n.ended, n.pods - n.ended == 1 ? "" : "s");
    if (n.ended > 0)
        buf_addf(out, ", %zu ended", n.ended);
    if (n.next != NULL) {
        buf_addf(out, " · %s/%s starts in ", n.next_pod->config->name, n.next->spec->name);
        add_left(out, n.next->deadline, now);
        if (n.waiting > 1)
            buf_addf(out, ", %zu more wait", n.waiting - 1);
    }
    if (n.watching > 0)
        buf_addf(out, " · %s/%s has ended, and starts when its files change", n.watching_pod->config->name,
                 n.watched->spec->name);
    if (n.watching > 1)
        buf_addf(out, ", and so do %zu more", n.watching - 1);
    if (n.stopping > 0) {
        buf_adds(out, " · stopping ");
        add_waited_for(out, m, now);
    }
    return n.next != NULL || n.stopping > 0;
}

/* ---- on the terminal ---- */

static void fill(void *arg, struct buf *out)
{
    struct console *c = arg;
    const mono_ms now = clock_mono();

    ev_timer_stop(c->loop, &c->tick);
    if (say(c->manager, now, out)) {
        ev_timer_set(&c->tick, 1., 0.);
        ev_timer_start(c->loop, &c->tick);
    }
}

static void ticked(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct console *c = container_of(w, struct console, tick);

    (void)loop;
    (void)revents;
    terminal_status_changed(c->terminal);
}

static void log_line(enum log_level level, const char *line, void *arg)
{
    struct console *c = arg;
    struct buf text = BUF_INIT;

    (void)level;
    if (c->terminal->closed) {          /* it was just said that it is gone */
        dprintf(STDERR_FILENO, "%s\n", line);
        return;
    }
    buf_addf(&text, "%s\n", line);
    terminal_text(c->terminal, buf_text(&text), text.length);
    buf_deinit(&text);
}

static void greet(struct console *c, const struct pod_config_set *set)
{
    struct buf text = BUF_INIT;
    size_t containers = 0;

    for (size_t i = 0; i < set->count; i++)
        containers += set->items[i]->count;
    buf_addf(&text, "pidlet " PIDLET_VERSION ": %zu pod%s, %zu container%s; Ctrl-C stops, twice kills\n",
             set->count, set->count == 1 ? "" : "s", containers, containers == 1 ? "" : "s");
    terminal_text(c->terminal, buf_text(&text), text.length);
    buf_deinit(&text);
}

void console_start(struct console *c, struct ev_loop *loop, struct terminal *terminal,
                   const struct manager *manager, const struct pod_config_set *set)
{
    *c = (struct console){.manager = manager, .loop = loop};
    ev_timer_init(&c->tick, ticked, 1., 0.);
    if (!terminal_keep_status(terminal, fill, c))
        return;
    c->terminal = terminal;
    if (isatty(STDERR_FILENO))
        log_set_sink(log_line, c);
    greet(c, set);
}

void console_stop(struct console *c)
{
    if (c->terminal == NULL)
        return;
    ev_timer_stop(c->loop, &c->tick);
    log_set_sink(NULL, NULL);
    c->terminal = NULL;
}

void console_changed(struct console *c)
{
    if (c->terminal != NULL)
        terminal_status_changed(c->terminal);
}
