#include "daemon/runtime/executor_private.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/macros.h"
#include "daemon/runtime/child.h"
#include "daemon/runtime/listen_sockets.h"
#include "daemon/runtime/spawn.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void live_run_id(struct executor *x, char id[RUN_ID_SIZE])
{
    snprintf(id, RUN_ID_SIZE, "%016" PRIx64 "-%" PRIx64, x->boot, x->runs++);
}

struct pod_config *live_run_config(const struct live_container *c)
{
    const struct live_pod *p = c->pod;

    for (unsigned i = p->kept_count; i-- > 0;) {
        if (p->kept[i]->containers[c->index] == live_run_spec(c))
            return p->kept[i];          /* which its new definition waits for the end of */
    }
    return p->config;
}

const struct container_spec *live_run_spec(const struct live_container *c)
{
    return c->pod->core->containers[c->index].spec;
}

/* Every end of a run hands one in, NULL included: the core still shows the one before. */
static const char *keep_message(struct live_container *c, char *message)
{
    free(c->messages[0]);
    c->messages[0] = c->messages[1];
    c->messages[1] = message;
    return message;
}

void live_run_close_notify(struct live_container *c)
{
    notify_socket_free(c->notify);
    c->notify = NULL;
}

/* Whatever the exit code: what the cgroup has counted tells why (kubelet-semantics 4.4). */
void live_run_leave_cgroup(struct live_container *c, struct run_end *end)
{
    if (c->cgroup.tree == NULL)
        return;
    if (cgroup_oom_kills(&c->cgroup) > 0)
        end->reason = END_OOM_KILLED;
    cgroup_remove(&c->cgroup);
}

const char *live_run_termination_log(struct live_container *c, char room[PATH_MAX])
{
    return termination_path(&c->pod->executor->folder, live_run_spec(c), c->id, room) ? room : NULL;
}

const char *live_run_message(struct live_container *c, const char *known, int exit_code)
{
    const struct container_spec *spec = live_run_spec(c);
    struct termination t = {.runtime = known, .policy = spec->termination_message_policy,
                            .exit_code = exit_code, .containers = c->pod->config->count};
    char room[PATH_MAX], file[TERMINATION_FILE_MAX];
    const char *path = live_run_termination_log(c, room);
    struct buf message = BUF_INIT;

    t.log = output_tail(&c->output, &t.log_length);
    if (path != NULL)
        termination_read(&c->termination, spec, path, &t, file);
    termination_message(&message, &t);
    output_forget_tail(&c->output);
    if (message.length > 0 && !buf_failed(&message))
        return keep_message(c, message.data);
    buf_deinit(&message);
    return keep_message(c, NULL);
}

const char *live_run_complain(struct live_container *c, const char *text)
{
    free(c->complaint);
    c->complaint = text != NULL ? strdup(text) : NULL;
    return c->complaint;
}

/* Once is enough: it is the same for every container to come. */
static void warn_of_oom_score(const struct live_container *c, int value, int error)
{
    static bool said;

    if (!said && error != ENOENT)       /* without /proc nothing of the kind is expected */
        log_warn("%s: oom_score_adj cannot be set to %d: %s; %s", c->name, value, strerror(error),
                 error == EACCES || error == EPERM
                     ? "pods that ask for their memory are not spared by the OOM killer"
                     : "the OOM killer does not know the pods' classes");
    said = true;
}

static bool enter_cgroup(struct live_container *c, struct buf *error)
{
    const struct confinement *confinement = c->pod->executor->confinement;
    const bool first = !c->confined;

    c->confined = true;
    return confinement == NULL || confine(confinement, c->pod->config, c->index, first, &c->cgroup, error);
}

/* ---- the start ---- */

enum { GIVEN_MAX = 8 };
#define LISTEN_PID "LISTEN_PID="

/* A run that is being started. */
struct launch {
    struct arena *scratch;
    char *given[GIVEN_MAX];             /* variables of its main process alone */
    size_t given_count;
    struct context context;
    struct listen_share sockets;
    char *listen_pid;
    int out, err;                       /* the run's ends of its pipes; -1: none */
};

__attribute__((format(printf, 2, 3))) static bool give(struct launch *l, const char *format, ...)
{
    char *text = NULL, *kept;
    va_list args;
    int n;

    va_start(args, format);
    n = vasprintf(&text, format, args);
    va_end(args);
    kept = n < 0 ? NULL : arena_strndup(l->scratch, text, (size_t)n);
    free(text);
    if (kept == NULL)
        return false;
    l->given[l->given_count++] = kept;
    return true;
}

/* WATCHDOG_PID stays away: a main process that is a shell has the one that notifies as its child. */
static bool give_notify_socket(struct live_container *c, struct launch *l, struct buf *error)
{
    const struct notify_rules *rules = &live_run_config(c)->notify[c->index];
    int r;

    if (!notify_rules_any(rules))
        return true;
    r = notify_socket_new(&c->notify, &c->pod->executor->folder, c->id);
    if (r < 0) {
        buf_addf(error, "opening its notify socket: %s", strerror(-r));
        return false;
    }
    if (give(l, "NOTIFY_SOCKET=%s", notify_socket_name(c->notify))
        && (rules->watchdog == 0 || give(l, "WATCHDOG_USEC=%" PRId64, rules->watchdog * 1000)))
        return true;
    buf_adds(error, "out of memory");
    return false;
}

/* The child fills its own pid in: before it is there nobody knows it. */
static bool give_sockets(struct live_container *c, struct launch *l, struct buf *error)
{
    static const struct listen_sockets none;
    const struct string_list *wanted = &live_run_config(c)->listen[c->index];
    const struct listen_sockets *all = c->pod->executor->listen;

    if (wanted->count == 0)
        return true;
    if (!listen_sockets_share(all != NULL ? all : &none, wanted, l->scratch, &l->sockets, error))
        return false;
    if (!give(l, "LISTEN_FDS=%zu", l->sockets.count) || !give(l, "LISTEN_FDNAMES=%s", l->sockets.names)
        || !give(l, LISTEN_PID "0123456789")) {
        buf_adds(error, "out of memory");
        return false;
    }
    l->listen_pid = l->given[l->given_count - 1] + sizeof LISTEN_PID - 1;
    return true;
}

static bool open_output(struct live_container *c, struct launch *l, struct buf *error)
{
    const unsigned run = c->pod->core->containers[c->index].restart_count;
    int r = c->pod->executor->stdio != NULL ? 0 : output_open(&c->output, run, &l->out, &l->err);

    if (r < 0)
        buf_addf(error, "opening its output: %s", strerror(-r));
    return r == 0;
}

/* All that stands beside the process: LIVE_STARTED when it is there. */
static enum live_start prepare(struct live_container *c, struct launch *l, struct buf *error)
{
    const struct container_spec *spec = live_run_spec(c);
    char room[PATH_MAX];
    const char *path = live_run_termination_log(c, room);
    struct context_source source = SOURCE_OF(c, c->id, path);
    int r;

    if (!give_sockets(c, l, error))
        return LIVE_CONFIG_ERROR;
    if (!give_notify_socket(c, l, error))
        return LIVE_CREATE_ERROR;
    source.given = l->given;
    source.given_count = l->given_count;
    if (!context_main(&l->context, l->scratch, spec, &source, error))
        return l->context.start_error ? LIVE_START_FAILED : LIVE_CONFIG_ERROR;
    if (c->notify != NULL && (r = notify_socket_give(c->notify, l->context.setup)) < 0) {
        buf_addf(error, "giving it its notify socket: %s", strerror(-r));
        return LIVE_CREATE_ERROR;
    }
    if (!enter_cgroup(c, error))
        return LIVE_CREATE_ERROR;
    if (!open_output(c, l, error)) {
        live_run_leave_cgroup(c, &(struct run_end){0});
        return LIVE_CREATE_ERROR;
    }
    if (path != NULL)                   /* last: what it makes goes with the run's end, or its failed start */
        termination_begin(&c->termination, spec, path, l->context.setup);
    return LIVE_STARTED;
}

/* There was no run: what termination_begin() has made goes. */
static void forget_termination(struct live_container *c)
{
    char room[PATH_MAX], file[TERMINATION_FILE_MAX];
    const char *path = live_run_termination_log(c, room);
    struct termination none = {0};

    if (path != NULL)
        termination_read(&c->termination, live_run_spec(c), path, &none, file);
}

static enum live_start begin(struct live_container *c, struct launch *l, process_exit_fn *on_exit, struct buf *error)
{
    struct executor *x = c->pod->executor;
    struct spawn_request request = {.argv = l->context.argv, .envp = l->context.envp,
                                    .working_dir = l->context.working_dir, .setup = l->context.setup,
                                    .cgroup = &c->cgroup, .stdout_fd = l->out, .stderr_fd = l->err,
                                    .listen_fds = l->sockets.fds, .listen_count = l->sockets.count,
                                    .listen_pid = l->listen_pid};
    struct child_failure failure = {0};
    struct spawned spawned;
    int r;

    if (x->stdio != NULL) {
        request.stdin_fd = x->stdio[0];
        request.stdout_fd = x->stdio[1];
        request.stderr_fd = x->stdio[2];
    }
    r = spawn(&request, &spawned, &failure);
    x->exec_error = r < 0 && failure.stage == CHILD_EXEC ? failure.error : 0;
    if (r < 0) {
        spawn_describe(error, &request, r, &failure);
        live_run_leave_cgroup(c, &(struct run_end){0});
        fd_close(&l->out);
        fd_close(&l->err);
        output_finish(&c->output);
        if (failure.error != 0)
            return LIVE_START_FAILED;
        forget_termination(c);          /* no process, for a shortage of ours: no run, and no back-off (1.4) */
        return LIVE_CREATE_ERROR;
    }
    if (spawned.oom_score_error != 0)
        warn_of_oom_score(c, l->context.setup->oom_score_adj, spawned.oom_score_error);
    process_start(&c->process, x->reaper, &spawned, c->id, on_exit);
    c->process.lingers = c->pod->config->ends_with[c->index] == ENDS_WITH_TREE;
    output_started(&c->output);
    c->process.cgroup = c->cgroup.tree != NULL ? &c->cgroup : NULL;
    if (c->notify != NULL)
        notify_socket_start(c->notify, spawned.pid, x->loop, live_notice, c);
    return LIVE_STARTED;
}

/* ---- its variables ---- */

static bool runs_commands(const struct container_spec *c)
{
    const struct probe_spec *const probes[] = {c->liveness_probe, c->readiness_probe, c->startup_probe};
    const struct lifecycle_spec *l = c->lifecycle;
    bool any = l != NULL && ((l->post_start != NULL && l->post_start->exec != NULL)
                             || (l->pre_stop != NULL && l->pre_stop->exec != NULL));

    for (size_t i = 0; i < array_count(probes); i++)
        any |= probes[i] != NULL && probes[i]->exec != NULL;
    return any;
}

static bool takes_values(const struct container_spec *c)
{
    bool any = c->env_from.count > 0;

    for (size_t i = 0; i < c->env.count; i++)
        any |= c->env.items[i].value_from != NULL;
    return any;
}

static void forget_variables(struct live_container *c)
{
    arena_free(c->variables_in);
    c->variables_in = NULL;
    c->variables = NULL;
}

/* What probes and hooks could not find again when a ConfigMap has changed, or has gone. */
static void keep_variables(struct live_container *c, struct launch *l)
{
    if (!runs_commands(live_run_spec(c)) || !takes_values(live_run_spec(c)))
        return;
    c->variables = l->context.own;
    c->variables_in = l->scratch;
    l->scratch = NULL;
}

enum live_start live_run_start(struct live_container *c, process_exit_fn *on_exit, struct buf *error)
{
    struct launch l = {.scratch = arena_new(), .out = -1, .err = -1};
    enum live_start how = LIVE_CREATE_ERROR;

    live_run_id(c->pod->executor, c->id);
    forget_variables(c);
    c->termination.begun = false;
    free(c->status);                    /* the core has forgotten it with the run */
    c->status = NULL;
    if (l.scratch == NULL)
        buf_adds(error, "out of memory");
    else
        how = prepare(c, &l, error);
    if (how == LIVE_STARTED)
        how = begin(c, &l, on_exit, error);
    if (how == LIVE_STARTED)
        keep_variables(c, &l);
    else
        live_run_close_notify(c);
    fd_close(&l.out);
    fd_close(&l.err);
    arena_free(l.scratch);
    return how;
}
