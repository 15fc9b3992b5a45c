/* Rules of kubelet-semantics that no other story tells; docs/rules.md names the test of each. */
#include "daemon/core/status.h"

#include "tests/lib/sim.h"

#include <stdio.h>

#define PROBE "{exec: {command: [ok]}, periodSeconds: 1, failureThreshold: 1}"
#define HOOK "{exec: {command: [h]}}"

/* The phase, and whether the pod is ready, as "Running ready". */
static const char *shows(struct sim *s)
{
    static char text[32];
    const struct pod *p = simulator_pod(s->simulator);

    snprintf(text, sizeof text, "%s%s", pod_phase_name(status_phase(p)), status_ready(p) ? " ready" : "");
    return text;
}

/* spec 5.2, the runtime test: exit 1, then exit 0, then it runs for ever. */
TEST(the_e2e_test_of_restart_policies)
{
    static const struct {
        const char *policy, *shown;
        unsigned restarts;
    } rows[] = {{"Always", "Running ready", 2}, {"OnFailure", "Succeeded", 1}, {"Never", "Failed", 0}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf spec = BUF_INIT;
        struct sim s;

        buf_addf(&spec, "restartPolicy: %s, containers: [{name: app, command: [app]}]", rows[i].policy);
        s = sim_pod(buf_text(&spec));
        sim_runs(&s, "app", {.length = 1000, .exit_code = 1}, {.length = 1000}, {.length = MONO_NEVER});
        sim_run_until(&s, 60000);
        EXPECT_STR(shows(&s), rows[i].shown);
        EXPECT_INT(sim_container(&s, "app")->restart_count, rows[i].restarts);
        sim_end(&s);
        buf_deinit(&spec);
    }
}

/* spec 5.4: restarts are counted as creations, those that failed too. */
TEST(a_start_that_fails_counts_as_a_restart)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app]}]");

    sim_runs(&s, "app", {.start_fails = true}, {.start_fails = true}, {.length = MONO_NEVER});
    sim_run_until(&s, 15000);
    EXPECT_INT(sim_container(&s, "app")->restart_count, 2);
    sim_end(&s);
}

/* spec 4.4: exit code and reason, row by row. */
TEST(the_table_of_exit_codes_and_reasons)
{
    static const struct {
        struct sim_run run;
        const char *reason;
        int code;
    } rows[] = {
        {{.length = 1000}, "Completed", 0},
        {{.length = 1000, .exit_code = 7}, "Error", 7},
        {{.length = 1000, .signal = 15}, "Error", 143},
        {{.length = 1000, .signal = 9}, "Error", 137},
        {{.length = 1000, .signal = 11}, "Error", 139},
        {{.length = 1000, .signal = 2}, "Error", 130},
        {{.length = 1000, .signal = 9, .oom_killed = true}, "OOMKilled", 137},
        {{.length = 1000, .oom_killed = true}, "OOMKilled", 0},
        {{.start_fails = true}, "StartError", 128},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sim s = sim_pod("restartPolicy: Never, containers: [{name: app, command: [app]}]");
        struct container_status status;

        sim_set_runs(&s, "app", &rows[i].run, 1);
        sim_run_until(&s, 2000);
        status_of_container(simulator_pod(s.simulator), sim_container(&s, "app"), 2000, &status);
        EXPECT_INT(status.state.kind, STATUS_TERMINATED);
        EXPECT_STR(status.state.reason, rows[i].reason);
        EXPECT_INT(status.state.exit_code, rows[i].code);
        sim_end(&s);
    }
    EXPECT_STR(end_reason_name(END_UNKNOWN), "Unknown");
    EXPECT_STR(end_reason_name(END_LOST), "ContainerStatusUnknown");
}

/* spec 2.8: liveness ends before any hook or signal, readiness goes on until the end. */
TEST(while_a_pod_terminates_readiness_is_asked_and_liveness_is_not)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app], livenessProbe: " PROBE ", readinessProbe: " PROBE
                           ", lifecycle: {preStop: " HOOK "}}]");

    sim_behaviour(&s, "app")->hook_takes = 3000;
    sim_behaviour(&s, "app")->term_after = 2000;
    sim_run_until(&s, 2500);
    sim_post(&s, POD_STOP);
    buf_clear(&s.trace);
    simulator_fault(s.simulator, 0, &(struct sim_fault){.kind = SIM_FAULT_FAIL_PROBES, .until = MONO_NEVER});
    sim_run_until(&s, 10000);
    EXPECT_TRACE(&s,
        "      3.000 app Unhealthy readiness\n"
        "      3.000 app NotReady\n"
        "      4.000 app Unhealthy readiness\n"
        "      5.000 app Unhealthy readiness\n"
        "      5.500 app Hook preStop ok\n"
        "      5.500 app TERM\n"
        "      6.000 app Unhealthy readiness\n"
        "      7.000 app Unhealthy readiness\n"
        "      7.500 app Exited 143\n"
        "      7.500 Deleted\n");
    sim_end(&s);
}

/* spec 2.8: a container that is stopped for its liveness is asked whether it is ready during its hook. */
TEST(readiness_goes_on_during_the_hook_of_a_liveness_stop)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app], livenessProbe: {exec: {command: [ok]}, "
                           "periodSeconds: 2, failureThreshold: 1}, readinessProbe: {exec: {command: [ok]}, periodSeconds: 1, "
                           "failureThreshold: 2}, lifecycle: {preStop: " HOOK "}}]");

    sim_behaviour(&s, "app")->hook_takes = 1500;
    sim_run_until(&s, 1500);
    simulator_fault(s.simulator, 0, &(struct sim_fault){.kind = SIM_FAULT_FAIL_PROBES, .until = MONO_NEVER});
    buf_clear(&s.trace);
    sim_run_until(&s, 3400);
    EXPECT_TRACE(&s,
        "      2.000 app Unhealthy liveness\n"
        "      2.000 app Killing liveness\n"
        "      2.000 app Unhealthy readiness\n"
        "      3.000 app Unhealthy readiness\n"
        "      3.000 app NotReady\n");
    sim_end(&s);
}

/* spec 2.3, steps 1 and 8: there is nothing to ask before the run has begun, nor while its postStart hook is at work. */
TEST(nothing_is_asked_before_the_run_has_begun_and_its_post_start_hook_is_over)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app], livenessProbe: {exec: {command: [ok]}, periodSeconds: 2}, "
                           "readinessProbe: {exec: {command: [ok]}, periodSeconds: 2}, lifecycle: {postStart: " HOOK "}}]");
    struct sim startup = sim_pod("containers: [{name: app, command: [app], startupProbe: {exec: {command: [ok]}, "
                                 "periodSeconds: 2}, lifecycle: {postStart: " HOOK "}}]");

    sim_behaviour(&s, "app")->ready_after = MONO_NEVER;
    sim_behaviour(&s, "app")->hook_takes = 5500;
    sim_run_until(&s, 8000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      5.500 app Hook postStart ok\n"
        "      5.500 app Unhealthy readiness\n"
        "      6.000 app Unhealthy liveness\n"
        "      7.500 app Unhealthy readiness\n"
        "      8.000 app Unhealthy liveness\n");
    sim_behaviour(&startup, "app")->startup_after = MONO_NEVER;
    sim_behaviour(&startup, "app")->hook_takes = 5500;
    sim_run_until(&startup, 7000);
    EXPECT_TRACE(&startup,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      5.500 app Hook postStart ok\n"
        "      6.000 app Unhealthy startup\n");
    sim_end(&s);
    sim_end(&startup);
}

/* spec 2.3, steps 1 and 5 */
TEST(nothing_is_asked_between_two_runs_nor_after_the_last)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app], readinessProbe: " PROBE "}, {name: once, command: [o], "
                           "restartPolicy: Never, readinessProbe: " PROBE "}]");

    sim_runs(&s, "app", {.length = 500, .exit_code = 1}, {.length = 500, .exit_code = 1}, {.length = MONO_NEVER});
    sim_runs(&s, "once", {.length = 1500});
    sim_behaviour(&s, "app")->ready_after = MONO_NEVER;
    sim_behaviour(&s, "once")->ready_after = MONO_NEVER;
    sim_run_until(&s, 12000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      0.000 once Created\n"
        "      0.000 once Started\n"
        "      0.000 app Unhealthy readiness\n"
        "      0.000 once Unhealthy readiness\n"
        "      0.500 app Exited 1\n"
        "      0.500 app BackOff 0s\n"
        "      0.500 app Created\n"
        "      0.500 app Started\n"
        "      0.500 app Unhealthy readiness\n"
        "      1.000 app Exited 1\n"
        "      1.000 app BackOff 10s\n"
        "      1.000 once Unhealthy readiness\n"
        "      1.500 once Exited 0\n"
        "     11.000 app Created\n"
        "     11.000 app Started\n"
        "     11.000 app Unhealthy readiness\n"
        "     12.000 app Unhealthy readiness\n");
    sim_end(&s);
}

/* spec 2.3, step 2: a phase of Failed ends the workers, while the processes are still being stopped. */
TEST(nothing_is_asked_of_a_pod_that_has_failed_while_its_processes_end)
{
    struct sim s = sim_pod("activeDeadlineSeconds: 2, containers: [{name: app, command: [app], readinessProbe: "
                           "{exec: {command: [ok]}, periodSeconds: 1}, lifecycle: {preStop: " HOOK "}}]");
    struct sim init = sim_pod("restartPolicy: Never, initContainers: [{name: s, command: [s], restartPolicy: Always, readinessProbe: "
                              PROBE "}, {name: i, command: [i]}], containers: [{name: app, command: [app]}]");

    sim_behaviour(&s, "app")->ready_after = MONO_NEVER;
    sim_behaviour(&s, "app")->attempt_takes = 400;
    sim_behaviour(&s, "app")->hook_takes = 3000;
    sim_run_until(&s, 1900);
    buf_clear(&s.trace);
    sim_run_until(&s, 10000);
    EXPECT_TRACE(&s,
        "      2.000 DeadlineExceeded\n"
        "      2.000 app Killing deadline\n"
        "      5.000 app Hook preStop ok\n"
        "      5.000 app TERM\n"
        "      5.000 app Exited 143\n"
        "      5.000 Failed\n");
    sim_behaviour(&init, "s")->ready_after = MONO_NEVER;
    sim_behaviour(&init, "s")->term_after = 3000;
    sim_runs(&init, "i", {.length = 1500, .exit_code = 1});
    sim_run_until(&init, 1400);
    buf_clear(&init.trace);
    sim_run_until(&init, 10000);
    EXPECT_TRACE(&init,
        "      1.500 i Exited 1\n"
        "      1.500 s Killing finished\n"
        "      1.500 s TERM\n"
        "      4.500 s Exited 143\n"
        "      4.500 Failed\n");
    sim_end(&s);
    sim_end(&init);
}

/* The same when the pod is deleted, and its init container fails of that. */
TEST(an_attempt_under_way_is_cancelled_when_a_pod_that_is_deleted_fails)
{
    struct sim s = sim_pod("restartPolicy: Never, initContainers: [{name: s, command: [s], restartPolicy: Always, readinessProbe: "
                           "{exec: {command: [ok]}, periodSeconds: 1, timeoutSeconds: 9}, lifecycle: {preStop: " HOOK "}}, "
                           "{name: i, command: [i]}], containers: [{name: app, command: [app]}]");

    sim_behaviour(&s, "s")->attempt_takes = 2000;
    sim_behaviour(&s, "s")->hook_takes = 5000;
    sim_behaviour(&s, "i")->term_after = 1000;
    sim_runs(&s, "i", {.length = MONO_NEVER});
    sim_run_until(&s, 500);
    sim_post(&s, POD_STOP);
    buf_clear(&s.trace);
    sim_run_until(&s, 10000);
    EXPECT_TRACE(&s,
        "      1.500 i Exited 143\n"
        "      5.500 s Hook preStop ok\n"
        "      5.500 s TERM\n"
        "      5.500 s Exited 143\n"
        "      5.500 Deleted\n");
    sim_end(&s);
}

/* spec 3.2: killed like any other, with its preStop hook and the pod's grace period. */
TEST(a_failed_post_start_hook_is_followed_by_the_pre_stop_hook_and_the_pods_grace)
{
    struct sim s = sim_pod("terminationGracePeriodSeconds: 9, containers: [{name: app, command: [app], livenessProbe: "
                           "{exec: {command: [ok]}, terminationGracePeriodSeconds: 3}, lifecycle: {postStart: " HOOK ", preStop: "
                           HOOK "}}]");

    sim_behaviour(&s, "app")->hook_takes = 2000;
    sim_behaviour(&s, "app")->hook_outcome = ATTEMPT_EXIT_CODE;
    sim_behaviour(&s, "app")->term_after = MONO_NEVER;
    sim_run_until(&s, 11000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      2.000 app Hook postStart exit code\n"
        "      2.000 app Killing postStart\n"
        "      4.000 app Hook preStop exit code\n"
        "      4.000 app TERM\n"
        "     11.000 app KILL\n"
        "     11.000 app Exited 137\n"
        "     11.000 app BackOff 0s\n"
        "     11.000 app Created\n"
        "     11.000 app Started\n");
    sim_end(&s);
}

/* spec 2.7 and 6.2: a sidecar's probe kills and restarts it, under Never too, and holds back nothing. */
TEST(a_sidecar_whose_liveness_fails_is_restarted_and_the_sequence_advances)
{
    struct sim s = sim_pod("restartPolicy: Never, initContainers: [{name: s, command: [s], restartPolicy: Always, "
                           "livenessProbe: " PROBE "}, {name: i, command: [i]}], containers: [{name: app, command: [app]}]");

    sim_behaviour(&s, "s")->ready_after = MONO_NEVER;
    sim_run_until(&s, 2500);
    EXPECT_INT(sim_container(&s, "s")->restart_count, 1);
    EXPECT_INT(sim_container(&s, "app")->state, CONTAINER_RUNNING);
    EXPECT_INT(sim_container(&s, "app")->started, 1000);
    sim_end(&s);
}

/* spec 6.2 */
TEST(a_sidecar_holds_back_what_follows_until_its_post_start_hook_has_returned)
{
    struct sim s = sim_pod("initContainers: [{name: s, command: [s], restartPolicy: Always, lifecycle: {postStart: " HOOK
                           "}, readinessProbe: " PROBE "}], containers: [{name: app, command: [app]}]");

    sim_behaviour(&s, "s")->hook_takes = 3000;
    sim_behaviour(&s, "s")->ready_after = MONO_NEVER;           /* which holds back nobody */
    sim_run_until(&s, 2999);
    EXPECT_INT(sim_container(&s, "app")->state, CONTAINER_PENDING);
    sim_run_until(&s, 3000);
    EXPECT_INT(sim_container(&s, "app")->state, CONTAINER_RUNNING);
    EXPECT_STR(shows(&s), "Running");                           /* and the pod is not ready without it */
    sim_end(&s);
}

/* spec 6.1: a failure is an exit code that is not 0, or an OOM kill even with 0. */
TEST(an_init_container_that_the_oom_killer_took_has_failed_even_with_code_0)
{
    struct sim s = sim_pod("initContainers: [{name: i, command: [i]}], containers: [{name: app, command: [app]}]");

    sim_runs(&s, "i", {.length = 1000, .oom_killed = true}, {.length = 1000});
    sim_run_until(&s, 1500);
    EXPECT_INT(sim_container(&s, "i")->restart_count, 1);
    EXPECT_INT(sim_container(&s, "app")->state, CONTAINER_PENDING);
    sim_run_until(&s, 2500);
    EXPECT_INT(sim_container(&s, "app")->state, CONTAINER_RUNNING);
    sim_end(&s);
}

/* spec 4.2: the grace of a deletion comes before a probe's, a probe's before the pod's. */
TEST(the_grace_of_a_deletion_comes_before_a_probes_and_that_before_the_pods)
{
    struct sim s = sim_pod("terminationGracePeriodSeconds: 30, containers: [{name: app, command: [app], livenessProbe: "
                           "{exec: {command: [ok]}, periodSeconds: 1, failureThreshold: 1, terminationGracePeriodSeconds: 60}}]");

    sim_behaviour(&s, "app")->ready_after = MONO_NEVER;
    sim_behaviour(&s, "app")->term_after = MONO_NEVER;
    sim_run_until(&s, 1500);
    EXPECT_INT(sim_container(&s, "app")->deadline, 61000);
    sim_stop(&s, 5000);
    EXPECT_INT(sim_container(&s, "app")->deadline, 6500);
    sim_run_until(&s, 6500);
    EXPECT_INT(simulator_pod(s.simulator)->state, POD_ENDED);
    sim_end(&s);
}

/* spec 4.3: a running ordinary init container is stopped at once and nobody waits for it. */
TEST(nobody_waits_for_an_init_container_that_is_being_stopped)
{
    struct sim s = sim_pod("initContainers: [{name: s, command: [s], restartPolicy: Always}, {name: i, command: [i]}], "
                           "containers: [{name: app, command: [app]}]");

    sim_behaviour(&s, "i")->term_after = 4000;
    sim_runs(&s, "i", {.length = MONO_NEVER});
    sim_run_until(&s, 1000);
    buf_clear(&s.trace);
    sim_post(&s, POD_STOP);
    sim_run_until(&s, 10000);
    EXPECT_TRACE(&s,
        "      1.000 s Killing deleted\n"
        "      1.000 i Killing deleted\n"
        "      1.000 i TERM\n"
        "      1.000 s TERM\n"
        "      1.000 s Exited 143\n"
        "      1.000 s NotReady\n"
        "      5.000 i Exited 143\n"
        "      5.000 Deleted\n");
    sim_end(&s);
}

/* spec 4.5: the verdict counts regular containers alone, whatever became of sidecars. */
TEST(the_exit_code_of_a_sidecar_makes_no_pod_fail)
{
    struct sim s = sim_pod("restartPolicy: Never, terminationGracePeriodSeconds: 3, initContainers: [{name: s, command: [s], "
                           "restartPolicy: Always}], containers: [{name: app, command: [app]}]");

    sim_behaviour(&s, "s")->term_after = MONO_NEVER;
    sim_runs(&s, "app", {.length = 1000});
    sim_run_until(&s, 10000);
    EXPECT_INT(sim_container(&s, "s")->last.exit_code, 137);
    EXPECT_STR(shows(&s), "Succeeded");
    sim_end(&s);
}

TESTS(RUN(the_e2e_test_of_restart_policies),
      RUN(a_start_that_fails_counts_as_a_restart),
      RUN(the_table_of_exit_codes_and_reasons),
      RUN(while_a_pod_terminates_readiness_is_asked_and_liveness_is_not),
      RUN(readiness_goes_on_during_the_hook_of_a_liveness_stop),
      RUN(nothing_is_asked_before_the_run_has_begun_and_its_post_start_hook_is_over),
      RUN(nothing_is_asked_between_two_runs_nor_after_the_last),
      RUN(nothing_is_asked_of_a_pod_that_has_failed_while_its_processes_end),
      RUN(an_attempt_under_way_is_cancelled_when_a_pod_that_is_deleted_fails),
      RUN(a_failed_post_start_hook_is_followed_by_the_pre_stop_hook_and_the_pods_grace),
      RUN(a_sidecar_whose_liveness_fails_is_restarted_and_the_sequence_advances),
      RUN(a_sidecar_holds_back_what_follows_until_its_post_start_hook_has_returned),
      RUN(an_init_container_that_the_oom_killer_took_has_failed_even_with_code_0),
      RUN(the_grace_of_a_deletion_comes_before_a_probes_and_that_before_the_pods),
      RUN(nobody_waits_for_an_init_container_that_is_being_stopped),
      RUN(the_exit_code_of_a_sidecar_makes_no_pod_fail))
