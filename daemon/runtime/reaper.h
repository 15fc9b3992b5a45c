/*
 * Reaps every child: those that a struct process owns through their pidfd, orphans
 * that became ours through SIGCHLD.
 *
 * Ends that one turn of the loop brings are handled together: one look at our
 * children finds what they left behind.
 */
#ifndef PIDLET_RUNTIME_REAPER_H
#define PIDLET_RUNTIME_REAPER_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

struct process;

enum { REAPER_BUCKETS = 1024 };

struct reaper {
    struct ev_loop *loop;               /* borrowed; not libev's default loop */
    ev_signal child;                    /* SIGCHLD */
    ev_timer sweep;                     /* fed at an end; armed while what it left behind does not go */
    struct process *table[REAPER_BUCKETS];      /* by pid */
    struct process *lingering;          /* reaped; what is left of their runs is waited for */
    struct process *ended;              /* reaped, on_exit still to be called; in order */
    struct process **ended_last;
    size_t count;                       /* in the table */
};

/* Makes us a child subreaper.  Cannot fail: without, orphans go to PID 1. */
void reaper_init(struct reaper *r, struct ev_loop *loop);
void reaper_deinit(struct reaper *r);

/* For struct process alone. */
void reaper_add(struct reaper *r, struct process *p);
void reaper_ended(struct reaper *r, struct process *p);
void reaper_signal_rest(struct reaper *r, struct process *p, int signal);
void reaper_linger_no_more(struct reaper *r, struct process *p);

/* No process is left, and every end has been told. */
bool reaper_idle(const struct reaper *r);

/*
 * SIGKILL to all our children that no process owns, and to theirs; those that are
 * dead are reaped.  True when none is left.
 */
bool reaper_kill_orphans(struct reaper *r);

#endif
