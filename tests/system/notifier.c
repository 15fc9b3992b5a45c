/*
 * Tells of itself as a service of systemd does, by libsystemd.  Each argument is a message, or
 *
 *     barrier     waits until all that was sent has been acted upon, and prints what came of it
 *     store       hands in a descriptor to be kept
 *     beat=MS     sends WATCHDOG=1 every MS milliseconds, for ever
 *     watchdog    prints the microseconds that its watchdog has
 *     wait        for a signal
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

static void beat(long ms)
{
    const struct timespec between = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    for (;;) {
        sd_notify(0, "WATCHDOG=1");
        nanosleep(&between, NULL);
    }
}

static void store(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    sd_pid_notify_with_fds(0, 0, "FDSTORE=1\nFDNAME=null", &fd, 1);
    close(fd);
}

static void print_watchdog(void)
{
    uint64_t usec = 0;
    int enabled = sd_watchdog_enabled(0, &usec);

    printf("watchdog %d %" PRIu64 "\n", enabled, usec);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "barrier") == 0)
            printf("barrier %s\n", sd_notify_barrier(0, 30 * UINT64_C(1000000)) > 0 ? "passed" : "failed");
        else if (strcmp(argv[i], "store") == 0)
            store();
        else if (strncmp(argv[i], "beat=", 5) == 0)
            beat(atol(argv[i] + 5));
        else if (strcmp(argv[i], "watchdog") == 0)
            print_watchdog();
        else if (strcmp(argv[i], "wait") == 0)
            pause();
        else
            sd_notify(0, argv[i]);
        fflush(stdout);
    }
    return 0;
}
