#include "daemon/runtime/hook_text.h"

#include "base/buf.h"
#include "config/load.h"
#include "probes/attempt.h"

#include <inttypes.h>

static void add_words(struct buf *out, const struct string_list *command)
{
    for (size_t i = 0; i < command->count; i++)
        buf_addf(out, "%s%s", i == 0 ? "" : " ", command->items[i]);
}

static void add_where(struct buf *out, const struct pod_config *pod,
                      const struct container_spec *container)
{
    buf_addf(out, " for Container \"%s\" in Pod \"%s_%s(%s)\" failed - error: ", container->name,
             pod->name, pod->namespace, pod->uid);
}

static void exec_text(struct buf *out, const struct pod_config *pod,
                      const struct container_spec *container, const struct exec_spec *exec,
                      const struct attempt_result *r)
{
    buf_adds(out, "Exec lifecycle hook ([");
    add_words(out, &exec->command);
    buf_adds(out, "])");
    add_where(out, pod, container);
    if (r->outcome == ATTEMPT_EXIT_CODE) {
        buf_adds(out, "command '");
        add_words(out, &exec->command);
        buf_addf(out, "' exited with %d: ", r->exit_code);
        buf_add(out, r->text + r->stdout_length, r->length - r->stdout_length);
        buf_adds(out, ", message: ");
        buf_add_quoted(out, r->text, r->length);
    } else {
        buf_adds(out, r->text);
        buf_adds(out, ", message: \"\"");
    }
}

void hook_text(struct buf *out, const struct pod_config *pod, const struct container_spec *container,
               const struct handler_spec *hook, const struct attempt_result *result)
{
    if (hook->exec != NULL) {
        exec_text(out, pod, container, hook->exec, result);
    } else if (hook->http_get != NULL) {
        buf_addf(out, "HTTP lifecycle hook (%s)", hook->http_get->path);
        add_where(out, pod, container);
        buf_adds(out, result->text);
    } else if (hook->sleep != NULL) {
        buf_addf(out, "Sleep lifecycle hook (%" PRId64 ")", hook->sleep->seconds);
        add_where(out, pod, container);
        buf_adds(out, result->text);
    } else {
        const struct tcp_socket_spec *tcp = hook->tcp_socket;

        /* As Go prints a port: kind, number, name. */
        buf_addf(out,
                 "Cannot run handler: invalid handler: &LifecycleHandler{Exec:nil,HTTPGet:nil,"
                 "TCPSocket:&TCPSocketAction{Port:{%d %" PRId64 " %s},Host:%s,},Sleep:nil,}",
                 tcp->port.text != NULL, tcp->port.text != NULL ? 0 : tcp->port.number,
                 tcp->port.text != NULL ? tcp->port.text : "", tcp->host != NULL ? tcp->host : "");
    }
}
