/*
 * Pods: shown as they are whenever somebody looks, applied, changed, deleted.
 */
#ifndef PIDLET_API_PODS_H
#define PIDLET_API_PODS_H

#include "daemon/api/backing.h"

#include <stdbool.h>
#include <stddef.h>

struct backing;
struct live_pod;

/* A pod has taken a step: it is shown anew when somebody looks next. */
void pods_changed(struct backing *b, struct live_pod *p);

/* A pod is about to be freed: its last state is shown, and that it has gone. */
void pods_gone(struct backing *b, struct live_pod *p);

/* Shows what has changed, at most `most` pods; what is left waits for the next call. */
enum shown pods_show_some(struct backing *b, size_t most);

/* Shows all that has changed; false: memory was short, and it is tried again. */
bool pods_show(struct backing *b);

/* Starts what was applied to an earlier daemon and had not ended. */
void pods_restore(struct backing *b);

void pods_forget_ended(struct backing *b);

#endif
