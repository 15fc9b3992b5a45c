#include "daemon/runtime/manager.h"

#include "base/log.h"
#include "base/macros.h"
#include "config/load.h"
#include "daemon/core/reconcile.h"
#include "daemon/core/shutdown.h"
#include "daemon/core/status.h"
#include "daemon/runtime/logfiles.h"
#include "daemon/runtime/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct managed_pod {
    struct live_pod *live;
    struct live_pod *follower;          /* starts when `live` is gone; NULL: none */
};

static const struct pod *core_of(const struct managed_pod *mp)
{
    return live_pod_core(mp->live);
}

static bool is_applied(const struct managed_pod *mp)
{
    return live_pod_config(mp->live)->applied;
}

static void managed_free(struct managed_pod *mp)
{
    if (mp == NULL)
        return;
    live_pod_free(mp->live);
    if (mp->follower != NULL)
        live_pod_free(mp->follower);
    free(mp);
}

/* ---- stopping by stages ---- */

static bool is_of_stage(const struct manager *m, const struct managed_pod *mp)
{
    return shutdown_stage_of(m->stages, m->stage_count, live_pod_config(mp->live)->spec) == m->stage;
}

static bool stage_is_over(const struct manager *m)
{
    for (size_t i = 0; i < m->count; i++) {
        if (is_of_stage(m, m->pods[i]) && core_of(m->pods[i])->state != POD_ENDED)
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
                live_pod_stop(m->pods[i]->live, mono_min(core_of(m->pods[i])->grace, grace));
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
static void look_soon(struct manager *m)
{
    ev_feed_event(m->executor->loop, &m->sweep, EV_CUSTOM);
}

static void pod_ended(void *arg, struct live_pod *p)
{
    (void)p;
    look_soon(arg);
}

/* Nobody will ask for its logs: it does not end with pidlet, and no other spec of the same pod follows. */
static bool is_forgotten(const struct manager *m, const struct managed_pod *mp)
{
    return !m->stopping
           && (mp->follower == NULL || strcmp(live_pod_config(mp->follower)->uid, live_pod_config(mp->live)->uid) != 0);
}

/* A deleted pod makes room for its follower, or goes: `live` is NULL then. */
static void succeed(struct manager *m, struct managed_pod *mp)
{
    if (m->on_gone != NULL)
        m->on_gone(m->on_gone_arg, mp->live);
    if (is_forgotten(m, mp))
        logfiles_remove_pod(m->executor->hub->logs.rules.root, live_pod_config(mp->live));
    live_pod_free(mp->live);
    mp->live = mp->follower;
    mp->follower = NULL;
    if (mp->live == NULL)
        return;
    if (m->stopping)
        live_pod_kill(mp->live);        /* it was never started: it ends without a process */
    else
        live_pod_start(mp->live);
}

static void sweep(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct manager *m = container_of(w, struct manager, sweep);
    size_t kept = 0, active = 0;

    (void)loop;
    (void)revents;
    for (size_t i = 0; i < m->count; i++) {
        if (core_of(m->pods[i])->state == POD_ENDED && core_of(m->pods[i])->deleted)
            succeed(m, m->pods[i]);
    }
    for (size_t i = 0; i < m->count; i++) {     /* only now: whoever hears of one may look for others */
        struct managed_pod *mp = m->pods[i];

        if (mp->live == NULL) {
            free(mp);
            continue;
        }
        active += core_of(mp)->state != POD_ENDED;
        m->pods[kept++] = mp;
    }
    m->count = kept;
    if (m->stopping && m->stage < m->stage_count && stage_is_over(m)) {
        m->stage++;
        go_on_stopping(m);
    }
    if (active == 0 && !ev_is_pending(w))
        m->on_idle(m->arg);
}

/* ---- pods that are wanted ---- */

static struct managed_pod *managed_new(struct manager *m, struct pod_config *config)
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

static int by_config(const void *a, const void *b)
{
    return reconcile_compare(*(struct pod_config *const *)a, *(struct pod_config *const *)b);
}

static int by_managed(const void *a, const void *b)
{
    return reconcile_compare(live_pod_config((*(struct managed_pod *const *)a)->live),
                             live_pod_config((*(struct managed_pod *const *)b)->live));
}

/*
 * All that a change needs, allocated before anything is touched: a change that memory is
 * too short for changes nothing.
 */
struct change {
    struct pod_config **wanted;         /* sorted */
    size_t wanted_count;
    struct managed_pod **of_files;      /* those that come from manifests */
    struct reconcile_current *current;  /* one for each of them */
    size_t current_count;
    struct reconcile_step *steps;
    size_t step_count;
    struct managed_pod **fresh;         /* one a step: START's pod; NULL else */
    struct live_pod **followers;        /* one a step: REPLACE's and FOLLOW's; NULL else */
    struct managed_pod **pods;          /* the new array */
};

static void change_deinit(struct change *c)
{
    for (size_t i = 0; i < c->step_count; i++) {
        if (c->fresh != NULL)
            managed_free(c->fresh[i]);
        if (c->followers != NULL && c->followers[i] != NULL)
            live_pod_free(c->followers[i]);
    }
    free(c->wanted);
    free(c->of_files);
    free(c->current);
    free(c->steps);
    free(c->fresh);
    free(c->followers);
    free(c->pods);
}

static bool change_allocate(struct change *c, size_t n, size_t m)
{
    c->wanted = calloc(m + 1, sizeof *c->wanted);
    c->of_files = calloc(n + 1, sizeof(struct managed_pod *));
    c->current = calloc(n + 1, sizeof *c->current);
    c->steps = calloc(n + m + 1, sizeof *c->steps);
    c->fresh = calloc(n + m + 1, sizeof *c->fresh);
    c->followers = calloc(n + m + 1, sizeof *c->followers);
    c->pods = calloc(n + m + 1, sizeof *c->pods);
    return c->wanted != NULL && c->of_files != NULL && c->current != NULL && c->steps != NULL && c->fresh != NULL
           && c->followers != NULL && c->pods != NULL;
}

/* Sorted, without those whose place an applied pod has. */
static void take_wanted(struct change *c, const struct manager *m, const struct pod_config_set *wanted)
{
    for (size_t i = 0; i < wanted->count; i++) {
        const struct live_pod *p = manager_find(m, wanted->items[i]->namespace, wanted->items[i]->name);

        if (p != NULL && live_pod_config(p)->applied)
            log_warn("%s: pod %s/%s is left out: one of that name was applied through the API", wanted->items[i]->file,
                     wanted->items[i]->namespace, wanted->items[i]->name);
        else
            c->wanted[c->wanted_count++] = wanted->items[i];
    }
    qsort(c->wanted, c->wanted_count, sizeof *c->wanted, by_config);
}

static bool change_prepare(struct change *c, struct manager *m, const struct pod_config_set *wanted)
{
    if (!change_allocate(c, m->count, wanted->count))
        return false;
    take_wanted(c, m, wanted);
    for (size_t i = 0; i < m->count; i++) {
        struct managed_pod *mp = m->pods[i];

        if (is_applied(mp))
            continue;
        c->of_files[c->current_count] = mp;
        c->current[c->current_count++] = (struct reconcile_current){
            .config = live_pod_config(mp->live), .deleting = core_of(mp)->deleted};
    }
    c->step_count = reconcile(c->current, c->current_count, c->wanted, c->wanted_count, c->steps);
    for (size_t i = 0; i < c->step_count; i++) {
        const struct reconcile_step *step = &c->steps[i];

        switch (step->action) {
        case RECONCILE_START:
            c->fresh[i] = managed_new(m, c->wanted[step->wanted]);
            if (c->fresh[i] == NULL)
                return false;
            break;
        case RECONCILE_REPLACE:
        case RECONCILE_FOLLOW:
            c->followers[i] = live_pod_new(m->executor, c->wanted[step->wanted]);
            if (c->followers[i] == NULL)
                return false;
            break;
        case RECONCILE_KEEP:
        case RECONCILE_STOP:
            break;
        }
    }
    return true;
}

static void set_follower(struct managed_pod *mp, struct live_pod *follower)
{
    if (mp->follower != NULL)
        live_pod_free(mp->follower);    /* wanted before, never started */
    mp->follower = follower;
}

/* Nothing can fail from here on. */
static void change_commit(struct change *c, struct manager *m)
{
    struct managed_pod **old = m->pods;
    size_t kept = 0;

    for (; kept < m->count; kept++)
        c->pods[kept] = old[kept];
    m->pods = c->pods;
    c->pods = NULL;
    for (size_t i = 0; i < c->step_count; i++) {
        const struct reconcile_step *step = &c->steps[i];

        if (c->fresh[i] != NULL) {
            m->pods[kept++] = c->fresh[i];
            continue;
        }
        if (step->action != RECONCILE_KEEP) {
            set_follower(c->of_files[step->current], c->followers[i]);
            c->followers[i] = NULL;
        }
    }
    m->count = kept;
    for (size_t i = 0; i < c->step_count; i++) {
        const struct reconcile_step *step = &c->steps[i];

        if (step->action == RECONCILE_STOP || step->action == RECONCILE_REPLACE)
            live_pod_stop(c->of_files[step->current]->live, MONO_NEVER);
        else if (step->action == RECONCILE_START)
            live_pod_start(c->fresh[i]->live);
        c->fresh[i] = NULL;             /* the manager's now */
    }
    free(old);
    qsort(m->pods, m->count, sizeof *m->pods, by_managed);
}

void manager_retry_blocked(struct manager *m)
{
    for (size_t i = 0; i < m->count; i++) {
        const struct pod *core = core_of(m->pods[i]);

        for (unsigned j = 0; j < core->count; j++) {
            if (core->containers[j].state == CONTAINER_BLOCKED)
                live_pod_backoff_retry(m->pods[i]->live, j);
        }
    }
}

int manager_apply(struct manager *m, const struct pod_config_set *wanted)
{
    struct change change = {0};
    int r = 0;

    if (m->stopping)
        return 0;
    if (change_prepare(&change, m, wanted))
        change_commit(&change, m);
    else
        r = -ENOMEM;
    change_deinit(&change);
    manager_retry_blocked(m);
    if (m->count == 0)
        look_soon(m);
    return r;
}

struct live_pod *manager_pod(const struct manager *m, size_t index)
{
    return m->pods[index]->live;
}

struct live_pod *manager_find(const struct manager *m, const char *namespace, const char *name)
{
    const struct pod_config wanted = {.namespace = namespace, .name = name};
    size_t low = 0, high = m->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct live_pod *p = m->pods[middle]->live;
        int order = reconcile_compare(live_pod_config(p), &wanted);

        if (order == 0)
            return p;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
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

    if (m->stopping)
        return -ESHUTDOWN;
    if (manager_find(m, config->namespace, config->name) != NULL)
        return -EEXIST;
    pods = reallocarray(m->pods, m->count + 1, sizeof(struct managed_pod *));
    if (pods == NULL)
        return -ENOMEM;
    m->pods = pods;
    mp = managed_new(m, config);
    if (mp == NULL)
        return -ENOMEM;
    m->pods[m->count++] = mp;
    qsort(m->pods, m->count, sizeof *m->pods, by_managed);
    live_pod_start(mp->live);
    return 0;
}

static struct managed_pod *managed_of(const struct manager *m, const struct live_pod *p)
{
    for (size_t i = 0; i < m->count; i++) {
        if (m->pods[i]->live == p)
            return m->pods[i];
    }
    return NULL;
}

int manager_replace(struct manager *m, struct live_pod *p, struct pod_config *config)
{
    struct live_pod *follower = live_pod_new(m->executor, config);

    if (follower == NULL)
        return -ENOMEM;
    set_follower(managed_of(m, p), follower);
    live_pod_stop(p, MONO_NEVER);
    return 0;
}

void manager_drop_follower(struct manager *m, struct live_pod *p)
{
    struct managed_pod *mp = managed_of(m, p);

    if (mp != NULL)
        set_follower(mp, NULL);
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
    look_soon(m);
}

void manager_kill(struct manager *m)
{
    begin_stopping(m);
    m->stage = m->stage_count;
    ev_timer_stop(m->executor->loop, &m->stage_over);
    for (size_t i = 0; i < m->count; i++)
        live_pod_kill(m->pods[i]->live);
    look_soon(m);
}

int manager_exit_status(const struct manager *m)
{
    bool failed = false;

    if (m->stopping)
        return m->exit_status;
    for (size_t i = 0; i < m->count; i++)
        failed |= status_phase(core_of(m->pods[i])) == PHASE_FAILED;
    if (failed && m->count == 1 && core_of(m->pods[0])->count == 1
        && core_of(m->pods[0])->containers[0].last.exit_code != 0)
        return core_of(m->pods[0])->containers[0].last.exit_code;
    return failed ? 1 : 0;              /* with 0 it was stopped by its deadline */
}

void manager_init(struct manager *m, struct executor *executor, void (*on_idle)(void *arg), void *arg)
{
    *m = (struct manager){.executor = executor, .on_idle = on_idle, .arg = arg};
    ev_timer_init(&m->sweep, sweep, 0., 0.);
    ev_timer_init(&m->stage_over, stage_over, 0., 0.);
    executor->on_ended = pod_ended;
    executor->on_ended_arg = m;
}

void manager_deinit(struct manager *m)
{
    ev_clear_pending(m->executor->loop, &m->sweep);
    ev_timer_stop(m->executor->loop, &m->stage_over);
    for (size_t i = 0; i < m->count; i++)
        managed_free(m->pods[i]);
    free(m->pods);
}
