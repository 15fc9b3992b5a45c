#include "daemon/runtime/live_attempt.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "config/spec.h"
#include "config/validate.h"
#include "daemon/runtime/context.h"
#include "daemon/runtime/exec_runner.h"
#include "probes/attempt.h"

#include <stdlib.h>
#include <string.h>

struct live_attempt {
    enum attempt_slot slot;
    const char *name;
    live_attempt_done_fn *done;
    void *arg;
    struct attempt *attempt;
    struct arena *arena;                /* argv and environment; NULL for TCP */
    struct process_runner runner;
};

static const char peer_default[] = "127.0.0.1";         /* difference 6: the pod's address */

static void attempt_free(struct live_attempt *la)
{
    arena_free(la->arena);
    free(la);
}

/* A failed hook's Event says only that it failed; the rest is for the log, as the kubelet has it. */
static void log_hook(const struct live_attempt *la, enum attempt_outcome outcome, int exit_code,
                     const char *text)
{
    if (outcome == ATTEMPT_EXIT_CODE)
        log_warn("%s: %s hook exited with %d: %s", la->name, attempt_slot_name(la->slot), exit_code,
                 text);
    else if (outcome != ATTEMPT_OK)
        log_warn("%s: %s hook: %s: %s", la->name, attempt_slot_name(la->slot),
                 attempt_outcome_name(outcome), text);
}

static void attempt_ended(void *arg, enum attempt_outcome outcome, int exit_code, const char *text,
                          size_t length)
{
    struct live_attempt *la = arg;

    (void)length;
    if (la->slot == SLOT_POST_START || la->slot == SLOT_PRE_STOP)
        log_hook(la, outcome, exit_code, text);
    la->done(la->arg, la->slot, outcome, text);
    attempt_free(la);
}

struct handler {                        /* of a probe or hook; one of the two is set */
    const struct exec_spec *exec;
    const struct tcp_socket_spec *tcp;
    mono_ms timeout;
    bool expand;                        /* $(VAR) in the command: probes do, hooks do not */
};

static struct handler of_probe(const struct probe_spec *probe)
{
    return (struct handler){.exec = probe->exec, .tcp = probe->tcp_socket,
                            .timeout = probe->timeout_seconds * MONO_SECOND, .expand = true};
}

static struct handler of_hook(const struct handler_spec *hook)
{
    return (struct handler){.exec = hook->exec, .timeout = MONO_NEVER};
}

static struct handler handler_of(const struct container_spec *spec, enum attempt_slot slot)
{
    switch (slot) {
    case SLOT_LIVENESS:
        return of_probe(spec->liveness_probe);
    case SLOT_READINESS:
        return of_probe(spec->readiness_probe);
    case SLOT_STARTUP:
        return of_probe(spec->startup_probe);
    case SLOT_POST_START:
        return of_hook(spec->lifecycle->post_start);
    case SLOT_PRE_STOP:
        return of_hook(spec->lifecycle->pre_stop);
    }
    return (struct handler){0};
}

static bool exec_request(struct live_attempt *la, const struct attempt_setting *setting,
                         const struct handler *h, struct attempt_request *request)
{
    struct context context;
    struct buf why = BUF_INIT;
    bool ok;

    la->arena = arena_new();
    if (la->arena == NULL)
        return false;
    process_runner_init(&la->runner, setting->reaper);
    memccpy(la->runner.id, setting->context->id, '\0', sizeof la->runner.id);
    ok = context_exec(&context, la->arena, setting->container, &h->exec->command, h->expand,
                      setting->context, &why);
    if (!ok)
        log_warn("%s: %s: %s", la->name, attempt_slot_name(la->slot), buf_text(&why));
    buf_deinit(&why);
    if (!ok)
        return false;
    la->runner.envp = context.envp;
    la->runner.working_dir = context.working_dir;
    la->runner.setup = context.setup;
    request->handler = HANDLER_EXEC;
    request->exec.argv = context.argv;
    request->exec.runner = &la->runner.runner;
    return true;
}

static void tcp_request(const struct container_spec *spec, const struct handler *h,
                        struct attempt_request *request)
{
    const char *host = h->tcp->host;

    request->handler = HANDLER_TCP;
    request->tcp.host = host != NULL && host[0] != '\0' ? host : peer_default;
    request->tcp.port = (uint16_t)validate_port_number(spec, &h->tcp->port);
}

struct live_attempt *live_attempt_start(const struct attempt_setting *setting,
                                        enum attempt_slot slot, live_attempt_done_fn *done, void *arg)
{
    const struct handler h = handler_of(setting->container, slot);
    struct attempt_request request = {.timeout = h.timeout};
    struct live_attempt *la = calloc(1, sizeof *la);

    if (la == NULL)
        return NULL;
    la->slot = slot;
    la->name = setting->name;
    la->done = done;
    la->arg = arg;
    if (h.exec == NULL)
        tcp_request(setting->container, &h, &request);
    else if (!exec_request(la, setting, &h, &request))
        goto fail;
    la->attempt = attempt_start(setting->loop, &request, attempt_ended, la);
    if (la->attempt != NULL)
        return la;
fail:
    attempt_free(la);
    return NULL;
}

void live_attempt_cancel(struct live_attempt *la)
{
    if (la == NULL)
        return;
    attempt_cancel(la->attempt);
    attempt_free(la);
}
