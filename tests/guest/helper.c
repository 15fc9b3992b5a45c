/*
 * What containers of the guest do, in as little memory as can be.
 *
 *     helper eat MIB          takes so much memory, touches it, and waits
 *     helper fork N           forks N children that wait; prints how many it got
 *     helper delegate PATH    marks a cgroup as systemd does with Delegate=yes
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/xattr.h>
#include <unistd.h>

static int eat(size_t mib)
{
    for (size_t i = 0; i < mib; i++) {
        char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (p == MAP_FAILED) {
            perror("mmap");
            return 1;
        }
        memset(p, 1, 1 << 20);
    }
    puts("eaten");
    fflush(stdout);
    for (;;)
        pause();
}

static _Noreturn void fork_many(int count)
{
    int got = 0;

    for (int i = 0; i < count; i++) {
        pid_t pid = fork();

        if (pid == 0) {
            for (;;)
                pause();
        }
        got += pid > 0;
    }
    printf("forked %d of %d\n", got, count);
    fflush(stdout);
    for (;;)
        pause();
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "eat") == 0)
        return eat(strtoul(argv[2], NULL, 10));
    if (argc == 3 && strcmp(argv[1], "fork") == 0)
        fork_many(atoi(argv[2]));
    if (argc == 3 && strcmp(argv[1], "delegate") == 0 && setxattr(argv[2], "user.delegate", "1", 1, 0) == 0)
        return 0;
    perror(argc > 1 ? argv[1] : "usage");
    return 1;
}
