/*
 * What is to be done so that the pods that run become the pods that are wanted:
 * only the difference is touched (kubelet-semantics 13: a changed pod is a new pod,
 * and starts when the old one is gone).
 *
 * Pure and O(n + m): both sides are sorted by reconcile_compare().
 */
#ifndef PIDLET_CORE_RECONCILE_H
#define PIDLET_CORE_RECONCILE_H

#include <stdbool.h>
#include <stddef.h>

struct pod_config;

struct reconcile_current {
    const struct pod_config *config;    /* what runs; at most one a namespace and name */
    bool deleting;                      /* and is on its way out */
};

enum reconcile_action {
    RECONCILE_KEEP,                     /* runs as it is wanted: nothing to do */
    RECONCILE_START,                    /* wanted, and nothing of that name is there */
    RECONCILE_STOP,                     /* no longer wanted */
    RECONCILE_REPLACE,                  /* wanted otherwise: stop it, start the wanted one after it */
    RECONCILE_FOLLOW,                   /* on its way out already: start the wanted one after it */
};

struct reconcile_step {
    enum reconcile_action action;
    size_t current;                     /* index; meaningless with START */
    size_t wanted;                      /* index; meaningless with KEEP and STOP */
};

/* By namespace, then name. */
int reconcile_compare(const struct pod_config *a, const struct pod_config *b);

/* Fills `steps`, which has room for n + m, and returns how many there are. */
size_t reconcile(const struct reconcile_current *current, size_t n,
                 struct pod_config *const *wanted, size_t m, struct reconcile_step *steps);

#endif
