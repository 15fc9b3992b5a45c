#include "daemon/runtime/spawn.h"

#include "base/buf.h"
#include "base/fd.h"
#include "daemon/runtime/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/sched.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STACK_SIZE = 128 * 1024 };

#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif
#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL
#endif

static struct {
    void *stack;                /* the child's; one is enough, CLONE_VFORK suspends the parent */
    int null_fd;
    int report_r, report_w;     /* likewise; non-blocking */
    struct given_limit given[GIVEN_LIMITS];
    sigset_t ignored;           /* signals whose disposition a clone keeps */
    bool vfork;                 /* clone3 is not to be had */
    bool no_pidfd;              /* nor is pidfd_open */
    bool no_into_cgroup;        /* before Linux 5.7: the child enters it by itself */
} self = {.null_fd = -1, .report_r = -1, .report_w = -1,
          .given = {{.resource = RLIMIT_NOFILE}, {.resource = RLIMIT_CORE}}};

void spawn_force_vfork(bool on)
{
    self.vfork = on;
}

/* ---- once ---- */

static void close_on_exec_all(void)
{
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;

    if (dir == NULL)
        return;                 /* no /proc: then the child's close_range has to do */
    while ((entry = readdir(dir)) != NULL) {
        int fd = atoi(entry->d_name);

        if (fd > 2)
            fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    closedir(dir);
}

static void note_ignored(void)
{
    sigemptyset(&self.ignored);
    sigaddset(&self.ignored, SIGPIPE);      /* pidlet ignores it sooner or later */
    for (int signal = 1; signal < NSIG; signal++) {
        struct sigaction now;

        if (sigaction(signal, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
            sigaddset(&self.ignored, signal);
    }
}

/*
 * Soft limits of our own, which our children do not inherit:
 *
 * - A probe, a pipe, a process: each takes a descriptor.  The limit is 1024 for the sake of
 *   programs that use select(2), which our children may be.
 * - No core of ours is dumped, for Secrets are in it.  1 and not 0: what /proc/sys/kernel/core_pattern
 *   pipes to a program is bound by no other limit (core(5), fs/coredump.c).
 */
static void change_limits(void)
{
    for (int i = 0; i < GIVEN_LIMITS; i++) {
        struct given_limit *l = &self.given[i];
        struct rlimit64 ours;

        if (l->changed || getrlimit64(l->resource, &l->was) == -1)
            continue;
        ours = l->was;
        ours.rlim_cur = l->resource == RLIMIT_NOFILE || ours.rlim_max < 1 ? ours.rlim_max : 1;
        l->changed = ours.rlim_cur != l->was.rlim_cur && setrlimit64(l->resource, &ours) == 0;
    }
}

/* A number above 2, so that the child's dup2 cannot close it. */
static int open_null(void)
{
    cleanup_fd int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    cleanup_fd int r = -1, w = -1;
    int err;

    if (fd >= 0)
        return steal_fd(&fd);
    /* No /dev at all: a pipe that nobody writes to reads as an end of file, too. */
    err = pipe_open(&r, &w);
    return err < 0 ? err : steal_fd(&r);
}

int spawn_init(void)
{
    int r;

    close_on_exec_all();
    note_ignored();
    change_limits();
    if (self.stack == NULL) {
        void *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

        if (stack == MAP_FAILED)
            return -errno;
        self.stack = stack;
    }
    if (self.null_fd < 0 && (self.null_fd = open_null()) < 0)
        return self.null_fd;
    if (self.report_r < 0) {
        if ((r = pipe_open(&self.report_r, &self.report_w)) < 0)
            return r;
        if ((r = fd_set_nonblocking(self.report_r, true)) < 0)
            return r;
    }
    return 0;
}

void spawn_deinit(void)
{
    fd_close(&self.null_fd);
    fd_close(&self.report_r);
    fd_close(&self.report_w);
    if (self.stack != NULL)
        munmap(self.stack, STACK_SIZE);
    self.stack = NULL;
    self.vfork = self.no_pidfd = false;
    for (int i = 0; i < GIVEN_LIMITS; i++) {
        if (self.given[i].changed)
            setrlimit64(self.given[i].resource, &self.given[i].was);
        self.given[i].changed = false;
    }
}

/* ---- clone3 ---- */

/*
 * The child returns from the system call on its own stack, where no C function can be
 * returned to: it must call child_main() from there, hence the few lines of assembly.
 */
__attribute__((no_sanitize("address", "undefined")))
static long clone3_child(struct clone_args *args, const struct child_plan *plan)
{
#if defined(__x86_64__)
    register long result __asm__("rax") = SYS_clone3;
    register struct clone_args *a0 __asm__("rdi") = args;
    register size_t a1 __asm__("rsi") = sizeof *args;
    register void (*entry)(const struct child_plan *) __asm__("rdx") =
        (void (*)(const struct child_plan *))child_main;
    register const struct child_plan *arg __asm__("r8") = plan;

    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "xor %%ebp, %%ebp\n\t"         /* the outermost frame */
                     "mov %%r8, %%rdi\n\t"
                     "call *%%rdx\n\t"
                     "hlt\n"
                     "1:"
                     : "+r"(result)
                     : "r"(a0), "r"(a1), "r"(entry), "r"(arg)
                     : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long number __asm__("x8") = SYS_clone3;
    register long a0 __asm__("x0") = (long)args;
    register size_t a1 __asm__("x1") = sizeof *args;
    register void (*entry)(const struct child_plan *) __asm__("x2") =
        (void (*)(const struct child_plan *))child_main;
    register const struct child_plan *arg __asm__("x3") = plan;

    __asm__ volatile("svc #0\n\t"
                     "cbnz x0, 1f\n\t"
                     "mov x29, #0\n\t"
                     "mov x0, x3\n\t"
                     "blr x2\n\t"
                     "brk #1\n"
                     "1:"
                     : "+r"(a0)
                     : "r"(number), "r"(a1), "r"(entry), "r"(arg)
                     : "memory");
    return a0;
#else
    (void)args;
    (void)plan;
    return -ENOSYS;
#endif
}

/*
 * The child's report, if there is one: it has exec'ed or exited by now.  True when it
 * failed; what does not keep it from running is told by *oom_score_error.
 */
static bool take_report(int fd, struct child_failure *failure, int *oom_score_error)
{
    struct child_failure told;

    while (read(fd, &told, sizeof told) == sizeof told) {
        if (told.stage == CHILD_OOM_SCORE) {
            *oom_score_error = told.error;
            continue;
        }
        *failure = told;
        return true;
    }
    return false;
}

static int reap_failed(pid_t pid, int pidfd, const struct child_failure *failure)
{
    while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
        ;
    if (pidfd >= 0)
        close(pidfd);
    return -failure->error;
}

/* Opens cgroup.procs for a child that has to enter by itself. */
static int open_entrance(struct child_plan *plan, int cgroup)
{
    if (cgroup < 0)
        return 0;
    plan->cgroup_fd = openat(cgroup, "cgroup.procs", O_WRONLY | O_CLOEXEC);
    return plan->cgroup_fd >= 0 ? 0 : -errno;
}

/* `cgroup`: a descriptor of its folder, or -1. */
static int spawn_clone3(struct child_plan *plan, int cgroup, struct spawned *out, struct child_failure *failure)
{
    int pidfd = -1, oom_score_error = 0, err;
    struct clone_args args = {
        .flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
        .pidfd = (uint64_t)(uintptr_t)&pidfd,
        .exit_signal = SIGCHLD,
        .stack = (uint64_t)(uintptr_t)self.stack,
        .stack_size = STACK_SIZE,
    };
    long pid;

    plan->report_fd = self.report_w;
    plan->to_default = self.ignored;            /* handlers are cleared by the kernel */
    if (cgroup >= 0 && !self.no_into_cgroup) {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = (uint64_t)cgroup;
    } else if ((err = open_entrance(plan, cgroup)) < 0) {
        return err;
    }
    pid = clone3_child(&args, plan);
    fd_close(&plan->cgroup_fd);
    if (pid == -E2BIG && args.cgroup != 0) {    /* before Linux 5.7 */
        self.no_into_cgroup = true;
        return spawn_clone3(plan, cgroup, out, failure);
    }
    if (pid < 0)
        return (int)pid;
    if (take_report(self.report_r, failure, &oom_score_error))
        return reap_failed((pid_t)pid, pidfd, failure);
    *out = (struct spawned){.pid = (pid_t)pid, .pidfd = pidfd, .oom_score_error = oom_score_error};
    return 0;
}

/* ---- vfork ---- */

/* A function of its own: what lives across vfork() must not be in the caller's registers. */
__attribute__((noinline)) static pid_t vfork_child(const struct child_plan *plan)
{
    pid_t pid = vfork();

    if (pid == 0)
        child_main(plan);
    return pid == -1 ? -errno : pid;
}

static int pidfd_open_child(pid_t pid)
{
    long fd = self.no_pidfd ? -1 : syscall(SYS_pidfd_open, pid, 0);

    if (fd == -1 && errno == ENOSYS)
        self.no_pidfd = true;
    return fd < 0 ? -1 : (int)fd;
}

static int spawn_vfork(struct child_plan *plan, int cgroup, struct spawned *out, struct child_failure *failure)
{
    cleanup_fd int r = -1, w = -1;
    int err = pipe_open(&r, &w), pidfd, oom_score_error = 0;
    pid_t pid;

    if (err < 0)
        return err;
    plan->report_fd = w;
    sigfillset(&plan->to_default);
    if ((err = open_entrance(plan, cgroup)) < 0)
        return err;
    pid = vfork_child(plan);
    fd_close(&plan->cgroup_fd);
    if (pid < 0)
        return pid;
    fd_close(&w);
    /* Where vfork is a fork in truth, as under valgrind, the end of file waits for the exec. */
    if (take_report(r, failure, &oom_score_error))
        return reap_failed(pid, -1, failure);
    pidfd = pidfd_open_child(pid);
    *out = (struct spawned){.pid = pid, .pidfd = pidfd, .oom_score_error = oom_score_error};
    return 0;
}

int spawn(const struct spawn_request *request, struct spawned *out, struct child_failure *failure)
{
    static const struct child_setup nothing = CHILD_SETUP_NOTHING;
    const struct child_setup *setup = request->setup != NULL ? request->setup : &nothing;
    const int dumpable = child_setup_changes_credentials(setup) ? prctl(PR_GET_DUMPABLE) : 0;
    struct child_plan plan = {
        .argv = request->argv,
        .envp = request->envp,
        .working_dir = request->working_dir,
        .given = self.given,
        .setup = setup,
        .path = child_path(request->envp),
        .stdin_fd = request->stdin_fd > 0 ? request->stdin_fd : self.null_fd,
        .take_terminal = request->stdin_fd > 0,
        .listen_fds = request->listen_fds,
        .listen_count = (int)request->listen_count,
        .listen_pid = request->listen_pid,
        .stdout_fd = request->stdout_fd,
        .stderr_fd = request->stderr_fd,
        .parent = getpid(),
        .cgroup_fd = -1,
    };
    cleanup_fd int cgroup = -1;
    sigset_t all, before;
    int r = -ENOSYS;

    *failure = (struct child_failure){0};
    if (request->cgroup != NULL && request->cgroup->tree != NULL && (cgroup = cgroup_open(request->cgroup)) < 0)
        return cgroup;
    /* No handler of the parent may run in the child, on the parent's memory. */
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    if (!self.vfork)
        r = spawn_clone3(&plan, cgroup, out, failure);
    if ((r == -ENOSYS || r == -EPERM || r == -EINVAL) && failure->error == 0) {
        self.vfork = true;
        r = spawn_vfork(&plan, cgroup, out, failure);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    /* The child's change of credentials has changed it in the memory that was ours as well. */
    if (dumpable == 1)
        prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    return r;
}

/* What of the setup failed, by its value. */
static void describe_setup(struct buf *out, const struct child_setup *s, const struct child_failure *failure)
{
    const char *stage = child_stage_name(failure->stage);

    switch (failure->stage) {
    case CHILD_RLIMIT: {
        const struct rlimit_setting *limit = &s->rlimits[failure->detail];

        buf_addf(out, "setting the limit %s to ", rlimit_name(limit->resource));
        if (limit->hard == RLIMIT_UNLIMITED)
            buf_adds(out, "unlimited");
        else
            buf_addf(out, "%" PRIu64, limit->hard);
        break;
    }
    case CHILD_GROUP:
        buf_addf(out, "%s to %u", stage, (unsigned)s->group);
        break;
    case CHILD_USER:
        buf_addf(out, "%s to %u", stage, (unsigned)s->user);
        break;
    case CHILD_GROUPS:
        buf_adds(out, "setting supplementary groups to");
        for (size_t i = 0; i < s->group_count; i++)
            buf_addf(out, "%s%u", i == 0 ? " " : ",", (unsigned)s->groups[i]);
        if (s->group_count == 0)
            buf_adds(out, " none");
        break;
    case CHILD_BOUNDING:
    case CHILD_CAPABILITIES:
    case CHILD_NO_NEW_PRIVS:
    case CHILD_OOM_SCORE:
    case CHILD_CGROUP:
    case CHILD_PARENT:
    case CHILD_SESSION:
    case CHILD_STDIO:
    case CHILD_DIRECTORY:
    case CHILD_EXEC:
        buf_adds(out, stage);
        break;
    }
    buf_addf(out, ": %s", strerror(failure->error));
    if (failure->error == EPERM)
        buf_addf(out, " (pidlet runs as user %u)", (unsigned)geteuid());
}

void spawn_describe(struct buf *out, const struct spawn_request *request, int r,
                    const struct child_failure *failure)
{
    const char *command = request->argv[0];

    if (failure->error == 0)
        buf_addf(out, "starting %s: %s", command, strerror(-r));
    else if (failure->stage == CHILD_EXEC && failure->error == ENOENT && strchr(command, '/') == NULL)
        buf_addf(out, "exec: \"%s\": executable file not found in $PATH", command);
    else if (failure->stage == CHILD_DIRECTORY)
        buf_addf(out, "changing directory to %s: %s", request->working_dir, strerror(failure->error));
    else if (failure->stage == CHILD_EXEC)
        buf_addf(out, "executing %s: %s", command, strerror(failure->error));
    else
        describe_setup(out, request->setup, failure);
}
