#include "daemon/runtime/reaper.h"

#include "base/log.h"
#include "base/macros.h"
#include "daemon/runtime/cgroup.h"
#include "daemon/runtime/descendants.h"
#include "daemon/runtime/process.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long an end is held back for what it left behind: an uninterruptible sleep may never go. */
static const mono_ms patience = 5000;
static const ev_tstamp look_again = 0.005;

static struct process **bucket(struct reaper *r, pid_t pid)
{
    return &r->table[(unsigned)pid % REAPER_BUCKETS];
}

static struct process *find(struct reaper *r, pid_t pid)
{
    struct process *p = *bucket(r, pid);

    while (p != NULL && p->pid != pid)
        p = p->next;
    return p;
}

static void remove_process(struct reaper *r, struct process *p)
{
    struct process **link = bucket(r, p->pid);

    while (*link != p)
        link = &(*link)->next;
    *link = p->next;
    p->next = NULL;
    r->count--;
}

void reaper_add(struct reaper *r, struct process *p)
{
    struct process **head = bucket(r, p->pid);

    p->next = *head;
    *head = p;
    r->count++;
}

/* ---- runs that linger ---- */

static void end_run(struct reaper *r, struct process *p)
{
    *r->ended_last = p;
    r->ended_last = &p->next;
    ev_feed_event(r->loop, &r->sweep, EV_TIMER);
}

/* Without /proc: whether anybody at all is left, of whom none can be another run's. */
static bool has_rest_without_proc(const struct reaper *r, const struct process *p)
{
    siginfo_t how = {0};

    if (kill(-p->pid, 0) == 0)
        return true;
    return r->count == 0 && waitid(P_ALL, 0, &how, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* Signals our children that are of the run, and those below them; 0: only looks.  True when there are any. */
static bool signal_rest(struct reaper *r, const struct process *p, int signal)
{
    struct pid_list children = {0};
    bool any = false;

    if (signal == 0 && p->cgroup != NULL)
        return cgroup_populated(p->cgroup);
    if (descendants_children(getpid(), &children) < 0) {
        pid_list_deinit(&children);
        if (signal != 0)
            kill(-p->pid, signal);
        return has_rest_without_proc(r, p);
    }
    for (size_t i = 0; i < children.count; i++) {
        if (find(r, children.items[i]) != NULL || !descendants_belongs(children.items[i], p->pid, p->id))
            continue;
        any = true;
        if (signal != 0)
            descendants_signal(children.items[i], true, signal);
    }
    pid_list_deinit(&children);
    return any;
}

void reaper_signal_rest(struct reaper *r, struct process *p, int signal)
{
    signal_rest(r, p, signal);
}

static void remove_lingering(struct reaper *r, struct process *p)
{
    struct process **link = &r->lingering;

    while (*link != p)
        link = &(*link)->next;
    *link = p->next;
    p->next = NULL;
}

/* From now on what is left is killed, like that of others. */
void reaper_linger_no_more(struct reaper *r, struct process *p)
{
    p->lingers = false;
    remove_lingering(r, p);
    kill(-p->pid, SIGKILL);
    end_run(r, p);
}

/* Some child has ended: it may have been the last one of a run. */
static void look_at_lingering(struct reaper *r)
{
    struct process *next;

    for (struct process *p = r->lingering; p != NULL; p = next) {
        next = p->next;
        if (signal_rest(r, p, 0))
            continue;
        remove_lingering(r, p);
        p->ended = clock_mono();
        end_run(r, p);
    }
}

static void linger(struct reaper *r, struct process *p)
{
    p->next = r->lingering;
    r->lingering = p;
    if (p->stop_signal != 0)
        signal_rest(r, p, p->stop_signal);
    look_at_lingering(r);
}

/* ---- ends ---- */

/*
 * Looks whether the process has ended; if so kills its group while the number is still
 * its own, reaps it and puts it into the list of the ended.
 */
void reaper_ended(struct reaper *r, struct process *p)
{
    siginfo_t how = {0};

    if (waitid(P_PID, (id_t)p->pid, &how, WEXITED | WNOHANG | WNOWAIT) == -1) {
        log_warn("the exit status of process %d is lost: %s", (int)p->pid, strerror(errno));
    } else if (how.si_pid == 0) {
        return;                                 /* woken for nothing */
    } else {
        if (!p->lingers)
            kill(-p->pid, SIGKILL);
        if (!p->lingers && p->cgroup != NULL)
            cgroup_kill(p->cgroup);
        waitid(P_PID, (id_t)p->pid, &how, WEXITED | WNOHANG);
    }
    p->how.pid = how.si_pid;
    p->how.code = how.si_code;
    p->how.status = how.si_status;
    p->ended = clock_mono();
    p->reaped = true;
    if (p->pidfd >= 0) {
        ev_io_stop(r->loop, &p->exited);        /* libev: only a stopped watcher may be freed */
        close(p->pidfd);
        p->pidfd = -1;
    }
    remove_process(r, p);
    if (p->lingers)
        linger(r, p);
    else
        end_run(r, p);
}

/* Reaps what is dead: owners are told, orphans go silently. */
static void reap_all(struct reaper *r)
{
    for (;;) {
        siginfo_t how = {0};
        struct process *p;

        if (waitid(P_ALL, 0, &how, WEXITED | WNOHANG | WNOWAIT) == -1 || how.si_pid == 0)
            return;
        p = find(r, how.si_pid);
        if (p != NULL)
            reaper_ended(r, p);
        else
            waitid(P_PID, (id_t)how.si_pid, &how, WEXITED | WNOHANG);
    }
}

static void child_signal(struct ev_loop *loop, ev_signal *w, int revents)
{
    struct reaper *r = container_of(w, struct reaper, child);

    (void)loop;
    (void)revents;
    reap_all(r);
    look_at_lingering(r);
}

/* ---- what they left behind ---- */

static bool of_an_ended_run(const struct reaper *r, pid_t pid)
{
    for (const struct process *p = r->ended; p != NULL; p = p->next) {
        if (descendants_belongs(pid, p->pid, p->id))
            return true;
    }
    return false;
}

/* Whether a run that ended still has a process in its cgroup, which is killed again. */
static bool cgroups_are_empty(const struct reaper *r)
{
    bool empty = true;

    for (const struct process *p = r->ended; p != NULL; p = p->next) {
        if (p->cgroup != NULL && cgroup_populated(p->cgroup)) {
            cgroup_kill(p->cgroup);
            empty = false;
        }
    }
    return empty;
}

/* Kills our children that an ended run left behind; true when there is none left. */
static bool sweep_children(struct reaper *r)
{
    struct pid_list children = {0};
    bool none;

    reap_all(r);
    none = cgroups_are_empty(r);
    descendants_children(getpid(), &children);
    for (size_t i = 0; i < children.count; i++) {
        if (find(r, children.items[i]) != NULL || !of_an_ended_run(r, children.items[i]))
            continue;
        descendants_kill(children.items[i], true);
        none = false;
    }
    pid_list_deinit(&children);
    return none;
}

static void tell_all(struct reaper *r)
{
    struct process *p = r->ended;

    r->ended = NULL;
    r->ended_last = &r->ended;
    while (p != NULL) {
        struct process *next = p->next;
        siginfo_t how = {0};

        how.si_pid = p->how.pid;        /* of a union: an initialiser would take the one for the other */
        how.si_code = p->how.code;
        how.si_status = p->how.status;
        p->next = NULL;
        p->pid = 0;
        p->on_exit(p, &how, p->ended);          /* last: p may be gone afterwards */
        p = next;
    }
}

/*
 * Runs once for all the ends of one turn of the loop: fed by reaper_ended(), at a priority
 * below all else.  (Not by a prepare watcher: that would tell the owners at the loop's
 * very next sleep, and what they wait for then could be a minute away.)
 */
static void sweep(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct reaper *r = container_of(w, struct reaper, sweep);

    (void)revents;
    ev_timer_stop(loop, w);
    if (r->ended == NULL)
        return;
    if (sweep_children(r)) {
        tell_all(r);
    } else if (clock_mono() - r->ended->ended > patience) {
        log_warn("processes of an ended container do not die of SIGKILL; going on without them");
        tell_all(r);
    } else {
        /* Their own SIGCHLD may bring us here sooner. */
        ev_timer_set(w, look_again, 0.);
        ev_timer_start(loop, w);
    }
}

bool reaper_idle(const struct reaper *r)
{
    return r->count == 0 && r->ended == NULL && r->lingering == NULL;
}

bool reaper_kill_orphans(struct reaper *r)
{
    struct pid_list children = {0};
    bool none = true;

    reap_all(r);
    descendants_children(getpid(), &children);
    for (size_t i = 0; i < children.count; i++) {
        if (find(r, children.items[i]) != NULL)
            continue;
        descendants_kill(children.items[i], true);
        none = false;
    }
    pid_list_deinit(&children);
    return none;
}

void reaper_init(struct reaper *r, struct ev_loop *loop)
{
    *r = (struct reaper){.loop = loop};
    r->ended_last = &r->ended;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    ev_signal_init(&r->child, child_signal, SIGCHLD);
    ev_signal_start(loop, &r->child);
    ev_timer_init(&r->sweep, sweep, look_again, 0.);
    ev_set_priority(&r->sweep, EV_MINPRI);
}

void reaper_deinit(struct reaper *r)
{
    ev_signal_stop(r->loop, &r->child);
    ev_timer_stop(r->loop, &r->sweep);
}
