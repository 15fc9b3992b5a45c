/*
 * In which order a pod's containers start and stop (kubelet-semantics 4.3, 6.1, 6.2).
 *
 * They start in spec order: each init container when the one before has done its
 * work, the next one after a sidecar when that runs, its postStart hook has returned
 * and its startup probe, if any, has passed; the others side by side, one whose
 * postStart hook is at work holding back those after it.  Only first starts stand in
 * this order; a restart is each container's own affair, unless all of them restart:
 * then they start in it again.
 *
 * They stop all at once, except that a sidecar gets its signal when those it serves
 * are gone: the containers that are no init containers, and the sidecars after it.
 *
 * Pure.
 */
#ifndef PIDLET_CORE_ORDER_H
#define PIDLET_CORE_ORDER_H

#include "daemon/core/pod.h"

/* Starts those whose turn has come. */
void order_start_next(struct pod *p, mono_ms now, struct actions *out);

/* Lets those sidecars have their signal whose turn has come. */
void order_signal_next(struct pod *p, mono_ms now, struct actions *out);

/* Nothing is left to be done but to stop the sidecars: all regular containers have
 * ended for good, or an init container has failed for good. */
bool order_is_done(const struct pod *p);

/* It has ended by itself, and a change of the files that it watches would start it again. */
bool order_waits_for_files(const struct pod *p, const struct container *c);

/* A container has ended that restarts all of them (kubelet-semantics 5.3). */
bool order_restarts_all(const struct pod *p);

/* Nothing of any container is left: the first one's turn has come again. */
bool order_is_removed(const struct pod *p);

#endif
