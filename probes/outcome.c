#include "probes/outcome.h"

static const struct {
    const char *name;
    enum attempt_class class;
} outcomes[ATTEMPT_OUTCOMES] = {
    [ATTEMPT_OK]                = {"ok", ATTEMPT_SUCCESS},
    [ATTEMPT_TIMED_OUT]         = {"timed out", ATTEMPT_FAILURE},
    [ATTEMPT_CONNECT_FAILED]    = {"connect failed", ATTEMPT_FAILURE},
    [ATTEMPT_NAME_NOT_RESOLVED] = {"name not resolved", ATTEMPT_FAILURE},
    [ATTEMPT_HTTP_STATUS]       = {"HTTP status", ATTEMPT_FAILURE},
    [ATTEMPT_HTTP_REQUEST]      = {"HTTP request failed", ATTEMPT_FAILURE},
    [ATTEMPT_UNSERVING]         = {"not serving", ATTEMPT_FAILURE},
    [ATTEMPT_REDIRECTED]        = {"redirected", ATTEMPT_WARNING},
    [ATTEMPT_FELL_BACK]         = {"fell back to HTTP", ATTEMPT_WARNING},
    [ATTEMPT_EXIT_CODE]         = {"exit code", ATTEMPT_FAILURE},
    [ATTEMPT_CANNOT_RUN]        = {"cannot run", ATTEMPT_ERROR},
    [ATTEMPT_BODY_UNREADABLE]   = {"body unreadable", ATTEMPT_ERROR},
    [ATTEMPT_HOOK_INVALID]      = {"invalid handler", ATTEMPT_ERROR},
    [ATTEMPT_NOT_RUN]           = {"not run", ATTEMPT_ERROR},
};

enum attempt_class attempt_class(enum attempt_outcome outcome)
{
    return outcomes[outcome].class;
}

bool attempt_succeeded(enum attempt_outcome outcome)
{
    return outcomes[outcome].class == ATTEMPT_SUCCESS || outcomes[outcome].class == ATTEMPT_WARNING;
}

const char *attempt_outcome_name(enum attempt_outcome outcome)
{
    return outcomes[outcome].name;
}
