/*
 * The simulator holds the core to its invariants: a core that breaks one is named.
 * Here each step of the core is the real one with one thing done wrong after it.
 */
#include "tests/lib/sim.h"

#include <string.h>

enum { SPOIL_AT = 5000 };

typedef void spoil_fn(struct pod *p, struct actions *out);
static spoil_fn *spoil;                 /* done after each step from SPOIL_AT on */

void __real_pod_step(struct pod *p, const struct pod_event *ev, struct actions *out);
void __wrap_pod_step(struct pod *p, const struct pod_event *ev, struct actions *out);

void __wrap_pod_step(struct pod *p, const struct pod_event *ev, struct actions *out)
{
    __real_pod_step(p, ev, out);
    if (spoil != NULL && ev->now >= SPOIL_AT)
        spoil(p, out);
}

static void act(struct actions *out, enum action_kind kind, enum attempt_slot slot)
{
    out->items[out->count++] = (struct action){.kind = kind, .container = 0, .slot = slot};
}

/* A container that crashes at 5 s and waits, beside one that is probed. */
#define POD "containers: [{name: a, command: [a]}, {name: b, command: [b], " \
            "readinessProbe: {exec: {command: [p]}, periodSeconds: 1}}]"

static void expect_violation(spoil_fn *how, const char *wanted)
{
    struct sim s = sim_pod_annotated("pidlet.dev/backoff.a: 'initial=1s,max=1s'", POD);

    sim_runs(&s, "a", {.length = 1000, .exit_code = 1}, {.length = 4000, .exit_code = 1});
    sim_behaviour(&s, "a")->hang_after = MONO_NEVER;
    spoil = NULL;
    sim_run_until(&s, SPOIL_AT - 1);    /* a ran twice, and ends for the second time at 5 s */
    spoil = how;
    simulator_run(s.simulator, 20000);
    spoil = NULL;
    if (simulator_violation(s.simulator) == NULL)
        fail_msg("not noticed: %s", wanted);
    EXPECT_STR(simulator_violation(s.simulator), wanted);
    sim_end(&s);
}

static void term(struct pod *p, struct actions *out)
{
    (void)p;
    act(out, DO_TERM, 0);
}

static void term_twice(struct pod *p, struct actions *out)
{
    (void)p;
    act(out, DO_TERM, 0);
    act(out, DO_TERM, 0);
    out->items[out->count - 2].container = out->items[out->count - 1].container = 1;
}

static void kill_what_is_gone(struct pod *p, struct actions *out)
{
    (void)p;
    act(out, DO_KILL, 0);
}

static void attempt(struct pod *p, struct actions *out)
{
    (void)p;
    act(out, DO_ATTEMPT, SLOT_PRE_STOP);
}

static void attempts_in_one_slot(struct pod *p, struct actions *out)
{
    (void)p;
    for (int i = 0; i < 2; i++) {
        act(out, DO_ATTEMPT, SLOT_PRE_STOP);
        out->items[out->count - 1].container = 1;
    }
}

static void cancel(struct pod *p, struct actions *out)
{
    (void)p;
    act(out, DO_CANCEL, SLOT_PRE_STOP);
}

static void spawn_beside(struct pod *p, struct actions *out)
{
    (void)p;
    act(out, DO_SPAWN, 0);
    out->items[out->count - 1].container = 1;
}

static void forget_a_process(struct pod *p, struct actions *out)
{
    (void)out;
    p->containers[1].state = CONTAINER_TERMINATED;
    p->containers[1].ready = false;
}

static void ready_without_running(struct pod *p, struct actions *out)
{
    (void)out;
    p->containers[1].state = CONTAINER_KILLING;
    p->containers[1].ready = true;
}

static void ready_without_a_process(struct pod *p, struct actions *out)
{
    (void)out;
    p->containers[0].ready = true;
    p->containers[0].stop = STOP_DELETED;
}

static void deadline_after_the_end(struct pod *p, struct actions *out)
{
    (void)out;
    p->containers[0].state = CONTAINER_TERMINATED;
    p->containers[0].deadline = 100000;
}

static void deadline_in_the_past(struct pod *p, struct actions *out)
{
    (void)out;
    p->containers[0].deadline = 1;
}

static void attempt_in_secret(struct pod *p, struct actions *out)
{
    (void)out;
    p->containers[1].live_slots |= 1 << SLOT_PRE_STOP;
}

TEST(signals_to_what_does_not_run_are_noticed)
{
    expect_violation(term, "a stop signal without a process");
    expect_violation(term_twice, "a stop signal sent twice to one run");
    expect_violation(kill_what_is_gone, "SIGKILL without a process");
}

TEST(attempts_that_cannot_be_are_noticed)
{
    expect_violation(attempt, "an attempt without a process");
    expect_violation(attempts_in_one_slot, "two attempts at once in one slot");
    expect_violation(cancel, "an attempt cancelled that is not under way");
    expect_violation(attempt_in_secret, "an attempt that only one side knows of");
}

TEST(a_second_process_or_a_forgotten_one_is_noticed)
{
    expect_violation(spawn_beside, "a second process for one container");
    expect_violation(forget_a_process, "a process that its container does not know");
}

TEST(ready_without_a_process_that_runs_is_noticed)
{
    expect_violation(ready_without_running, "ready without running");
    expect_violation(ready_without_a_process, "ready without a process");
}

TEST(deadlines_that_cannot_be_are_noticed)
{
    expect_violation(deadline_after_the_end, "a deadline in a container that has ended");
    expect_violation(deadline_in_the_past, "a deadline in the past");
}

static void deaf(struct pod *p, struct actions *out)
{
    (void)out;
    p->containers[1].deadline = SPOIL_AT + 500;    /* which RUNNING knows nothing of */
}

TEST(a_deadline_that_its_event_does_not_move_is_noticed)
{
    expect_violation(deaf, "a deadline that its own event does not move");
}

/* ---- memory ---- */

static int callocs_left = -1;           /* the one after so many fails; -1: none */

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
    if (callocs_left == 0)
        return NULL;
    callocs_left -= callocs_left > 0;
    return __real_calloc(count, size);
}

TEST(every_allocation_failure_leaves_no_simulator)
{
    struct sim s = sim_pod(POD);

    for (int left = 0; left < 4; left++) {
        callocs_left = left;
        EXPECT(simulator_new(s.set.items[0], s.behaviours, 1, NULL, NULL) == NULL);
        callocs_left = -1;
    }
    simulator_free(NULL);
    sim_end(&s);
}

TEST(time_that_stands_still_is_noticed)
{
    struct sim s = sim_pod_annotated("pidlet.dev/backoff: initial=0s", "containers: [{name: a, command: [a]}]");

    sim_runs(&s, "a", {.length = 0, .exit_code = 1});
    sim_container(&s, "a");
    simulator_run(s.simulator, 1000);
    EXPECT_STR(simulator_violation(s.simulator),
               "time stands still: runs of no length and a back-off that never waits");
    EXPECT_INT(simulator_now(s.simulator), 0);
    sim_end(&s);
}

TESTS(RUN(signals_to_what_does_not_run_are_noticed),
      RUN(attempts_that_cannot_be_are_noticed),
      RUN(a_second_process_or_a_forgotten_one_is_noticed),
      RUN(ready_without_a_process_that_runs_is_noticed),
      RUN(deadlines_that_cannot_be_are_noticed),
      RUN(a_deadline_that_its_event_does_not_move_is_noticed),
      RUN(every_allocation_failure_leaves_no_simulator),
      RUN(time_that_stands_still_is_noticed))
