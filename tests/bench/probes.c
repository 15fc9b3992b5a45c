/*
 * Probes by the thousand, against a server that has a process of its own.
 *
 *     probes-bench tcp|http COUNT AT-ONCE
 *
 * Standard output: a line for each kind of outcome, "1000 ok"; standard error: the CPU time
 * that a thousand of them took this process, libev and libcurl included, its server's not.
 */
#include "config/spec.h"
#include "daemon/runtime/spawn.h"
#include "probes/attempt.h"
#include "probes/http_client.h"

#include <arpa/inet.h>
#include <ev.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
    struct ev_loop *loop;
    struct attempt_request request;
    unsigned long left;                 /* to be begun */
    unsigned under_way;
    unsigned long outcomes[ATTEMPT_OUTCOMES];
} bench;

static void serve(int listener, int http)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
    char request[4096];

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        int fd = accept(listener, NULL, NULL);

        if (fd == -1)
            continue;
        if (http && read(fd, request, sizeof request) > 0)
            (void)!write(fd, answer, sizeof answer - 1);
        close(fd);
    }
}

static void begin_one(void);

static void ended(void *arg, const struct attempt_result *result)
{
    (void)arg;
    if (bench.outcomes[result->outcome]++ == 0 && result->outcome != ATTEMPT_OK)
        fprintf(stderr, "%s: %s\n", attempt_outcome_name(result->outcome), result->text);
    bench.under_way--;
    begin_one();
    if (bench.under_way == 0)
        ev_break(bench.loop, EVBREAK_ALL);
}

static void begin_one(void)
{
    if (bench.left == 0)
        return;
    bench.left--;
    bench.under_way++;
    if (attempt_start(bench.loop, &bench.request, ended, NULL) == NULL)
        abort();
}

static double cpu_seconds(void)
{
    struct rusage used;

    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec)
           + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

int main(int argc, char **argv)
{
    static const struct http_get_spec get = {.path = "/", .scheme = SCHEME_HTTP};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), http;
    unsigned long count, at_once;
    double begun;
    pid_t server;

    if (argc != 4) {
        fprintf(stderr, "usage: probes-bench tcp|http COUNT AT-ONCE\n");
        return 2;
    }
    http = strcmp(argv[1], "http") == 0;
    count = strtoul(argv[2], NULL, 10);
    at_once = strtoul(argv[3], NULL, 10);
    if (bind(listener, (void *)&address, sizeof address) == -1 || listen(listener, 4096) == -1
        || getsockname(listener, (void *)&address, &size) == -1) {
        perror("listening");
        return 1;
    }
    server = fork();
    if (server == 0)
        serve(listener, http);
    close(listener);

    signal(SIGPIPE, SIG_IGN);
    if (spawn_init() < 0)               /* for the limit of descriptors */
        return 1;
    bench.loop = ev_loop_new(EVFLAG_AUTO);
    bench.left = count;
    bench.request = (struct attempt_request){.handler = http ? HANDLER_HTTP : HANDLER_TCP,
                                             .timeout = 60 * MONO_SECOND,
                                             .host = "127.0.0.1",
                                             .port = ntohs(address.sin_port),
                                             .http = {.get = &get}};
    if (http)
        bench.request.http.client = http_client_new(bench.loop);
    begun = cpu_seconds();
    for (unsigned long i = 0; i < at_once && i < count; i++)
        begin_one();
    ev_run(bench.loop, 0);
    fprintf(stderr, "%.1f ms of CPU for 1000\n", (cpu_seconds() - begun) * 1e6 / (double)count);
    for (int i = 0; i < ATTEMPT_OUTCOMES; i++) {
        if (bench.outcomes[i] > 0)
            printf("%lu %s\n", bench.outcomes[i], attempt_outcome_name((enum attempt_outcome)i));
    }
    http_client_free(bench.request.http.client);
    ev_loop_destroy(bench.loop);
    spawn_deinit();
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    return 0;
}
