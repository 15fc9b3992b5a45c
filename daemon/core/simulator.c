#include "daemon/core/simulator.h"

#include "config/load.h"

#include <signal.h>
#include <stdlib.h>

/* What is under way for one container, each with the instant at which it ends. */
struct sim_container {
    const struct sim_behaviour *behaviour;
    size_t next_run;
    bool alive;
    bool killed;
    bool term_sent;
    mono_ms started;
    mono_ms hangs_until;                /* by simulator_fault(), like the next */
    mono_ms fails_until;
    mono_ms exits;                      /* MONO_NEVER: not by itself */
    struct run_end end;                 /* how, then */
    enum notice notice;                 /* what its process tells next of itself … */
    mono_ms notice_at;                  /* … and when; MONO_NEVER: nothing */
    bool attempt_live[SLOTS];
    mono_ms attempt_ends[SLOTS];        /* of those under way; MONO_NEVER: it hangs */
    enum attempt_outcome attempt_outcome[SLOTS];
};

/* More at one instant means that nothing waits: time would never go on. */
enum { EVENTS_AN_INSTANT = 10000 };

struct simulator {
    struct pod *pod;
    struct sim_container *containers;
    struct actions actions;
    sim_observe_fn *observe;
    void *observe_arg;
    mono_ms now;
    const char *violation;
    bool spawned;                       /* an answer to DO_SPAWN is owed, see settle() */
    unsigned at_this_instant;           /* events since time last moved */
};

static const struct sim_run endless = {.length = MONO_NEVER};
static const struct sim_run a_second = {.length = MONO_SECOND};

void simulator_break(struct simulator *s, const char *why)
{
    if (s->violation == NULL)
        s->violation = why;
}

/* ---- what the world does with an action ---- */

static const struct sim_run *this_run(const struct sim_container *c, enum container_role role)
{
    const struct sim_behaviour *b = c->behaviour;

    if (b->run_count == 0)
        return role == ROLE_INIT ? &a_second : &endless;
    return &b->runs[c->next_run < b->run_count ? c->next_run : b->run_count - 1];
}

static struct run_end ended(int exit_code, int by_signal)
{
    if (by_signal != 0)
        return (struct run_end){.reason = END_ERROR, .exit_code = 128 + by_signal, .signal = by_signal};
    return (struct run_end){.reason = exit_code == 0 ? END_COMPLETED : END_ERROR, .exit_code = exit_code};
}

static bool hung(const struct simulator *s, const struct sim_container *c)
{
    return s->now - c->started >= c->behaviour->hang_after || s->now < c->hangs_until;
}

static bool fails(const struct simulator *s, const struct sim_container *c, enum attempt_slot slot)
{
    const struct sim_behaviour *b = c->behaviour;

    return s->now - c->started < (slot == SLOT_STARTUP ? b->startup_after : b->ready_after)
           || s->now < c->fails_until;
}

/* Signals that a process has to catch to be moved by them: signal(7). */
static bool is_harmless(int signal)
{
    static const int harmless[] = {SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};

    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++) {
        if (harmless[i] == signal)
            return true;
    }
    return false;
}

static void on_term(struct simulator *s, struct sim_container *c, int signal)
{
    const struct sim_behaviour *b = c->behaviour;
    mono_ms exits = mono_add(s->now, b->term_after);

    if (!c->alive)
        simulator_break(s, "a stop signal without a process");
    if (c->term_sent)
        simulator_break(s, "a stop signal sent twice to one run");
    c->term_sent = true;
    if (hung(s, c) || exits >= c->exits || (is_harmless(signal) && !b->term_exits))
        return;
    c->exits = exits;
    c->end = b->term_exits ? ended(b->term_code, 0) : ended(0, signal);
}

static void on_kill(struct simulator *s, struct sim_container *c)
{
    if (!c->alive)
        simulator_break(s, "SIGKILL without a process");
    c->killed = true;
    if (c->exits > s->now) {
        c->exits = s->now;
        c->end = ended(0, SIGKILL);
    }
}

static mono_ms probe_timeout(const struct container *c, enum attempt_slot slot)
{
    return c->workers[slot].spec->timeout_seconds * MONO_SECOND;
}

/* A hook whose manifest says what it does: a pause, or a handler that never runs. */
static void hook_of_its_own(const struct container *of, enum attempt_slot slot, mono_ms *takes,
                            enum attempt_outcome *outcome)
{
    const struct lifecycle_spec *lifecycle = of->spec->lifecycle;
    const struct handler_spec *hook;

    if (lifecycle == NULL)              /* the core is being broken on purpose */
        return;
    hook = slot == SLOT_POST_START ? lifecycle->post_start : lifecycle->pre_stop;
    if (hook->sleep != NULL) {
        *takes = hook->sleep->seconds * MONO_SECOND;
        *outcome = ATTEMPT_OK;
    } else if (hook->tcp_socket != NULL) {
        *takes = 0;
        *outcome = ATTEMPT_HOOK_INVALID;
    }
}

static void on_attempt(struct simulator *s, struct sim_container *c, const struct container *of,
                       enum attempt_slot slot)
{
    const struct sim_behaviour *b = c->behaviour;
    bool probe = slot == SLOT_LIVENESS || slot == SLOT_READINESS || slot == SLOT_STARTUP;
    mono_ms takes = probe ? b->attempt_takes : b->hook_takes;
    enum attempt_outcome outcome = probe ? ATTEMPT_OK : b->hook_outcome;

    if (!c->alive)
        simulator_break(s, "an attempt without a process");
    if (c->attempt_live[slot])
        simulator_break(s, "two attempts at once in one slot");
    if (probe && (hung(s, c) || takes >= probe_timeout(of, slot))) {
        takes = probe_timeout(of, slot);
        outcome = ATTEMPT_TIMED_OUT;
    } else if (probe && fails(s, c, slot)) {
        outcome = b->probe_fails_with == ATTEMPT_OK ? ATTEMPT_CONNECT_FAILED : b->probe_fails_with;
    } else if (!probe) {
        hook_of_its_own(of, slot, &takes, &outcome);
    }
    c->attempt_live[slot] = true;
    c->attempt_ends[slot] = mono_add(s->now, takes);
    c->attempt_outcome[slot] = outcome;
}

static void on_cancel(struct simulator *s, struct sim_container *c, enum attempt_slot slot)
{
    if (!c->attempt_live[slot])
        simulator_break(s, "an attempt cancelled that is not under way");
    c->attempt_live[slot] = false;
}

static void perform(struct simulator *s, const struct action *action)
{
    struct sim_container *c;

    if (s->observe != NULL)
        s->observe(s->observe_arg, s->pod, action, s->now);
    if (action->container == NO_CONTAINER)
        return;
    c = &s->containers[action->container];
    switch (action->kind) {  /* GCOVR_EXCL_BR_LINE: all members; no way past them */
    case DO_SPAWN:
        if (c->alive)
            simulator_break(s, "a second process for one container");
        s->spawned = true;
        break;
    case DO_TERM:
        on_term(s, c, action->signal);
        break;
    case DO_KILL:
        on_kill(s, c);
        break;
    case DO_ATTEMPT:
        on_attempt(s, c, &s->pod->containers[action->container], action->slot);
        break;
    case DO_CANCEL:
        on_cancel(s, c, action->slot);
        break;
    case DO_NOTE:
        break;
    }
}

/* ---- what must hold after every step ---- */

static void check_container(struct simulator *s, const struct container *c,
                            const struct sim_container *world)
{
    if (world->alive && !container_has_process(c))
        simulator_break(s, "a process that its container does not know");
    if (c->ready && c->state != CONTAINER_RUNNING && c->stop == STOP_NONE)
        simulator_break(s, "ready without running");
    if (c->ready && !container_has_process(c))
        simulator_break(s, "ready without a process");
    if ((c->state == CONTAINER_TERMINATED || c->state == CONTAINER_PENDING)
        && container_deadline(c) != MONO_NEVER)
        simulator_break(s, "a deadline in a container that has ended");
    if (container_deadline(c) < s->now)
        simulator_break(s, "a deadline in the past");
    for (int slot = 0; slot < SLOTS; slot++) {
        bool live = (c->live_slots & 1u << slot) != 0;

        if (live != world->attempt_live[slot])
            simulator_break(s, "an attempt that only one side knows of");
    }
}

static void step(struct simulator *s, const struct pod_event *ev)
{
    pod_step(s->pod, ev, &s->actions);
    for (size_t i = 0; i < s->actions.count; i++)
        perform(s, &s->actions.items[i]);
}

static void step_container(struct simulator *s, unsigned container, const struct container_event *ev)
{
    step(s, &(struct pod_event){
                .kind = POD_CONTAINER, .now = s->now, .container = container, .of_container = *ev});
}

/* ---- what a process tells of itself: READY=1 when it has started, then WATCHDOG=1 in time ---- */

static void begin_notices(struct sim_container *c, const struct notices *expected, mono_ms now)
{
    c->notice = expected->awaited ? NOTICE_READY : NOTICE_WATCHDOG;
    if (expected->awaited)
        c->notice_at = mono_add(now, c->behaviour->startup_after);
    else
        c->notice_at = expected->watchdog > 0 ? now : MONO_NEVER;
}

static void tell(struct simulator *s, unsigned i)
{
    struct sim_container *c = &s->containers[i];
    const struct notices *expected = &s->pod->containers[i].notices;

    if (hung(s, c)) {
        c->notice_at = s->now - c->started >= c->behaviour->hang_after ? MONO_NEVER : c->hangs_until;
        return;
    }
    step_container(s, i, &(struct container_event){.kind = CONTAINER_NOTICE, .notice = c->notice});
    c->notice = NOTICE_WATCHDOG;
    c->notice_at = expected->watchdog > 0 ? mono_add(s->now, (expected->watchdog + 1) / 2) : MONO_NEVER;
}

static void start(struct simulator *s, unsigned i)
{
    struct sim_container *c = &s->containers[i];
    const struct sim_run *run = this_run(c, s->pod->containers[i].role);

    c->next_run++;
    if (run->not_created) {
        step_container(s, i, &(struct container_event){
            .kind = CONTAINER_NOT_CREATED, .text = "configmap \"settings\" not found"});
        return;
    }
    if (run->start_fails) {
        step_container(s, i, &(struct container_event){
            .kind = CONTAINER_START_FAILED, .text = "exec: \"app\": executable file not found in $PATH"});
        return;
    }
    c->alive = true;
    c->killed = false;
    c->term_sent = false;
    c->started = s->now;
    c->hangs_until = c->fails_until = s->now;
    c->exits = mono_add(s->now, run->length);
    c->end = ended(run->exit_code, run->signal);
    if (run->oom_killed)
        c->end.reason = END_OOM_KILLED;
    begin_notices(c, &s->pod->containers[i].notices, s->now);
    step_container(s, i, &(struct container_event){.kind = CONTAINER_STARTED});
}

/* Spawns are answered within the instant in which they were asked for. */
static void settle(struct simulator *s)
{
    while (s->spawned && s->violation == NULL) {
        s->spawned = false;
        for (unsigned i = 0; i < s->pod->count; i++) {
            if (s->pod->containers[i].state == CONTAINER_STARTING)
                start(s, i);
        }
    }
    for (unsigned i = 0; i < s->pod->count; i++)
        check_container(s, &s->pod->containers[i], &s->containers[i]);
}

/* ---- time ---- */

mono_ms simulator_next(const struct simulator *s)
{
    mono_ms next = pod_deadline(s->pod);

    for (unsigned i = 0; i < s->pod->count; i++) {
        const struct sim_container *c = &s->containers[i];

        if (c->alive)
            next = mono_min(next, mono_min(c->exits, c->notice_at));
        for (int slot = 0; slot < SLOTS; slot++) {
            if (c->attempt_live[slot])
                next = mono_min(next, c->attempt_ends[slot]);
        }
    }
    return next;
}

/* The first thing that is due: an exit, an attempt's end, a notice, and then a deadline of the core. */
static void happen(struct simulator *s)
{
    for (unsigned i = 0; i < s->pod->count; i++) {
        struct sim_container *c = &s->containers[i];

        if (c->alive && c->exits <= s->now) {
            c->alive = false;
            step_container(s, i,
                           &(struct container_event){.kind = CONTAINER_EXITED, .end = c->end});
            return;
        }
        for (int slot = 0; slot < SLOTS; slot++) {
            if (!c->attempt_live[slot] || c->attempt_ends[slot] > s->now)
                continue;
            c->attempt_live[slot] = false;
            step_container(s, i, &(struct container_event){
                .kind = CONTAINER_ATTEMPT,
                .slot = (enum attempt_slot)slot,
                .outcome = c->attempt_outcome[slot],
            });
            return;
        }
        if (c->alive && c->notice_at <= s->now) {
            tell(s, i);
            return;
        }
    }
    step(s, &(struct pod_event){.kind = POD_DEADLINE, .now = s->now});
    if (pod_deadline(s->pod) <= s->now)
        simulator_break(s, "a deadline that its own event does not move");
}

void simulator_run(struct simulator *s, mono_ms until)
{
    while (s->violation == NULL) {
        mono_ms next = simulator_next(s);

        if (next > until || next == MONO_NEVER)
            break;                      /* or nothing is left to happen */
        if (next > s->now) {
            s->now = next;
            s->at_this_instant = 0;
        } else if (s->at_this_instant++ >= EVENTS_AN_INSTANT) {
            simulator_break(s, "time stands still: runs of no length and a back-off that never waits");
            break;
        }
        happen(s);
        settle(s);
    }
    if (s->violation == NULL && until != MONO_NEVER && until > s->now) {
        s->now = until;
        s->at_this_instant = 0;
    }
}

void simulator_post(struct simulator *s, const struct pod_event *ev)
{
    struct pod_event now = *ev;

    now.now = s->now;
    step(s, &now);
    settle(s);
}

void simulator_fault(struct simulator *s, unsigned container, const struct sim_fault *fault)
{
    struct sim_container *c = &s->containers[container];

    if (!c->alive)
        return;
    switch (fault->kind) {  /* GCOVR_EXCL_BR_LINE: all members; no way past them */
    case SIM_FAULT_END:
        if (c->exits <= s->now)
            break;                      /* it ends in this instant as it is */
        c->exits = s->now;
        c->end = ended(fault->exit_code, fault->signal);
        break;
    case SIM_FAULT_HANG:
        c->hangs_until = fault->until;
        break;
    case SIM_FAULT_FAIL_PROBES:
        c->fails_until = fault->until;
        break;
    }
}

/* ---- life ---- */

struct simulator *simulator_new(const struct pod_config *config,
                                const struct sim_behaviour *behaviours, uint64_t seed,
                                sim_observe_fn *observe, void *arg)
{
    struct simulator *s = calloc(1, sizeof *s);

    if (s == NULL)
        return NULL;
    s->observe = observe;
    s->observe_arg = arg;
    s->pod = calloc(1, pod_size(config));
    if (s->pod == NULL)
        goto fail;
    pod_init(s->pod, config, 0, seed);
    s->containers = calloc(s->pod->count, sizeof *s->containers);
    s->actions.capacity = pod_actions_max(s->pod);
    s->actions.items = calloc(s->actions.capacity, sizeof *s->actions.items);
    if (s->containers == NULL || s->actions.items == NULL)
        goto fail;
    for (unsigned i = 0; i < s->pod->count; i++)
        s->containers[i].behaviour = &behaviours[i];
    simulator_post(s, &(struct pod_event){.kind = POD_START});
    return s;
fail:
    simulator_free(s);
    return NULL;
}

void simulator_free(struct simulator *s)
{
    if (s == NULL)
        return;
    free(s->pod);
    free(s->containers);
    free(s->actions.items);
    free(s);
}

mono_ms simulator_now(const struct simulator *s)
{
    return s->now;
}

const struct pod *simulator_pod(const struct simulator *s)
{
    return s->pod;
}

const char *simulator_violation(const struct simulator *s)
{
    return s->violation;
}
