/* Restart rules for exit codes, and all containers that restart together: spec 5. */
#include "tests/lib/sim.h"

#include "daemon/core/status_text.h"

#define ON(action, operator, code) \
    "restartPolicyRules: [{action: " action ", exitCodes: {operator: " operator ", values: [" code "]}}]"
#define HOOK "{exec: {command: [h]}}"

/* spec 5.2: Never with a rule for 42. */
TEST(a_rule_restarts_after_its_exit_code_and_the_policy_decides_on_others)
{
    struct sim s = sim_pod("restartPolicy: Never, containers: [{name: app, command: [app], restartPolicy: Never, "
                           ON("Restart", "In", "42") "}]");

    sim_runs(&s, "app", {.length = 1000, .exit_code = 42}, {.length = 1000, .exit_code = 42},
             {.length = 1000, .exit_code = 1});
    sim_run_until(&s, 60000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      0.000 app Ready\n"
        "      1.000 app Exited 42\n"
        "      1.000 app NotReady\n"
        "      1.000 app BackOff 0s\n"
        "      1.000 app Created\n"
        "      1.000 app Started\n"
        "      1.000 app Ready\n"
        "      2.000 app Exited 42\n"
        "      2.000 app NotReady\n"
        "      2.000 app BackOff 10s\n"
        "     12.000 app Created\n"
        "     12.000 app Started\n"
        "     12.000 app Ready\n"
        "     13.000 app Exited 1\n"
        "     13.000 app NotReady\n"
        "     13.000 Failed\n");
    sim_end(&s);
}

/* How a container of these words fares that ends with `code`: does it run again? */
static bool restarts(const char *pod_policy, const char *container, int code)
{
    const struct sim_run runs[] = {{.length = 1000, .exit_code = code}, {.length = MONO_NEVER}};
    struct buf spec = BUF_INIT;
    struct sim s;
    bool again;

    buf_addf(&spec, "restartPolicy: %s, containers: [{name: app, command: [app], %s}, {name: b, command: [b]}]",
             pod_policy, container);
    s = sim_pod(buf_text(&spec));
    sim_set_runs(&s, "app", runs, 2);
    sim_run_until(&s, 5000);
    again = sim_container(&s, "app")->restart_count == 1;
    sim_end(&s);
    buf_deinit(&spec);
    return again;
}

/* spec 5.1 and 5.2, row by row. */
TEST(the_table_of_policies_and_rules)
{
    EXPECT(restarts("Always", "", 0) && restarts("Always", "", 3));
    EXPECT(!restarts("OnFailure", "", 0) && restarts("OnFailure", "", 3));
    EXPECT(!restarts("Never", "", 0) && !restarts("Never", "", 3));
    EXPECT(restarts("Never", "restartPolicy: Always", 0) && restarts("Never", "restartPolicy: Always", 3));
    EXPECT(!restarts("Always", "restartPolicy: Never", 0) && !restarts("Always", "restartPolicy: Never", 3));
    EXPECT(!restarts("Never", "restartPolicy: OnFailure", 0) && restarts("Never", "restartPolicy: OnFailure", 3));
    EXPECT(restarts("Never", "restartPolicy: Never, " ON("Restart", "NotIn", "1, 2"), 3));
    EXPECT(!restarts("Never", "restartPolicy: Never, " ON("Restart", "NotIn", "1, 2"), 2));
    EXPECT(restarts("Never", "restartPolicy: Never, restartPolicyRules: ["
                    "{action: Restart, exitCodes: {operator: In, values: [7]}}, "
                    "{action: Restart, exitCodes: {operator: In, values: [8]}}]", 8));
    /* No rule fits nothing: NotIn of an empty list is every code. */
    EXPECT(restarts("Never", "restartPolicy: Never, " ON("Restart", "NotIn", ""), 0));
    EXPECT(!restarts("Never", "restartPolicy: Never, " ON("Restart", "In", ""), 0));
}

/* spec 5.1: rules are not consulted when a probe's failure has stopped the container. */
TEST(a_rule_has_no_say_after_a_kill_for_a_probe)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app], restartPolicy: Never, "
                           ON("Restart", "In", "143") ", livenessProbe: {exec: {command: [ok]}, periodSeconds: 1, "
                           "failureThreshold: 1}}]");

    sim_behaviour(&s, "app")->ready_after = MONO_NEVER;
    sim_run_until(&s, 5000);
    EXPECT_INT(sim_container(&s, "app")->state, CONTAINER_TERMINATED);
    EXPECT_INT(sim_container(&s, "app")->last.exit_code, 143);
    sim_end(&s);
}

/* spec 5.1: a rule of an init container, whose success stays final. */
TEST(a_rule_restarts_an_init_container_that_failed_and_none_that_succeeded)
{
    struct sim s = sim_pod("restartPolicy: Never, initContainers: [{name: i, command: [i], restartPolicy: Never, "
                           "restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: [0, 42]}}]}], "
                           "containers: [{name: app, command: [app]}]");

    sim_runs(&s, "i", {.length = 1000, .exit_code = 42}, {.length = 1000});
    sim_run_until(&s, 3000);
    EXPECT_INT(sim_container(&s, "i")->restart_count, 1);
    EXPECT_INT(sim_container(&s, "i")->state, CONTAINER_TERMINATED);
    EXPECT_INT(sim_container(&s, "app")->state, CONTAINER_RUNNING);
    sim_end(&s);
}

/* spec 5.3 */
TEST(all_containers_restart_from_the_first_init_container_on)
{
    struct sim s = sim_pod("restartPolicy: Never, initContainers: [{name: i, command: [i]}, "
                           "{name: s, command: [s], restartPolicy: Always}], containers: ["
                           "{name: app, command: [app], restartPolicy: Never, "
                           ON("RestartAllContainers", "In", "42") "}, "
                           "{name: done, command: [done]}, "
                           "{name: b, command: [b], lifecycle: {preStop: " HOOK "}}]");
    struct container_status status;

    sim_runs(&s, "app", {.length = 3000, .exit_code = 42}, {.length = MONO_NEVER});
    sim_runs(&s, "done", {.length = 500}, {.length = 500});
    sim_behaviour(&s, "b")->term_after = MONO_NEVER;
    sim_behaviour(&s, "b")->hook_takes = 1000;
    sim_behaviour(&s, "s")->term_after = 700;
    sim_run_until(&s, 3999);
    buf_clear(&s.trace);
    sim_run_until(&s, 5000);
    EXPECT_INT(simulator_pod(s.simulator)->state, POD_RESTARTING);
    EXPECT_TRACE(&s,
        "      4.000 app Exited 42\n"
        "      4.000 app NotReady\n"
        "      4.000 app BackOff 0s\n"
        "      4.000 RestartingAll\n"
        "      4.000 s Killing restartAll\n"
        "      4.000 s TERM\n"
        "      4.000 b Killing restartAll\n"       /* without its hook */
        "      4.000 b TERM\n"
        "      4.700 s Exited 143\n"
        "      4.700 s NotReady\n");
    EXPECT_STR(pod_phase_name(status_phase(simulator_pod(s.simulator))), "Running");
    EXPECT(simulator_pod(s.simulator)->conditions[CONDITION_ALL_RESTARTING].is_true);
    EXPECT(simulator_pod(s.simulator)->conditions[CONDITION_INITIALIZED].is_true);
    status_of_container(simulator_pod(s.simulator), sim_container(&s, "done"), 5000, &status);
    EXPECT_STR(status.state.reason, "RestartingAllContainers");
    EXPECT_STR(status.last_state.reason, "RestartingAllContainers");
    EXPECT_STR(status.last_state.message, "The container is removed because RestartAllContainers in place");
    EXPECT_INT(status.last_state.exit_code, 137);
    sim_run_until(&s, 8000);
    EXPECT_TRACE(&s,
        "      6.000 b KILL\n"                     /* after the least grace of 2 s */
        "      6.000 b Exited 137\n"
        "      6.000 b NotReady\n"
        "      6.000 i Created\n"
        "      6.000 i Started\n"
        "      7.000 i Exited 0\n"
        "      7.000 s Created\n"
        "      7.000 s Started\n"
        "      7.000 s Ready\n"
        "      7.000 app Created\n"
        "      7.000 app Started\n"
        "      7.000 app Ready\n"
        "      7.000 done Created\n"
        "      7.000 done Started\n"
        "      7.000 done Ready\n"
        "      7.000 b Created\n"
        "      7.000 b Started\n"
        "      7.000 b Ready\n"
        "      7.500 done Exited 0\n"
        "      7.500 done NotReady\n");
    EXPECT(!simulator_pod(s.simulator)->conditions[CONDITION_ALL_RESTARTING].is_true);
    EXPECT_INT(simulator_pod(s.simulator)->conditions[CONDITION_ALL_RESTARTING].since, 6000);
    EXPECT_INT(sim_container(&s, "i")->restart_count, 1);
    EXPECT_INT(sim_container(&s, "s")->restart_count, 1);
    EXPECT_INT(sim_container(&s, "app")->restart_count, 1);
    EXPECT_INT(sim_container(&s, "done")->restart_count, 1);
    EXPECT_INT(sim_container(&s, "b")->restart_count, 1);
    sim_end(&s);
}

/* spec 7.3: listed only when some rule asks for it. */
TEST(the_condition_AllContainersRestarting_is_of_pods_with_such_a_rule)
{
    struct sim with = sim_pod("containers: [{name: app, command: [app]}, {name: b, command: [b], restartPolicy: Never, "
                              ON("RestartAllContainers", "In", "42") "}]");
    struct sim without = sim_pod("containers: [{name: app, command: [app], restartPolicy: Never, "
                                 ON("Restart", "In", "42") "}]");
    struct container_status room[2];
    struct buf message = BUF_INIT;
    struct pod_status status;

    sim_begin(&without);
    status_of(simulator_pod(without.simulator), 0, room, &status);
    EXPECT_INT(status.condition_count, CONDITION_ALL_RESTARTING);
    sim_runs(&with, "b", {.length = 1000, .exit_code = 42});
    sim_behaviour(&with, "app")->term_after = MONO_NEVER;
    sim_run_until(&with, 500);
    status_of(simulator_pod(with.simulator), 500, room, &status);
    EXPECT_INT(status.condition_count, CONDITIONS);
    EXPECT(status.conditions[CONDITION_ALL_RESTARTING].reason == NULL);
    status_add_condition_message(&status, CONDITION_ALL_RESTARTING, &message);
    EXPECT_STR(buf_text(&message), "");
    sim_run_until(&with, 2000);
    status_of(simulator_pod(with.simulator), 2000, room, &status);
    EXPECT_STR(status.conditions[CONDITION_ALL_RESTARTING].reason, "RestartAllContainersStarted");
    EXPECT_INT(status.conditions[CONDITION_ALL_RESTARTING].since, 1000);
    status_add_condition_message(&status, CONDITION_ALL_RESTARTING, &message);
    EXPECT_STR(buf_text(&message), "container exited with restart policy rule");
    buf_deinit(&message);
    sim_end(&with);
    sim_end(&without);
}

/* Here the back-off of the one that asked holds for all: else a pod would spin (KEP-5532). */
TEST(containers_that_restart_together_wait_for_the_back_off_of_the_one_that_asked)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app], restartPolicy: Never, "
                           ON("RestartAllContainers", "In", "42") "}, {name: b, command: [b]}]");
    struct container_status status;

    sim_runs(&s, "app", {.length = 1000, .exit_code = 42});
    sim_run_until(&s, 5000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      0.000 app Ready\n"
        "      0.000 b Created\n"
        "      0.000 b Started\n"
        "      0.000 b Ready\n"
        "      1.000 app Exited 42\n"
        "      1.000 app NotReady\n"
        "      1.000 app BackOff 0s\n"
        "      1.000 RestartingAll\n"
        "      1.000 b Killing restartAll\n"
        "      1.000 b TERM\n"
        "      1.000 b Exited 143\n"
        "      1.000 b NotReady\n"
        "      1.000 app Created\n"
        "      1.000 app Started\n"
        "      1.000 app Ready\n"
        "      1.000 b Created\n"
        "      1.000 b Started\n"
        "      1.000 b Ready\n"
        "      2.000 app Exited 42\n"
        "      2.000 app NotReady\n"
        "      2.000 app BackOff 10s\n"
        "      2.000 RestartingAll\n"
        "      2.000 b Killing restartAll\n"
        "      2.000 b TERM\n"
        "      2.000 b Exited 143\n"
        "      2.000 b NotReady\n");
    status_of_container(simulator_pod(s.simulator), sim_container(&s, "app"), 5000, &status);
    EXPECT_STR(status.state.reason, "RestartingAllContainers");
    EXPECT_INT(status.delay, 10000);
    EXPECT_INT(status.next_start, 12000);
    simulator_post(s.simulator, &(struct pod_event){
        .kind = POD_CONTAINER, .container = 0, .of_container = {.kind = CONTAINER_BACKOFF_RETRY}});
    EXPECT_TRACE(&s,
        "      5.000 app Created\n"
        "      5.000 app Started\n"
        "      5.000 app Ready\n"
        "      5.000 b Created\n"
        "      5.000 b Started\n"
        "      5.000 b Ready\n");
    sim_end(&s);
}

TEST(a_pod_deleted_while_all_its_containers_restart_is_gone_with_them)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app], restartPolicy: Never, "
                           ON("RestartAllContainers", "In", "42") "}, {name: b, command: [b]}]");

    sim_runs(&s, "app", {.length = 1000, .exit_code = 42});
    sim_behaviour(&s, "b")->term_after = 1500;
    sim_run_until(&s, 2000);
    buf_clear(&s.trace);
    sim_post(&s, POD_STOP);
    sim_run_until(&s, 20000);
    EXPECT_TRACE(&s,
        "      2.500 b Exited 143\n"
        "      2.500 b NotReady\n"
        "      2.500 Deleted\n");
    sim_end(&s);
}

/* One that is being stopped for a probe as all restart: the signal comes at once, and only once. */
TEST(a_hook_under_way_is_overtaken_when_all_containers_restart)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app], restartPolicy: Never, "
                           ON("RestartAllContainers", "In", "42") "}, {name: b, command: [b], lifecycle: "
                           "{preStop: " HOOK "}, livenessProbe: {exec: {command: [ok]}, periodSeconds: 1, failureThreshold: 1}}]");

    sim_runs(&s, "app", {.length = 2000, .exit_code = 42}, {.length = MONO_NEVER});
    sim_behaviour(&s, "b")->ready_after = MONO_NEVER;
    sim_behaviour(&s, "b")->hook_takes = 10000;
    sim_run_until(&s, 1999);
    EXPECT_INT(sim_container(&s, "b")->state, CONTAINER_PRE_STOP);
    buf_clear(&s.trace);
    sim_run_until(&s, 2000);
    EXPECT_TRACE(&s,
        "      2.000 app Exited 42\n"
        "      2.000 app NotReady\n"
        "      2.000 app BackOff 0s\n"
        "      2.000 RestartingAll\n"
        "      2.000 b TERM\n"
        "      2.000 b Exited 143\n"
        "      2.000 b NotReady\n"
        "      2.000 app Created\n"
        "      2.000 app Started\n"
        "      2.000 app Ready\n"
        "      2.000 b Created\n"
        "      2.000 b Started\n"
        "      2.000 b Ready\n");
    sim_end(&s);
}

TESTS(RUN(a_rule_restarts_after_its_exit_code_and_the_policy_decides_on_others),
      RUN(the_table_of_policies_and_rules),
      RUN(a_rule_has_no_say_after_a_kill_for_a_probe),
      RUN(a_rule_restarts_an_init_container_that_failed_and_none_that_succeeded),
      RUN(all_containers_restart_from_the_first_init_container_on),
      RUN(the_condition_AllContainersRestarting_is_of_pods_with_such_a_rule),
      RUN(containers_that_restart_together_wait_for_the_back_off_of_the_one_that_asked),
      RUN(a_pod_deleted_while_all_its_containers_restart_is_gone_with_them),
      RUN(a_hook_under_way_is_overtaken_when_all_containers_restart))
