#include "daemon/core/step.h"

static const char *const slot_names[SLOTS] = {
    [SLOT_LIVENESS]   = "liveness",
    [SLOT_READINESS]  = "readiness",
    [SLOT_STARTUP]    = "startup",
    [SLOT_POST_START] = "postStart",
    [SLOT_PRE_STOP]   = "preStop",
};

static const char *const note_names[NOTES] = {
    [NOTE_CREATED]      = "Created",
    [NOTE_STARTED]      = "Started",
    [NOTE_START_FAILED] = "StartFailed",
    [NOTE_NOT_CREATED]  = "NotCreated",
    [NOTE_READY]        = "Ready",
    [NOTE_NOT_READY]    = "NotReady",
    [NOTE_UNHEALTHY]    = "Unhealthy",
    [NOTE_PROBE_ERROR]  = "ProbeError",
    [NOTE_PROBE_WARNING] = "ProbeWarning",
    [NOTE_HOOK]         = "Hook",
    [NOTE_KILLING]      = "Killing",
    [NOTE_EXITED]       = "Exited",
    [NOTE_BACKOFF]      = "BackOff",
    [NOTE_RESET]        = "Reset",
    [NOTE_FILES_CHANGED] = "FilesChanged",
    [NOTE_RESTART]      = "RestartRequested",
    [NOTE_REPORT]       = "Report",
    [NOTE_SUCCEEDED]    = "Succeeded",
    [NOTE_FAILED]       = "Failed",
    [NOTE_DELETED]      = "Deleted",
    [NOTE_DEADLINE_EXCEEDED] = "DeadlineExceeded",
    [NOTE_OVERDUE]      = "Overdue",
    [NOTE_RESTARTING_ALL] = "RestartingAll",
};

static const char *const end_names[] = {
    [END_COMPLETED]   = "Completed",
    [END_ERROR]       = "Error",
    [END_OOM_KILLED]  = "OOMKilled",
    [END_START_ERROR] = "StartError",
    [END_UNKNOWN]     = "Unknown",
    [END_LOST]        = "ContainerStatusUnknown",
    [END_REMOVED]     = "RestartingAllContainers",
};

const char *attempt_slot_name(enum attempt_slot slot)
{
    return slot_names[slot];
}

const char *note_kind_name(enum note_kind kind)
{
    return note_names[kind];
}

const char *end_reason_name(enum end_reason reason)
{
    return end_names[reason];
}
