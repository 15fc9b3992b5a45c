#include "daemon/runtime/manager_private.h"

#include "base/log.h"
#include "config/load.h"
#include "daemon/core/reconcile.h"

#include <errno.h>
#include <stdlib.h>

static int by_config(const void *a, const void *b)
{
    return reconcile_compare(*(struct pod_config *const *)a, *(struct pod_config *const *)b);
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

        if (live_pod_config(mp->live)->applied)
            continue;
        c->of_files[c->current_count] = mp;
        c->current[c->current_count++] = (struct reconcile_current){
            .config = live_pod_config(mp->live), .deleting = managed_core(mp)->deleted};
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
            managed_set_follower(c->of_files[step->current], c->followers[i]);
            c->followers[i] = NULL;
        }
    }
    m->count = kept;
    qsort(m->pods, m->count, sizeof *m->pods, managed_compare);
    free(old);
    for (size_t i = 0; i < c->step_count; i++) {
        const struct reconcile_step *step = &c->steps[i];

        if (step->action == RECONCILE_STOP || step->action == RECONCILE_REPLACE)
            live_pod_stop(c->of_files[step->current]->live, MONO_NEVER);
        else if (step->action == RECONCILE_START)
            live_pod_announce(c->fresh[i]->live);
        c->fresh[i] = NULL;             /* the manager's now */
    }
    manager_start_new(m);
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
        manager_look_soon(m);
    return r;
}
