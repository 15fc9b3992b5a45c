#include "daemon/runtime/usage.h"

#include "base/buf.h"
#include "base/fd.h"
#include "daemon/runtime/cgroup.h"
#include "daemon/runtime/descendants.h"
#include "daemon/runtime/executor_private.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Who asks more often gets the rate over a longer window: the clock's ticks are coarse. */
enum { WINDOW_LEAST = 500, PROCESSES_MAX = 4096 };

void resource_usage_rate(struct usage_sample *s, uint64_t run, mono_ms began, mono_ms now, uint64_t cpu, struct resource_usage *out)
{
    if (s->run != run || s->last_at == 0)
        *s = (struct usage_sample){.run = run, .base_at = began, .last_at = began};
    if (now - s->last_at >= WINDOW_LEAST) {
        s->base_at = s->last_at;
        s->base = s->last;
        s->last_at = now;
        s->last = cpu;
    }
    out->window = now > s->base_at ? now - s->base_at : 1;
    /* Less than before: an orphan has taken its time with it. */
    out->cpu = cpu > s->base ? (cpu - s->base) * 1000 / (uint64_t)out->window : 0;
}

/* Fields 14 to 17 and 24 of proc(5)'s stat, behind the name in parentheses. */
static void add_process(pid_t pid, uint64_t *ticks, uint64_t *pages)
{
    unsigned long long user, system, children_user, children_system;
    char path[32], line[1024];
    long long resident;
    const char *rest;
    ssize_t n;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    n = fd == -1 ? -1 : read(fd, line, sizeof line - 1);
    if (n <= 0)
        return;                         /* it has just ended */
    line[n] = '\0';
    rest = strrchr(line, ')');
    if (rest == NULL
        || sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu %*d %*d %*d %*d %*u %*u %lld",
                  &user, &system, &children_user, &children_system, &resident) != 5)
        return;
    *ticks += user + system + children_user + children_system;
    *pages += resident > 0 ? (uint64_t)resident : 0;
}

/* Its main process and all below it; with a cgroup also who has left that family. */
static void processes_of(const struct live_container *c, struct pid_list *out)
{
    if (c->cgroup.tree != NULL && cgroup_pids(&c->cgroup, out) == 0)
        return;
    out->count = 0;
    if (pid_list_add(out, c->process.pid) < 0)
        return;
    for (size_t i = 0; i < out->count && out->count < PROCESSES_MAX; i++)
        descendants_children(out->items[i], out);
}

bool live_pod_usage(struct live_pod *p, unsigned container, mono_ms now, struct resource_usage *out)
{
    struct live_container *c = &p->containers[container];
    struct pid_list pids = {0};
    uint64_t ticks = 0, pages = 0, cpu;

    if (!container_has_process(&p->core->containers[container]) || c->process.pid <= 0)
        return false;
    if (c->usage == NULL && (c->usage = calloc(1, sizeof *c->usage)) == NULL)
        return false;
    processes_of(c, &pids);
    for (size_t i = 0; i < pids.count; i++)
        add_process(pids.items[i], &ticks, &pages);
    pid_list_deinit(&pids);
    cpu = c->cgroup.tree == NULL ? 0 : cgroup_cpu(&c->cgroup);
    if (cpu == 0)
        cpu = ticks * (UINT64_C(1000000000) / (uint64_t)sysconf(_SC_CLK_TCK));
    out->memory = pages * (uint64_t)sysconf(_SC_PAGESIZE);
    resource_usage_rate(c->usage, (uint64_t)c->process.pid, p->core->containers[container].started, now, cpu, out);
    return true;
}
