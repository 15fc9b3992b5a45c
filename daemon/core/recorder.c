#include "daemon/core/recorder.h"

#include "base/buf.h"
#include "base/duration.h"
#include "config/load.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

void recorder_add_pod(struct buf *out, const struct pod *p)
{
    buf_addf(out, "%s_%s(%s)", p->config->name, p->config->namespace, p->config->uid);
}

static const char *text_of(const struct note *note)
{
    return note->text != NULL ? note->text : "";
}

static void add_duration(struct buf *out, mono_ms duration)
{
    char text[DURATION_SIZE];

    duration_format(duration, text);
    buf_adds(out, text);
}

void recorder_add_backoff(struct buf *out, const struct pod *p, const struct container *c, mono_ms delay)
{
    buf_adds(out, "back-off ");
    add_duration(out, delay);
    buf_addf(out, " restarting failed container=%s pod=", c->spec->name);
    recorder_add_pod(out, p);
}

static bool words(struct event_words *w, const char *type, const char *reason)
{
    *w = (struct event_words){.type = type, .reason = reason, .of_kubelet = true};
    return true;
}

static bool own_words(struct event_words *w, const char *type, const char *reason)
{
    *w = (struct event_words){.type = type, .reason = reason, .of_kubelet = false};
    return true;
}

static void killing_message(const struct container *c, const struct note *note, struct buf *message)
{
    switch (note->stop) {
    case STOP_LIVENESS:
    case STOP_STARTUP:
        /* The kubelet tells of a sidecar's restart nowhere: it always comes. */
        buf_addf(message, "%s %s failed %s probe%s",
                 c->role == ROLE_SIDECAR ? "Init container" : "Container", c->spec->name,
                 note->stop == STOP_LIVENESS ? "liveness" : "startup",
                 note->will_restart && c->role != ROLE_SIDECAR ? ", will be restarted" : "");
        break;
    case STOP_POST_START:
        buf_adds(message, "FailedPostStartHook");
        break;
    case STOP_RESTART_ALL:
        buf_adds(message, "killing");
        break;
    case STOP_CHANGED:
        buf_addf(message, "%s %s definition changed%s",
                 c->role == ROLE_SIDECAR ? "Init container" : "Container", c->spec->name,
                 c->role == ROLE_SIDECAR ? "" : ", will be restarted");
        break;
    case STOP_FILES_CHANGED:
        buf_addf(message, "Container %s files changed, will be restarted", c->spec->name);
        break;
    case STOP_RESTART:
        buf_addf(message, "Container %s restart requested, will be restarted", c->spec->name);
        break;
    case STOP_DEADLINE:
    case STOP_DELETED:
    case STOP_FINISHED:
    case STOP_NONE:
        buf_addf(message, "Stopping container %s", c->spec->name);
        break;
    }
}

static bool describe_hook(const struct note *note, struct event_words *w, struct buf *message)
{
    if (note->outcome == ATTEMPT_OK)
        return false;
    if (attempt_succeeded(note->outcome)) {
        buf_adds(message, text_of(note));
        return words(w, "Warning", "LifecycleHTTPFallback");
    }
    if (note->slot == SLOT_POST_START) {
        buf_adds(message, "PostStartHook failed");
        return words(w, "Warning", "FailedPostStartHook");
    }
    buf_adds(message, "PreStopHook failed");
    return words(w, "Warning", "FailedPreStopHook");
}

enum { SHOWN_MAX = 200 };               /* bytes of a termination message on the terminal */

/* Its newlines at the end are none of the message. */
static void add_termination_message(struct buf *message, const char *text)
{
    size_t length = text != NULL ? strlen(text) : 0;

    while (length > 0 && text[length - 1] == '\n')
        length--;
    if (length == 0)
        return;
    buf_adds(message, ": ");
    buf_add(message, text, length > SHOWN_MAX ? SHOWN_MAX : length);
    if (length > SHOWN_MAX)
        buf_adds(message, "...");
}

static bool describe_exit(const struct note *note, struct event_words *w, struct buf *message)
{
    const struct run_end *end = &note->end;

    if (end->reason == END_START_ERROR)
        return false;                   /* the Failed Event has said it */
    if (end->reason == END_OOM_KILLED)
        buf_addf(message, "%s: ", end_reason_name(end->reason));
    if (end->reason == END_UNKNOWN)
        buf_adds(message, "exit status lost");
    else if (end->signal != 0)
        buf_addf(message, "killed by signal %d (exit code %d)", end->signal, end->exit_code);
    else
        buf_addf(message, "exit code %d", end->exit_code);
    buf_adds(message, " after ");
    add_duration(message, end->finished - end->started);
    add_termination_message(message, end->message);
    return own_words(w, end->exit_code == 0 || note->as_asked ? "Normal" : "Warning", "Exited");
}

static bool describe_backoff(const struct pod *p, const struct container *c, const struct note *note,
                             struct event_words *w, struct buf *message)
{
    if (note->delay == 0)
        return false;                   /* the kubelet says nothing of a restart at once */
    recorder_add_backoff(message, p, c, note->delay);
    return words(w, "Warning", "BackOff");
}

static bool describe_probe(const struct note *note, struct event_words *w, struct buf *message)
{
    const char *probe = probe_type_name((enum probe_type)note->slot);

    if (note->kind == NOTE_PROBE_WARNING) {
        buf_addf(message, "%s probe warning: %s", probe, text_of(note));
        return words(w, "Warning", "ProbeWarning");
    }
    if (note->kind == NOTE_UNHEALTHY)
        buf_addf(message, "%s probe failed: %s", probe, text_of(note));
    else
        buf_addf(message, "%s probe errored and resulted in %s state: %s", probe,
                 note->outcome == ATTEMPT_BODY_UNREADABLE ? "failure" : "unknown", text_of(note));
    return words(w, "Warning", "Unhealthy");
}

static bool describe_report(const struct note *note, struct event_words *w, struct buf *message)
{
    switch (note->report) {
    case REPORT_LOGS_DROPPED:
        buf_addf(message, "writing the log: %s; lines are dropped until there is room", text_of(note));
        return words(w, "Warning", "LogsDropped");
    case REPORT_LOGS_PAUSED:
        buf_addf(message, "writing the log: %s; no output is read until there is room", text_of(note));
        return words(w, "Warning", "LogsPaused");
    case REPORT_LOGS_RESUMED:
        buf_addf(message, "the log takes lines again; %" PRIu64 " %s dropped", note->lines,
                 note->lines == 1 ? "was" : "were");
        return words(w, note->lines > 0 ? "Warning" : "Normal", "LogsResumed");
    case REPORT_NOTICE_IGNORED:
        buf_adds(message, text_of(note));
        return words(w, "Warning", "NotifyIgnored");
    case REPORT_POD_RESTART:
        buf_adds(message, "restart of the pod requested");
        return words(w, "Normal", "RestartRequested");
    }
    return false;
}

static bool describe_container(const struct pod *p, const struct container *c,
                               const struct note *note, struct event_words *w, struct buf *message)
{
    switch (note->kind) {
    case NOTE_CREATED:
        buf_adds(message, "Container created");
        return words(w, "Normal", "Created");
    case NOTE_STARTED:
        buf_adds(message, "Container started");
        return words(w, "Normal", "Started");
    case NOTE_START_FAILED:
    case NOTE_NOT_CREATED:
        buf_addf(message, "Error: %s", text_of(note));
        return words(w, "Warning", "Failed");
    case NOTE_UNHEALTHY:
    case NOTE_PROBE_ERROR:
    case NOTE_PROBE_WARNING:
        return describe_probe(note, w, message);
    case NOTE_HOOK:
        return describe_hook(note, w, message);
    case NOTE_KILLING:
        killing_message(c, note, message);
        return words(w, "Normal", "Killing");
    case NOTE_BACKOFF:
        return describe_backoff(p, c, note, w, message);
    case NOTE_EXITED:
        return describe_exit(note, w, message);
    case NOTE_READY:
        buf_adds(message, "Container is ready");
        return own_words(w, "Normal", "Ready");
    case NOTE_NOT_READY:
        buf_adds(message, "Container is not ready");
        return own_words(w, note->as_asked ? "Normal" : "Warning", "NotReady");
    case NOTE_RESET:
        buf_adds(message, "ran longer than ");
        add_duration(message, c->policy->reset);
        buf_adds(message, ", back-off starts over");
        return own_words(w, "Normal", "BackOffReset");
    case NOTE_FILES_CHANGED:
        buf_addf(message, "changed: %s, restarting", text_of(note));
        return words(w, "Normal", "FilesChanged");
    case NOTE_RESTART:
        buf_adds(message, "restart requested");
        return words(w, "Normal", "RestartRequested");
    case NOTE_REPORT:
        return describe_report(note, w, message);
    case NOTE_SUCCEEDED:
    case NOTE_FAILED:
    case NOTE_DELETED:
    case NOTE_DEADLINE_EXCEEDED:
    case NOTE_OVERDUE:
    case NOTE_RESTARTING_ALL:
        return false;
    }
    return false;
}

static bool describe_pod(const struct pod *p, const struct note *note, struct event_words *w, struct buf *message)
{
    switch (note->kind) {
    case NOTE_SUCCEEDED:
        buf_adds(message, "all containers ended with exit code 0");
        return own_words(w, "Normal", "Succeeded");
    case NOTE_FAILED:
        buf_adds(message, p->deadline_exceeded ? "all containers ended, after activeDeadlineSeconds"
                                               : "all containers ended, not all of them with exit code 0");
        return own_words(w, "Warning", "Failed");
    case NOTE_DELETED:
        buf_adds(message, "all containers are gone");
        return own_words(w, "Normal", "Deleted");
    case NOTE_DEADLINE_EXCEEDED:
        buf_adds(message, "Pod was active on the node longer than the specified deadline");
        return words(w, "Normal", "DeadlineExceeded");
    case NOTE_OVERDUE:
        buf_adds(message, "Container runtime did not kill the pod within specified grace period.");
        return words(w, "Warning", "ExceededGracePeriod");
    case NOTE_RESTARTING_ALL:
        buf_adds(message, "container exited with restart policy rule");
        return own_words(w, "Normal", "RestartingAllContainers");
    case NOTE_CREATED:
    case NOTE_STARTED:
    case NOTE_START_FAILED:
    case NOTE_NOT_CREATED:
    case NOTE_READY:
    case NOTE_NOT_READY:
    case NOTE_UNHEALTHY:
    case NOTE_PROBE_ERROR:
    case NOTE_PROBE_WARNING:
    case NOTE_HOOK:
    case NOTE_KILLING:
    case NOTE_EXITED:
    case NOTE_BACKOFF:
    case NOTE_RESET:
    case NOTE_FILES_CHANGED:
    case NOTE_RESTART:
    case NOTE_REPORT:
        return false;
    }
    return false;
}

bool recorder_describe(const struct pod *p, int container, const struct note *note,
                       struct event_words *w, struct buf *message)
{
    if (container == NO_CONTAINER)
        return describe_pod(p, note, w, message);
    return describe_container(p, &p->containers[container], note, w, message);
}

bool recorder_event(const struct pod *p, int container, const struct note *note,
                    struct event_words *w, struct buf *message)
{
    if (!recorder_describe(p, container, note, w, message) || !w->of_kubelet)
        return false;
    if (note->kind == NOTE_BACKOFF) {   /* one message for all delays, so that it is counted */
        buf_clear(message);
        buf_addf(message, "Back-off restarting failed container %s in pod ",
                 p->containers[container].spec->name);
        recorder_add_pod(message, p);
    }
    return true;
}
