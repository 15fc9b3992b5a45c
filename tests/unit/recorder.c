/* Notes as Events, as lines of the trace and as JSON: every kind of note, in the words people see. */
#include "daemon/core/recorder.h"

#include "base/buf.h"
#include "base/macros.h"
#include "config/load.h"
#include "daemon/core/trace.h"
#include "tests/lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct container_spec sidecar = {.name = "proxy", .restart_policy = RESTART_ALWAYS};
static const struct container_spec app = {.name = "app"};
static const struct container_spec *const containers[] = {&sidecar, &app};
static const struct backoff_policy backoff[] = {BACKOFF_POLICY_KUBELET, BACKOFF_POLICY_KUBELET};
static const struct notify_rules notify[2];
static const struct pod_spec spec = {.restart_policy = RESTART_ALWAYS, .termination_grace_period_seconds = 30};
static const struct pod_config config = {
    .name = "web", .namespace = "shop", .uid = "u1", .spec = &spec,
    .containers = (const struct container_spec **)containers, .count = 2, .init_count = 1,
    .backoff = backoff,
    .notify = notify,
};

enum { PROXY = 0, APP = 1 };

static struct pod *a_pod(void)
{
    struct pod *p = calloc(1, pod_size(&config));

    assert_non_null(p);
    pod_init(p, &config, 1000, 1);
    return p;
}

/* What is said of a note: "Type Reason of whom: message", or "" for nothing. */
static void expect_event(int container, struct note note, const char *wanted)
{
    struct pod *p = a_pod();
    struct buf message = BUF_INIT, all = BUF_INIT;
    struct event_words w;

    if (recorder_describe(p, container, &note, &w, &message))
        buf_addf(&all, "%s %s%s: %s", w.type, w.reason, w.of_kubelet ? "" : " (pidlet)",
                 buf_text(&message));
    EXPECT_STR(buf_text(&all), wanted);
    buf_deinit(&message);
    buf_deinit(&all);
    free(p);
}

#define NOTE(...) ((struct note){__VA_ARGS__})
#define ENDED(...) NOTE(.kind = NOTE_EXITED, .end = {.started = 1000, .finished = 3500, __VA_ARGS__})

TEST(starts_are_told_in_the_words_of_the_kubelet)
{
    expect_event(APP, NOTE(.kind = NOTE_CREATED), "Normal Created: Container created");
    expect_event(APP, NOTE(.kind = NOTE_STARTED), "Normal Started: Container started");
    expect_event(APP, NOTE(.kind = NOTE_START_FAILED, .text = "no such file"),
                 "Warning Failed: Error: no such file");
    expect_event(APP, NOTE(.kind = NOTE_START_FAILED), "Warning Failed: Error: ");
    expect_event(APP, NOTE(.kind = NOTE_NOT_CREATED, .text = "configmap \"a\" not found"),
                 "Warning Failed: Error: configmap \"a\" not found");
}

TEST(a_probe_that_fails_warns_or_cannot_tell_is_told_with_its_text)
{
    expect_event(APP, NOTE(.kind = NOTE_UNHEALTHY, .slot = SLOT_LIVENESS, .text = "refused"),
                 "Warning Unhealthy: Liveness probe failed: refused");
    expect_event(APP, NOTE(.kind = NOTE_PROBE_WARNING, .slot = SLOT_READINESS, .text = "moved"),
                 "Warning ProbeWarning: Readiness probe warning: moved");
    expect_event(APP, NOTE(.kind = NOTE_PROBE_ERROR, .slot = SLOT_STARTUP, .text = "odd"),
                 "Warning Unhealthy: Startup probe errored and resulted in unknown state: odd");
    expect_event(APP, NOTE(.kind = NOTE_PROBE_ERROR, .slot = SLOT_LIVENESS, .text = "unexpected EOF",
                           .outcome = ATTEMPT_BODY_UNREADABLE),
                 "Warning Unhealthy: Liveness probe errored and resulted in failure state: unexpected EOF");
}

TEST(a_hook_is_told_of_when_it_fails)
{
    expect_event(APP, NOTE(.kind = NOTE_HOOK, .slot = SLOT_POST_START, .outcome = ATTEMPT_OK), "");
    expect_event(APP, NOTE(.kind = NOTE_HOOK, .slot = SLOT_POST_START, .outcome = ATTEMPT_EXIT_CODE),
                 "Warning FailedPostStartHook: PostStartHook failed");
    expect_event(APP, NOTE(.kind = NOTE_HOOK, .slot = SLOT_PRE_STOP, .outcome = ATTEMPT_TIMED_OUT),
                 "Warning FailedPreStopHook: PreStopHook failed");
    expect_event(APP, NOTE(.kind = NOTE_HOOK, .slot = SLOT_PRE_STOP, .outcome = ATTEMPT_HOOK_INVALID),
                 "Warning FailedPreStopHook: PreStopHook failed");
    expect_event(APP, NOTE(.kind = NOTE_HOOK, .slot = SLOT_PRE_STOP, .outcome = ATTEMPT_FELL_BACK, .text = "HTTP did"),
                 "Warning LifecycleHTTPFallback: HTTP did");
}

TEST(a_stop_is_told_with_its_reason)
{
    expect_event(APP, NOTE(.kind = NOTE_KILLING, .stop = STOP_DELETED),
                 "Normal Killing: Stopping container app");
    expect_event(APP, NOTE(.kind = NOTE_KILLING, .stop = STOP_LIVENESS, .will_restart = true),
                 "Normal Killing: Container app failed liveness probe, will be restarted");
    expect_event(APP, NOTE(.kind = NOTE_KILLING, .stop = STOP_STARTUP),
                 "Normal Killing: Container app failed startup probe");
    expect_event(PROXY, NOTE(.kind = NOTE_KILLING, .stop = STOP_LIVENESS, .will_restart = true),
                 "Normal Killing: Init container proxy failed liveness probe");
    expect_event(APP, NOTE(.kind = NOTE_KILLING, .stop = STOP_DEADLINE), "Normal Killing: Stopping container app");
    expect_event(APP, NOTE(.kind = NOTE_KILLING, .stop = STOP_RESTART_ALL), "Normal Killing: killing");
    expect_event(APP, NOTE(.kind = NOTE_KILLING, .stop = STOP_CHANGED, .will_restart = true),
                 "Normal Killing: Container app definition changed, will be restarted");
    expect_event(PROXY, NOTE(.kind = NOTE_KILLING, .stop = STOP_CHANGED, .will_restart = true),
                 "Normal Killing: Init container proxy definition changed");
    expect_event(APP, NOTE(.kind = NOTE_KILLING, .stop = STOP_FILES_CHANGED, .will_restart = true),
                 "Normal Killing: Container app files changed, will be restarted");
    expect_event(APP, NOTE(.kind = NOTE_KILLING, .stop = STOP_RESTART, .will_restart = true),
                 "Normal Killing: Container app restart requested, will be restarted");
    expect_event(APP, NOTE(.kind = NOTE_KILLING, .stop = STOP_POST_START),
                 "Normal Killing: FailedPostStartHook");
    expect_event(APP, NOTE(.kind = NOTE_KILLING, .stop = (enum stop_reason)STOP_REASONS),
                 "Normal Killing: ");
}

TEST(an_exit_is_told_with_its_code_or_signal_and_the_length_of_the_run)
{
    expect_event(APP, ENDED(.reason = END_COMPLETED), "Normal Exited (pidlet): exit code 0 after 2.5s");
    expect_event(APP, ENDED(.reason = END_ERROR, .exit_code = 3),
                 "Warning Exited (pidlet): exit code 3 after 2.5s");
    expect_event(APP, ENDED(.reason = END_ERROR, .exit_code = 137, .signal = 9),
                 "Warning Exited (pidlet): killed by signal 9 (exit code 137) after 2.5s");
    expect_event(APP, NOTE(.kind = NOTE_EXITED, .as_asked = true, .end = {.started = 1000, .finished = 3500,
                                                                          .reason = END_ERROR, .exit_code = 143, .signal = 15}),
                 "Normal Exited (pidlet): killed by signal 15 (exit code 143) after 2.5s");
    expect_event(APP, ENDED(.reason = END_OOM_KILLED, .exit_code = 137, .signal = 9),
                 "Warning Exited (pidlet): OOMKilled: killed by signal 9 (exit code 137) after 2.5s");
    expect_event(APP, ENDED(.reason = END_UNKNOWN, .exit_code = 255),
                 "Warning Exited (pidlet): exit status lost after 2.5s");
    expect_event(APP, ENDED(.reason = END_START_ERROR, .exit_code = 128), "");
}

TEST(an_exit_is_told_with_the_begin_of_its_message)
{
    char text[300], wanted[400];

    expect_event(APP, ENDED(.reason = END_ERROR, .exit_code = 3, .message = "no licence\n\n"),
                 "Warning Exited (pidlet): exit code 3 after 2.5s: no licence");
    expect_event(APP, ENDED(.reason = END_COMPLETED, .message = "\n"), "Normal Exited (pidlet): exit code 0 after 2.5s");
    memset(text, 'x', sizeof text);
    text[200] = '\0';
    snprintf(wanted, sizeof wanted, "Warning Exited (pidlet): exit code 3 after 2.5s: %s", text);
    expect_event(APP, ENDED(.reason = END_ERROR, .exit_code = 3, .message = text), wanted);
    text[200] = 'x';
    text[201] = '\0';
    strcat(wanted, "...");
    expect_event(APP, ENDED(.reason = END_ERROR, .exit_code = 3, .message = text), wanted);
}

TEST(a_back_off_is_told_with_its_delay_unless_there_is_none)
{
    expect_event(APP, NOTE(.kind = NOTE_BACKOFF), "");
    expect_event(APP, NOTE(.kind = NOTE_BACKOFF, .delay = 20000),
                 "Warning BackOff: back-off 20s restarting failed container=app pod=web_shop(u1)");
    expect_event(APP, NOTE(.kind = NOTE_RESET),
                 "Normal BackOffReset (pidlet): ran longer than 10m0s, back-off starts over");
}

TEST(changed_files_are_told_by_the_first_of_them)
{
    expect_event(APP, NOTE(.kind = NOTE_FILES_CHANGED, .text = "src/app.py"),
                 "Normal FilesChanged: changed: src/app.py, restarting");
}

TEST(a_restart_that_was_asked_for_is_told)
{
    expect_event(APP, NOTE(.kind = NOTE_RESTART), "Normal RestartRequested: restart requested");
    expect_event(APP, NOTE(.kind = NOTE_REPORT, .report = REPORT_POD_RESTART),
                 "Normal RestartRequested: restart of the pod requested");
}

/* What the API shows: "Type Reason: message", or "" for nothing. */
static void expect_api_event(int container, struct note note, const char *wanted)
{
    struct pod *p = a_pod();
    struct buf message = BUF_INIT, all = BUF_INIT;
    struct event_words w;

    if (recorder_event(p, container, &note, &w, &message))
        buf_addf(&all, "%s %s: %s", w.type, w.reason, buf_text(&message));
    EXPECT_STR(buf_text(&all), wanted);
    buf_deinit(&message);
    buf_deinit(&all);
    free(p);
}

/* spec 8.2 */
TEST(the_api_shows_the_words_of_the_kubelet_and_nothing_else)
{
    expect_api_event(APP, NOTE(.kind = NOTE_STARTED), "Normal Started: Container started");
    expect_api_event(APP, NOTE(.kind = NOTE_BACKOFF, .delay = 20000),
                     "Warning BackOff: Back-off restarting failed container app in pod web_shop(u1)");
    expect_api_event(APP, NOTE(.kind = NOTE_BACKOFF), "");
    expect_api_event(APP, NOTE(.kind = NOTE_READY), "");
    expect_api_event(APP, ENDED(.reason = END_COMPLETED), "");
    expect_api_event(NO_CONTAINER, NOTE(.kind = NOTE_DELETED), "");
}

TEST(a_log_that_takes_no_lines_is_told_and_when_it_does_again)
{
    expect_event(APP, NOTE(.kind = NOTE_REPORT, .report = REPORT_LOGS_DROPPED, .text = "No space left on device"),
                 "Warning LogsDropped: writing the log: No space left on device; lines are dropped until there is room");
    expect_event(APP, NOTE(.kind = NOTE_REPORT, .report = REPORT_LOGS_PAUSED, .text = "No space left on device"),
                 "Warning LogsPaused: writing the log: No space left on device; no output is read until there is room");
    expect_event(APP, NOTE(.kind = NOTE_REPORT, .report = REPORT_LOGS_RESUMED),
                 "Normal LogsResumed: the log takes lines again; 0 were dropped");
    expect_event(APP, NOTE(.kind = NOTE_REPORT, .report = REPORT_LOGS_RESUMED, .lines = 1),
                 "Warning LogsResumed: the log takes lines again; 1 was dropped");
    expect_event(APP, NOTE(.kind = NOTE_REPORT, .report = REPORT_NOTICE_IGNORED, .text = "FDSTORE=1 is refused"),
                 "Warning NotifyIgnored: FDSTORE=1 is refused");
    expect_event(APP, NOTE(.kind = NOTE_REPORT, .report = (enum report_kind)(REPORT_POD_RESTART + 1)), "");
}

TEST(readiness_is_told_both_ways)
{
    expect_event(APP, NOTE(.kind = NOTE_READY), "Normal Ready (pidlet): Container is ready");
    expect_event(APP, NOTE(.kind = NOTE_NOT_READY), "Warning NotReady (pidlet): Container is not ready");
}

TEST(the_end_of_a_pod_is_told_once_and_of_the_pod)
{
    expect_event(NO_CONTAINER, NOTE(.kind = NOTE_SUCCEEDED),
                 "Normal Succeeded (pidlet): all containers ended with exit code 0");
    expect_event(NO_CONTAINER, NOTE(.kind = NOTE_FAILED),
                 "Warning Failed (pidlet): all containers ended, not all of them with exit code 0");
    expect_event(NO_CONTAINER, NOTE(.kind = NOTE_DEADLINE_EXCEEDED),
                 "Normal DeadlineExceeded: Pod was active on the node longer than the specified deadline");
    expect_event(NO_CONTAINER, NOTE(.kind = NOTE_OVERDUE),
                 "Warning ExceededGracePeriod: Container runtime did not kill the pod within specified grace period.");
    expect_event(NO_CONTAINER, NOTE(.kind = NOTE_RESTARTING_ALL),
                 "Normal RestartingAllContainers (pidlet): container exited with restart policy rule");
    expect_event(NO_CONTAINER, NOTE(.kind = NOTE_DELETED),
                 "Normal Deleted (pidlet): all containers are gone");
}

TEST(a_report_that_does_not_exist_is_told_to_nobody)
{
    expect_event(APP, NOTE(.kind = NOTE_REPORT, .report = (enum report_kind)99), "");
}

TEST(a_pod_that_was_active_for_too_long_says_so_at_its_end)
{
    struct pod *p = a_pod();
    struct buf message = BUF_INIT;
    struct event_words w;

    p->deadline_exceeded = true;
    EXPECT(recorder_describe(p, NO_CONTAINER, &NOTE(.kind = NOTE_FAILED), &w, &message));
    EXPECT_STR(buf_text(&message), "all containers ended, after activeDeadlineSeconds");
    buf_deinit(&message);
    free(p);
}

/* Whatever its kind, a note is either described with type, reason and message, or not at all. */
TEST(every_note_has_words_or_none)
{
    struct pod *p = a_pod();

    for (int kind = 0; kind < NOTES + 1; kind++) {
        for (int container = NO_CONTAINER; container <= APP; container++) {
            const struct note note = {.kind = (enum note_kind)kind};
            struct event_words w = {0};
            struct buf message = BUF_INIT;
            bool said = recorder_describe(p, container, &note, &w, &message);

            EXPECT(said == (w.type != NULL));
            EXPECT(said == (w.reason != NULL));
            if (said)
                EXPECT(strlen(buf_text(&message)) > 0);
            buf_deinit(&message);
        }
    }
    free(p);
}

/* ---- the trace ---- */

static void expect_lines(struct action action, const char *text, const char *json)
{
    struct pod *p = a_pod();
    struct buf out = BUF_INIT;

    action.note.now = 3500;
    EXPECT_INT(trace_text(&out, p, &action, 3500), text[0] != '\0');
    EXPECT_STR(buf_text(&out), text);
    buf_clear(&out);
    EXPECT_INT(trace_json(&out, p, &action), json[0] != '\0');
    EXPECT_STR(buf_text(&out), json);
    buf_deinit(&out);
    free(p);
}

#define ACTION(...) ((struct action){__VA_ARGS__})
#define SAID(...) ACTION(.kind = DO_NOTE, .container = APP, .note = {__VA_ARGS__})
#define JSON(event, more) \
    "{\"t\":2.500,\"pod\":\"web\",\"container\":\"app\",\"event\":\"" event "\"" more ",\"restartCount\":0}\n"

TEST(each_note_is_a_line_of_text_and_one_of_json)
{
    expect_lines(SAID(.kind = NOTE_STARTED), "      2.500 app Started\n", JSON("Started", ""));
    expect_lines(SAID(.kind = NOTE_UNHEALTHY, .slot = SLOT_LIVENESS),
                 "      2.500 app Unhealthy liveness\n", JSON("Unhealthy", ",\"probe\":\"liveness\""));
    expect_lines(SAID(.kind = NOTE_PROBE_ERROR, .slot = SLOT_STARTUP),
                 "      2.500 app ProbeError startup\n", JSON("ProbeError", ",\"probe\":\"startup\""));
    expect_lines(SAID(.kind = NOTE_HOOK, .slot = SLOT_PRE_STOP, .outcome = ATTEMPT_TIMED_OUT),
                 "      2.500 app Hook preStop timed out\n",
                 JSON("Hook", ",\"hook\":\"preStop\",\"outcome\":\"timed out\""));
    expect_lines(SAID(.kind = NOTE_KILLING, .stop = STOP_LIVENESS), "      2.500 app Killing liveness\n",
                 JSON("Killing", ",\"why\":\"liveness\""));
    expect_lines(SAID(.kind = NOTE_EXITED, .end = {.reason = END_ERROR, .exit_code = 7}),
                 "      2.500 app Exited 7\n", JSON("Exited", ",\"exitCode\":7,\"reason\":\"Error\""));
    expect_lines(SAID(.kind = NOTE_EXITED, .end = {.reason = END_OOM_KILLED, .exit_code = 137}),
                 "      2.500 app Exited 137 OOMKilled\n",
                 JSON("Exited", ",\"exitCode\":137,\"reason\":\"OOMKilled\""));
    expect_lines(SAID(.kind = NOTE_BACKOFF, .delay = 20500), "      2.500 app BackOff 20.5s\n",
                 JSON("BackOff", ",\"delay\":20.500"));
}

TEST(a_note_of_the_pod_names_no_container)
{
    expect_lines(ACTION(.kind = DO_NOTE, .container = NO_CONTAINER, .note = {.kind = NOTE_FAILED}),
                 "      2.500 Failed\n", "{\"t\":2.500,\"pod\":\"web\",\"event\":\"Failed\"}\n");
}

TEST(signals_stand_in_the_text_alone_and_what_is_said_elsewhere_in_neither)
{
    expect_lines(ACTION(.kind = DO_TERM, .container = APP, .signal = 15), "      2.500 app TERM\n", "");
    expect_lines(ACTION(.kind = DO_TERM, .container = APP, .signal = 35), "      2.500 app RTMIN+1\n", "");
    expect_lines(ACTION(.kind = DO_TERM, .container = APP, .signal = 99), "      2.500 app signal 99\n", "");
    expect_lines(ACTION(.kind = DO_KILL, .container = APP), "      2.500 app KILL\n", "");
    expect_lines(ACTION(.kind = DO_SPAWN, .container = APP), "", "");
    expect_lines(SAID(.kind = NOTE_START_FAILED), "", "");
}

TEST(every_note_has_a_name_in_the_trace)
{
    struct pod *p = a_pod();
    struct buf out = BUF_INIT;

    for (int kind = 0; kind < NOTES; kind++) {
        const struct action action = SAID(.kind = (enum note_kind)kind);

        buf_clear(&out);
        if (kind == NOTE_START_FAILED || kind == NOTE_REPORT) {
            EXPECT(!trace_text(&out, p, &action, 2000) && !trace_json(&out, p, &action));
            continue;
        }
        EXPECT(trace_text(&out, p, &action, 2000));
        EXPECT(strstr(buf_text(&out), note_kind_name((enum note_kind)kind)) != NULL);
        buf_clear(&out);
        EXPECT(trace_json(&out, p, &action));
        EXPECT(strstr(buf_text(&out), note_kind_name((enum note_kind)kind)) != NULL);
    }
    buf_deinit(&out);
    free(p);
}

TESTS(RUN(starts_are_told_in_the_words_of_the_kubelet),
      RUN(a_probe_that_fails_warns_or_cannot_tell_is_told_with_its_text),
      RUN(a_hook_is_told_of_when_it_fails),
      RUN(a_stop_is_told_with_its_reason),
      RUN(an_exit_is_told_with_its_code_or_signal_and_the_length_of_the_run),
      RUN(an_exit_is_told_with_the_begin_of_its_message),
      RUN(a_back_off_is_told_with_its_delay_unless_there_is_none),
      RUN(changed_files_are_told_by_the_first_of_them), RUN(a_restart_that_was_asked_for_is_told),
      RUN(the_api_shows_the_words_of_the_kubelet_and_nothing_else),
      RUN(a_log_that_takes_no_lines_is_told_and_when_it_does_again), RUN(readiness_is_told_both_ways),
      RUN(the_end_of_a_pod_is_told_once_and_of_the_pod),
      RUN(a_report_that_does_not_exist_is_told_to_nobody),
      RUN(a_pod_that_was_active_for_too_long_says_so_at_its_end),
      RUN(every_note_has_words_or_none),
      RUN(each_note_is_a_line_of_text_and_one_of_json),
      RUN(a_note_of_the_pod_names_no_container),
      RUN(signals_stand_in_the_text_alone_and_what_is_said_elsewhere_in_neither),
      RUN(every_note_has_a_name_in_the_trace))
