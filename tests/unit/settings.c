/*
 * KubeletConfiguration: defaults, bounds, the kubelet's words (kubelet-semantics 1.8).
 */
#include "base/arena.h"
#include "base/buf.h"
#include "config/diag.h"
#include "config/settings.h"
#include "tests/lib/test.h"

#include <string.h>

#define HEAD "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"

static struct {
    struct arena *arena;
    struct settings settings;
    struct buf findings;
} w;

static bool read_text(const char *text)
{
    struct diags diags;
    bool ok;

    memset(&w, 0, sizeof w);
    w.arena = arena_new();
    assert_true(diags_init(&diags));
    ok = settings_parse(&w.settings, "c", text, strlen(text), w.arena, NULL, &diags);
    for (size_t i = 0; i < diags.count; i++) {
        diag_format(&diags.items[i], &w.findings);
        buf_addc(&w.findings, '\n');
    }
    diags_deinit(&diags);
    return ok;
}

static void done(void)
{
    arena_free(w.arena);
    buf_deinit(&w.findings);
}

static void good(const char *text)
{
    if (!read_text(text))
        fail_msg("refused: %s", buf_text(&w.findings));
}

static void finding(const char *text, const char *wanted)
{
    EXPECT(!read_text(text));
    EXPECT_STR(buf_text(&w.findings), wanted);
    done();
}

static void expect_defaults(void)
{
    EXPECT(w.settings.static_pod_path == NULL);
    EXPECT(w.settings.pod_logs_dir == NULL);
    EXPECT_INT(w.settings.container_log_max_size, 10 * 1024 * 1024);
    EXPECT_INT(w.settings.container_log_max_files, 5);
    EXPECT_INT(w.settings.max_restart_period, 300000);
    EXPECT_INT(w.settings.pod_pids_limit, -1);
    EXPECT_INT(w.settings.stream_idle, 90000);
    EXPECT_INT(w.settings.shutdown_count, 0);
}

TEST(what_is_not_set_has_the_kubelets_default)
{
    good(HEAD);
    expect_defaults();
    done();
    good("# nothing\n");
    expect_defaults();
    done();
    good(HEAD "crashLoopBackOff: {}\nstaticPodPath: ''\npodLogsDir: ''\ncontainerLogMaxSize: ''\n");
    expect_defaults();
    done();
}

TEST(what_is_honoured_is_read)
{
    good(HEAD "staticPodPath: /etc/pods\npodLogsDir: /srv/logs\ncontainerLogMaxSize: 1Mi\n"
              "containerLogMaxFiles: 2\npodPidsLimit: 100\n"
              "crashLoopBackOff: {maxContainerRestartPeriod: 1m30s}\n");
    EXPECT_STR(w.settings.static_pod_path, "/etc/pods");
    EXPECT_STR(w.settings.pod_logs_dir, "/srv/logs");
    EXPECT_INT(w.settings.container_log_max_size, 1024 * 1024);
    EXPECT_INT(w.settings.container_log_max_files, 2);
    EXPECT_INT(w.settings.max_restart_period, 90000);
    EXPECT_INT(w.settings.pod_pids_limit, 100);
    done();
    good(HEAD "containerLogMaxSize: 4096\n");   /* a number is a quantity */
    EXPECT_INT(w.settings.container_log_max_size, 4096);
    done();
}

TEST(a_slow_reader_has_a_second_or_more_and_0_is_the_default)
{
    good(HEAD "streamingConnectionIdleTimeout: 2s\n");
    EXPECT_INT(w.settings.stream_idle, 2000);
    done();
    good(HEAD "streamingConnectionIdleTimeout: 4h\n");
    EXPECT_INT(w.settings.stream_idle, 4 * 3600 * 1000);
    done();
    good(HEAD "streamingConnectionIdleTimeout: 0s\n");         /* as kubeadm writes it */
    expect_defaults();
    done();
    finding(HEAD "streamingConnectionIdleTimeout: 999ms\n",
            "c:3:33: streamingConnectionIdleTimeout: Invalid value: \"999ms\": must be either zero or at least 1s\n");
    finding(HEAD "streamingConnectionIdleTimeout: -1s\n",
            "c:3:33: streamingConnectionIdleTimeout: Invalid value: \"-1s\": must be a duration such as 90s or 1m30s\n");
}

TEST(a_restart_period_is_between_1_s_and_300_s)
{
    good(HEAD "crashLoopBackOff: {maxContainerRestartPeriod: 1s}\n");
    EXPECT_INT(w.settings.max_restart_period, 1000);
    done();
    good(HEAD "crashLoopBackOff: {maxContainerRestartPeriod: 300s}\n");
    EXPECT_INT(w.settings.max_restart_period, 300000);
    done();
    finding(HEAD "crashLoopBackOff:\n  maxContainerRestartPeriod: 301s\n",
            "c:4:30: crashLoopBackOff.maxContainerRestartPeriod: Invalid value: \"301s\": invalid configuration: "
            "CrashLoopBackOff.MaxContainerRestartPeriod (got: 301 seconds) must be set between 1s and 300s\n");
    finding(HEAD "crashLoopBackOff:\n  maxContainerRestartPeriod: 999ms\n",
            "c:4:30: crashLoopBackOff.maxContainerRestartPeriod: Invalid value: \"999ms\": invalid configuration: "
            "CrashLoopBackOff.MaxContainerRestartPeriod (got: 0.999 seconds) must be set between 1s and 300s\n");
}

TEST(durations_are_texts_of_go)
{
    finding(HEAD "syncFrequency: soon\n",
            "c:3:16: syncFrequency: Invalid value: \"soon\": must be a duration such as 90s or 1m30s\n");
    finding(HEAD "shutdownGracePeriod: 10\n",
            "c:3:22: shutdownGracePeriod: Invalid value: 10: must be a string, not an integer: write \"10\" in quotes\n");
}

TEST(logs_have_bounds)
{
    finding(HEAD "containerLogMaxSize: 0\n", "c:3:22: containerLogMaxSize: Invalid value: 0: must be greater than 0\n");
    finding(HEAD "containerLogMaxFiles: 1\n",
            "c:3:23: containerLogMaxFiles: Invalid value: 1: invalid MaxFiles 1, must be > 1\n");
    finding(HEAD "podLogsDir: logs\n",
            "c:3:13: podLogsDir: Invalid value: \"logs\": pod logs path \"logs\" must be absolute path\n");
}

TEST(critical_pods_get_the_last_part_of_the_shutdown)
{
    good(HEAD "shutdownGracePeriod: 30s\nshutdownGracePeriodCriticalPods: 10s\n");
    EXPECT_INT(w.settings.shutdown_count, 2);
    EXPECT_INT(w.settings.shutdown[0].priority, 0);
    EXPECT_INT(w.settings.shutdown[0].grace, 20000);
    EXPECT_INT(w.settings.shutdown[1].priority, PRIORITY_CRITICAL);
    EXPECT_INT(w.settings.shutdown[1].grace, 10000);
    done();
    finding(HEAD "shutdownGracePeriod: 5s\nshutdownGracePeriodCriticalPods: 10s\n",
            "c:4:34: shutdownGracePeriodCriticalPods: Invalid value: \"10s\": invalid configuration: "
            "shutdownGracePeriodCriticalPods {10s} must be <= shutdownGracePeriod {5s}\n");
    finding(HEAD "shutdownGracePeriod: 500ms\n",
            "c:3:22: shutdownGracePeriod: Invalid value: \"500ms\": invalid configuration: shutdownGracePeriod "
            "{500ms} must be either zero or otherwise >= 1 sec\n");
}

TEST(stages_of_a_shutdown_are_in_order_of_priority)
{
    good(HEAD "shutdownGracePeriodByPodPriority:\n- {priority: 2000000000, shutdownGracePeriodSeconds: 10}\n"
              "- {priority: 0, shutdownGracePeriodSeconds: 30}\n- {priority: 10000, shutdownGracePeriodSeconds: 20}\n");
    EXPECT_INT(w.settings.shutdown_count, 3);
    for (int i = 0; i < 3; i++)
        EXPECT_INT(w.settings.shutdown[i].grace, 30000 - i * 10000);
    done();
    finding(HEAD "shutdownGracePeriodByPodPriority: [{priority: 1}, {priority: 1}]\n",
            "c:3:62: shutdownGracePeriodByPodPriority[1].priority: Duplicate value: 1\n");
    finding(HEAD "shutdownGracePeriod: 5s\nshutdownGracePeriodByPodPriority: [{priority: 1}]\n",
            "c:4:35: shutdownGracePeriodByPodPriority: Forbidden: invalid configuration: Cannot specify both "
            "shutdownGracePeriodByPodPriority and shutdownGracePeriod at the same time\n");
}

TEST(what_would_leave_pods_with_less_is_refused)
{
    finding(HEAD "seccompDefault: true\n",
            "c:3:1: seccompDefault: Refused: no seccomp profile is loaded: processes could do more than was asked\n");
    good(HEAD "seccompDefault: false\nevictionHard: {}\n");
    done();
}

TEST(a_slip_of_the_finger_is_found)
{
    finding(HEAD "containerLogMaxFile: 3\n",
            "c:3:1: containerLogMaxFile: Unknown field: strict decoding error: unknown field "
            "\"containerLogMaxFile\": did you mean \"containerLogMaxFiles\"?\n");
}

TEST(other_kinds_are_no_settings)
{
    finding("apiVersion: v1\nkind: Pod\n",
            "c:2:7: kind: Unsupported value: \"Pod\": supported values: \"KubeletConfiguration\"\n"
            "c:1:13: apiVersion: Unsupported value: \"v1\": supported values: \"kubelet.config.k8s.io/v1beta1\"\n");
    finding(HEAD "---\n" HEAD, "c: settings are one document, not 2\n");
    finding("[]\n", "c:1:1: Invalid value: []: must be a map with apiVersion and kind\n");
}

TESTS(RUN(what_is_not_set_has_the_kubelets_default), RUN(what_is_honoured_is_read),
      RUN(a_slow_reader_has_a_second_or_more_and_0_is_the_default), RUN(a_restart_period_is_between_1_s_and_300_s), RUN(durations_are_texts_of_go), RUN(logs_have_bounds),
      RUN(critical_pods_get_the_last_part_of_the_shutdown), RUN(stages_of_a_shutdown_are_in_order_of_priority),
      RUN(what_would_leave_pods_with_less_is_refused), RUN(a_slip_of_the_finger_is_found),
      RUN(other_kinds_are_no_settings))
