#include "daemon/runtime/child.h"

#include "daemon/runtime/child_private.h"

#include <errno.h>
#include <linux/close_range.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *const stage_names[] = {
    [CHILD_CGROUP]       = "entering its cgroup",
    [CHILD_PARENT]       = "tying the process to pidlet",
    [CHILD_SESSION]      = "making a session",
    [CHILD_STDIO]        = "connecting standard input and output",
    [CHILD_OOM_SCORE]    = "setting oom_score_adj",
    [CHILD_RLIMIT]       = "setting a limit",
    [CHILD_BOUNDING]     = "dropping capabilities from the bounding set",
    [CHILD_GROUPS]       = "setting supplementary groups",
    [CHILD_GROUP]        = "changing group",
    [CHILD_USER]         = "changing user",
    [CHILD_CAPABILITIES] = "setting capabilities",
    [CHILD_NO_NEW_PRIVS] = "setting no_new_privs",
    [CHILD_DIRECTORY]    = "changing directory",
    [CHILD_EXEC]         = "executing",
};

const char *child_stage_name(enum child_stage stage)
{
    return stage_names[stage];
}

const char *child_path(char *const *envp)
{
    for (; *envp != NULL; envp++) {
        if (strncmp(*envp, "PATH=", 5) == 0)
            return *envp + 5;
    }
    return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

IN_CHILD void child_report(const struct child_plan *plan, enum child_stage stage, int error, int detail)
{
    const struct child_failure failure = {.stage = stage, .error = error, .detail = detail};

    /* Smaller than PIPE_BUF: written whole or not at all, and the parent waits for it. */
    (void)!write(plan->report_fd, &failure, sizeof failure);
}

IN_CHILD _Noreturn void child_fail(const struct child_plan *plan, enum child_stage stage, int error, int detail)
{
    child_report(plan, stage, error, detail);
    _exit(127);
}

IN_CHILD static _Noreturn void fail(const struct child_plan *plan, enum child_stage stage, int error)
{
    child_fail(plan, stage, error, 0);
}

IN_CHILD static void reset_signals(const struct child_plan *plan)
{
    struct sigaction deflt;
    sigset_t none;

    memset(&deflt, 0, sizeof deflt);
    deflt.sa_handler = SIG_DFL;
    for (int signal = 1; signal < NSIG; signal++) {
        if (sigismember(&plan->to_default, signal) == 1)
            sigaction(signal, &deflt, NULL);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* As execvpe does, but in the container's PATH and with the error that tells most. */
IN_CHILD static int exec_in_path(const struct child_plan *plan)
{
    const char *name = plan->argv[0], *from = plan->path;
    size_t name_length = strlen(name);
    char file[PATH_MAX];
    int error = ENOENT;

    for (;;) {
        size_t length = strcspn(from, ":");

        if (length + 1 + name_length < sizeof file) {
            memcpy(file, length == 0 ? "." : from, length == 0 ? 1 : length);
            file[length == 0 ? 1 : length] = '/';
            memcpy(file + (length == 0 ? 1 : length) + 1, name, name_length + 1);
            execve(file, plan->argv, plan->envp);
            if (errno != ENOENT && errno != ENOTDIR)
                error = errno;
            if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
                return error;
        }
        if (from[length] == '\0')
            return error;
        from += length + 1;
    }
}

/* Sockets that are handed on: sd_listen_fds(3). */
IN_CHILD static void take_sockets(const struct child_plan *plan)
{
    pid_t pid = getpid();
    char digits[12];
    int n = 0;

    for (int i = 0; i < plan->listen_count; i++) {
        if (dup2(plan->listen_fds[i], 3 + i) == -1)
            fail(plan, CHILD_STDIO, errno);
    }
    if (plan->listen_pid == NULL)
        return;
    do
        digits[n++] = (char)('0' + pid % 10);
    while ((pid /= 10) > 0);
    for (int i = 0; i < n; i++)
        plan->listen_pid[i] = digits[n - 1 - i];
    plan->listen_pid[n] = '\0';
}

IN_CHILD _Noreturn void child_main(const struct child_plan *plan)
{
    reset_signals(plan);
    if (plan->cgroup_fd >= 0 && write(plan->cgroup_fd, "0", 1) == -1)
        fail(plan, CHILD_CGROUP, errno);
    if (setsid() == -1)
        fail(plan, CHILD_SESSION, errno);
    if (dup2(plan->stdin_fd, 0) == -1 || dup2(plan->stdout_fd, 1) == -1
        || dup2(plan->stderr_fd, 2) == -1)
        fail(plan, CHILD_STDIO, errno);
    take_sockets(plan);
    if (plan->take_terminal)
        ioctl(0, TIOCSCTTY, 0);         /* when it is one, and free */
    child_set_up(plan);
    /*
     * A pidlet that was killed leaves no process behind that nobody supervises.  A change of
     * credentials takes the wish away, hence not earlier.
     */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1)
        fail(plan, CHILD_PARENT, errno);
    if (getppid() != plan->parent)
        _exit(127);
    /* All that pidlet opens is close-on-exec, see spawn_init(); this is for libraries. */
    syscall(SYS_close_range, 3U + (unsigned)plan->listen_count, ~0U, CLOSE_RANGE_CLOEXEC);
    if (plan->working_dir != NULL && chdir(plan->working_dir) == -1)
        fail(plan, CHILD_DIRECTORY, errno);
    if (strchr(plan->argv[0], '/') != NULL) {
        execve(plan->argv[0], plan->argv, plan->envp);
        fail(plan, CHILD_EXEC, errno);
    }
    fail(plan, CHILD_EXEC, exec_in_path(plan));
}
