#include "daemon/core/trace.h"

#include "base/buf.h"
#include "base/duration.h"
#include "config/load.h"
#include "config/signals.h"

#include <inttypes.h>
#include <string.h>

static const char *const stop_names[] = {
    [STOP_NONE]       = "",
    [STOP_DELETED]    = "deleted",
    [STOP_FINISHED]   = "finished",
    [STOP_LIVENESS]   = "liveness",
    [STOP_STARTUP]    = "startup",
    [STOP_POST_START] = "postStart",
    [STOP_DEADLINE]   = "deadline",
    [STOP_RESTART_ALL] = "restartAll",
    [STOP_CHANGED]    = "changed",
    [STOP_FILES_CHANGED] = "filesChanged",
    [STOP_RESTART]    = "restart",
};

/* `width` is that of the whole seconds; with 0 there are no blanks. */
static void add_seconds(struct buf *out, mono_ms t, int width)
{
    buf_addf(out, "%*" PRId64 ".%03d", width, t / 1000, (int)(t % 1000));
}

static const char *container_name(const struct pod *p, int container)
{
    return p->containers[container].spec->name;
}

/*
 * START_FAILED has no line of its own: the EXITED that follows says StartError.  Reports are
 * no matter of the lifecycle.
 */
static bool has_line(const struct action *action)
{
    return action->kind == DO_NOTE && action->note.kind != NOTE_START_FAILED
           && action->note.kind != NOTE_REPORT;
}

static void text_details(struct buf *out, const struct note *note)
{
    switch (note->kind) {  /* GCOVR_EXCL_BR_LINE: all members; no way past them */
    case NOTE_UNHEALTHY:
    case NOTE_PROBE_ERROR:
    case NOTE_PROBE_WARNING:
        buf_addf(out, " %s", attempt_slot_name(note->slot));
        break;
    case NOTE_HOOK:
        buf_addf(out, " %s %s", attempt_slot_name(note->slot), attempt_outcome_name(note->outcome));
        break;
    case NOTE_KILLING:
        buf_addf(out, " %s", stop_names[note->stop]);
        break;
    case NOTE_EXITED:
        buf_addf(out, " %d", note->end.exit_code);
        if (note->end.reason != END_COMPLETED && note->end.reason != END_ERROR)
            buf_addf(out, " %s", end_reason_name(note->end.reason));
        break;
    case NOTE_BACKOFF: {
        char delay[DURATION_SIZE];

        duration_format(note->delay, delay);
        buf_addf(out, " %s", delay);
        break;
    }
    case NOTE_CREATED:
    case NOTE_STARTED:
    case NOTE_START_FAILED:
    case NOTE_NOT_CREATED:
    case NOTE_READY:
    case NOTE_NOT_READY:
    case NOTE_RESET:
    case NOTE_FILES_CHANGED:
    case NOTE_RESTART:
    case NOTE_REPORT:
    case NOTE_SUCCEEDED:
    case NOTE_FAILED:
    case NOTE_DELETED:
    case NOTE_DEADLINE_EXCEEDED:
    case NOTE_OVERDUE:
    case NOTE_RESTARTING_ALL:
        break;
    }
}

/* The stop signal as the line has it: "TERM"; "signal 99" is one that has no name. */
static void add_signal(struct buf *out, int number)
{
    const char *name = signal_text(number);

    if (name != NULL)
        buf_addf(out, " %s", name + strlen("SIG"));
    else
        buf_addf(out, " signal %d", number);
}

bool trace_text(struct buf *out, const struct pod *p, const struct action *action, mono_ms now)
{
    if (action->kind != DO_TERM && action->kind != DO_KILL && !has_line(action))
        return false;
    add_seconds(out, now - p->created, 7);
    if (action->container != NO_CONTAINER)
        buf_addf(out, " %s", container_name(p, action->container));
    if (action->kind == DO_TERM) {
        add_signal(out, action->signal);
    } else if (action->kind == DO_KILL) {
        buf_adds(out, " KILL");
    } else {
        buf_addf(out, " %s", note_kind_name(action->note.kind));
        text_details(out, &action->note);
    }
    buf_addc(out, '\n');
    return true;
}

static void json_string(struct buf *out, const char *key, const char *value)
{
    buf_addf(out, ",\"%s\":", key);
    buf_add_quoted(out, value, strlen(value));
}

static void json_details(struct buf *out, const struct note *note)
{
    switch (note->kind) {  /* GCOVR_EXCL_BR_LINE: all members; no way past them */
    case NOTE_UNHEALTHY:
    case NOTE_PROBE_ERROR:
    case NOTE_PROBE_WARNING:
        json_string(out, "probe", attempt_slot_name(note->slot));
        break;
    case NOTE_HOOK:
        json_string(out, "hook", attempt_slot_name(note->slot));
        json_string(out, "outcome", attempt_outcome_name(note->outcome));
        break;
    case NOTE_KILLING:
        json_string(out, "why", stop_names[note->stop]);
        break;
    case NOTE_EXITED:
        buf_addf(out, ",\"exitCode\":%d", note->end.exit_code);
        json_string(out, "reason", end_reason_name(note->end.reason));
        break;
    case NOTE_BACKOFF:
        buf_adds(out, ",\"delay\":");
        add_seconds(out, note->delay, 0);
        break;
    case NOTE_CREATED:
    case NOTE_STARTED:
    case NOTE_START_FAILED:
    case NOTE_NOT_CREATED:
    case NOTE_READY:
    case NOTE_NOT_READY:
    case NOTE_RESET:
    case NOTE_FILES_CHANGED:
    case NOTE_RESTART:
    case NOTE_REPORT:
    case NOTE_SUCCEEDED:
    case NOTE_FAILED:
    case NOTE_DELETED:
    case NOTE_DEADLINE_EXCEEDED:
    case NOTE_OVERDUE:
    case NOTE_RESTARTING_ALL:
        break;
    }
}

bool trace_json(struct buf *out, const struct pod *p, const struct action *action)
{
    const struct note *note = &action->note;

    if (!has_line(action))
        return false;
    buf_adds(out, "{\"t\":");
    add_seconds(out, note->now - p->created, 0);
    json_string(out, "pod", p->config->name);
    if (action->container != NO_CONTAINER)
        json_string(out, "container", container_name(p, action->container));
    json_string(out, "event", note_kind_name(note->kind));
    json_details(out, note);
    if (action->container != NO_CONTAINER)
        buf_addf(out, ",\"restartCount\":%u", note->restart_count);
    buf_adds(out, "}\n");
    return true;
}
