#include "daemon/runtime/cgroup.h"

#include "base/buf.h"
#include "base/fd.h"
#include "config/resources.h"
#include "daemon/runtime/cgroup_private.h"
#include "daemon/runtime/descendants.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 1024 * 1024 };        /* bytes of one of the kernel's files that are looked at */

/* ---- files ---- */

static bool folder_of(const struct cgroup *c, char *out, size_t size)
{
    int length = c->container == NULL ? snprintf(out, size, "pod-%s", c->pod)
                                      : snprintf(out, size, "pod-%s/%s", c->pod, c->container);

    return length >= 0 && (size_t)length < size;
}

static int file_open(const struct cgroup *c, const char *file, int flags)
{
    char folder[PATH_MAX], path[PATH_MAX];
    int fd;

    if (!folder_of(c, folder, sizeof folder)
        || snprintf(path, sizeof path, "%s/%s", folder, file) >= (int)sizeof path)
        return -ENAMETOOLONG;
    fd = openat(c->tree->fd, path, flags | O_CLOEXEC);
    return fd == -1 ? -errno : fd;
}

static int file_write(const struct cgroup *c, const char *file, const char *value)
{
    int fd = file_open(c, file, O_WRONLY), r;

    if (fd < 0)
        return fd;
    r = write(fd, value, strlen(value)) == -1 ? -errno : 0;
    close(fd);
    return r;
}

static int file_read(const struct cgroup *c, const char *file, struct buf *out)
{
    int fd = file_open(c, file, O_RDONLY), r;

    if (fd < 0)
        return fd;
    r = fd_read_all(fd, FILE_MAX, out);
    close(fd);
    return r;
}

/* The number behind `key` in a file of "KEY NUMBER" lines; 0: it is not there. */
static uint64_t keyed(const char *text, const char *key)
{
    const size_t length = strlen(key);

    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
        if (strncmp(line, key, length) == 0 && line[length] == ' ')
            return strtoull(line + length, NULL, 10);
    }
    return 0;
}

/* ---- limits ---- */

static int write_number(const struct cgroup *c, const char *file, int64_t number)
{
    char text[32];

    snprintf(text, sizeof text, "%" PRId64, number);
    return file_write(c, file, text);
}

static int set_memory(const struct cgroup *c, const struct cgroup_limits *l)
{
    int r;

    if (!cgroups_has(c->tree, CGROUP_MEMORY) || l->memory_max == 0)
        return 0;
    if ((r = write_number(c, "memory.max", l->memory_max)) < 0)
        return r;
    /* Pods do not swap unless they are told to (kubelet: swapBehavior NoSwap); without swap no file. */
    r = file_write(c, "memory.swap.max", "0");
    return r == -ENOENT ? 0 : r;
}

static int set_cpu(const struct cgroup *c, const struct cgroup_limits *l)
{
    char text[64];
    int r;

    if (!cgroups_has(c->tree, CGROUP_CPU))
        return 0;
    if ((r = write_number(c, "cpu.weight", l->cpu_weight)) < 0 || l->cpu_quota == 0)
        return r;
    snprintf(text, sizeof text, "%" PRId64 " %d", l->cpu_quota, CGROUP_CPU_PERIOD);
    return file_write(c, "cpu.max", text);
}

const char *cgroup_controller_name(int controller)
{
    static const char *const names[] = {
        [CGROUP_CPU]    = "cpu",
        [CGROUP_MEMORY] = "memory",
        [CGROUP_PIDS]   = "pids",
    };

    return names[controller];
}

void cgroup_list_controllers(unsigned which, char sign, char *out, size_t size)
{
    const char plus[] = {sign, '\0'};
    size_t at = 0;

    out[0] = '\0';
    for (int i = 0; i < CGROUP_CONTROLLERS; i++) {
        if ((which & 1u << i) != 0 && at < size)
            at += (size_t)snprintf(out + at, size - at, "%s%s%s", at > 0 ? " " : "", plus, cgroup_controller_name(i));
    }
}

static int make_pod(const struct cgroup *pod, const struct cgroup_limits *l, int64_t pids_max)
{
    char folder[PATH_MAX], list[64];
    int r;

    if (!folder_of(pod, folder, sizeof folder))
        return -ENAMETOOLONG;
    if (mkdirat(pod->tree->fd, folder, 0755) == -1)
        return errno == EEXIST ? 0 : -errno;
    cgroup_list_controllers(pod->tree->controllers, '+', list, sizeof list);
    if ((r = file_write(pod, "cgroup.subtree_control", list)) < 0 || (r = set_memory(pod, l)) < 0
        || (r = set_cpu(pod, l)) < 0)
        return r;
    if (cgroups_has(pod->tree, CGROUP_PIDS) && pids_max > 0)
        return write_number(pod, "pids.max", pids_max);
    return 0;
}

int cgroup_make(const struct cgroup *c, const struct cgroup_limits *of_pod, int64_t pids_max,
                const struct cgroup_limits *of_container)
{
    const struct cgroup pod = {.tree = c->tree, .pod = c->pod};
    char folder[PATH_MAX];
    int r = make_pod(&pod, of_pod, pids_max);

    if (r < 0)
        return r;
    if (!folder_of(c, folder, sizeof folder))
        return -ENAMETOOLONG;
    if (mkdirat(c->tree->fd, folder, 0755) == -1 && errno != EEXIST)
        return -errno;
    if ((r = set_memory(c, of_container)) < 0 || (r = set_cpu(c, of_container)) < 0)
        return r;
    /* One process killed, all of the container killed: as the kubelet has it on cgroup v2. */
    return cgroups_has(c->tree, CGROUP_MEMORY) ? file_write(c, "memory.oom.group", "1") : 0;
}

int cgroup_open(const struct cgroup *c)
{
    char folder[PATH_MAX];
    int fd;

    if (!folder_of(c, folder, sizeof folder))
        return -ENAMETOOLONG;
    fd = openat(c->tree->fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd == -1 ? -errno : fd;
}

/* ---- ends ---- */

bool cgroup_kill_listed(int dir, const char *procs)
{
    cleanup_fd int fd = openat(dir, procs, O_RDONLY | O_CLOEXEC);
    struct buf text = BUF_INIT;
    bool ok = fd >= 0 && fd_read_all(fd, FILE_MAX, &text) == 0;

    for (char *p = text.data; ok && p != NULL && *p != '\0';) {
        char *end;
        long pid = strtol(p, &end, 10);

        if (end == p)
            break;
        if (pid > 1 && pid != getpid())         /* 0: of another PID namespace */
            kill((pid_t)pid, SIGKILL);
        p = end + strspn(end, "\n");
    }
    buf_deinit(&text);
    return ok;
}

static bool kill_one_by_one(const struct cgroup *c)
{
    char folder[PATH_MAX - 32], path[PATH_MAX];

    if (!folder_of(c, folder, sizeof folder))
        return false;
    snprintf(path, sizeof path, "%s/cgroup.procs", folder);
    return cgroup_kill_listed(c->tree->fd, path);
}

bool cgroup_kill(const struct cgroup *c)
{
    return file_write(c, "cgroup.kill", "1") == 0 || kill_one_by_one(c);
}

bool cgroup_populated(const struct cgroup *c)
{
    struct buf text = BUF_INIT;
    bool populated = file_read(c, "cgroup.events", &text) == 0 && keyed(buf_text(&text), "populated") != 0;

    buf_deinit(&text);
    return populated;
}

uint64_t cgroup_oom_kills(const struct cgroup *c)
{
    struct buf text = BUF_INIT;
    uint64_t kills = 0;

    if (cgroups_has(c->tree, CGROUP_MEMORY) && file_read(c, "memory.events", &text) == 0)
        kills = keyed(buf_text(&text), "oom_kill");
    buf_deinit(&text);
    return kills;
}

uint64_t cgroup_cpu(const struct cgroup *c)
{
    struct buf text = BUF_INIT;
    uint64_t microseconds = 0;

    if (file_read(c, "cpu.stat", &text) == 0)
        microseconds = keyed(buf_text(&text), "usage_usec");
    buf_deinit(&text);
    return microseconds * 1000;
}

int cgroup_pids(const struct cgroup *c, struct pid_list *out)
{
    struct buf text = BUF_INIT;
    int r = file_read(c, "cgroup.procs", &text);

    for (const char *line = buf_text(&text); r == 0 && *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
        long pid = strtol(line, NULL, 10);

        if (pid > 0)                    /* 0: of another PID namespace */
            r = pid_list_add(out, (pid_t)pid);
    }
    buf_deinit(&text);
    return r;
}

bool cgroup_remove(const struct cgroup *c)
{
    char folder[PATH_MAX];

    return !folder_of(c, folder, sizeof folder)
           || unlinkat(c->tree->fd, folder, AT_REMOVEDIR) == 0 || errno == ENOENT;
}
