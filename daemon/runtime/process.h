/*
 * A main process: signals to it, its end, and the end of everything it left behind.
 *
 * `on_exit` is called once, from the loop, when the process has been reaped and
 * nothing of its run is left: neither its group nor what left the group, as with
 * the end of a PID namespace.  (kubelet-semantics 4.1.)  What is left is killed, or, if the
 * process lingers, waited for.
 */
#ifndef PIDLET_RUNTIME_PROCESS_H
#define PIDLET_RUNTIME_PROCESS_H

#include "base/clock.h"

#include <ev.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct cgroup;
struct process;
struct reaper;
struct spawned;

/*
 * `how` is as waitid(2) gives it; si_pid is 0 when the status was lost.  `ended` is
 * when that was noticed.  May start the process anew or free it.
 */
typedef void process_exit_fn(struct process *p, const siginfo_t *how, mono_ms ended);

struct process {
    ev_io exited;                       /* on pidfd; active while pidfd >= 0 */
    struct reaper *reaper;
    process_exit_fn *on_exit;
    struct process *next;               /* in the reaper's table, then in its list of the ended */
    const char *id;                     /* of the run, see context.h; borrowed; may be NULL */
    const struct cgroup *cgroup;        /* that all of the run is in; borrowed; NULL: none of its own */
    struct {                            /* what there is to tell of its end: a siginfo_t is 128 bytes */
        pid_t pid;
        int code, status;
    } how;
    mono_ms ended;
    pid_t pid;                          /* 0: there is none */
    int stop_signal;                    /* what process_stop() has sent; 0: nothing */
    int pidfd;                          /* -1: none; then SIGCHLD tells of the end */
    bool reaped;                        /* ended; what it left behind is being killed, or waited for */
    bool lingers;                       /* it has ended when all of its run has ended by itself */
};

/* Takes over the descriptor of `spawned`.  `p` need not be initialised; its cgroup is the caller's to set. */
void process_start(struct process *p, struct reaper *reaper, const struct spawned *spawned,
                   const char *id, process_exit_fn *on_exit);

/* To the main process alone; to all that is left of a run that lingers without it. */
void process_signal(struct process *p, int signal);

/* The same; when the main process goes and the run lingers, what is left gets the signal as well. */
void process_stop(struct process *p, int signal);

/* SIGKILL to the group and to every descendant; on_exit follows. */
void process_kill(struct process *p);

static inline bool process_alive(const struct process *p)
{
    return p->pid != 0;
}

#endif
