#include "daemon/runtime/executor_private.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/fd.h"
#include "base/log.h"
#include "daemon/runtime/child.h"
#include "daemon/runtime/spawn.h"

#include <errno.h>
#include <inttypes.h>
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
    return termination_path(&c->pod->executor->termination, live_run_spec(c), c->id, room) ? room : NULL;
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

enum live_start live_run_start(struct live_container *c, process_exit_fn *on_exit, struct buf *error)
{
    struct executor *x = c->pod->executor;
    const struct container_spec *spec = live_run_spec(c);
    cleanup_fd int out = -1, err = -1;
    struct spawn_request request;
    struct child_failure failure;
    struct spawned spawned;
    struct context context;
    struct arena *scratch = arena_new();
    char room[PATH_MAX];
    const char *path;
    int r;

    live_run_id(x, c->id);
    c->termination.begun = false;
    path = live_run_termination_log(c, room);
    if (scratch == NULL) {
        buf_adds(error, "out of memory");
        return LIVE_CREATE_ERROR;
    }
    if (!context_main(&context, scratch, spec, &SOURCE_OF(c, c->id, path), error)) {
        arena_free(scratch);
        return context.start_error ? LIVE_START_FAILED : LIVE_CONFIG_ERROR;
    }
    if (!enter_cgroup(c, error)) {
        arena_free(scratch);
        return LIVE_CREATE_ERROR;
    }
    if (path != NULL)
        termination_begin(&c->termination, spec, path, context.setup);
    r = x->stdio != NULL ? 0 : output_open(&c->output, c->pod->core->containers[c->index].restart_count, &out, &err);
    if (r < 0) {
        buf_addf(error, "opening its output: %s", strerror(-r));
        live_run_leave_cgroup(c, &(struct run_end){0});
        arena_free(scratch);
        return LIVE_CREATE_ERROR;
    }
    request = (struct spawn_request){.argv = context.argv, .envp = context.envp,
                                     .working_dir = context.working_dir, .setup = context.setup,
                                     .cgroup = &c->cgroup, .stdout_fd = out, .stderr_fd = err};
    if (x->stdio != NULL) {
        request.stdin_fd = x->stdio[0];
        request.stdout_fd = x->stdio[1];
        request.stderr_fd = x->stdio[2];
    }
    r = spawn(&request, &spawned, &failure);
    if (r < 0) {
        spawn_describe(error, &request, r, &failure);
        live_run_leave_cgroup(c, &(struct run_end){0});
        fd_close(&out);
        fd_close(&err);
        output_finish(&c->output);
    } else {
        if (spawned.oom_score_error != 0)
            warn_of_oom_score(c, context.setup->oom_score_adj, spawned.oom_score_error);
        process_start(&c->process, x->reaper, &spawned, c->id, on_exit);
        c->process.lingers = c->pod->config->ends_with[c->index] == ENDS_WITH_TREE;
        output_started(&c->output);
        c->process.cgroup = c->cgroup.tree != NULL ? &c->cgroup : NULL;
    }
    arena_free(scratch);
    return r == 0 ? LIVE_STARTED : LIVE_START_FAILED;
}
