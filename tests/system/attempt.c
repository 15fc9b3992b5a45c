/*
 * Attempts against real commands and sockets: one outcome each, or none.
 */
#include "base/fd.h"
#include "daemon/runtime/exec_runner.h"
#include "daemon/runtime/reaper.h"
#include "daemon/runtime/spawn.h"
#include "probes/attempt.h"
#include "tests/lib/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ev.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static struct {
    struct ev_loop *loop;
    struct reaper reaper;
    struct process_runner runner;
    int done;
    enum attempt_outcome outcome;
    int exit_code;
    size_t length, stdout_length;
    char text[ATTEMPT_TEXT_MAX + 1];
} world;

static void begin(void)
{
    EXPECT_INT(spawn_init(), 0);
    memset(&world, 0, sizeof world);
    world.loop = ev_loop_new(EVFLAG_AUTO);
    reaper_init(&world.reaper, world.loop);
    process_runner_init(&world.runner, &world.reaper);
    world.runner.envp = environ;
}

/* Runs the loop until nothing of ours is left in it. */
static void end(void)
{
    while (!reaper_idle(&world.reaper))
        ev_run(world.loop, EVRUN_ONCE);
    while (!reaper_kill_orphans(&world.reaper))
        ;
    reaper_deinit(&world.reaper);
    ev_loop_destroy(world.loop);
    spawn_deinit();
}

static void note(void *arg, const struct attempt_result *result)
{
    (void)arg;
    world.done++;
    world.outcome = result->outcome;
    world.exit_code = result->exit_code;
    world.length = result->length;
    world.stdout_length = result->stdout_length;
    snprintf(world.text, sizeof world.text, "%s", result->text);
    ev_break(world.loop, EVBREAK_ALL);
}

static void until_done(void)
{
    EXPECT_INT(world.done, 0);                  /* never from inside attempt_start() */
    ev_run(world.loop, 0);
    EXPECT_INT(world.done, 1);
}

static struct attempt *start_exec(char *const *argv, mono_ms timeout)
{
    struct attempt *a = attempt_start(world.loop,
                                      &(struct attempt_request){.handler = HANDLER_EXEC,
                                                                .timeout = timeout,
                                                                .exec = {.argv = argv, .runner = &world.runner.runner}},
                                      note, NULL);

    EXPECT(a != NULL);
    return a;
}

#define SH(script) ((char *const[]){"sh", "-c", (char *)(script), NULL})

static struct attempt *start_tcp(const char *host, uint16_t port, mono_ms timeout)
{
    struct attempt *a = attempt_start(world.loop,
                                      &(struct attempt_request){.handler = HANDLER_TCP,
                                                                .timeout = timeout,
                                                                .host = host, .port = port},
                                      note, NULL);

    EXPECT(a != NULL);
    return a;
}

/* A listener on loopback; its port goes to *port.  -1: the family is not to be had. */
static int listener(int family, uint16_t *port)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr *address = family == AF_INET ? (void *)&v4 : (void *)&v6;
    socklen_t size = family == AF_INET ? sizeof v4 : sizeof v6;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd == -1 || bind(fd, address, size) == -1 || listen(fd, 16) == -1) {
        close(fd);
        return -1;
    }
    EXPECT_INT(getsockname(fd, address, &size), 0);
    *port = ntohs(family == AF_INET ? v4.sin_port : v6.sin6_port);
    return fd;
}

TEST(exec_hands_on_stdout_then_stderr_and_the_exit_code)
{
    begin();
    start_exec(SH("echo err >&2; echo out; exit 3"), 20000);
    until_done();
    EXPECT_INT(world.outcome, ATTEMPT_EXIT_CODE);
    EXPECT_INT(world.exit_code, 3);
    EXPECT_STR(world.text, "out\nerr\n");
    EXPECT_INT(world.stdout_length, 4);
    end();
}

TEST(exec_counts_a_signal_as_128_and_its_number)
{
    begin();
    start_exec(SH("kill -KILL $$"), 20000);
    until_done();
    EXPECT_INT(world.outcome, ATTEMPT_EXIT_CODE);
    EXPECT_INT(world.exit_code, 137);
    end();
}

TEST(exec_output_is_capped_and_the_rest_is_read_all_the_same)
{
    begin();
    start_exec(SH("head -c 300000 /dev/zero | tr '\\0' x; exit 0"), 20000);
    until_done();
    EXPECT_INT(world.outcome, ATTEMPT_OK);
    EXPECT_INT(world.length, ATTEMPT_TEXT_MAX);
    end();
}

TEST(exec_does_not_wait_for_a_grandchild_that_holds_the_pipe)
{
    begin();
    start_exec(SH("sleep 1000 & exit 1"), 20000);
    until_done();
    EXPECT_INT(world.outcome, ATTEMPT_EXIT_CODE);
    end();
}

TEST(exec_that_hangs_times_out_and_is_gone)
{
    begin();
    start_exec(SH("sleep 1000 & sleep 1000"), 100);
    until_done();
    EXPECT_INT(world.outcome, ATTEMPT_TIMED_OUT);
    EXPECT_STR(world.text, "command timed out: \"sh -c sleep 1000 & sleep 1000\" timed out after 100ms");
    errno = 0;
    EXPECT(waitpid(-1, NULL, WNOHANG) <= 0);
    end();
}

TEST(exec_of_a_missing_command_is_an_error_that_does_not_count)
{
    begin();
    start_exec((char *const[]){"no-such-command", NULL}, 20000);
    until_done();
    EXPECT_INT(world.outcome, ATTEMPT_CANNOT_RUN);
    EXPECT_INT(attempt_class(world.outcome), ATTEMPT_ERROR);
    EXPECT_STR(world.text, "exec: \"no-such-command\": executable file not found in $PATH");
    end();
}

TEST(a_cancelled_attempt_has_no_outcome_and_leaves_no_process)
{
    begin();
    attempt_cancel(start_exec(SH("sleep 1000"), 20000));
    attempt_cancel(start_tcp("127.0.0.1", 9, 20000));
    attempt_cancel(start_exec((char *const[]){"no-such-command", NULL}, 20000));
    end();
    EXPECT_INT(world.done, 0);
    EXPECT(waitpid(-1, NULL, WNOHANG) == -1);
}

TEST(tcp_is_ok_as_soon_as_it_is_connected)
{
    static const int families[] = {AF_INET, AF_INET6};

    for (size_t i = 0; i < 2; i++) {
        uint16_t port;
        int fd = listener(families[i], &port);

        if (fd == -1)
            continue;                   /* no IPv6 on this machine */
        begin();
        start_tcp(families[i] == AF_INET ? "127.0.0.1" : "::1", port, 20000);
        until_done();
        EXPECT_INT(world.outcome, ATTEMPT_OK);
        EXPECT_STR(world.text, "");
        end();
        close(fd);
    }
}

TEST(tcp_resolves_names_beside_the_loop)
{
    uint16_t port;
    int fd = listener(AF_INET, &port);

    begin();
    start_tcp("localhost", port, 20000);
    until_done();
    EXPECT_INT(world.outcome, ATTEMPT_OK);
    end();
    close(fd);
}

TEST(tcp_that_is_refused_says_so_as_go_does)
{
    char wanted[80];
    uint16_t port;
    int fd = listener(AF_INET, &port);

    close(fd);
    begin();
    start_tcp("127.0.0.1", port, 20000);
    until_done();
    EXPECT_INT(world.outcome, ATTEMPT_CONNECT_FAILED);
    snprintf(wanted, sizeof wanted, "dial tcp 127.0.0.1:%u: connect: connection refused", port);
    EXPECT_STR(world.text, wanted);
    end();
}

static struct rlimit allow_no_descriptor(void)
{
    struct rlimit before, none;

    getrlimit(RLIMIT_NOFILE, &before);
    none = before;
    none.rlim_cur = 3;
    setrlimit(RLIMIT_NOFILE, &none);
    return before;
}

TEST(tcp_without_a_descriptor_is_our_own_trouble)
{
    struct rlimit before;

    begin();
    before = allow_no_descriptor();
    start_tcp("127.0.0.1", 9, 100);
    until_done();
    setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_INT(world.outcome, ATTEMPT_NOT_RUN);
    EXPECT_STR(world.text, "dial tcp 127.0.0.1:9: socket: too many open files");
    end();
}

static void give_descriptors_back(struct ev_loop *loop, ev_timer *w, int revents)
{
    (void)loop;
    (void)revents;
    setrlimit(RLIMIT_NOFILE, w->data);
}

TEST(tcp_waits_for_a_descriptor_while_it_has_time)
{
    static const char *const hosts[] = {"127.0.0.1", "localhost"};
    uint16_t port;
    int fd = listener(AF_INET, &port);

    for (int i = 0; i < 2; i++) {
        struct rlimit before;
        ev_timer back;

        begin();
        before = allow_no_descriptor();
        start_tcp(hosts[i], port, 20000);
        ev_timer_init(&back, give_descriptors_back, 0.1, 0.);
        back.data = &before;
        ev_timer_start(world.loop, &back);
        until_done();
        EXPECT_INT(world.outcome, ATTEMPT_OK);
        end();
    }
    close(fd);
}

TEST(a_pause_ends_in_success)
{
    static const mono_ms lengths[] = {0, 30};

    for (int i = 0; i < 2; i++) {
        mono_ms before = clock_mono();

        begin();
        EXPECT(attempt_start(world.loop, &(struct attempt_request){.handler = HANDLER_SLEEP,
                                                                   .timeout = MONO_NEVER,
                                                                   .sleep = lengths[i]},
                             note, NULL) != NULL);
        until_done();
        EXPECT_INT(world.outcome, ATTEMPT_OK);
        EXPECT(clock_mono() - before >= lengths[i] - 1);
        end();
    }
}

TEST(two_thousand_tcp_probes_leave_no_port_behind)
{
    uint16_t port;
    int fd = listener(AF_INET, &port);

    begin();
    for (int i = 0; i < 2000; i++) {
        world.done = 0;
        start_tcp("127.0.0.1", port, 20000);
        until_done();
        EXPECT_INT(world.outcome, ATTEMPT_OK);
        close(accept(fd, NULL, NULL));
    }
    end();
    close(fd);
}

TESTS(RUN(exec_hands_on_stdout_then_stderr_and_the_exit_code),
      RUN(exec_counts_a_signal_as_128_and_its_number),
      RUN(exec_output_is_capped_and_the_rest_is_read_all_the_same),
      RUN(exec_does_not_wait_for_a_grandchild_that_holds_the_pipe),
      RUN(exec_that_hangs_times_out_and_is_gone),
      RUN(exec_of_a_missing_command_is_an_error_that_does_not_count),
      RUN(a_cancelled_attempt_has_no_outcome_and_leaves_no_process),
      RUN(tcp_is_ok_as_soon_as_it_is_connected),
      RUN(tcp_resolves_names_beside_the_loop),
      RUN(tcp_that_is_refused_says_so_as_go_does),
      RUN(tcp_without_a_descriptor_is_our_own_trouble),
      RUN(tcp_waits_for_a_descriptor_while_it_has_time),
      RUN(a_pause_ends_in_success),
      RUN(two_thousand_tcp_probes_leave_no_port_behind))
