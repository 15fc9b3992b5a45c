/*
 * What the manager's files share: its pods, and their start in slices.
 */
#ifndef PIDLET_RUNTIME_MANAGER_PRIVATE_H
#define PIDLET_RUNTIME_MANAGER_PRIVATE_H

#include "daemon/runtime/manager.h"

struct managed_pod {
    struct live_pod *live;
    struct live_pod *follower;          /* starts when `live` is gone; NULL: none */
    bool gone;                          /* `live` is to be freed, and nothing follows */
};

static inline const struct pod *managed_core(const struct managed_pod *mp)
{
    return live_pod_core(mp->live);
}

/* Not started yet; NULL: no memory. */
struct managed_pod *managed_new(struct manager *m, struct pod_config *config);
void managed_free(struct managed_pod *mp);      /* NULL is fine */

/* The one that was to follow until now is freed; `follower` may be NULL. */
void managed_set_follower(struct managed_pod *mp, struct live_pod *follower);

/* By namespace, then name: qsort's comparison of m->pods' items. */
int managed_compare(const void *a, const void *b);

/* m->pods have changed: those that are new start, in their order, a slice of them in each turn of the loop. */
void manager_start_new(struct manager *m);

/* Whether all is over is looked at once this turn's callback has returned. */
void manager_look_soon(struct manager *m);

#endif
