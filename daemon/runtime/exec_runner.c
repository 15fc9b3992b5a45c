#include "daemon/runtime/exec_runner.h"

#include "base/buf.h"
#include "base/macros.h"
#include "daemon/runtime/process.h"
#include "daemon/runtime/spawn.h"

#include <stdlib.h>
#include <string.h>

/* Lives until its process is gone, longer than an attempt that was cancelled. */
struct exec_child {
    struct process process;
    exec_exited_fn *on_exit;            /* NULL: nobody waits any more */
    void *arg;
    char id[RUN_ID_SIZE];
};

static int exit_code(const siginfo_t *how)
{
    if (how->si_pid == 0)
        return 255;                     /* lost */
    return how->si_code == CLD_EXITED ? how->si_status : 128 + how->si_status;
}

static void child_exited(struct process *p, const siginfo_t *how, mono_ms ended)
{
    struct exec_child *c = container_of(p, struct exec_child, process);
    exec_exited_fn *on_exit = c->on_exit;
    void *arg = c->arg;

    (void)ended;
    free(c);
    if (on_exit != NULL)
        on_exit(arg, exit_code(how));
}

static struct exec_child *start(const struct exec_runner *runner, char *const *argv, int stdout_fd,
                                int stderr_fd, exec_exited_fn *on_exit, void *arg,
                                struct buf *error, bool *own_trouble)
{
    const struct process_runner *r = container_of(runner, struct process_runner, runner);
    const struct spawn_request request = {
        .argv = argv,
        .envp = r->envp,
        .working_dir = r->working_dir,
        .setup = r->setup,
        .cgroup = r->cgroup,
        .stdout_fd = stdout_fd,
        .stderr_fd = stderr_fd,
    };
    struct exec_child *c = calloc(1, sizeof *c);
    struct child_failure failure;
    struct spawned spawned;
    int err;

    *own_trouble = true;
    if (c == NULL) {
        buf_adds(error, "out of memory");
        return NULL;
    }
    err = spawn(&request, &spawned, &failure);
    if (err < 0) {
        *own_trouble = failure.error == 0;
        spawn_describe(error, &request, err, &failure);
        free(c);
        return NULL;
    }
    c->on_exit = on_exit;
    c->arg = arg;
    memcpy(c->id, r->id, sizeof c->id);
    process_start(&c->process, r->reaper, &spawned, c->id, child_exited);
    return c;
}

static void kill_child(struct exec_child *c)
{
    process_kill(&c->process);
}

static void release(struct exec_child *c)
{
    c->on_exit = NULL;
    process_kill(&c->process);
}

void process_runner_init(struct process_runner *r, struct reaper *reaper)
{
    *r = (struct process_runner){
        .runner = {.start = start, .kill = kill_child, .release = release},
        .reaper = reaper,
    };
}
