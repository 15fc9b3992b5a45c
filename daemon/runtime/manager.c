#include "daemon/runtime/manager_private.h"

#include "base/log.h"
#include "base/macros.h"
#include "base/sorted.h"
#include "config/load.h"
#include "daemon/core/reconcile.h"
#include "daemon/core/shutdown.h"
#include "daemon/core/status.h"
#include "daemon/runtime/logfiles.h"
#include "daemon/runtime/output.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { START_SLICE = 5 };               /* ms of a turn of the loop in which pods are started */

/* ---- one of them ---- */

struct managed_pod *managed_new(struct manager *m, struct pod_config *config)
{
    struct managed_pod *mp = calloc(1, sizeof *mp);

    if (mp == NULL)
        return NULL;
    mp->live = live_pod_new(m->executor, config);
    if (mp->live == NULL) {
        free(mp);
        return NULL;
    }
    return mp;
}

void managed_free(struct managed_pod *mp)
{
    if (mp == NULL)
        return;
    live_pod_free(mp->live);
    managed_set_follower(mp, NULL);
    free(mp);
}

void managed_set_follower(struct managed_pod *mp, struct live_pod *follower)
{
    if (mp->follower != NULL)
        live_pod_free(mp->follower);    /* wanted before, never started */
    mp->follower = follower;
}

int managed_compare(const void *a, const void *b)
{
    return reconcile_compare(live_pod_config((*(struct managed_pod *const *)a)->live),
                             live_pod_config((*(struct managed_pod *const *)b)->live));
}

/* ---- starting ---- */

/*
 * A process takes a part of a millisecond to start: thousands of them in one turn would hold
 * up restarts, probes and the API for seconds.
 */
static void start_some(struct manager *m)
{
    struct ev_loop *loop = m->executor->loop;

    if (m->turn != ev_iteration(loop)) {
        m->turn = ev_iteration(loop);
        m->turn_began = clock_mono();
    }
    for (; !m->stopping && m->next_start < m->count; m->next_start++) {
        struct managed_pod *mp = m->pods[m->next_start];

        if (managed_core(mp)->state != POD_NEW)
            continue;
        if (clock_mono() - m->turn_began >= START_SLICE) {
            ev_timer_set(&m->starts, 0., 0.);
            ev_timer_start(loop, &m->starts);
            return;
        }
        live_pod_start(mp->live);
    }
}

static void start_more(struct ev_loop *loop, ev_timer *w, int revents)
{
    (void)loop;
    (void)revents;
    start_some(container_of(w, struct manager, starts));
}

void manager_start_new(struct manager *m)
{
    m->next_start = 0;
    if (!ev_is_active(&m->starts))      /* else in its turn, after those that have waited longer */
        start_some(m);
}

bool manager_has_started(const struct manager *m)
{
    return m->stopping || m->next_start >= m->count;
}

/* ---- stopping by stages ---- */

static bool is_of_stage(const struct manager *m, const struct managed_pod *mp)
{
    return shutdown_stage_of(m->stages, m->stage_count, live_pod_config(mp->live)->spec) == m->stage;
}

static bool stage_is_over(const struct manager *m)
{
    for (size_t i = 0; i < m->count; i++) {
        if (is_of_stage(m, m->pods[i]) && managed_core(m->pods[i])->state != POD_ENDED)
            return false;
    }
    return true;
}

/* From m->stage on, to the first stage that there is something to wait for. */
static void go_on_stopping(struct manager *m)
{
    struct ev_loop *loop = m->executor->loop;

    ev_timer_stop(loop, &m->stage_over);
    for (; m->stage < m->stage_count; m->stage++) {
        const mono_ms grace = m->stages[m->stage].grace;

        for (size_t i = 0; i < m->count; i++) {
            if (is_of_stage(m, m->pods[i]))
                live_pod_stop(m->pods[i]->live, mono_min(managed_core(m->pods[i])->grace, grace));
        }
        if (!stage_is_over(m)) {
            ev_now_update(loop);
            ev_timer_set(&m->stage_over, (ev_tstamp)grace / 1000., 0.);
            ev_timer_start(loop, &m->stage_over);
            return;
        }
    }
}

/* Those that do not go have had their time. */
static void stage_over(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct manager *m = container_of(w, struct manager, stage_over);

    (void)loop;
    (void)revents;
    m->stage++;
    go_on_stopping(m);
}

/* ---- pods that ended ---- */

/* Once this turn's callback has returned: pods are not freed from within their own steps. */
void manager_look_soon(struct manager *m)
{
    ev_feed_event(m->executor->loop, &m->sweep, EV_CUSTOM);
}

static void pod_ended(void *arg, struct live_pod *p)
{
    (void)p;
    manager_look_soon(arg);
}

/* Nobody will ask for its logs: it does not end with pidlet, and no other spec of the same pod follows. */
static bool is_forgotten(const struct manager *m, const struct managed_pod *mp)
{
    return !m->stopping
           && (mp->follower == NULL || strcmp(live_pod_config(mp->follower)->uid, live_pod_config(mp->live)->uid) != 0);
}

/* A deleted pod makes room for its follower, or goes. */
static void succeed(struct manager *m, struct managed_pod *mp)
{
    if (m->on_gone != NULL)
        m->on_gone(m->on_gone_arg, mp->live);
    if (is_forgotten(m, mp))
        logfiles_remove_pod(m->executor->hub->logs.rules.root, live_pod_config(mp->live));
    mp->gone = mp->follower == NULL;
    if (mp->gone)
        return;
    live_pod_free(mp->live);
    mp->live = mp->follower;
    mp->follower = NULL;
    if (m->stopping)
        live_pod_kill(mp->live);        /* it was never started: it ends without a process */
    else
        live_pod_announce(mp->live);
}

static void sweep(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct manager *m = container_of(w, struct manager, sweep);
    size_t kept = 0, active = 0;

    (void)loop;
    (void)revents;
    for (size_t i = 0; i < m->count; i++) {
        if (managed_core(m->pods[i])->state == POD_ENDED && managed_core(m->pods[i])->deleted)
            succeed(m, m->pods[i]);
    }
    for (size_t i = 0; i < m->count; i++) {     /* only now: whoever hears of one may look for others */
        struct managed_pod *mp = m->pods[i];

        if (mp->gone) {
            managed_free(mp);
            continue;
        }
        active += managed_core(mp)->state != POD_ENDED;
        m->pods[kept++] = mp;
    }
    m->count = kept;
    manager_start_new(m);
    if (m->stopping && m->stage < m->stage_count && stage_is_over(m)) {
        m->stage++;
        go_on_stopping(m);
    }
    if (active == 0 && !ev_is_pending(w))
        m->on_idle(m->arg);
}

void manager_retry_blocked(struct manager *m)
{
    for (size_t i = 0; i < m->count; i++) {
        const struct pod *core = managed_core(m->pods[i]);

        for (unsigned j = 0; j < core->count; j++) {
            if (core->containers[j].state == CONTAINER_BLOCKED)
                live_pod_backoff_retry(m->pods[i]->live, j);
        }
    }
}

struct live_pod *manager_pod(const struct manager *m, size_t index)
{
    return m->pods[index]->live;
}

static int compare_config(const void *item, const void *wanted)
{
    return reconcile_compare(live_pod_config((*(struct managed_pod *const *)item)->live), wanted);
}

/* Where a pod of that name is, or would be. */
static size_t place(const struct manager *m, const char *namespace, const char *name)
{
    const struct pod_config wanted = {.namespace = namespace, .name = name};

    return sorted_place(m->pods, m->count, sizeof(struct managed_pod *), compare_config, &wanted);
}

static bool is_at(const struct manager *m, size_t at, const char *namespace, const char *name)
{
    const struct pod_config wanted = {.namespace = namespace, .name = name};

    return at < m->count && reconcile_compare(live_pod_config(m->pods[at]->live), &wanted) == 0;
}

struct live_pod *manager_find(const struct manager *m, const char *namespace, const char *name)
{
    const size_t at = place(m, namespace, name);

    return is_at(m, at, namespace, name) ? m->pods[at]->live : NULL;
}

bool manager_knows(const struct manager *m, const char *namespace, const char *name, const char *uid)
{
    const struct live_pod *p = manager_find(m, namespace, name);
    const struct pod_config *follower = p == NULL ? NULL : manager_follower(m, p);

    return p != NULL && (strcmp(live_pod_config(p)->uid, uid) == 0
                         || (follower != NULL && strcmp(follower->uid, uid) == 0));
}

int manager_add(struct manager *m, struct pod_config *config)
{
    struct managed_pod *mp, **pods;
    size_t at;

    if (m->stopping)
        return -ESHUTDOWN;
    at = place(m, config->namespace, config->name);
    if (is_at(m, at, config->namespace, config->name))
        return -EEXIST;
    pods = reallocarray(m->pods, m->count + 1, sizeof(struct managed_pod *));
    if (pods == NULL)
        return -ENOMEM;
    m->pods = pods;
    mp = managed_new(m, config);
    if (mp == NULL)
        return -ENOMEM;
    memmove(&pods[at + 1], &pods[at], (m->count++ - at) * sizeof(struct managed_pod *));
    pods[at] = mp;
    live_pod_announce(mp->live);
    manager_start_new(m);
    return 0;
}

static struct managed_pod *managed_of(const struct manager *m, const struct live_pod *p)
{
    const struct pod_config *c = live_pod_config((struct live_pod *)p);
    const size_t at = place(m, c->namespace, c->name);

    return at < m->count && m->pods[at]->live == p ? m->pods[at] : NULL;
}

int manager_replace(struct manager *m, struct live_pod *p, struct pod_config *config)
{
    struct live_pod *follower = live_pod_new(m->executor, config);

    if (follower == NULL)
        return -ENOMEM;
    managed_set_follower(managed_of(m, p), follower);
    live_pod_stop(p, MONO_NEVER);
    return 0;
}

void manager_drop_follower(struct manager *m, struct live_pod *p)
{
    struct managed_pod *mp = managed_of(m, p);

    if (mp != NULL)
        managed_set_follower(mp, NULL);
}

struct pod_config *manager_follower(const struct manager *m, const struct live_pod *p)
{
    const struct managed_pod *mp = managed_of(m, p);

    return mp == NULL || mp->follower == NULL ? NULL : live_pod_config(mp->follower);
}

/* ---- all of them ---- */

/* What had failed before the stop counts; how the rest takes its signal does not. */
static void begin_stopping(struct manager *m)
{
    if (m->stopping)
        return;
    m->exit_status = manager_exit_status(m);
    m->stopping = true;
}

void manager_close(struct manager *m)
{
    begin_stopping(m);
}

void manager_stop(struct manager *m)
{
    const bool again = m->stopping;

    begin_stopping(m);
    if (m->stage_count > 0) {
        if (!again)
            go_on_stopping(m);
    } else {
        for (size_t i = 0; i < m->count; i++)
            live_pod_stop(m->pods[i]->live, MONO_NEVER);
    }
    manager_look_soon(m);
}

void manager_kill(struct manager *m)
{
    begin_stopping(m);
    m->stage = m->stage_count;
    ev_timer_stop(m->executor->loop, &m->stage_over);
    for (size_t i = 0; i < m->count; i++)
        live_pod_kill(m->pods[i]->live);
    manager_look_soon(m);
}

int manager_exit_status(const struct manager *m)
{
    bool failed = false;

    if (m->stopping)
        return m->exit_status;
    for (size_t i = 0; i < m->count; i++)
        failed |= status_phase(managed_core(m->pods[i])) == PHASE_FAILED;
    if (failed && m->count == 1 && managed_core(m->pods[0])->count == 1
        && managed_core(m->pods[0])->containers[0].last.exit_code != 0)
        return managed_core(m->pods[0])->containers[0].last.exit_code;
    return failed ? 1 : 0;              /* with 0 it was stopped by its deadline */
}

void manager_init(struct manager *m, struct executor *executor, void (*on_idle)(void *arg), void *arg)
{
    *m = (struct manager){.executor = executor, .turn = UINT_MAX, .on_idle = on_idle, .arg = arg};
    ev_timer_init(&m->starts, start_more, 0., 0.);
    ev_timer_init(&m->sweep, sweep, 0., 0.);
    ev_timer_init(&m->stage_over, stage_over, 0., 0.);
    executor->on_ended = pod_ended;
    executor->on_ended_arg = m;
}

void manager_deinit(struct manager *m)
{
    ev_clear_pending(m->executor->loop, &m->sweep);
    ev_timer_stop(m->executor->loop, &m->starts);
    ev_timer_stop(m->executor->loop, &m->stage_over);
    for (size_t i = 0; i < m->count; i++)
        managed_free(m->pods[i]);
    free(m->pods);
}
