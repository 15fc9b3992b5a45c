/* What processes tell of themselves: pidlet.dev/notify, pidlet.dev/watchdog (docs/notify.md). */
#include "daemon/core/status_text.h"
#include "tests/lib/sim.h"

#define APP(more) "terminationGracePeriodSeconds: 10, containers: [{name: app, command: [app]" more "}]"
#define PROBE(more) "{tcpSocket: {port: 80}, " more "}"

static void notify(struct sim *s, enum notice notice)
{
    sim_begin(s);
    simulator_post(s->simulator, &(struct pod_event){
        .kind = POD_CONTAINER, .of_container = {.kind = CONTAINER_NOTICE, .notice = notice, .timeout = 7 * MONO_SECOND,
                                                .text = "at work"}});
}

TEST(a_container_that_notifies_is_ready_when_it_says_so)
{
    struct sim s = sim_pod_annotated("pidlet.dev/notify: 'true'", APP(""));

    sim_behaviour(&s, "app")->startup_after = 90000;
    sim_run_until(&s, 89999);
    EXPECT(!sim_container(&s, "app")->started_up);
    sim_run_until(&s, 100000);
    EXPECT(sim_container(&s, "app")->started_up);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "     90.000 app Ready\n");
    sim_end(&s);
}

TEST(its_other_probes_begin_when_it_has_said_ready)
{
    struct sim s = sim_pod_annotated("pidlet.dev/notify: 'true'", APP(", readinessProbe: " PROBE("periodSeconds: 3")
        ", livenessProbe: " PROBE("periodSeconds: 4, failureThreshold: 1")));

    sim_behaviour(&s, "app")->startup_after = 5000;
    sim_behaviour(&s, "app")->ready_after = 7000;
    sim_run_until(&s, 20000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      5.000 app Unhealthy readiness\n"
        "      8.000 app Ready\n");
    sim_end(&s);
}

/* As long as the probe would have had: attempts at 4, 6 and 8 s, within its own grace period. */
TEST(its_startup_probe_says_how_long_ready_may_take)
{
    struct sim s = sim_pod_annotated("pidlet.dev/notify: 'true'", APP(", startupProbe: "
        PROBE("initialDelaySeconds: 3, periodSeconds: 2, failureThreshold: 3, terminationGracePeriodSeconds: 1")));

    sim_behaviour(&s, "app")->startup_after = MONO_NEVER;
    sim_behaviour(&s, "app")->term_after = MONO_NEVER;
    sim_run_until(&s, 10000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      8.000 app Unhealthy startup\n"
        "      8.000 app Killing startup\n"
        "      8.000 app TERM\n"
        "     10.000 app KILL\n"
        "     10.000 app Exited 137\n"
        "     10.000 app BackOff 0s\n"
        "     10.000 app Created\n"
        "     10.000 app Started\n");
    sim_end(&s);
}

TEST(a_hook_that_takes_long_leaves_the_startup_probe_its_attempts)
{
    struct sim s = sim_pod_annotated("pidlet.dev/notify: 'true'", APP(", startupProbe: "
        PROBE("periodSeconds: 2, failureThreshold: 3") ", lifecycle: {postStart: {exec: {command: [hook]}}}"));

    sim_behaviour(&s, "app")->startup_after = MONO_NEVER;
    sim_behaviour(&s, "app")->hook_takes = 7000;
    sim_run_until(&s, 12000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      7.000 app Hook postStart ok\n"
        "     12.000 app Unhealthy startup\n"
        "     12.000 app Killing startup\n"
        "     12.000 app TERM\n"
        "     12.000 app Exited 143\n"
        "     12.000 app BackOff 0s\n"
        "     12.000 app Created\n"
        "     12.000 app Started\n");
    sim_end(&s);
}

TEST(a_startup_probe_without_an_end_waits_for_ever)
{
    struct sim s = sim_pod_annotated("pidlet.dev/notify: 'true'", APP(", startupProbe: "
        PROBE("periodSeconds: 2147483647, failureThreshold: 2147483647")));

    sim_behaviour(&s, "app")->startup_after = MONO_NEVER;
    sim_run_until(&s, 1000);
    EXPECT_INT(container_deadline(sim_container(&s, "app")), MONO_NEVER);
    sim_end(&s);
}

TEST(what_it_says_while_its_post_start_hook_is_at_work_counts_afterwards)
{
    struct sim s = sim_pod_annotated("pidlet.dev/notify: 'true'", APP(", lifecycle: {postStart: {exec: {command: [hook]}}}"));

    sim_behaviour(&s, "app")->hook_takes = 7000;
    sim_run_until(&s, 10000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      7.000 app Hook postStart ok\n"
        "      7.000 app Ready\n");
    sim_end(&s);
}

/* It has sent WATCHDOG=1 last at 14 s. */
TEST(a_watchdog_that_is_not_fed_restarts_the_container)
{
    struct sim s = sim_pod_annotated("pidlet.dev/watchdog: 4s", APP(", livenessProbe: "
        PROBE("periodSeconds: 60, terminationGracePeriodSeconds: 3")));

    sim_behaviour(&s, "app")->hang_after = 15000;
    sim_run_until(&s, 22000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      0.000 app Ready\n"
        "     18.000 app Unhealthy liveness\n"
        "     18.000 app Killing liveness\n"
        "     18.000 app TERM\n"
        "     21.000 app KILL\n"
        "     21.000 app Exited 137\n"
        "     21.000 app NotReady\n"
        "     21.000 app BackOff 0s\n"
        "     21.000 app Created\n"
        "     21.000 app Started\n"
        "     21.000 app Ready\n");
    sim_end(&s);
}

TEST(a_watchdog_begins_when_the_container_has_started)
{
    struct sim s = sim_pod_annotated("pidlet.dev/notify: 'true', pidlet.dev/watchdog.app: 2s", APP(""));

    sim_behaviour(&s, "app")->startup_after = 60000;
    sim_run_until(&s, 100000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "     60.000 app Ready\n");
    sim_end(&s);
}

TEST(a_process_that_is_held_up_tells_afterwards_what_it_has_to_tell)
{
    struct sim s = sim_pod_annotated("pidlet.dev/notify: 'true'", APP(""));

    sim_behaviour(&s, "app")->startup_after = 2000;
    sim_run_until(&s, 1000);
    simulator_fault(s.simulator, 0, &(struct sim_fault){.kind = SIM_FAULT_HANG, .until = 5000});
    sim_run_until(&s, 9000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      5.000 app Ready\n");
    sim_end(&s);
}

TEST(a_process_may_change_its_watchdog_and_pull_it)
{
    struct sim s = sim_pod_annotated("pidlet.dev/notify: 'true'", APP(""));

    sim_run_until(&s, 1000);
    notify(&s, NOTICE_WATCHDOG_TIMEOUT);
    EXPECT_INT(container_deadline(sim_container(&s, "app")), 8000);
    sim_run_until(&s, 5000);
    notify(&s, NOTICE_WATCHDOG);
    EXPECT_INT(container_deadline(sim_container(&s, "app")), 12000);
    notify(&s, NOTICE_WATCHDOG_TRIGGER);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      0.000 app Ready\n"
        "      5.000 app Unhealthy liveness\n"
        "      5.000 app Killing liveness\n"
        "      5.000 app TERM\n");
    sim_end(&s);
}

TEST(a_watchdog_that_was_changed_before_the_start_begins_with_it)
{
    struct sim s = sim_pod_annotated("pidlet.dev/notify: 'true'", APP(""));

    sim_behaviour(&s, "app")->startup_after = 5000;
    sim_run_until(&s, 1000);
    notify(&s, NOTICE_WATCHDOG_TIMEOUT);
    notify(&s, NOTICE_WATCHDOG);
    EXPECT_INT(container_deadline(sim_container(&s, "app")), MONO_NEVER);
    sim_run_until(&s, 5000);
    EXPECT_INT(container_deadline(sim_container(&s, "app")), 12000);
    sim_end(&s);
}

TEST(a_process_that_says_stopping_is_not_ready_and_has_its_grace_period)
{
    struct sim s = sim_pod_annotated("pidlet.dev/watchdog: 2s", APP(", livenessProbe: " PROBE("periodSeconds: 1, failureThreshold: 1")
        ", readinessProbe: " PROBE("periodSeconds: 1")));

    sim_behaviour(&s, "app")->ready_after = 0;
    sim_run_until(&s, 3500);
    notify(&s, NOTICE_STOPPING);
    notify(&s, NOTICE_STOPPING);        /* gives no more time */
    notify(&s, NOTICE_READY);
    simulator_fault(s.simulator, 0, &(struct sim_fault){.kind = SIM_FAULT_FAIL_PROBES, .until = 9000});
    sim_run_until(&s, 13500);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      0.000 app Ready\n"
        "      3.500 app NotReady\n"
        "      4.000 app Unhealthy readiness\n"
        "      5.000 app Unhealthy readiness\n"
        "      6.000 app Unhealthy readiness\n"
        "      7.000 app Unhealthy readiness\n"
        "      8.000 app Unhealthy readiness\n"
        "     13.500 app Unhealthy liveness\n"
        "     13.500 app Killing liveness\n"
        "     13.500 app TERM\n"
        "     13.500 app Exited 143\n"
        "     13.500 app BackOff 0s\n"
        "     13.500 app Created\n"
        "     13.500 app Started\n"
        "     13.500 app Ready\n");
    sim_end(&s);
}

TEST(a_process_that_leaves_while_its_hook_is_at_work_never_becomes_ready)
{
    struct sim s = sim_pod_annotated("pidlet.dev/notify: 'true'",
                                     APP(", lifecycle: {postStart: {exec: {command: [hook]}}}"));

    sim_behaviour(&s, "app")->hook_takes = 2000;
    sim_behaviour(&s, "app")->startup_after = MONO_NEVER;
    sim_run_until(&s, 1000);
    notify(&s, NOTICE_RELOADING);
    notify(&s, NOTICE_STOPPING);
    notify(&s, NOTICE_WATCHDOG_TIMEOUT);
    sim_run_until(&s, 11999);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      2.000 app Hook postStart ok\n");
    sim_run_until(&s, 12000);
    EXPECT_TRACE(&s,
        "     12.000 app Unhealthy liveness\n"
        "     12.000 app Killing liveness\n"
        "     12.000 app TERM\n"
        "     12.000 app Exited 143\n"
        "     12.000 app BackOff 0s\n"
        "     12.000 app Created\n"
        "     12.000 app Started\n");
    sim_end(&s);
}

TEST(a_reload_and_a_status_are_remembered_until_the_run_ends)
{
    struct sim s = sim_pod_annotated("pidlet.dev/notify: 'true'", APP(""));

    sim_run_until(&s, 1000);
    notify(&s, NOTICE_STATUS);
    notify(&s, NOTICE_RELOADING);
    EXPECT_STR(sim_container(&s, "app")->notices.status, "at work");
    EXPECT(sim_container(&s, "app")->notices.reloading);
    EXPECT(sim_container(&s, "app")->ready);
    notify(&s, NOTICE_READY);
    EXPECT(!sim_container(&s, "app")->notices.reloading);
    simulator_fault(s.simulator, 0, &(struct sim_fault){.kind = SIM_FAULT_END, .exit_code = 1});
    sim_run_until(&s, 1000);
    EXPECT(sim_container(&s, "app")->notices.status == NULL);
    sim_end(&s);
}

/* It holds back what comes after it, as with a startup probe. */
TEST(a_sidecar_that_notifies_holds_the_others_back_until_it_is_ready)
{
    struct sim s = sim_pod_annotated("pidlet.dev/notify.proxy: 'true'",
        "initContainers: [{name: proxy, command: [proxy], restartPolicy: Always}], containers: [{name: app, command: [app]}]");

    sim_behaviour(&s, "proxy")->startup_after = 4000;
    sim_run_until(&s, 5000);
    EXPECT_TRACE(&s,
        "      0.000 proxy Created\n"
        "      0.000 proxy Started\n"
        "      4.000 proxy Ready\n"
        "      4.000 app Created\n"
        "      4.000 app Started\n"
        "      4.000 app Ready\n");
    sim_end(&s);
}

TEST(an_annotation_of_the_pod_leaves_init_containers_alone)
{
    struct sim s = sim_pod_annotated("pidlet.dev/notify: 'true', pidlet.dev/watchdog: 100ms",
        "initContainers: [{name: init, command: [init]}], containers: [{name: app, command: [app]}]");

    sim_run_until(&s, 5000);
    EXPECT_TRACE(&s,
        "      0.000 init Created\n"
        "      0.000 init Started\n"
        "      1.000 init Exited 0\n"
        "      1.000 app Created\n"
        "      1.000 app Started\n"
        "      1.000 app Ready\n");
    sim_end(&s);
}

TEST(a_container_without_the_annotation_is_started_when_it_runs)
{
    struct sim s = sim_pod_annotated("pidlet.dev/notify.other: 'true'",
        "containers: [{name: app, command: [app]}, {name: other, command: [other]}]");

    sim_behaviour(&s, "other")->startup_after = MONO_NEVER;
    sim_run_until(&s, 5000);
    EXPECT(sim_container(&s, "app")->ready);
    EXPECT(!sim_container(&s, "other")->ready);
    sim_end(&s);
}

static void notify_of(struct sim *s, unsigned container, enum notice notice, const char *text)
{
    simulator_post(s->simulator, &(struct pod_event){
        .kind = POD_CONTAINER, .container = container,
        .of_container = {.kind = CONTAINER_NOTICE, .notice = notice, .text = text}});
}

TEST(what_processes_say_is_the_pods_message)
{
    struct sim s = sim_pod_annotated("pidlet.dev/notify: 'true'",
        "containers: [{name: a, command: [a]}, {name: b, command: [b]}, {name: c, command: [c]}, {name: d, command: [d]}]");
    struct buf text = BUF_INIT;

    sim_run_until(&s, 1000);
    status_add_notices(simulator_pod(s.simulator), &text);
    EXPECT_STR(buf_text(&text), "");
    notify_of(&s, 0, NOTICE_STATUS, "3 of 5 loaded");
    notify_of(&s, 2, NOTICE_RELOADING, NULL);
    notify_of(&s, 3, NOTICE_RELOADING, NULL);
    notify_of(&s, 3, NOTICE_STATUS, "half way");
    status_add_notices(simulator_pod(s.simulator), &text);
    EXPECT_STR(buf_text(&text), "a: 3 of 5 loaded; c: reloading; d: reloading: half way");
    buf_deinit(&text);
    sim_end(&s);
}

TESTS(RUN(a_container_that_notifies_is_ready_when_it_says_so),
      RUN(its_other_probes_begin_when_it_has_said_ready),
      RUN(its_startup_probe_says_how_long_ready_may_take),
      RUN(a_hook_that_takes_long_leaves_the_startup_probe_its_attempts),
      RUN(a_startup_probe_without_an_end_waits_for_ever),
      RUN(what_it_says_while_its_post_start_hook_is_at_work_counts_afterwards),
      RUN(a_watchdog_that_is_not_fed_restarts_the_container),
      RUN(a_watchdog_begins_when_the_container_has_started),
      RUN(a_process_that_is_held_up_tells_afterwards_what_it_has_to_tell),
      RUN(a_process_may_change_its_watchdog_and_pull_it),
      RUN(a_watchdog_that_was_changed_before_the_start_begins_with_it),
      RUN(a_process_that_says_stopping_is_not_ready_and_has_its_grace_period),
      RUN(a_process_that_leaves_while_its_hook_is_at_work_never_becomes_ready),
      RUN(a_reload_and_a_status_are_remembered_until_the_run_ends),
      RUN(a_sidecar_that_notifies_holds_the_others_back_until_it_is_ready),
      RUN(an_annotation_of_the_pod_leaves_init_containers_alone),
      RUN(what_processes_say_is_the_pods_message),
      RUN(a_container_without_the_annotation_is_started_when_it_runs))
