/*
 * How long from the SIGKILL of a main process until its replacement runs: pidlet, and the
 * least code that can do it, in one run.
 *
 *     restart-bench PIDLET [ROUNDS]
 *
 * The replacement says when it runs by writing its pid and CLOCK_MONOTONIC into a FIFO.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

struct hello {
    int64_t pid;
    int64_t ns;
};

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* The supervised process. */
static int child(const char *fifo)
{
    struct hello h = {.pid = getpid(), .ns = now_ns()};
    int fd = open(fifo, O_WRONLY);

    if (fd == -1 || write(fd, &h, sizeof h) != sizeof h)
        return 1;
    close(fd);
    for (;;)
        pause();
}

/* The least supervisor: one process, one descriptor, no question asked. */
static int floor_supervisor(char *self, char *fifo)
{
    char *const argv[] = {self, "child", fifo, NULL};
    int epoll = epoll_create1(EPOLL_CLOEXEC);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        struct epoll_event ev = {.events = EPOLLIN};
        pid_t pid = vfork();
        int pidfd;

        if (pid == 0) {
            execv(self, argv);
            _exit(127);
        }
        pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
        epoll_ctl(epoll, EPOLL_CTL_ADD, pidfd, &ev);
        while (epoll_wait(epoll, &ev, 1, -1) == -1 && errno == EINTR)
            ;
        waitid(P_PID, (id_t)pid, &(siginfo_t){0}, WEXITED);
        close(pidfd);
    }
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static struct hello next_hello(int fd)
{
    struct hello h;
    struct pollfd p = {.fd = fd, .events = POLLIN};

    if (poll(&p, 1, 20000) != 1 || read(fd, &h, sizeof h) != sizeof h) {
        fputs("no replacement within 20 s\n", stderr);
        exit(1);
    }
    return h;
}

static int64_t median_us(char *const *argv, const char *fifo, int rounds, const char *name)
{
    int64_t *took = calloc((size_t)rounds, sizeof *took);
    int fd = open(fifo, O_RDWR | O_NONBLOCK), null = open("/dev/null", O_WRONLY);
    posix_spawn_file_actions_t quiet;
    struct hello h;
    int64_t median;
    pid_t pid;

    if (fd == -1 || took == NULL)
        fail(fifo);
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_adddup2(&quiet, null, 1);
    posix_spawn_file_actions_adddup2(&quiet, null, 2);
    if (posix_spawn(&pid, argv[0], &quiet, NULL, argv, environ) != 0)
        fail(argv[0]);
    h = next_hello(fd);
    for (int i = 0; i < rounds; i++) {
        int64_t killed;

        poll(NULL, 0, 2);               /* let it settle: this is no race of restarts */
        killed = now_ns();
        kill((pid_t)h.pid, SIGKILL);
        h = next_hello(fd);
        took[i] = h.ns - killed;
    }
    kill(pid, SIGTERM);
    kill((pid_t)h.pid, SIGTERM);
    waitpid(pid, NULL, 0);
    close(fd);
    close(null);
    qsort(took, (size_t)rounds, sizeof *took, compare);
    printf("%-7s min %5lld  median %5lld  p99 %5lld us\n", name, (long long)took[0] / 1000,
           (long long)took[rounds / 2] / 1000, (long long)took[rounds * 99 / 100] / 1000);
    fflush(stdout);
    median = took[rounds / 2] / 1000;
    free(took);
    return median;
}

int main(int argc, char **argv)
{
    char folder[] = "/tmp/pidlet-bench-XXXXXX", fifo[64], manifest[64], self[4096] = "";
    int rounds = argc > 2 ? atoi(argv[2]) : 300;
    int64_t least, pidlet;
    FILE *f;

    if (argc == 3 && strcmp(argv[1], "child") == 0)
        return child(argv[2]);
    if (argc == 3 && strcmp(argv[1], "floor") == 0)
        return floor_supervisor(argv[0], argv[2]);
    if (argc < 2 || rounds < 1) {
        fputs("usage: restart-bench PIDLET [ROUNDS]\n", stderr);
        return 2;
    }
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0 || mkdtemp(folder) == NULL)
        fail("restart-bench");
    snprintf(fifo, sizeof fifo, "%s/fifo", folder);
    snprintf(manifest, sizeof manifest, "%s/pod.yaml", folder);
    if (mkfifo(fifo, 0600) == -1 || (f = fopen(manifest, "w")) == NULL)
        fail(folder);
    fprintf(f,
            "apiVersion: v1\nkind: Pod\nmetadata: {name: b, annotations: {pidlet.dev/backoff: initial=0s}}\n"
            "spec: {containers: [{name: x, command: [\"%s\", child, \"%s\"]}]}\n",
            self, fifo);
    fclose(f);
    least = median_us((char *const[]){self, "floor", fifo, NULL}, fifo, rounds, "floor");
    pidlet = median_us((char *const[]){argv[1], "run", "-f", manifest, NULL}, fifo, rounds, "pidlet");
    printf("ratio   pidlet / floor %.2f\n", (double)pidlet / (double)least);
    unlink(fifo);
    unlink(manifest);
    rmdir(folder);
    return 0;
}
