#include "daemon/runtime/live_attempt.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "config/load.h"
#include "config/spec.h"
#include "config/validate.h"
#include "daemon/runtime/context.h"
#include "daemon/runtime/exec_runner.h"
#include "daemon/runtime/hook_text.h"
#include "probes/attempt.h"
#include "probes/http_client.h"

#include <stdlib.h>
#include <string.h>

struct live_attempt {
    enum attempt_slot slot;
    struct pod_config *pod;             /* a reference: a new definition may come meanwhile */
    const struct container_spec *container;
    const struct handler_spec *hook;    /* NULL: it is a probe's */
    const char *name;
    live_attempt_done_fn *done;
    void *arg;
    struct attempt *attempt;
    struct arena *arena;                /* argv and environment; NULL unless it is a command */
    struct process_runner runner;
};

static const char peer_default[] = "127.0.0.1";         /* difference 6: the pod's address */

static void attempt_free(struct live_attempt *la)
{
    arena_free(la->arena);
    pod_config_unref(la->pod);
    free(la);
}

/* ---- the outcome ---- */

/* tcpSocket passes for a pause of no length, and fails after it (kubelet-semantics 3.1). */
static enum attempt_outcome outcome_of(const struct live_attempt *la, const struct attempt_result *r)
{
    return la->hook != NULL && la->hook->tcp_socket != NULL ? ATTEMPT_HOOK_INVALID : r->outcome;
}

static void attempt_ended(void *arg, const struct attempt_result *result)
{
    struct live_attempt *la = arg;
    const enum attempt_outcome outcome = outcome_of(la, result);
    struct buf text = BUF_INIT;

    if (la->hook != NULL && !attempt_succeeded(outcome)) {
        hook_text(&text, la->pod, la->container, la->hook, result);
        log_warn("%s: %s hook: %s", la->name, attempt_slot_name(la->slot), buf_text(&text));
        la->done(la->arg, la->slot, outcome, buf_text(&text));
    } else {
        la->done(la->arg, la->slot, outcome, result->text);
    }
    buf_deinit(&text);
    attempt_free(la);
}

/* ---- the request ---- */

struct handler {                        /* of a probe or hook; one of the pointers is set */
    const struct exec_spec *exec;
    const struct http_get_spec *http;
    const struct tcp_socket_spec *tcp;
    const struct grpc_spec *grpc;
    const struct sleep_spec *sleep;
    const struct handler_spec *hook;    /* NULL: a probe's, which expands $(VAR) in its command */
    mono_ms timeout;
};

static struct handler of_probe(const struct probe_spec *probe)
{
    return (struct handler){.exec = probe->exec, .http = probe->http_get, .tcp = probe->tcp_socket,
                            .grpc = probe->grpc, .timeout = probe->timeout_seconds * MONO_SECOND};
}

static struct handler of_hook(const struct handler_spec *hook)
{
    return (struct handler){.exec = hook->exec, .http = hook->http_get, .tcp = hook->tcp_socket,
                            .sleep = hook->sleep, .hook = hook, .timeout = MONO_NEVER};
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
    ok = context_exec(&context, la->arena, setting->container, &h->exec->command, h->hook == NULL,
                      setting->context, &why);
    if (!ok)
        log_warn("%s: %s: %s", la->name, attempt_slot_name(la->slot), buf_text(&why));
    buf_deinit(&why);
    if (!ok)
        return false;
    la->runner.envp = context.envp;
    la->runner.working_dir = context.working_dir;
    la->runner.setup = context.setup;
    la->runner.cgroup = setting->cgroup;
    request->handler = HANDLER_EXEC;
    request->exec.argv = context.argv;
    request->exec.runner = &la->runner.runner;
    return true;
}

static void set_peer(struct attempt_request *request, const struct container_spec *spec,
                     const char *host, const struct int_or_string *port)
{
    request->host = host != NULL && host[0] != '\0' ? host : peer_default;
    request->port = (uint16_t)validate_port_number(spec, port);
}

static void http_request(const struct attempt_setting *setting, const struct handler *h,
                         struct attempt_request *request)
{
    if (*setting->http == NULL)
        *setting->http = http_client_new(setting->loop);
    request->handler = HANDLER_HTTP;
    request->http.client = *setting->http;
    request->http.get = h->http;
    request->http.hook = h->hook != NULL;
    set_peer(request, setting->container, h->http->host, &h->http->port);
}

static bool request_of(struct live_attempt *la, const struct attempt_setting *setting,
                       const struct handler *h, struct attempt_request *request)
{
    if (h->exec != NULL)
        return exec_request(la, setting, h, request);
    if (h->http != NULL) {
        http_request(setting, h, request);
    } else if (h->grpc != NULL) {
        request->handler = HANDLER_GRPC;
        request->grpc_service = h->grpc->service;
        request->host = peer_default;
        request->port = (uint16_t)h->grpc->port;
    } else if (h->hook != NULL) {
        request->handler = HANDLER_SLEEP;
        request->sleep = h->sleep != NULL ? h->sleep->seconds * MONO_SECOND : 0;
    } else {
        request->handler = HANDLER_TCP;
        set_peer(request, setting->container, h->tcp->host, &h->tcp->port);
    }
    return true;
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
    la->pod = setting->pod;
    pod_config_ref(la->pod);
    la->container = setting->container;
    la->hook = h.hook;
    la->name = setting->name;
    la->done = done;
    la->arg = arg;
    if (request_of(la, setting, &h, &request))
        la->attempt = attempt_start(setting->loop, &request, attempt_ended, la);
    if (la->attempt != NULL)
        return la;
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
