/* What befalls a pod as a whole: its deadline, its signal, what cannot be made, a new definition. */
#include "daemon/core/change.h"
#include "daemon/core/status.h"

#include "tests/lib/sim.h"

#include <stdlib.h>
#include <string.h>

#define APP "containers: [{name: app, command: [app]}]"
#define HOOK "{exec: {command: [h]}}"

/* ---- spec 4.7, activeDeadlineSeconds ---- */

TEST(a_pod_that_is_active_for_too_long_is_stopped_and_has_failed)
{
    struct sim s = sim_pod("activeDeadlineSeconds: 5, " APP);
    struct container_status room[1];
    struct pod_status status;

    sim_behaviour(&s, "app")->term_after = 2000;
    sim_behaviour(&s, "app")->term_exits = true;
    sim_run_until(&s, 5500);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      0.000 app Ready\n"
        "      5.000 DeadlineExceeded\n"
        "      5.000 app Killing deadline\n"
        "      5.000 app TERM\n");
    status_of(simulator_pod(s.simulator), 5500, room, &status);
    EXPECT_STR(pod_phase_name(status.phase), "Failed");
    EXPECT_STR(status.reason, "DeadlineExceeded");
    EXPECT_STR(status.message, "Pod was active on the node longer than the specified deadline");
    sim_run_until(&s, 8000);
    EXPECT_TRACE(&s,
        "      7.000 app Exited 0\n"
        "      7.000 app NotReady\n"
        "      7.000 Failed\n");
    sim_end(&s);
}

TEST(the_deadline_counts_from_the_pods_start_and_stops_init_containers_too)
{
    struct sim s = sim_pod("activeDeadlineSeconds: 5, initContainers: [{name: i, command: [i]}], " APP);

    sim_runs(&s, "i", {.length = MONO_NEVER});
    sim_run_until(&s, 6000);
    EXPECT_TRACE(&s,
        "      0.000 i Created\n"
        "      0.000 i Started\n"
        "      5.000 DeadlineExceeded\n"
        "      5.000 i Killing deadline\n"
        "      5.000 i TERM\n"
        "      5.000 i Exited 143\n"
        "      5.000 Failed\n");
    sim_end(&s);
}

TEST(the_deadline_ends_a_back_off_and_what_is_due_at_its_instant_does_not_start)
{
    struct sim s = sim_pod("activeDeadlineSeconds: 10, " APP), readiness = sim_pod(
        "activeDeadlineSeconds: 10, containers: [{name: app, command: [app], readinessProbe: "
        "{exec: {command: [ok]}, periodSeconds: 5}}]");

    sim_runs(&s, "app", {.length = 0, .exit_code = 1});         /* due again at 10 s */
    sim_run_until(&s, 20000);
    EXPECT_INT(sim_container(&s, "app")->restart_count, 1);
    EXPECT_STR(pod_phase_name(status_phase(simulator_pod(s.simulator))), "Failed");
    sim_behaviour(&readiness, "app")->term_after = 3000;        /* is asked once more at 10 s */
    sim_run_until(&readiness, 20000);
    EXPECT_STR(pod_phase_name(status_phase(simulator_pod(readiness.simulator))), "Failed");
    sim_end(&s);
    sim_end(&readiness);
}

TEST(a_pod_that_ends_in_time_knows_no_deadline)
{
    struct sim s = sim_pod("activeDeadlineSeconds: 5, restartPolicy: Never, " APP);

    sim_runs(&s, "app", {.length = 1000});
    sim_run_until(&s, 60000);
    EXPECT_STR(pod_phase_name(status_phase(simulator_pod(s.simulator))), "Succeeded");
    sim_end(&s);
}

TEST(the_deadline_holds_while_all_containers_restart)
{
    struct sim s = sim_pod("activeDeadlineSeconds: 5, containers: [{name: app, command: [app], restartPolicy: Never, "
                           "restartPolicyRules: [{action: RestartAllContainers, exitCodes: {operator: In, values: [1]}}]}]");

    sim_runs(&s, "app", {.length = 1000, .exit_code = 1});      /* waits from 2 s to 12 s */
    sim_run_until(&s, 20000);
    EXPECT_STR(pod_phase_name(status_phase(simulator_pod(s.simulator))), "Failed");
    EXPECT(simulator_pod(s.simulator)->deadline_exceeded);
    sim_end(&s);
}

/* ---- spec 8.2, ExceededGracePeriod ---- */

static struct pod *steps(struct sim *s, const struct pod_event *events, size_t count, struct actions *out)
{
    struct pod *p = calloc(1, pod_size(s->set.items[0]));

    assert_non_null(p);
    pod_init(p, s->set.items[0], 0, 1);
    for (size_t i = 0; i < count; i++)
        pod_step(p, &events[i], out);
    return p;
}

TEST(a_pod_that_sigkill_does_not_end_is_told_of_once)
{
    static const struct pod_event events[] = {
        {.kind = POD_START},
        {.kind = POD_CONTAINER, .of_container = {.kind = CONTAINER_STARTED}},
        {.kind = POD_STOP, .now = 1000, .grace = MONO_NEVER},
        {.kind = POD_DEADLINE, .now = 31000},
    };
    struct sim s = sim_pod(APP);
    struct action items[2 * CONTAINER_ACTIONS_MAX];
    struct actions out = {.items = items, .capacity = 2 * CONTAINER_ACTIONS_MAX};
    struct pod *p = steps(&s, events, 4, &out);

    EXPECT_INT(out.items[0].kind, DO_KILL);
    EXPECT_INT(pod_deadline(p), 46000);         /* one and a half of the grace period */
    pod_step(p, &(struct pod_event){.kind = POD_DEADLINE, .now = 46000}, &out);
    EXPECT_INT(out.count, 1);
    EXPECT_INT(out.items[0].note.kind, NOTE_OVERDUE);
    EXPECT_INT(out.items[0].container, NO_CONTAINER);
    EXPECT_INT(pod_deadline(p), MONO_NEVER);
    free(p);
    p = steps(&s, events, 3, &out);
    pod_step(p, &(struct pod_event){.kind = POD_KILL, .now = 2000}, &out);
    EXPECT_INT(pod_deadline(p), 12000);         /* 10 s at the least */
    free(p);
    sim_end(&s);
}

/* ---- spec 4.6, the stop signal ---- */

TEST(a_container_is_stopped_with_its_own_signal)
{
    struct sim s = sim_pod("os: {name: linux}, containers: [{name: app, command: [app], lifecycle: "
                           "{stopSignal: SIGUSR1}}, {name: b, command: [b], lifecycle: {stopSignal: SIGRTMIN+3}}, "
                           "{name: c, command: [c], lifecycle: {stopSignal: SIGWINCH}}]");
    struct container_status status;

    sim_run_until(&s, 1000);
    buf_clear(&s.trace);
    sim_stop(&s, 5000);
    sim_run_until(&s, 10000);
    EXPECT_TRACE(&s,
        "      1.000 app Killing deleted\n"
        "      1.000 app USR1\n"
        "      1.000 b Killing deleted\n"
        "      1.000 b RTMIN+3\n"
        "      1.000 c Killing deleted\n"
        "      1.000 c WINCH\n"                    /* which does no harm to who does not catch it */
        "      1.000 app Exited 138\n"
        "      1.000 app NotReady\n"
        "      1.000 b Exited 165\n"
        "      1.000 b NotReady\n"
        "      6.000 c KILL\n"
        "      6.000 c Exited 137\n"
        "      6.000 c NotReady\n"
        "      6.000 Deleted\n");
    status_of_container(simulator_pod(s.simulator), sim_container(&s, "app"), 5000, &status);
    EXPECT_INT(status.stop_signal, 10);
    sim_end(&s);
}

TEST(a_process_may_end_at_a_signal_that_does_no_harm_to_others)
{
    struct sim s = sim_pod("os: {name: linux}, containers: [{name: app, command: [app], lifecycle: "
                           "{stopSignal: SIGWINCH}}]");

    sim_behaviour(&s, "app")->term_exits = true;
    sim_run_until(&s, 1000);
    sim_post(&s, POD_STOP);
    sim_run_until(&s, 1000);
    EXPECT_INT(simulator_pod(s.simulator)->state, POD_ENDED);
    sim_end(&s);
}

/* ---- spec 1.4 and 7.2, what cannot be made ---- */

TEST(a_container_that_cannot_be_made_is_tried_again_every_10_s_without_back_off_or_restart)
{
    struct sim s = sim_pod(APP);
    struct container_status status;

    sim_runs(&s, "app", {.not_created = true}, {.not_created = true}, {.length = 1000, .exit_code = 1},
             {.not_created = true}, {.length = MONO_NEVER});
    sim_run_until(&s, 9000);
    status_of_container(simulator_pod(s.simulator), sim_container(&s, "app"), 9000, &status);
    EXPECT_STR(status.state.reason, "CreateContainerConfigError");
    EXPECT_STR(status.state.message, "configmap \"settings\" not found");
    EXPECT_INT(status.last_state.kind, STATUS_NONE);
    EXPECT_INT(status.restart_count, 0);
    EXPECT_STR(pod_phase_name(status_phase(simulator_pod(s.simulator))), "Pending");
    sim_run_until(&s, 25000);
    status_of_container(simulator_pod(s.simulator), sim_container(&s, "app"), 25000, &status);
    EXPECT_STR(status.state.reason, "CreateContainerConfigError");
    EXPECT_STR(status.last_state.reason, "Error");
    EXPECT_INT(status.restart_count, 0);
    sim_run_until(&s, 40000);
    EXPECT_TRACE(&s,
        "      0.000 app NotCreated\n"
        "     10.000 app NotCreated\n"
        "     20.000 app Created\n"
        "     20.000 app Started\n"
        "     20.000 app Ready\n"
        "     21.000 app Exited 1\n"
        "     21.000 app NotReady\n"
        "     21.000 app BackOff 0s\n"
        "     21.000 app NotCreated\n"
        "     31.000 app Created\n"
        "     31.000 app Started\n"
        "     31.000 app Ready\n");
    EXPECT_INT(sim_container(&s, "app")->restart_count, 1);
    sim_end(&s);
}

TEST(a_container_whose_output_cannot_be_opened_says_CreateContainerError)
{
    static const struct pod_event events[] = {
        {.kind = POD_START},
        {.kind = POD_CONTAINER, .of_container = {.kind = CONTAINER_NOT_CREATED, .create_error = CREATE_ERROR,
                                                 .text = "opening its output: disk full"}},
    };
    struct sim s = sim_pod(APP);
    struct action items[2 * CONTAINER_ACTIONS_MAX];
    struct actions out = {.items = items, .capacity = 2 * CONTAINER_ACTIONS_MAX};
    struct pod *p = steps(&s, events, 2, &out);
    struct container_status status;

    status_of_container(p, &p->containers[0], 0, &status);
    EXPECT_STR(status.state.reason, "CreateContainerError");
    EXPECT_STR(status.state.message, "opening its output: disk full");
    free(p);
    sim_end(&s);
}

TEST(a_container_that_cannot_be_made_holds_back_no_regular_one_and_an_init_container_does)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app]}, {name: b, command: [b]}]");
    struct sim init = sim_pod("initContainers: [{name: i, command: [i]}], " APP);

    sim_runs(&s, "app", {.not_created = true});
    sim_run_until(&s, 5000);
    EXPECT_INT(sim_container(&s, "b")->state, CONTAINER_RUNNING);
    sim_stop(&s, MONO_NEVER);
    EXPECT_INT(sim_container(&s, "app")->state, CONTAINER_TERMINATED);
    sim_runs(&init, "i", {.not_created = true});
    sim_run_until(&init, 5000);
    EXPECT_INT(sim_container(&init, "app")->state, CONTAINER_PENDING);
    sim_end(&s);
    sim_end(&init);
}

/* ---- spec 8.2, a definition that changes ---- */

static void change(struct sim *s, unsigned container, enum spec_change change)
{
    enum spec_change changes[SIM_CONTAINERS] = {SPEC_SAME};

    changes[container] = change;
    simulator_post(s->simulator, &(struct pod_event){
        .kind = POD_CONFIG, .config = simulator_pod(s->simulator)->config, .changes = changes});
}

TEST(a_container_whose_definition_changes_is_stopped_and_starts_at_once_even_under_never)
{
    struct sim s = sim_pod("restartPolicy: Never, containers: [{name: app, command: [app], lifecycle: "
                           "{preStop: " HOOK "}}, {name: b, command: [b]}]");

    sim_behaviour(&s, "app")->hook_takes = 500;
    sim_run_until(&s, 1000);
    buf_clear(&s.trace);
    change(&s, 0, SPEC_CHANGED);
    sim_run_until(&s, 5000);
    EXPECT_TRACE(&s,
        "      1.000 app Killing changed\n"
        "      1.500 app Hook preStop ok\n"
        "      1.500 app TERM\n"
        "      1.500 app Exited 143\n"
        "      1.500 app NotReady\n"
        "      1.500 app BackOff 0s\n"
        "      1.500 app Created\n"
        "      1.500 app Started\n"
        "      1.500 app Ready\n");
    sim_end(&s);
}

/* The restart for a change is no crash: the series goes on where it was. */
TEST(a_change_is_no_crash_and_a_new_command_is_a_new_series)
{
    struct sim s = sim_pod(APP);

    sim_runs(&s, "app", {.length = 1000, .exit_code = 1}, {.length = 1000, .exit_code = 1}, {.length = MONO_NEVER},
             {.length = 1000, .exit_code = 1}, {.length = 1000, .exit_code = 1});
    sim_run_until(&s, 13000);                   /* delays of 0 and 10 s have been */
    change(&s, 0, SPEC_CHANGED);
    sim_run_until(&s, 14500);
    EXPECT_INT(sim_container(&s, "app")->deadline, 14000 + 20000);
    change(&s, 0, SPEC_CHANGED);                /* its back-off goes on */
    EXPECT_INT(sim_container(&s, "app")->state, CONTAINER_WAITING);
    change(&s, 0, SPEC_NEW_COMMAND);            /* this one never crashed */
    EXPECT_INT(sim_container(&s, "app")->state, CONTAINER_RUNNING);
    sim_run_until(&s, 15500);
    EXPECT_INT(sim_container(&s, "app")->state, CONTAINER_RUNNING);     /* the first restart is immediate */
    EXPECT_INT(sim_container(&s, "app")->restart_count, 5);
    sim_end(&s);
}

TEST(a_new_command_for_one_that_runs_begins_its_series_at_its_end)
{
    struct sim s = sim_pod(APP);

    sim_runs(&s, "app", {.length = 1000, .exit_code = 1}, {.length = 1000, .exit_code = 1}, {.length = MONO_NEVER},
             {.length = 1000, .exit_code = 1}, {.length = MONO_NEVER});
    sim_run_until(&s, 13000);
    change(&s, 0, SPEC_NEW_COMMAND);
    sim_run_until(&s, 14500);
    EXPECT_INT(sim_container(&s, "app")->state, CONTAINER_RUNNING);
    EXPECT_INT(sim_container(&s, "app")->started, 14000);
    sim_end(&s);
}

/* spec 6.1: changing an init container's definition later has no effect. */
TEST(a_change_of_an_init_container_is_looked_at_when_it_next_starts)
{
    struct sim s = sim_pod("initContainers: [{name: i, command: [i]}], " APP);

    sim_run_until(&s, 500);
    buf_clear(&s.trace);
    change(&s, 0, SPEC_CHANGED);
    EXPECT_TRACE(&s, "");
    sim_run_until(&s, 2000);
    buf_clear(&s.trace);
    change(&s, 0, SPEC_CHANGED);
    EXPECT_TRACE(&s, "");
    sim_end(&s);
}

TEST(a_change_may_be_what_was_missing_of_one_that_cannot_be_made)
{
    struct sim s = sim_pod(APP);

    sim_runs(&s, "app", {.not_created = true}, {.length = MONO_NEVER});
    sim_run_until(&s, 2000);
    change(&s, 0, SPEC_SAME);
    EXPECT_INT(sim_container(&s, "app")->state, CONTAINER_BLOCKED);
    change(&s, 0, SPEC_CHANGED);
    EXPECT_INT(sim_container(&s, "app")->state, CONTAINER_RUNNING);
    sim_end(&s);
}

TEST(a_pod_that_has_ended_takes_its_new_definition_and_does_nothing)
{
    struct sim s = sim_pod("restartPolicy: Never, " APP);

    sim_runs(&s, "app", {.length = 1000});
    sim_run_until(&s, 2000);
    buf_clear(&s.trace);
    change(&s, 0, SPEC_NEW_COMMAND);
    sim_run_until(&s, 5000);
    EXPECT_TRACE(&s, "");
    sim_end(&s);
}

TEST(a_pod_takes_a_new_deadline_and_grace_period_with_its_definition)
{
    static const enum spec_change same[1] = {SPEC_SAME};
    struct sim s = sim_pod(APP);
    struct sim other = sim_pod("activeDeadlineSeconds: 3, terminationGracePeriodSeconds: 7, " APP);

    sim_run_until(&s, 1000);
    simulator_post(s.simulator, &(struct pod_event){
        .kind = POD_CONFIG, .config = other.set.items[0], .changes = same});
    EXPECT_INT(simulator_pod(s.simulator)->grace, 7000);
    EXPECT_INT(pod_deadline(simulator_pod(s.simulator)), 3000);
    EXPECT(sim_container(&s, "app")->spec == other.set.items[0]->containers[0]);
    sim_run_until(&s, 4000);
    EXPECT(simulator_pod(s.simulator)->deadline_exceeded);
    sim_end(&s);
    sim_end(&other);
}

/* ---- what a change is ---- */

/* "same", "changed", "command" or "another" of the only container, or pod. */
static const char *between(const char *before, const char *after)
{
    static const char *const names[] = {
        [SPEC_SAME] = "same", [SPEC_CHANGED] = "changed", [SPEC_NEW_COMMAND] = "command"};
    struct sim a = sim_pod(before), b = sim_pod(after);
    enum spec_change changes[SIM_CONTAINERS];
    const bool possible = change_between(a.set.items[0], b.set.items[0], changes);
    const enum spec_change change = possible ? changes[0] : SPEC_SAME;

    sim_end(&a);
    sim_end(&b);
    return possible ? names[change] : "another";
}

#define WITH(more) "containers: [{name: app, command: [app], " more "}]"

TEST(a_change_is_of_the_command_or_of_something_else_or_makes_another_pod)
{
    EXPECT_STR(between(WITH(""), WITH("")), "same");
    EXPECT_STR(between(WITH(""), "terminationGracePeriodSeconds: 5, " WITH("")), "same");
    EXPECT_STR(between(WITH(""), WITH("env: [{name: A, value: b}]")), "changed");
    EXPECT_STR(between(WITH("image: \"a:1\""), WITH("image: \"a:2\"")), "same");     /* it is ignored */
    EXPECT_STR(between(WITH(""), WITH("args: [a]")), "command");
    EXPECT_STR(between(WITH("args: [a]"), WITH("args: [b]")), "command");
    EXPECT_STR(between(WITH(""), "containers: [{name: app, command: [bpp]}]"), "command");
    EXPECT_STR(between(WITH(""), WITH("workingDir: /")), "command");
    EXPECT_STR(between(WITH("workingDir: /"), WITH("workingDir: /")), "same");
    EXPECT_STR(between(WITH(""), "containers: [{name: bpp, command: [app]}]"), "another");
    EXPECT_STR(between(WITH(""), "containers: [{name: app, command: [app]}, {name: b, command: [b]}]"), "another");
    EXPECT_STR(between("initContainers: [{name: i, command: [i]}], " WITH(""),
                       "initContainers: [{name: i, command: [i], restartPolicy: Always}], " WITH("")), "another");
    EXPECT_STR(between("initContainers: [{name: i, command: [i]}], " WITH(""),
                       "containers: [{name: i, command: [i]}, {name: app, command: [app]}]"), "another");
    EXPECT_STR(between(WITH(""), "readinessGates: [{conditionType: a}], " WITH("")), "another");
    EXPECT_STR(between("readinessGates: [{conditionType: a}], " WITH(""),
                       "readinessGates: [{conditionType: b}], " WITH("")), "another");
    EXPECT_STR(between("readinessGates: [{conditionType: a}], " WITH(""),
                       "readinessGates: [{conditionType: a}], " WITH("")), "same");
}

TEST(a_pod_of_another_name_namespace_or_uid_is_another_pod)
{
    struct sim s = sim_pod(APP);
    struct pod_config other = *s.set.items[0];
    enum spec_change changes[1];

    EXPECT(change_between(s.set.items[0], &other, changes));
    other.name = "other";
    EXPECT(!change_between(s.set.items[0], &other, changes));
    other = *s.set.items[0];
    other.namespace = "other";
    EXPECT(!change_between(s.set.items[0], &other, changes));
    other = *s.set.items[0];
    other.uid = "other";
    EXPECT(!change_between(s.set.items[0], &other, changes));
    sim_end(&s);
}

TESTS(RUN(a_pod_that_is_active_for_too_long_is_stopped_and_has_failed),
      RUN(the_deadline_counts_from_the_pods_start_and_stops_init_containers_too),
      RUN(the_deadline_ends_a_back_off_and_what_is_due_at_its_instant_does_not_start),
      RUN(a_pod_that_ends_in_time_knows_no_deadline),
      RUN(the_deadline_holds_while_all_containers_restart),
      RUN(a_pod_that_sigkill_does_not_end_is_told_of_once),
      RUN(a_container_is_stopped_with_its_own_signal),
      RUN(a_process_may_end_at_a_signal_that_does_no_harm_to_others),
      RUN(a_container_that_cannot_be_made_is_tried_again_every_10_s_without_back_off_or_restart),
      RUN(a_container_whose_output_cannot_be_opened_says_CreateContainerError),
      RUN(a_container_that_cannot_be_made_holds_back_no_regular_one_and_an_init_container_does),
      RUN(a_container_whose_definition_changes_is_stopped_and_starts_at_once_even_under_never),
      RUN(a_change_is_no_crash_and_a_new_command_is_a_new_series),
      RUN(a_new_command_for_one_that_runs_begins_its_series_at_its_end),
      RUN(a_change_of_an_init_container_is_looked_at_when_it_next_starts),
      RUN(a_change_may_be_what_was_missing_of_one_that_cannot_be_made),
      RUN(a_pod_that_has_ended_takes_its_new_definition_and_does_nothing),
      RUN(a_pod_takes_a_new_deadline_and_grace_period_with_its_definition),
      RUN(a_change_is_of_the_command_or_of_something_else_or_makes_another_pod),
      RUN(a_pod_of_another_name_namespace_or_uid_is_another_pod))
