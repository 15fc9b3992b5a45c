/* Faults on purpose: when they come, whom they befall, when they are over. */
#include "tests/lib/sim.h"

#include <string.h>

static const struct chaos_target *target(const struct sim *s, unsigned i)
{
    return &s->chaos->targets[i];
}

TEST(each_run_is_killed_so_long_after_its_start_and_the_last_round_is_over_when_it_runs_again)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app]}]");

    sim_set_chaos(&s, "kill-every=3m,rounds=3");
    sim_run_until(&s, 569999);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      0.000 app Ready\n"
        "    180.000 app Exited 137\n"
        "    180.000 app NotReady\n"
        "    180.000 app BackOff 0s\n"
        "    180.000 app Created\n"
        "    180.000 app Started\n"
        "    180.000 app Ready\n"
        "    360.000 app Exited 137\n"
        "    360.000 app NotReady\n"
        "    360.000 app BackOff 10s\n"
        "    370.000 app Created\n"
        "    370.000 app Started\n"
        "    370.000 app Ready\n"
        "    550.000 app Exited 137\n"
        "    550.000 app NotReady\n"
        "    550.000 app BackOff 20s\n");
    EXPECT(!chaos_done(s.chaos));
    sim_run_until(&s, 570000);
    EXPECT(chaos_done(s.chaos));
    EXPECT(chaos_deadline(s.chaos) == MONO_NEVER);
    EXPECT_INT(target(&s, 0)->kills, 3);
    sim_end(&s);
}

TEST(without_rounds_it_goes_on)
{
    struct sim s = sim_pod_annotated("pidlet.dev/backoff: initial=0s", "containers: [{name: app, command: [app]}]");

    sim_set_chaos(&s, "kill-every=1s");
    sim_run_until(&s, 86400 * 1000);
    EXPECT_INT(target(&s, 0)->kills, 86400);
    EXPECT(!chaos_done(s.chaos));
    sim_end(&s);
}

TEST(a_stopped_process_is_found_by_its_liveness_probe_and_killed_after_its_grace_period)
{
    struct sim s = sim_pod("terminationGracePeriodSeconds: 5, containers: [{name: app, command: [app], livenessProbe: "
                           "{tcpSocket: {port: 80}, periodSeconds: 10, failureThreshold: 2}}]");

    sim_set_chaos(&s, "stop-every=15s,rounds=1");
    sim_run_until(&s, 60000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      0.000 app Ready\n"
        "     21.000 app Unhealthy liveness\n"
        "     31.000 app Unhealthy liveness\n"
        "     31.000 app Killing liveness\n"
        "     31.000 app TERM\n"
        "     36.000 app KILL\n"
        "     36.000 app Exited 137\n"
        "     36.000 app NotReady\n"
        "     36.000 app BackOff 0s\n"
        "     36.000 app Created\n"
        "     36.000 app Started\n"
        "     36.000 app Ready\n");
    EXPECT_INT(target(&s, 0)->stops, 1);
    EXPECT_INT(target(&s, 0)->found, 1);
    EXPECT_INT(target(&s, 0)->continued, 0);
    EXPECT(chaos_done(s.chaos));
    sim_end(&s);
}

TEST(a_startup_probe_finds_it_as_well)
{
    struct sim s = sim_pod("terminationGracePeriodSeconds: 0, containers: [{name: app, command: [app], startupProbe: "
                           "{tcpSocket: {port: 80}, periodSeconds: 2, initialDelaySeconds: 6, failureThreshold: 2}}]");

    sim_set_chaos(&s, "stop-every=1s,rounds=1");
    sim_run_until(&s, 60000);
    EXPECT_INT(target(&s, 0)->found, 1);
    EXPECT_INT(target(&s, 0)->continued, 0);
    sim_end(&s);
}

TEST(one_that_no_probe_looks_at_goes_on_after_ten_seconds_and_is_hit_again)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app]}]");
    struct chaos_order order;

    sim_set_chaos(&s, "stop-every=1m,rounds=2");
    sim_run_until(&s, 60000);
    EXPECT_INT(target(&s, 0)->state, CHAOS_HALTED);
    EXPECT_INT(chaos_deadline(s.chaos), 70000);
    EXPECT(!chaos_next(s.chaos, simulator_pod(s.simulator), 69999, &order));
    sim_run_until(&s, 139999);
    EXPECT_INT(target(&s, 0)->state, CHAOS_HALTED);
    EXPECT_INT(target(&s, 0)->continued, 1);
    sim_run_until(&s, 140000);
    EXPECT(chaos_done(s.chaos));
    EXPECT_INT(target(&s, 0)->continued, 2);
    EXPECT_INT(sim_container(&s, "app")->restart_count, 0);
    sim_end(&s);
}

/* How long a process is left stopped whose probe does not see it. */
static mono_ms halted(const char *container, const char *plan)
{
    struct sim s = sim_pod(container);
    mono_ms deadline;

    sim_set_chaos(&s, plan);
    sim_run_until(&s, 1000);
    EXPECT_INT(target(&s, 0)->state, CHAOS_HALTED);
    deadline = chaos_deadline(s.chaos);
    sim_end(&s);
    return deadline - 1000;
}

TEST(how_long_it_stays_stopped_follows_from_its_probe_or_is_said)
{
    EXPECT_INT(halted("containers: [{name: app, command: [app], livenessProbe: {tcpSocket: {port: 80}}}]",
                      "stop-every=1s"), 32000);
    EXPECT_INT(halted("containers: [{name: app, command: [app], livenessProbe: {tcpSocket: {port: 80}, "
                      "periodSeconds: 5, timeoutSeconds: 7, failureThreshold: 2, initialDelaySeconds: 100}}]",
                      "stop-every=1s"), 122000);
    EXPECT_INT(halted("containers: [{name: app, command: [app], startupProbe: {tcpSocket: {port: 80}, "
                      "periodSeconds: 20, failureThreshold: 100}}]", "stop-every=1s"), 2002000);
    EXPECT_INT(halted("containers: [{name: app, command: [app], livenessProbe: {tcpSocket: {port: 80}, "
                      "periodSeconds: 2147483647, failureThreshold: 2147483647}}]", "stop-every=1s"), 3600000);
    EXPECT_INT(halted("containers: [{name: app, command: [app], livenessProbe: {tcpSocket: {port: 80}}}]",
                      "stop-every=1s,stop-for=3s"), 3000);
    EXPECT_INT(halted("containers: [{name: app, command: [app], startupProbe: {tcpSocket: {port: 80}, "
                      "periodSeconds: 1, failureThreshold: 100}, livenessProbe: {tcpSocket: {port: 80}}}]",
                      "stop-every=1s"), 32000);
}

TEST(a_seed_draws_the_same_faults_again_and_another_one_others)
{
    struct buf traces[3] = {BUF_INIT, BUF_INIT, BUF_INIT};
    static const char *const plans[] = {
        "kill-every=3m-4m,stop-every=1m,seed=7", "kill-every=3m-4m,stop-every=1m,seed=7",
        "kill-every=3m-4m,stop-every=1m,seed=8"};

    for (int i = 0; i < 3; i++) {
        struct sim s = sim_pod("containers: [{name: app, command: [app], livenessProbe: {tcpSocket: {port: 80}}}]");

        sim_set_chaos(&s, plans[i]);
        sim_run_until(&s, 8 * 3600 * 1000);
        EXPECT(target(&s, 0)->kills > 10);
        EXPECT(target(&s, 0)->stops > 10);
        buf_adds(&traces[i], buf_text(&s.trace));
        sim_end(&s);
    }
    EXPECT_STR(buf_text(&traces[0]), buf_text(&traces[1]));
    EXPECT(strcmp(buf_text(&traces[0]), buf_text(&traces[2])) != 0);
    for (int i = 0; i < 3; i++)
        buf_deinit(&traces[i]);
}

TEST(a_spread_is_drawn_anew_for_each_run_and_kept_to)
{
    struct sim s = sim_pod_annotated("pidlet.dev/backoff: initial=0s", "containers: [{name: app, command: [app]}]");
    mono_ms least = MONO_NEVER, most = 0;

    sim_set_chaos(&s, "kill-every=100ms-109ms,rounds=1000");
    for (mono_ms at = 0; !chaos_done(s.chaos); at++) {
        const struct container *app = sim_container(&s, "app");
        mono_ms ran;

        sim_run_until(&s, at);
        if (!app->has_last)
            continue;
        ran = app->last.finished - app->last.started;
        least = ran < least ? ran : least;
        most = ran > most ? ran : most;
    }
    EXPECT_INT(least, 100);
    EXPECT_INT(most, 109);
    sim_end(&s);
}

TEST(sidecars_are_hit_and_init_containers_are_not)
{
    struct sim s = sim_pod("initContainers: [{name: init, command: [init]}, "
                           "{name: side, command: [side], restartPolicy: Always}], "
                           "containers: [{name: app, command: [app]}]");

    sim_set_chaos(&s, "kill-every=500ms,rounds=1");
    sim_run_until(&s, 60000);
    EXPECT(chaos_done(s.chaos));
    EXPECT_INT(target(&s, 0)->kills, 0);
    EXPECT_INT(target(&s, 1)->kills, 1);
    EXPECT_INT(target(&s, 2)->kills, 1);
    sim_end(&s);
}

TEST(a_container_that_is_named_is_hit_alone)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app]}, {name: side, command: [side]}]");

    sim_set_chaos(&s, "kill-every=5s,rounds=2,container=pod/side");
    sim_run_until(&s, 60000);
    EXPECT(chaos_done(s.chaos));
    EXPECT_INT(sim_container(&s, "app")->restart_count, 0);
    EXPECT_INT(sim_container(&s, "side")->restart_count, 2);
    sim_end(&s);
}

TEST(a_run_that_ends_by_itself_costs_no_round)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app]}]");

    sim_runs(&s, "app", {.length = 1000, .exit_code = 1}, {.start_fails = true}, {.length = MONO_NEVER});
    sim_set_chaos(&s, "kill-every=5s,rounds=1");
    sim_run_until(&s, 60000);
    EXPECT(chaos_done(s.chaos));
    EXPECT_INT(target(&s, 0)->rounds, 1);
    EXPECT_INT(sim_container(&s, "app")->restart_count, 3);
    sim_end(&s);
}

TEST(a_container_that_will_not_run_again_is_done_before_its_rounds_are)
{
    struct sim s = sim_pod("restartPolicy: Never, containers: [{name: app, command: [app]}, "
                           "{name: other, command: [other]}]");

    sim_set_chaos(&s, "kill-every=5s,rounds=7,container=app");
    sim_run_until(&s, 5000);
    EXPECT(chaos_done(s.chaos));
    EXPECT_INT(target(&s, 0)->kills, 1);
    sim_end(&s);
}

TEST(the_end_of_a_pod_is_the_end_of_its_chaos)
{
    static const char *const policies[] = {"Never", "OnFailure"};

    for (int i = 0; i < 2; i++) {
        struct buf spec = BUF_INIT;
        struct sim s;

        buf_addf(&spec, "restartPolicy: %s, initContainers: [{name: init, command: [init]}], "
                        "containers: [{name: app, command: [app]}]", policies[i]);
        s = sim_pod(buf_text(&spec));
        sim_runs(&s, "app", {.length = 1000, .exit_code = 0});
        if (i == 0)
            sim_runs(&s, "init", {.length = 1000, .exit_code = 1});
        sim_set_chaos(&s, "kill-every=5s");
        sim_run_until(&s, MONO_NEVER);
        EXPECT_INT(simulator_pod(s.simulator)->state, POD_ENDED);
        EXPECT(chaos_done(s.chaos));
        sim_end(&s);
        buf_deinit(&spec);
    }
}

TEST(what_is_being_stopped_is_left_alone_and_what_is_halted_hears_its_signal)
{
    struct sim s = sim_pod("terminationGracePeriodSeconds: 30, containers: [{name: app, command: [app]}, "
                           "{name: slow, command: [slow]}]");
    struct chaos_order order;

    sim_behaviour(&s, "slow")->term_after = 20000;
    sim_set_chaos(&s, "stop-every=5s,stop-for=1m,container=app");
    sim_run_until(&s, 6000);
    EXPECT_INT(target(&s, 0)->state, CHAOS_HALTED);
    sim_stop(&s, MONO_NEVER);
    EXPECT_INT(chaos_deadline(s.chaos), 6000);
    EXPECT(chaos_next(s.chaos, simulator_pod(s.simulator), 6000, &order));
    EXPECT_INT(order.deed, CHAOS_CONTINUE);
    EXPECT_STR(chaos_signal_name(order.deed), "SIGCONT");
    EXPECT_INT(target(&s, 0)->state, CHAOS_AWAITED);
    EXPECT(chaos_deadline(s.chaos) == MONO_NEVER);
    sim_run_until(&s, 60000);
    EXPECT(chaos_done(s.chaos));
    sim_end(&s);

    s = sim_pod("terminationGracePeriodSeconds: 30, containers: [{name: app, command: [app]}]");
    sim_behaviour(&s, "app")->term_after = 20000;
    sim_set_chaos(&s, "kill-every=10s");
    sim_run_until(&s, 6000);
    sim_stop(&s, MONO_NEVER);
    sim_run_until(&s, 60000);
    EXPECT_INT(target(&s, 0)->kills, 0);
    EXPECT_STR(strstr(buf_text(&s.trace), "     26.000"), "     26.000 app Exited 143\n     26.000 app NotReady\n     26.000 Deleted\n");
    sim_end(&s);
}

TEST(after_its_time_there_are_no_faults_and_nothing_stays_stopped)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app]}]");

    sim_set_chaos(&s, "stop-every=5s,stop-for=1m,for=30s");
    sim_run_until(&s, 29999);
    EXPECT_INT(target(&s, 0)->state, CHAOS_HALTED);
    EXPECT_INT(chaos_deadline(s.chaos), 30000);
    sim_run_until(&s, 30000);
    EXPECT_INT(target(&s, 0)->continued, 1);
    EXPECT(chaos_done(s.chaos));
    sim_run_until(&s, 60000);
    EXPECT_INT(target(&s, 0)->stops, 1);
    sim_end(&s);
}

TEST(an_end_on_request_is_like_the_end_of_its_time)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app]}, {name: side, command: [side]}]");
    struct chaos_order order;

    sim_set_chaos(&s, "kill-every=5s");
    sim_run_until(&s, 2000);
    chaos_end(s.chaos, 2000);
    EXPECT(chaos_done(s.chaos));
    EXPECT(!chaos_next(s.chaos, simulator_pod(s.simulator), 5000, &order));
    sim_end(&s);
}

TEST(a_failed_hook_stops_the_container_and_wakes_it_first)
{
    struct sim s = sim_pod("terminationGracePeriodSeconds: 30, containers: [{name: app, command: [app], lifecycle: "
                           "{postStart: {exec: {command: [hook]}}}}]");

    sim_behaviour(&s, "app")->hook_takes = 8000;
    sim_behaviour(&s, "app")->hook_outcome = ATTEMPT_EXIT_CODE;
    sim_set_chaos(&s, "stop-every=5s,stop-for=1m,rounds=1");
    sim_run_until(&s, 8000);
    EXPECT_INT(target(&s, 0)->continued, 1);
    EXPECT_INT(target(&s, 0)->found, 0);
    sim_end(&s);
}

TEST(a_stop_that_comes_between_a_kill_and_its_exit_changes_nothing)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app]}]");
    struct chaos_order order;

    sim_set_chaos(&s, "kill-every=5s");
    sim_run_until(&s, 4999);
    simulator_run(s.simulator, 5000);
    EXPECT(chaos_next(s.chaos, simulator_pod(s.simulator), 5000, &order));
    EXPECT_INT(order.deed, CHAOS_KILL);
    EXPECT_INT(order.round, 1);
    sim_stop(&s, MONO_NEVER);
    EXPECT_INT(target(&s, 0)->state, CHAOS_AWAITED);
    sim_run_until(&s, 60000);
    EXPECT(chaos_done(s.chaos));
    sim_end(&s);
}

TEST(a_note_of_a_pod_that_lives_ends_nothing)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app]}]");
    const struct action action = {.kind = DO_NOTE, .container = NO_CONTAINER, .note.kind = NOTE_KILLING};

    sim_set_chaos(&s, "kill-every=5s");
    sim_run_until(&s, 1000);
    chaos_observe(s.chaos, simulator_pod(s.simulator), &action);
    EXPECT_INT(target(&s, 0)->state, CHAOS_ARMED);
    sim_end(&s);
}

TEST(a_simulation_may_end_when_the_chaos_is_done)
{
    static const mono_ms bounds[] = {600000, 570000, 569999, MONO_NEVER};
    static const mono_ms ends[] = {570000, 570000, 550000, 570000};

    for (int i = 0; i < 4; i++) {
        struct sim s = sim_pod("containers: [{name: app, command: [app], livenessProbe: {tcpSocket: {port: 80}}}]");

        sim_set_chaos(&s, "kill-every=3m,rounds=3");
        sim_container(&s, "app");
        simulator_finish_chaos(s.simulator, s.chaos, bounds[i]);
        EXPECT_INT(simulator_now(s.simulator), ends[i]);
        sim_end(&s);
    }
}

TEST(a_chaos_that_never_comes_to_its_end_ends_with_the_pod_s_last_thing)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app]}]");

    sim_runs(&s, "app", {.length = MONO_NEVER});
    sim_set_chaos(&s, "kill-every=3m,rounds=1");
    sim_container(&s, "app");
    s.chaos->targets[0].state = CHAOS_AWAITED;
    s.chaos->targets[0].deadline = MONO_NEVER;
    simulator_finish_chaos(s.simulator, s.chaos, MONO_NEVER);
    EXPECT_INT(simulator_now(s.simulator), 0);
    sim_end(&s);
}

TEST(an_observer_may_break_it_off)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app]}]");

    sim_set_chaos(&s, "kill-every=5s");
    sim_run_until(&s, 7000);
    simulator_break(s.simulator, "enough");
    simulator_break(s.simulator, "once more");
    simulator_run_chaos(s.simulator, s.chaos, 60000);
    EXPECT_INT(simulator_now(s.simulator), 7000);
    EXPECT_STR(simulator_violation(s.simulator), "enough");
    sim_end(&s);
}

TEST(a_broken_invariant_ends_it)
{
    struct sim s = sim_pod_annotated("pidlet.dev/backoff: initial=0s", "containers: [{name: app, command: [app]}]");

    sim_runs(&s, "app", {.length = 0, .exit_code = 1});
    sim_set_chaos(&s, "kill-every=5s");
    sim_container(&s, "app");
    simulator_run_chaos(s.simulator, s.chaos, 60000);
    EXPECT(simulator_violation(s.simulator) != NULL);
    EXPECT_INT(simulator_now(s.simulator), 0);
    sim_end(&s);
}

TESTS(RUN(each_run_is_killed_so_long_after_its_start_and_the_last_round_is_over_when_it_runs_again),
      RUN(without_rounds_it_goes_on),
      RUN(a_stopped_process_is_found_by_its_liveness_probe_and_killed_after_its_grace_period),
      RUN(a_startup_probe_finds_it_as_well),
      RUN(one_that_no_probe_looks_at_goes_on_after_ten_seconds_and_is_hit_again),
      RUN(how_long_it_stays_stopped_follows_from_its_probe_or_is_said),
      RUN(a_seed_draws_the_same_faults_again_and_another_one_others),
      RUN(a_spread_is_drawn_anew_for_each_run_and_kept_to),
      RUN(sidecars_are_hit_and_init_containers_are_not),
      RUN(a_container_that_is_named_is_hit_alone),
      RUN(a_run_that_ends_by_itself_costs_no_round),
      RUN(a_container_that_will_not_run_again_is_done_before_its_rounds_are),
      RUN(the_end_of_a_pod_is_the_end_of_its_chaos),
      RUN(what_is_being_stopped_is_left_alone_and_what_is_halted_hears_its_signal),
      RUN(after_its_time_there_are_no_faults_and_nothing_stays_stopped),
      RUN(an_end_on_request_is_like_the_end_of_its_time),
      RUN(a_failed_hook_stops_the_container_and_wakes_it_first),
      RUN(a_stop_that_comes_between_a_kill_and_its_exit_changes_nothing),
      RUN(a_note_of_a_pod_that_lives_ends_nothing),
      RUN(a_simulation_may_end_when_the_chaos_is_done),
      RUN(a_chaos_that_never_comes_to_its_end_ends_with_the_pod_s_last_thing),
      RUN(an_observer_may_break_it_off),
      RUN(a_broken_invariant_ends_it))
