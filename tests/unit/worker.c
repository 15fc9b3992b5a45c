#include "config/spec.h"
#include "probes/worker.h"
#include "tests/lib/test.h"

/* One worker of a probe, driven by hand; times in seconds. */
struct bench {
    struct probe_spec spec;
    struct worker w;
};

static struct bench *bench(enum probe_type type, int delay, int period, int successes, int failures)
{
    static struct bench b;

    b.spec = (struct probe_spec){
        .initial_delay_seconds = delay,
        .period_seconds = period,
        .timeout_seconds = 1,
        .success_threshold = successes,
        .failure_threshold = failures,
    };
    worker_init(&b.w, type, &b.spec);
    return &b;
}

static struct worker_step start(struct bench *b, double started, double now)
{
    return worker_step(&b->w, &(struct worker_event){.kind = WORKER_START,
                                                     .started = (mono_ms)(started * 1000),
                                                     .now = (mono_ms)(now * 1000)});
}

static struct worker_step at(struct bench *b, enum worker_event_kind kind, double now)
{
    return worker_step(&b->w, &(struct worker_event){.kind = kind, .now = (mono_ms)(now * 1000)});
}

static struct worker_step ends(struct bench *b, double now, enum attempt_outcome outcome)
{
    return worker_step(&b->w, &(struct worker_event){.kind = WORKER_OUTCOME,
                                                     .now = (mono_ms)(now * 1000),
                                                     .outcome = outcome});
}

/* An attempt that is due at `now` and ends at once. */
static struct worker_step attempt(struct bench *b, double now, enum attempt_outcome outcome)
{
    EXPECT_INT(b->w.deadline, (mono_ms)(now * 1000));
    EXPECT_INT(at(b, WORKER_DEADLINE, now).action, WORKER_DO_ATTEMPT);
    return ends(b, now, outcome);
}

static mono_ms first(enum probe_type type, int delay, int period, double started, double now)
{
    struct bench *b = bench(type, delay, period, 1, 3);

    start(b, started, now);
    return b->w.deadline;
}

TEST(liveness_begins_at_the_first_multiple_of_the_period_after_the_initial_delay)
{
    EXPECT_INT(first(PROBE_LIVENESS, 0, 10, 0, 0), 10000);
    EXPECT_INT(first(PROBE_LIVENESS, 5, 3, 0, 0), 6000);
    EXPECT_INT(first(PROBE_LIVENESS, 6, 3, 0, 0), 6000);
    EXPECT_INT(first(PROBE_LIVENESS, 7, 3, 0, 0), 9000);
    EXPECT_INT(first(PROBE_LIVENESS, 15, 10, 100, 100), 120000);
    EXPECT_INT(first(PROBE_STARTUP, 0, 2, 0.25, 0.25), 2250);
}

TEST(liveness_held_back_by_a_hook_keeps_the_grid_of_the_run)
{
    EXPECT_INT(first(PROBE_LIVENESS, 0, 10, 0, 12.5), 20000);
    EXPECT_INT(first(PROBE_LIVENESS, 0, 10, 0, 20), 20000);
}

TEST(readiness_begins_once_its_initial_delay_has_passed)
{
    EXPECT_INT(first(PROBE_READINESS, 0, 10, 7, 7), 7000);
    EXPECT_INT(first(PROBE_READINESS, 5, 3, 7, 7), 12000);
    EXPECT_INT(first(PROBE_READINESS, 5, 3, 7, 30), 30000);
}

TEST(three_failures_in_a_row_fail_liveness_and_put_it_on_hold)
{
    struct bench *b = bench(PROBE_LIVENESS, 0, 10, 1, 3);
    struct worker_step step;

    start(b, 0, 0);
    EXPECT_INT(b->w.result, PROBE_SUCCESS);
    step = attempt(b, 10, ATTEMPT_CONNECT_FAILED);
    EXPECT(step.failed && !step.changed);
    attempt(b, 20, ATTEMPT_TIMED_OUT);
    step = attempt(b, 30, ATTEMPT_EXIT_CODE);
    EXPECT(step.failed && step.changed);
    EXPECT_INT(b->w.result, PROBE_FAILURE);
    EXPECT_INT(b->w.state, WORKER_ON_HOLD);
    EXPECT_INT(b->w.deadline, MONO_NEVER);
}

TEST(one_success_between_failures_counts_anew)
{
    struct bench *b = bench(PROBE_LIVENESS, 0, 1, 1, 2);

    start(b, 0, 0);
    attempt(b, 1, ATTEMPT_TIMED_OUT);
    EXPECT(!attempt(b, 2, ATTEMPT_OK).changed);
    EXPECT(!attempt(b, 3, ATTEMPT_TIMED_OUT).changed);
    EXPECT(attempt(b, 4, ATTEMPT_TIMED_OUT).changed);
}

TEST(readiness_needs_its_successes_in_a_row_and_goes_on_after_a_failure)
{
    struct bench *b = bench(PROBE_READINESS, 0, 5, 2, 2);

    start(b, 0, 0);
    EXPECT_INT(b->w.result, PROBE_FAILURE);
    EXPECT(!attempt(b, 0, ATTEMPT_OK).changed);
    EXPECT(attempt(b, 5, ATTEMPT_OK).changed);
    EXPECT_INT(b->w.result, PROBE_SUCCESS);
    EXPECT(!attempt(b, 10, ATTEMPT_OK).changed);
    EXPECT(!attempt(b, 15, ATTEMPT_TIMED_OUT).changed);
    EXPECT(attempt(b, 20, ATTEMPT_TIMED_OUT).changed);
    EXPECT_INT(b->w.result, PROBE_FAILURE);
    EXPECT_INT(b->w.state, WORKER_WAITING);
    EXPECT_INT(b->w.deadline, 25000);
}

TEST(an_error_is_tried_three_times_at_once_and_then_thrown_away)
{
    struct bench *b = bench(PROBE_LIVENESS, 0, 10, 1, 1);
    struct worker_step step;

    start(b, 0, 0);
    EXPECT_INT(attempt(b, 10, ATTEMPT_CANNOT_RUN).action, WORKER_DO_ATTEMPT);
    EXPECT_INT(ends(b, 10, ATTEMPT_NOT_RUN).action, WORKER_DO_ATTEMPT);
    step = ends(b, 10, ATTEMPT_CANNOT_RUN);
    EXPECT_INT(step.action, WORKER_DO_NOTHING);
    EXPECT(step.errored && !step.failed && !step.changed);
    EXPECT_INT(b->w.result, PROBE_SUCCESS);
    EXPECT_INT(b->w.deadline, 20000);
    EXPECT_INT(attempt(b, 20, ATTEMPT_CANNOT_RUN).action, WORKER_DO_ATTEMPT);   /* three again */
}

TEST(an_error_neither_counts_nor_resets)
{
    struct bench *b = bench(PROBE_LIVENESS, 0, 1, 1, 2);

    start(b, 0, 0);
    attempt(b, 1, ATTEMPT_TIMED_OUT);
    attempt(b, 2, ATTEMPT_NOT_RUN);
    ends(b, 2, ATTEMPT_NOT_RUN);
    ends(b, 2, ATTEMPT_NOT_RUN);
    EXPECT(attempt(b, 3, ATTEMPT_TIMED_OUT).changed);
}

TEST(a_warning_counts_as_a_success)
{
    struct bench *b = bench(PROBE_READINESS, 0, 10, 1, 3);
    struct worker_step s;

    start(b, 0, 0);
    s = attempt(b, 0, ATTEMPT_REDIRECTED);
    EXPECT(s.warned && s.changed && !s.failed);
    EXPECT_INT(b->w.result, PROBE_SUCCESS);
}

TEST(a_success_after_an_error_ends_the_tries)
{
    struct bench *b = bench(PROBE_READINESS, 0, 10, 1, 1);

    start(b, 0, 0);
    attempt(b, 0, ATTEMPT_NOT_RUN);
    EXPECT(ends(b, 0.5, ATTEMPT_OK).changed);
    EXPECT_INT(b->w.deadline, 10000);
}

TEST(ticks_that_pass_during_an_attempt_collapse_into_one)
{
    struct bench *b = bench(PROBE_LIVENESS, 0, 3, 1, 5);
    struct worker_step step;

    start(b, 0, 0);
    EXPECT_INT(at(b, WORKER_DEADLINE, 3).action, WORKER_DO_ATTEMPT);
    step = ends(b, 10.5, ATTEMPT_TIMED_OUT);            /* 6 and 9 have passed */
    EXPECT_INT(step.action, WORKER_DO_ATTEMPT);         /* for both of them */
    step = ends(b, 10.6, ATTEMPT_OK);
    EXPECT_INT(step.action, WORKER_DO_NOTHING);
    EXPECT_INT(b->w.deadline, 12000);                   /* the grid has not moved */
}

TEST(a_late_deadline_keeps_the_grid)
{
    struct bench *b = bench(PROBE_READINESS, 0, 10, 1, 3);

    start(b, 0, 0);
    at(b, WORKER_DEADLINE, 3);
    ends(b, 3.1, ATTEMPT_OK);
    EXPECT_INT(b->w.deadline, 10000);
}

TEST(startup_ends_with_its_first_success)
{
    struct bench *b = bench(PROBE_STARTUP, 0, 2, 1, 3);

    start(b, 0, 0);
    EXPECT_INT(b->w.result, PROBE_UNKNOWN);
    attempt(b, 2, ATTEMPT_TIMED_OUT);
    EXPECT(attempt(b, 4, ATTEMPT_OK).changed);
    EXPECT_INT(b->w.state, WORKER_ON_HOLD);
}

TEST(a_new_run_starts_all_counters_at_zero)
{
    struct bench *b = bench(PROBE_LIVENESS, 0, 1, 1, 3);

    start(b, 0, 0);
    attempt(b, 1, ATTEMPT_TIMED_OUT);
    attempt(b, 2, ATTEMPT_TIMED_OUT);
    start(b, 100, 100);
    EXPECT(!attempt(b, 101, ATTEMPT_TIMED_OUT).changed);
    EXPECT(!attempt(b, 102, ATTEMPT_TIMED_OUT).changed);
    EXPECT(attempt(b, 103, ATTEMPT_TIMED_OUT).changed);
}

TEST(a_stop_cancels_the_attempt_under_way)
{
    struct bench *b = bench(PROBE_LIVENESS, 0, 1, 1, 3);

    start(b, 0, 0);
    at(b, WORKER_DEADLINE, 1);
    EXPECT_INT(at(b, WORKER_STOP, 1.2).action, WORKER_DO_CANCEL);
    EXPECT_INT(b->w.state, WORKER_OFF);
    EXPECT_INT(at(b, WORKER_STOP, 1.3).action, WORKER_DO_NOTHING);
}

TEST(a_container_without_the_probe_never_probes)
{
    struct worker w;

    worker_init(&w, PROBE_LIVENESS, NULL);
    worker_step(&w, &(struct worker_event){.kind = WORKER_START});
    EXPECT_INT(w.state, WORKER_OFF);
    EXPECT_INT(w.deadline, MONO_NEVER);
}

TEST(every_state_has_an_answer_to_every_event)
{
    for (int state = 0; state < WORKER_STATES; state++) {
        for (int kind = 0; kind < WORKER_EVENTS; kind++) {
            struct bench *b = bench(PROBE_LIVENESS, 0, 10, 1, 1);
            struct worker_step step;

            start(b, 0, 0);
            if (state == WORKER_OFF)
                at(b, WORKER_STOP, 0);
            if (state == WORKER_PROBING || state == WORKER_ON_HOLD)
                at(b, WORKER_DEADLINE, 10);
            if (state == WORKER_ON_HOLD)
                ends(b, 10, ATTEMPT_TIMED_OUT);
            EXPECT_INT(b->w.state, state);
            step = worker_step(&b->w, &(struct worker_event){.kind = (enum worker_event_kind)kind,
                                                             .now = 5000,
                                                             .outcome = ATTEMPT_OK});
            EXPECT_INT(step.action == WORKER_DO_CANCEL,
                       state == WORKER_PROBING && (kind == WORKER_START || kind == WORKER_STOP));
            EXPECT_INT(b->w.deadline != MONO_NEVER, b->w.state == WORKER_WAITING);
        }
    }
}

TESTS(RUN(liveness_begins_at_the_first_multiple_of_the_period_after_the_initial_delay),
      RUN(liveness_held_back_by_a_hook_keeps_the_grid_of_the_run),
      RUN(readiness_begins_once_its_initial_delay_has_passed),
      RUN(three_failures_in_a_row_fail_liveness_and_put_it_on_hold),
      RUN(one_success_between_failures_counts_anew),
      RUN(readiness_needs_its_successes_in_a_row_and_goes_on_after_a_failure),
      RUN(an_error_is_tried_three_times_at_once_and_then_thrown_away),
      RUN(an_error_neither_counts_nor_resets),
      RUN(a_warning_counts_as_a_success),
      RUN(a_success_after_an_error_ends_the_tries),
      RUN(ticks_that_pass_during_an_attempt_collapse_into_one),
      RUN(a_late_deadline_keeps_the_grid),
      RUN(startup_ends_with_its_first_success),
      RUN(a_new_run_starts_all_counters_at_zero),
      RUN(a_stop_cancels_the_attempt_under_way),
      RUN(a_container_without_the_probe_never_probes),
      RUN(every_state_has_an_answer_to_every_event))
