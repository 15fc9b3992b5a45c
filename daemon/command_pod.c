#include "daemon/command_pod.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/duration.h"
#include "client/verb.h"
#include "config/backoff_policy.h"
#include "config/manifest_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The container's own runtime has a limit; a second one could only be wrong. */
#define FOR_EVER "876000h"

static const char **member(struct command_options *o, int option)
{
    switch (option) {
    case OPTION_NAME:
        return &o->name;
    case OPTION_RESTART:
        return &o->restart;
    case OPTION_LIVENESS:
        return &o->liveness;
    case OPTION_READINESS:
        return &o->readiness;
    case OPTION_STARTUP:
        return &o->startup;
    case OPTION_GRACE:
        return &o->grace;
    case OPTION_BACKOFF:
        return &o->backoff;
    default:
        return NULL;
    }
}

bool command_option(struct command_options *o, int option, const char *value)
{
    const char **to = member(o, option);

    if (to != NULL)
        *to = value;
    return to != NULL;
}

const char *command_flag(const struct command_options *o)
{
    return o->name != NULL        ? "--name"
           : o->restart != NULL   ? "--restart"
           : o->liveness != NULL  ? "--liveness"
           : o->readiness != NULL ? "--readiness"
           : o->startup != NULL   ? "--startup"
           : o->grace != NULL     ? "--grace"
           : o->backoff != NULL   ? "--backoff"
                                  : NULL;
}

static void add_text(struct buf *out, const char *text)
{
    buf_add_quoted(out, text, strlen(text));
}

/* ---- probes ---- */

/* A port's number, up to `end`; 0: it is none. */
static unsigned port_of(const char *text, const char *end)
{
    unsigned port = 0;

    if (text == end || end - text > 5)
        return 0;
    for (; text < end; text++) {
        if (*text < '0' || *text > '9')
            return 0;
        port = port * 10 + (unsigned)(*text - '0');
    }
    return port <= 65535 ? port : 0;
}

/* "8080", "8080/healthz" */
static bool add_http(struct buf *out, const char *text, const char *scheme)
{
    const char *end = text + strcspn(text, "/");
    unsigned port = port_of(text, end);

    if (port == 0)
        return false;
    buf_addf(out, "{httpGet: {scheme: %s, port: %u, path: ", scheme, port);
    add_text(out, *end == '/' ? end : "/");
    buf_adds(out, "}}");
    return true;
}

static bool add_handler(struct buf *out, const char *text)
{
    unsigned port;

    if (strncmp(text, "http:", 5) == 0)
        return add_http(out, text + 5, "HTTP");
    if (strncmp(text, "https:", 6) == 0)
        return add_http(out, text + 6, "HTTPS");
    if (strncmp(text, "tcp:", 4) == 0) {
        port = port_of(text + 4, text + strlen(text));
        buf_addf(out, "{tcpSocket: {port: %u}}", port);
        return port != 0;
    }
    if (strncmp(text, "exec:", 5) == 0 && text[5] != '\0') {
        buf_adds(out, "{exec: {command: [sh, -c, ");
        manifest_add_word(out, text + 5, strlen(text + 5));
        buf_adds(out, "]}}");
        return true;
    }
    return false;
}

static int add_probe(struct buf *out, const char *field, const char *flag, const char *text)
{
    if (text == NULL)
        return -1;
    buf_addf(out, ", %s: ", field);
    if (!add_handler(out, text))
        return verb_usage_error("run", "%s: %s: must be tcp:PORT, http:PORT/PATH, https:PORT/PATH or exec:'COMMAND', "
                                "as in tcp:80 or http:8080/healthz", flag, text);
    return -1;
}

/* ---- the rest ---- */

static int add_restart(struct buf *out, const char *text)
{
    static const char *const policies[] = {"Always", "OnFailure", "Never"};

    if (text == NULL) {
        buf_adds(out, "restartPolicy: Never");
        return -1;
    }
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        if (strcmp(text, policies[i]) == 0) {
            buf_addf(out, "restartPolicy: %s", text);
            return -1;
        }
    }
    return verb_usage_error("run", "--restart: %s: must be Always, OnFailure or Never", text);
}

static int add_grace(struct buf *out, const char *text)
{
    mono_ms grace;

    if (text == NULL)
        return -1;
    if (!duration_parse(text, strlen(text), &grace) || grace % MONO_SECOND != 0)
        return verb_usage_error("run", "--grace: %s: must be a duration in whole seconds, such as 30s or 2m", text);
    buf_addf(out, ", terminationGracePeriodSeconds: %" PRId64, grace / MONO_SECOND);
    return -1;
}

static int add_backoff(struct buf *out, const char *text)
{
    struct backoff_policy policy = BACKOFF_POLICY_KUBELET;
    char error[BACKOFF_POLICY_ERROR_SIZE];

    if (text == NULL)
        return -1;
    if (!backoff_policy_parse(text, &policy, error))
        return verb_usage_error("run", "--backoff: %s", error);
    buf_adds(out, "pidlet.dev/backoff: ");
    add_text(out, text);
    return -1;
}

static void add_name(struct buf *out, const struct command_options *o)
{
    const char *slash = strrchr(o->argv[0], '/'), *base = slash != NULL ? slash + 1 : o->argv[0];

    if (o->name != NULL) {
        add_text(out, o->name);         /* to the letter: what is wrong with it is told */
        return;
    }
    buf_addc(out, '"');
    manifest_add_name(out, base, strlen(base), "command");
    buf_addc(out, '"');
}

static void add_command(struct buf *out, char **argv)
{
    for (char **word = argv; *word != NULL; word++) {
        if (word > argv)
            buf_adds(out, ", ");
        manifest_add_word(out, *word, strlen(*word));
    }
}

int command_manifest(const struct command_options *o, struct buf *out)
{
    int status;

    buf_adds(out, "{apiVersion: v1, kind: Pod, metadata: {name: ");
    add_name(out, o);
    buf_addf(out, ", annotations: {%s", o->init ? "pidlet.dev/ends-with: tree, " : "");
    if ((status = add_backoff(out, o->backoff)) >= 0)
        return status;
    buf_adds(out, "}}, spec: {");
    if ((status = add_restart(out, o->restart)) >= 0
        || (status = add_grace(out, o->grace == NULL && o->init ? FOR_EVER : o->grace)) >= 0)
        return status;
    buf_adds(out, ", containers: [{name: ");
    add_name(out, o);
    buf_adds(out, ", command: [");
    add_command(out, o->argv);
    buf_addc(out, ']');
    if ((status = add_probe(out, "livenessProbe", "--liveness", o->liveness)) >= 0
        || (status = add_probe(out, "readinessProbe", "--readiness", o->readiness)) >= 0
        || (status = add_probe(out, "startupProbe", "--startup", o->startup)) >= 0)
        return status;
    buf_adds(out, "}]}}\n");
    return -1;
}
