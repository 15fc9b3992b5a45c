/*
 * `run --chaos`: sends the signals that daemon/core/chaos.h decides on to the daemon's own
 * containers, watches what becomes of them, and reports in the end.
 */
#ifndef PIDLET_DAEMON_CHAOS_H
#define PIDLET_DAEMON_CHAOS_H

#include <ev.h>

struct action;
struct buf;
struct chaos_plan;
struct chaos_watch;
struct live_pod;
struct pod_config_set;

struct chaos_listener {
    /* A signal was sent to the container `object` ("api/app"). */
    void (*on_fault)(void *arg, const char *object, const char *message);
    /* All faults of the pods that have started are over; from the loop, never from within a step; again if others start. */
    void (*on_done)(void *arg);
    void *arg;
};

/* Whether the plan is for any container of these; if not, prints a usage error. */
int chaos_check(const struct chaos_plan *plan, const struct pod_config_set *set);

/* Borrows `plan`.  NULL: no memory. */
struct chaos_watch *chaos_watch_new(struct ev_loop *loop, const struct chaos_plan *plan,
                                    const struct chaos_listener *listener);
void chaos_watch_free(struct chaos_watch *w);   /* NULL is fine */

/* Each note of the core; before anything else is done about it. */
void chaos_watch_note(struct chaos_watch *w, struct live_pod *p, const struct action *action);

/* No more faults, and no more watching: what is stopped on purpose goes on. */
void chaos_watch_end(struct chaos_watch *w);

/* Appends the report of all pods, in the order in which they started.  After the end. */
void chaos_watch_report(const struct chaos_watch *w, struct buf *out);

#endif
