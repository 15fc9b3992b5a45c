/*
 * The container machine, every pair of state and event, by hand; its stories stand in
 * tests/sim.
 */
#include "config/annotations.h"
#include "daemon/core/container.h"
#include "tests/lib/test.h"

static struct exec_spec exec_spec;
static struct handler_spec handler = {.exec = &exec_spec};
static struct lifecycle_spec lifecycle = {.post_start = &handler, .pre_stop = &handler};
static struct probe_spec probe = {
    .period_seconds = 1, .timeout_seconds = 1, .success_threshold = 1, .failure_threshold = 1,
    .termination_grace_period_seconds = INT_UNSET,
};
static const struct container_spec spec = {
    .name = "app", .liveness_probe = &probe, .readiness_probe = &probe, .lifecycle = &lifecycle,
};
static int64_t one = 1;
static struct exit_codes_spec on_1 = {.operator = EXIT_CODES_IN, .values = {.items = &one, .count = 1}};
static struct restart_rule_spec all_on_1 = {.action = RULE_RESTART_ALL_CONTAINERS, .exit_codes = &on_1};
static const struct container_spec restarter = {
    .name = "app", .restart_policy = RESTART_NEVER, .liveness_probe = &probe, .readiness_probe = &probe,
    .lifecycle = &lifecycle, .restart_policy_rules = {.items = &all_on_1, .count = 1},
};
static const struct backoff_policy policy = BACKOFF_POLICY_KUBELET;
static const struct notify_rules notify;

struct rig {
    struct container c;
    struct actions out;
    struct action items[CONTAINER_ACTIONS_MAX];
    mono_ms now;
};

static void step(struct rig *r, struct container_event ev)
{
    ev.now = r->now;
    if (ev.kind != CONTAINER_STOP)
        ev.grace = 30 * MONO_SECOND;
    r->out = (struct actions){.items = r->items, .capacity = CONTAINER_ACTIONS_MAX};
    container_step(&r->c, &ev, &r->out);
}

static bool did(const struct rig *r, enum action_kind kind)
{
    for (size_t i = 0; i < r->out.count; i++) {
        if (r->out.items[i].kind == kind)
            return true;
    }
    return false;
}

#define STEP(r, ...) step(r, (struct container_event){__VA_ARGS__})
#define CRASH .kind = CONTAINER_EXITED, .end = {.reason = END_ERROR, .exit_code = 1}

/* Brings a new container into the state, by the shortest way. */
static void reach(struct rig *r, enum container_state state)
{
    *r = (struct rig){.now = 1000};
    container_init(&r->c, state == CONTAINER_RESTARTS_ALL ? &restarter : &spec, 0, false, RESTART_ALWAYS, &policy, &notify,
                   1);
    if (state == CONTAINER_PENDING)
        return;
    STEP(r, .kind = CONTAINER_START);
    if (state == CONTAINER_WAITING) {
        STEP(r, .kind = CONTAINER_START_FAILED);
        return;
    }
    if (state == CONTAINER_BLOCKED) {
        STEP(r, .kind = CONTAINER_NOT_CREATED);
        return;
    }
    if (state == CONTAINER_STARTING)
        return;
    STEP(r, .kind = CONTAINER_STARTED);
    if (state == CONTAINER_POST_START)
        return;
    STEP(r, .kind = CONTAINER_ATTEMPT, .slot = SLOT_POST_START, .outcome = ATTEMPT_OK);
    if (state == CONTAINER_RUNNING)
        return;
    if (state == CONTAINER_RESTARTS_ALL) {
        STEP(r, CRASH);
        return;
    }
    STEP(r, .kind = CONTAINER_STOP, .grace = state == CONTAINER_KILLING ? 0 : 10 * MONO_SECOND,
         .why = STOP_DELETED, .in_turn = state == CONTAINER_QUEUED);
    if (state == CONTAINER_PRE_STOP || state == CONTAINER_KILLING)
        return;
    STEP(r, .kind = CONTAINER_ATTEMPT, .slot = SLOT_PRE_STOP, .outcome = ATTEMPT_OK);
    if (state == CONTAINER_STOPPING || state == CONTAINER_QUEUED)
        return;
    STEP(r, .kind = CONTAINER_EXITED);
}

/* Where each event leads from each state, if not to the same; the table is the machine's contract. */
#define TO(name) (CONTAINER_##name + 1)
static const int leads_to[CONTAINER_STATES][CONTAINER_EVENTS] = {
    [CONTAINER_PENDING] = {[CONTAINER_START] = TO(STARTING),
                           [CONTAINER_STOP] = TO(TERMINATED),
                           [CONTAINER_KILL] = TO(TERMINATED)},
    [CONTAINER_WAITING] = {[CONTAINER_DEADLINE] = TO(STARTING),
                           [CONTAINER_STOP] = TO(TERMINATED),
                           [CONTAINER_KILL] = TO(TERMINATED),
                           [CONTAINER_BACKOFF_RESET] = TO(STARTING),
                           [CONTAINER_BACKOFF_RETRY] = TO(STARTING),
                           [CONTAINER_REMOVE] = TO(PENDING),
                           [CONTAINER_CONFIG] = TO(STARTING),
                           [CONTAINER_FILES_CHANGED] = TO(STARTING),
                           [CONTAINER_RESTART] = TO(STARTING)},
    [CONTAINER_BLOCKED] = {[CONTAINER_DEADLINE] = TO(STARTING),
                           [CONTAINER_STOP] = TO(TERMINATED),
                           [CONTAINER_KILL] = TO(TERMINATED),
                           [CONTAINER_BACKOFF_RESET] = TO(STARTING),
                           [CONTAINER_BACKOFF_RETRY] = TO(STARTING),
                           [CONTAINER_REMOVE] = TO(PENDING),
                           [CONTAINER_CONFIG] = TO(STARTING),
                           [CONTAINER_FILES_CHANGED] = TO(STARTING),
                           [CONTAINER_RESTART] = TO(STARTING)},
    [CONTAINER_RESTARTS_ALL] = {[CONTAINER_DEADLINE] = TO(PENDING),
                                [CONTAINER_STOP] = TO(TERMINATED),
                                [CONTAINER_KILL] = TO(TERMINATED),
                                [CONTAINER_BACKOFF_RESET] = TO(PENDING),
                                [CONTAINER_BACKOFF_RETRY] = TO(PENDING),
                                [CONTAINER_CONFIG] = TO(PENDING),
                                [CONTAINER_FILES_CHANGED] = TO(PENDING),
                                [CONTAINER_RESTART] = TO(PENDING)},
    [CONTAINER_STARTING] = {[CONTAINER_STARTED] = TO(POST_START),
                            [CONTAINER_START_FAILED] = TO(WAITING),
                            [CONTAINER_NOT_CREATED] = TO(BLOCKED)},
    [CONTAINER_POST_START] = {[CONTAINER_EXITED] = TO(STARTING),
                              [CONTAINER_ATTEMPT] = TO(RUNNING),
                              [CONTAINER_STOP] = TO(PRE_STOP),
                              [CONTAINER_KILL] = TO(KILLING),
                              [CONTAINER_REMOVE] = TO(STOPPING),
                              [CONTAINER_CONFIG] = TO(PRE_STOP),
                              [CONTAINER_FILES_CHANGED] = TO(PRE_STOP),
                              [CONTAINER_RESTART] = TO(PRE_STOP)},
    [CONTAINER_RUNNING] = {[CONTAINER_EXITED] = TO(STARTING),
                           [CONTAINER_STOP] = TO(PRE_STOP),
                           [CONTAINER_KILL] = TO(KILLING),
                           [CONTAINER_REMOVE] = TO(STOPPING),
                           [CONTAINER_CONFIG] = TO(PRE_STOP),
                           [CONTAINER_FILES_CHANGED] = TO(PRE_STOP),
                           [CONTAINER_RESTART] = TO(PRE_STOP)},
    [CONTAINER_PRE_STOP] = {[CONTAINER_EXITED] = TO(TERMINATED),
                            [CONTAINER_ATTEMPT] = TO(STOPPING),
                            [CONTAINER_DEADLINE] = TO(STOPPING),
                            [CONTAINER_KILL] = TO(KILLING),
                            [CONTAINER_REMOVE] = TO(STOPPING)},
    [CONTAINER_QUEUED] = {[CONTAINER_EXITED] = TO(TERMINATED),
                          [CONTAINER_DEADLINE] = TO(STOPPING),
                          [CONTAINER_TURN] = TO(STOPPING),
                          [CONTAINER_KILL] = TO(KILLING),
                          [CONTAINER_REMOVE] = TO(STOPPING)},
    [CONTAINER_STOPPING] = {[CONTAINER_EXITED] = TO(TERMINATED),
                            [CONTAINER_DEADLINE] = TO(KILLING),
                            [CONTAINER_KILL] = TO(KILLING)},
    [CONTAINER_KILLING] = {[CONTAINER_EXITED] = TO(TERMINATED)},
};

static enum container_state after(int state, int kind)
{
    return (enum container_state)(leads_to[state][kind] != 0 ? leads_to[state][kind] - 1 : state);
}

/* The slot whose attempt is under way in the state, if it is the state's own. */
static enum attempt_slot own_slot(enum container_state state)
{
    if (state == CONTAINER_POST_START)
        return SLOT_POST_START;
    return state == CONTAINER_PRE_STOP ? SLOT_PRE_STOP : SLOT_READINESS;
}

TEST(every_state_has_an_answer_to_every_event)
{
    for (int state = 0; state < CONTAINER_STATES; state++) {
        for (int kind = 0; kind < CONTAINER_EVENTS; kind++) {
            struct rig r;

            reach(&r, (enum container_state)state);
            EXPECT_INT(r.c.state, state);
            if (kind == CONTAINER_DEADLINE)
                r.now += 20 * MONO_SECOND;
            step(&r, (struct container_event){
                .kind = (enum container_event_kind)kind,
                .grace = 60 * MONO_SECOND,
                .end = {.reason = END_ERROR, .exit_code = 1},
                .slot = own_slot((enum container_state)state),
                .outcome = ATTEMPT_OK,
                .config = {.spec = r.c.spec, .policy = &policy, .notify = &notify, .change = SPEC_NEW_COMMAND},
            });
            if (r.c.state != after(state, kind))
                fail_msg("event %d leads from %s to %s, not to %s", kind,
                         container_state_name((enum container_state)state),
                         container_state_name(r.c.state),
                         container_state_name(after(state, kind)));
            EXPECT_INT(did(&r, DO_SPAWN),
                       r.c.state == CONTAINER_STARTING && state != CONTAINER_STARTING);
            EXPECT_INT(did(&r, DO_KILL), r.c.state == CONTAINER_KILLING && state != CONTAINER_KILLING);
            EXPECT_INT(did(&r, DO_TERM),
                       r.c.state == CONTAINER_STOPPING && state != CONTAINER_STOPPING);
        }
    }
}

TEST(a_stop_while_the_spawn_is_under_way_stops_what_it_brings)
{
    struct rig r;

    reach(&r, CONTAINER_STARTING);
    STEP(&r, .kind = CONTAINER_STOP, .grace = 5 * MONO_SECOND, .why = STOP_DELETED);
    EXPECT_INT(r.out.count, 0);
    STEP(&r, .kind = CONTAINER_STARTED);
    EXPECT_INT(r.c.state, CONTAINER_PRE_STOP);
    EXPECT_INT(r.c.deadline, r.now + 5 * MONO_SECOND);
    EXPECT(did(&r, DO_ATTEMPT));                /* preStop, and no postStart */
    EXPECT_INT(r.c.live_slots, 1 << SLOT_PRE_STOP);
}

TEST(a_kill_while_the_spawn_is_under_way_kills_what_it_brings)
{
    struct rig r;

    reach(&r, CONTAINER_STARTING);
    STEP(&r, .kind = CONTAINER_KILL, .why = STOP_DELETED);
    STEP(&r, .kind = CONTAINER_STARTED);
    EXPECT_INT(r.c.state, CONTAINER_KILLING);
    EXPECT(did(&r, DO_KILL));
}

TEST(a_stop_while_a_spawn_fails_ends_the_container)
{
    struct rig r;

    reach(&r, CONTAINER_STARTING);
    STEP(&r, .kind = CONTAINER_STOP, .grace = 5 * MONO_SECOND, .why = STOP_DELETED);
    STEP(&r, .kind = CONTAINER_START_FAILED);
    EXPECT_INT(r.c.state, CONTAINER_TERMINATED);
    EXPECT_INT(r.c.last.reason, END_START_ERROR);
    EXPECT_INT(r.c.last.exit_code, 128);
}

TEST(a_start_that_fails_is_not_tried_again_in_the_same_step)
{
    struct rig r;

    reach(&r, CONTAINER_STARTING);
    STEP(&r, .kind = CONTAINER_START_FAILED, .text = "no such thing");
    EXPECT_INT(r.c.state, CONTAINER_WAITING);
    EXPECT_INT(container_deadline(&r.c), r.now);
    EXPECT(!did(&r, DO_SPAWN));
    STEP(&r, .kind = CONTAINER_DEADLINE);
    EXPECT(did(&r, DO_SPAWN));
    EXPECT_INT(r.c.restart_count, 1);
}

TEST(a_deadline_that_comes_early_starts_nothing)
{
    struct rig r;

    reach(&r, CONTAINER_RUNNING);
    STEP(&r, CRASH);
    STEP(&r, .kind = CONTAINER_STARTED);
    STEP(&r, CRASH);
    EXPECT_INT(container_deadline(&r.c), r.now + 10 * MONO_SECOND);
    r.now += 10 * MONO_SECOND - 1;
    STEP(&r, .kind = CONTAINER_DEADLINE);
    EXPECT_INT(r.c.state, CONTAINER_WAITING);
    r.now += 1;
    STEP(&r, .kind = CONTAINER_DEADLINE);
    EXPECT_INT(r.c.state, CONTAINER_STARTING);
}

TEST(an_attempt_that_is_not_under_way_has_no_say)
{
    struct rig r;

    reach(&r, CONTAINER_RUNNING);
    STEP(&r, .kind = CONTAINER_ATTEMPT, .slot = SLOT_LIVENESS, .outcome = ATTEMPT_TIMED_OUT);
    EXPECT_INT(r.c.state, CONTAINER_RUNNING);
    EXPECT_INT(r.out.count, 0);
}

TEST(a_lost_exit_status_restarts_under_on_failure)
{
    struct rig r;

    reach(&r, CONTAINER_RUNNING);
    r.c.restart_policy = RESTART_ON_FAILURE;
    STEP(&r, .kind = CONTAINER_EXITED, .end = {.reason = END_UNKNOWN, .exit_code = 255});
    EXPECT_INT(r.c.state, CONTAINER_STARTING);
    EXPECT_INT(r.c.last.exit_code, 255);
}

TEST(names_are_there_for_every_state)
{
    for (int state = 0; state < CONTAINER_STATES; state++)
        EXPECT(container_state_name((enum container_state)state) != NULL);
    for (int note = 0; note < NOTES; note++)
        EXPECT(note_kind_name((enum note_kind)note) != NULL);
    for (int slot = 0; slot < SLOTS; slot++)
        EXPECT(attempt_slot_name((enum attempt_slot)slot) != NULL);
}

TESTS(RUN(every_state_has_an_answer_to_every_event),
      RUN(a_stop_while_the_spawn_is_under_way_stops_what_it_brings),
      RUN(a_kill_while_the_spawn_is_under_way_kills_what_it_brings),
      RUN(a_stop_while_a_spawn_fails_ends_the_container),
      RUN(a_start_that_fails_is_not_tried_again_in_the_same_step),
      RUN(a_deadline_that_comes_early_starts_nothing),
      RUN(an_attempt_that_is_not_under_way_has_no_say),
      RUN(a_lost_exit_status_restarts_under_on_failure),
      RUN(names_are_there_for_every_state))
