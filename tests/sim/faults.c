/* Faults that befall a run from outside, at an instant: what a scenario plays. */
#include "tests/lib/sim.h"

#include <signal.h>

static void befall(struct sim *s, mono_ms at, const struct sim_fault *fault)
{
    sim_run_until(s, at);
    simulator_fault(s->simulator, 0, fault);
}

TEST(a_kill_from_outside_ends_the_run_in_that_instant)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app]}]");

    befall(&s, 5000, &(struct sim_fault){.kind = SIM_FAULT_END, .signal = SIGKILL});
    sim_run_until(&s, 6000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      0.000 app Ready\n"
        "      5.000 app Exited 137\n"
        "      5.000 app NotReady\n"
        "      5.000 app BackOff 0s\n"
        "      5.000 app Created\n"
        "      5.000 app Started\n"
        "      5.000 app Ready\n");
    sim_end(&s);
}

TEST(a_run_that_is_over_is_beyond_faults)
{
    static const struct sim_run run = {.length = 1000, .exit_code = 3};
    struct sim s = sim_pod("restartPolicy: Never, containers: [{name: app, command: [app]}]");

    sim_set_runs(&s, "app", &run, 1);
    befall(&s, 5000, &(struct sim_fault){.kind = SIM_FAULT_END, .signal = SIGKILL});
    sim_run_until(&s, 6000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      0.000 app Ready\n"
        "      1.000 app Exited 3\n"
        "      1.000 app NotReady\n"
        "      1.000 Failed\n");
    sim_end(&s);
}

TEST(of_two_ends_in_one_instant_the_first_counts)
{
    struct sim s = sim_pod("restartPolicy: Never, containers: [{name: app, command: [app]}]");

    befall(&s, 5000, &(struct sim_fault){.kind = SIM_FAULT_END, .exit_code = 4});
    simulator_fault(s.simulator, 0, &(struct sim_fault){.kind = SIM_FAULT_END, .signal = SIGKILL});
    sim_run_until(&s, 6000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      0.000 app Ready\n"
        "      5.000 app Exited 4\n"
        "      5.000 app NotReady\n"
        "      5.000 Failed\n");
    sim_end(&s);
}

TEST(a_hang_that_passes_in_time_restarts_nothing)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app], livenessProbe: "
                           "{tcpSocket: {port: 80}, periodSeconds: 10, failureThreshold: 2}}]");

    befall(&s, 5000, &(struct sim_fault){.kind = SIM_FAULT_HANG, .until = 15000});
    sim_run_until(&s, 60000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      0.000 app Ready\n"
        "     11.000 app Unhealthy liveness\n");
    sim_end(&s);
}

TEST(a_flap_of_the_readiness_probe_takes_the_pod_out_and_in_again)
{
    struct sim s = sim_pod("containers: [{name: app, command: [app], readinessProbe: "
                           "{tcpSocket: {port: 80}, periodSeconds: 10, failureThreshold: 2}}]");

    befall(&s, 5000, &(struct sim_fault){.kind = SIM_FAULT_FAIL_PROBES, .until = 25000});
    sim_run_until(&s, 60000);
    EXPECT_TRACE(&s,
        "      0.000 app Created\n"
        "      0.000 app Started\n"
        "      0.000 app Ready\n"
        "     10.000 app Unhealthy readiness\n"
        "     20.000 app Unhealthy readiness\n"
        "     20.000 app NotReady\n"
        "     30.000 app Ready\n");
    sim_end(&s);
}

TESTS(RUN(a_kill_from_outside_ends_the_run_in_that_instant),
      RUN(a_run_that_is_over_is_beyond_faults),
      RUN(of_two_ends_in_one_instant_the_first_counts),
      RUN(a_hang_that_passes_in_time_restarts_nothing),
      RUN(a_flap_of_the_readiness_probe_takes_the_pod_out_and_in_again))
