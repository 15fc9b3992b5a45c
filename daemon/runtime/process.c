#include "daemon/runtime/process.h"

#include "base/fd.h"
#include "base/log.h"
#include "base/macros.h"
#include "daemon/runtime/cgroup.h"
#include "daemon/runtime/descendants.h"
#include "daemon/runtime/reaper.h"
#include "daemon/runtime/spawn.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void process_exited(struct ev_loop *loop, ev_io *w, int revents)
{
    struct process *p = container_of(w, struct process, exited);

    (void)loop;
    (void)revents;
    reaper_ended(p->reaper, p);
}

void process_start(struct process *p, struct reaper *reaper, const struct spawned *spawned,
                   const char *id, process_exit_fn *on_exit)
{
    *p = (struct process){
        .reaper = reaper,
        .on_exit = on_exit,
        .id = id,
        .pid = spawned->pid,
        .pidfd = spawned->pidfd,
    };
    ev_io_init(&p->exited, process_exited, p->pidfd, EV_READ);
    if (p->pidfd >= 0)
        ev_io_start(reaper->loop, &p->exited);
    reaper_add(reaper, p);
}

void process_signal(struct process *p, int signal)
{
    int r;

    if (p->pid == 0)
        return;
    if (p->reaped) {
        if (p->lingers)
            reaper_signal_rest(p->reaper, p, signal);
        return;
    }
    /* Without a pidfd the number is safe as well: nobody but us reaps it. */
    if (p->pidfd >= 0)
        r = (int)syscall(SYS_pidfd_send_signal, p->pidfd, signal, NULL, 0);
    else
        r = kill(p->pid, signal);
    if (r == -1 && errno != ESRCH)
        log_warn("sending signal %d to process %d: %s", signal, (int)p->pid, strerror(errno));
}

void process_stop(struct process *p, int signal)
{
    p->stop_signal = signal;
    process_signal(p, signal);
}

void process_kill(struct process *p)
{
    if (p->pid != 0 && p->reaped && p->lingers)
        reaper_linger_no_more(p->reaper, p);
    if (p->pid == 0 || p->reaped)
        return;
    if (p->cgroup != NULL && cgroup_kill(p->cgroup))
        return;                         /* all of them, in one go */
    /* Those below it first: once it is dead they are our children, hard to tell from others'. */
    descendants_kill(p->pid, false);
    kill(-p->pid, SIGKILL);
    process_signal(p, SIGKILL);
}
