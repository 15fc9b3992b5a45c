/*
 * Spawning, its two ways, and the end of processes, without the rest of pidlet.
 */
#include "base/buf.h"
#include "base/fd.h"
#include "daemon/runtime/process.h"
#include "daemon/runtime/reaper.h"
#include "daemon/runtime/spawn.h"
#include "tests/lib/test.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define ARGV(...) ((char *const[]){__VA_ARGS__, NULL})

/* What a command writes, once it has ended; its exit status goes to *status. */
static const char *said(char *const *argv, char *const *envp, const char *dir, int *status)
{
    static struct buf text;
    struct child_failure failure;
    struct spawned spawned;
    int r, w;

    buf_clear(&text);
    EXPECT_INT(pipe_open(&r, &w), 0);
    EXPECT_INT(spawn(&(struct spawn_request){.argv = argv, .envp = envp, .working_dir = dir,
                                             .stdout_fd = w, .stderr_fd = w},
                     &spawned, &failure),
               0);
    fd_close(&w);
    EXPECT_INT(fd_read_all(r, 65536, &text), 0);
    fd_close(&r);
    EXPECT_INT(waitpid(spawned.pid, status, 0), spawned.pid);
    fd_close(&spawned.pidfd);
    return buf_text(&text);
}

/* The StartError of a command that cannot be started. */
static const char *refused(char *const *argv, char *const *envp, const char *dir)
{
    static struct buf text;
    struct child_failure failure;
    struct spawned spawned;
    struct spawn_request request = {.argv = argv, .envp = envp, .working_dir = dir};
    int r, w, err;

    buf_clear(&text);
    EXPECT_INT(pipe_open(&r, &w), 0);
    request.stdout_fd = request.stderr_fd = w;
    err = spawn(&request, &spawned, &failure);
    EXPECT(err < 0);
    spawn_describe(&text, &request, err, &failure);
    fd_close(&r);
    fd_close(&w);
    errno = 0;
    EXPECT(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);       /* it has been reaped */
    return buf_text(&text);
}

static void both_ways(void (*test)(void))
{
    EXPECT_INT(spawn_init(), 0);
    test();
    spawn_force_vfork(true);
    test();
    spawn_force_vfork(false);
    spawn_deinit();
}

static void start_and_end(void)
{
    int status;

    EXPECT_STR(said(ARGV("sh", "-c", "echo out; echo err >&2; pwd; exit 42"), environ, "/usr", &status),
               "out\nerr\n/usr\n");
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 42);
}

TEST(a_command_runs_in_its_directory_with_its_output)
{
    both_ways(start_and_end);
}

static void path_of_the_container(void)
{
    char *const nowhere[] = {"PATH=/nowhere", NULL}, *const two[] = {"PATH=/nowhere:/bin", NULL};
    char *const none[] = {"A=b", NULL};
    int status;

    EXPECT_STR(refused(ARGV("sh"), nowhere, NULL), "exec: \"sh\": executable file not found in $PATH");
    EXPECT_STR(said(ARGV("sh", "-c", "echo found"), two, NULL, &status), "found\n");
    EXPECT_STR(said(ARGV("sh", "-c", "echo usual"), none, NULL, &status), "usual\n");
}

TEST(a_command_without_a_slash_is_looked_for_in_the_containers_path)
{
    both_ways(path_of_the_container);
}

static void stages(void)
{
    EXPECT_STR(refused(ARGV("/no/such"), environ, NULL), "executing /no/such: No such file or directory");
    EXPECT_STR(refused(ARGV("/tmp"), environ, NULL), "executing /tmp: Permission denied");
    EXPECT_STR(refused(ARGV("true"), environ, "/no/dir"),
               "changing directory to /no/dir: No such file or directory");
}

TEST(a_start_that_fails_tells_stage_and_reason)
{
    both_ways(stages);
}

static void masks(void)
{
    sigset_t some, before, after;
    int status;

    sigemptyset(&some);
    sigaddset(&some, SIGUSR2);
    sigprocmask(SIG_BLOCK, &some, &before);
    EXPECT_STR(said(ARGV("grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"), environ, NULL, &status),
               "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
    sigprocmask(SIG_SETMASK, NULL, &after);
    EXPECT(sigismember(&after, SIGUSR2));               /* the parent's is as it was */
    sigprocmask(SIG_SETMASK, &before, NULL);
}

TEST(mask_and_dispositions_are_clean_in_the_child_alone)
{
    signal(SIGUSR1, SIG_IGN);
    both_ways(masks);
    signal(SIGUSR1, SIG_DFL);
}

TEST(a_descriptor_somebody_forgot_is_not_inherited)
{
    int status, leak = open("/dev/null", O_RDONLY);

    EXPECT(leak > 2);
    EXPECT_INT(spawn_init(), 0);
    EXPECT_STR(said(ARGV("sh", "-c", "ls /proc/self/fd | wc -l"), environ, NULL, &status), "4\n");
    spawn_deinit();
    close(leak);
}

TEST(our_own_trouble_is_told_apart_from_the_childs)
{
    struct rlimit before, few;
    struct child_failure failure;
    struct spawned spawned;
    int r, w, err, next;

    EXPECT_INT(spawn_init(), 0);
    EXPECT_INT(pipe_open(&r, &w), 0);
    next = open("/dev/null", O_RDONLY | O_CLOEXEC);
    close(next);
    getrlimit(RLIMIT_NOFILE, &before);
    few = before;
    few.rlim_cur = (rlim_t)next;
    setrlimit(RLIMIT_NOFILE, &few);
    err = spawn(&(struct spawn_request){.argv = ARGV("true"), .envp = environ, .stdout_fd = w, .stderr_fd = w},
                &spawned, &failure);
    setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_INT(err, -EMFILE);
    EXPECT_INT(failure.error, 0);
    fd_close(&r);
    fd_close(&w);
    spawn_deinit();
}

/* ---- processes and their reaper ---- */

enum { CROWD = 200 };

struct watched {
    struct process process;
    siginfo_t how;
    bool ended;
};

static struct {
    struct ev_loop *loop;
    struct reaper reaper;
    size_t left;
} world;

static void on_exit_note(struct process *p, const siginfo_t *how, mono_ms ended)
{
    struct watched *w = (struct watched *)p;

    (void)ended;
    EXPECT(!w->ended);
    w->how = *how;
    w->ended = true;
    if (--world.left == 0)
        ev_break(world.loop, EVBREAK_ALL);
}

static void begin(void)
{
    EXPECT_INT(spawn_init(), 0);
    world.loop = ev_loop_new(EVFLAG_AUTO);
    reaper_init(&world.reaper, world.loop);
    world.left = 0;
}

static void end(void)
{
    EXPECT(reaper_idle(&world.reaper));
    reaper_deinit(&world.reaper);
    ev_loop_destroy(world.loop);
    spawn_deinit();
}

static void launch(struct watched *w, char *const *argv)
{
    struct child_failure failure;
    struct spawned spawned;
    cleanup_fd int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    *w = (struct watched){0};
    EXPECT_INT(spawn(&(struct spawn_request){.argv = argv, .envp = environ, .stdout_fd = null, .stderr_fd = null},
                     &spawned, &failure),
               0);
    process_start(&w->process, &world.reaper, &spawned, NULL, on_exit_note);
    world.left++;
}

TEST(a_crowd_that_dies_at_once_keeps_every_exit_status)
{
    static struct watched crowd[CROWD];
    char code[16];

    begin();
    for (int i = 0; i < CROWD; i++) {
        char script[] = "(sleep 0.01 &) ; exit $0";     /* and each leaves an orphan behind */

        snprintf(code, sizeof code, "%d", i);
        launch(&crowd[i], ARGV("sh", "-c", script, code));
    }
    ev_run(world.loop, 0);
    for (int i = 0; i < CROWD; i++) {
        EXPECT(crowd[i].how.si_pid > 0);                /* else the status would be lost */
        EXPECT_INT(crowd[i].how.si_code, CLD_EXITED);
        EXPECT_INT(crowd[i].how.si_status, i);
    }
    while (!reaper_kill_orphans(&world.reaper))
        ;
    end();
}

TEST(a_process_without_a_pidfd_is_supervised_all_the_same)
{
    struct watched w;

    begin();
    launch(&w, ARGV("sleep", "1000"));
    ev_io_stop(world.loop, &w.process.exited);          /* as where the kernel has none */
    close(w.process.pidfd);
    w.process.pidfd = -1;
    process_signal(&w.process, SIGTERM);
    ev_run(world.loop, 0);
    EXPECT_INT(w.how.si_code, CLD_KILLED);
    EXPECT_INT(w.how.si_status, SIGTERM);
    end();
}

TEST(a_kill_reaches_those_who_left_the_group)
{
    struct watched w;

    begin();
    launch(&w, ARGV("sh", "-c", "setsid sleep 1000 & exec sleep 1000"));
    process_kill(&w.process);
    ev_run(world.loop, 0);
    EXPECT_INT(w.how.si_status, SIGKILL);
    while (!reaper_kill_orphans(&world.reaper))
        ;
    EXPECT(waitpid(-1, NULL, WNOHANG) == -1);           /* nobody is left */
    end();
}

TESTS(RUN(a_command_runs_in_its_directory_with_its_output),
      RUN(a_command_without_a_slash_is_looked_for_in_the_containers_path),
      RUN(a_start_that_fails_tells_stage_and_reason),
      RUN(mask_and_dispositions_are_clean_in_the_child_alone),
      RUN(a_descriptor_somebody_forgot_is_not_inherited),
      RUN(our_own_trouble_is_told_apart_from_the_childs),
      RUN(a_crowd_that_dies_at_once_keeps_every_exit_status),
      RUN(a_process_without_a_pidfd_is_supervised_all_the_same),
      RUN(a_kill_reaches_those_who_left_the_group))
