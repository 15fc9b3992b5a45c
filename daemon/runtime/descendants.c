#include "daemon/runtime/descendants.h"

#include "base/buf.h"
#include "base/fd.h"
#include "daemon/runtime/context.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    CHILDREN_MAX = 4 * 1024 * 1024,     /* bytes of a list of children */
    ENVIRON_MAX  = 256 * 1024,          /* bytes of an environment that are looked at */
    LEVELS_MAX   = 512,                 /* generations that one pass follows */
    GONE_MS      = 200,                 /* what a killed process is given to be gone, and its ports with it */
};

void pid_list_deinit(struct pid_list *l)
{
    free(l->items);
    *l = (struct pid_list){0};
}

int pid_list_add(struct pid_list *l, pid_t pid)
{
    if (l->count == l->capacity) {
        size_t capacity = l->capacity == 0 ? 16 : l->capacity * 2;
        pid_t *items = reallocarray(l->items, capacity, sizeof *items);

        if (items == NULL)
            return -ENOMEM;
        l->items = items;
        l->capacity = capacity;
    }
    l->items[l->count++] = pid;
    return 0;
}

static int read_file(const char *path, size_t limit, struct buf *out)
{
    cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    int r;

    if (fd == -1)
        return -errno;
    r = fd_read_all(fd, limit, out);
    return r == -EFBIG ? 0 : r;
}

/* The children that one thread forked. */
static int thread_children(pid_t pid, const char *thread, struct pid_list *out)
{
    char path[64];
    struct buf text = BUF_INIT;
    int r;

    snprintf(path, sizeof path, "/proc/%d/task/%.16s/children", (int)pid, thread);
    r = read_file(path, CHILDREN_MAX, &text);
    for (char *p = text.data; r == 0 && p != NULL && *p != '\0';) {
        char *end;
        long child = strtol(p, &end, 10);

        if (end == p || child <= 1)     /* kill(2) takes 0 and -1 for crowds */
            break;
        r = pid_list_add(out, (pid_t)child);
        p = end + strspn(end, " \n");
    }
    buf_deinit(&text);
    return r;
}

int descendants_children(pid_t pid, struct pid_list *out)
{
    char path[32];
    struct dirent *entry;
    DIR *tasks;
    int r = 0;

    if (pid == getpid()) {              /* only our first thread forks, and orphans come to it */
        snprintf(path, sizeof path, "%d", (int)pid);
        return thread_children(pid, path, out);
    }
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    tasks = opendir(path);
    if (tasks == NULL)
        return -errno;
    while (r == 0 && (entry = readdir(tasks)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        r = thread_children(pid, entry->d_name, out);
        if (r == -ENOENT || r == -ESRCH)
            r = 0;                      /* that thread has just ended */
    }
    closedir(tasks);
    return r;
}

/* The first `count` bytes of the id are compared; with its terminator all of it is. */
static bool carries(pid_t pid, const char *id, size_t count)
{
    static const char variable[] = CONTEXT_ID_VARIABLE "=";
    const size_t length = sizeof variable - 1;
    struct buf text = BUF_INIT;
    char path[32];
    bool found = false;

    snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
    if (read_file(path, ENVIRON_MAX, &text) == 0 && text.data != NULL) {
        const char *end = text.data + text.length;

        for (const char *p = text.data; p < end && !found; p += strlen(p) + 1)
            found = strncmp(p, variable, length) == 0 && strncmp(p + length, id, count) == 0;
    }
    buf_deinit(&text);
    return found;
}

bool descendants_belongs(pid_t pid, pid_t leader, const char *id)
{
    return getsid(pid) == leader || (id != NULL && carries(pid, id, strlen(id) + 1));
}

static pid_t parent_of(pid_t pid)
{
    struct buf text = BUF_INIT;
    const char *after;
    char path[32];
    int parent = -1;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    if (read_file(path, 4096, &text) == 0 && (after = strrchr(buf_text(&text), ')')) != NULL)
        sscanf(after + 1, " %*c %d", &parent);
    buf_deinit(&text);
    return parent;
}

/*
 * By pidfd, and only while it is still the child of `parent`: between our reading its
 * number and the signal it may have ended, and the number be another's.
 */
static bool signal_child(pid_t pid, pid_t parent, int signal)
{
    cleanup_fd int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

    if (pidfd < 0)
        return errno == ENOSYS && kill(pid, signal) == 0;
    if (parent_of(pid) != parent)
        return false;
    return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) == 0;
}

size_t descendants_signal(pid_t root, bool with_root, int signal)
{
    struct pid_list parents = {0}, level = {0};
    size_t signalled = 0;

    /* Level by level: who is killed first cannot fork any more. */
    if (with_root)
        signalled += kill(root, signal) == 0;
    if (pid_list_add(&parents, root) == 0) {
        for (int depth = 0; depth < LEVELS_MAX && parents.count > 0; depth++) {
            struct pid_list swap;

            level.count = 0;
            for (size_t i = 0; i < parents.count; i++) {
                size_t first = level.count;

                descendants_children(parents.items[i], &level);
                for (size_t j = first; j < level.count; j++)
                    signalled += signal_child(level.items[j], parents.items[i], signal);
            }
            swap = parents;
            parents = level;
            level = swap;
        }
    }
    pid_list_deinit(&parents);
    pid_list_deinit(&level);
    return signalled;
}

size_t descendants_kill(pid_t root, bool with_root)
{
    return descendants_signal(root, with_root, SIGKILL);
}

/* One look; by pidfd, which was there before the process was looked at. */
static size_t kill_carriers(const char *begin)
{
    DIR *proc = opendir("/proc");
    const struct dirent *entry;
    size_t killed = 0;

    while (proc != NULL && (entry = readdir(proc)) != NULL) {
        const long pid = strtol(entry->d_name, NULL, 10);
        cleanup_fd int pidfd = pid > 1 ? (int)syscall(SYS_pidfd_open, (pid_t)pid, 0) : -1;

        if (pidfd >= 0 && carries((pid_t)pid, begin, strlen(begin))
            && syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0) == 0) {
            killed++;
            poll(&(struct pollfd){.fd = pidfd, .events = POLLIN}, 1, GONE_MS);
        }
    }
    if (proc != NULL)
        closedir(proc);
    return killed;
}

size_t descendants_kill_carriers(const char *begin)
{
    enum { LOOKS = 4 };                 /* who forks faster than that is no daemon */
    size_t killed = 0, last = 1;

    if (carries(getpid(), begin, strlen(begin)))
        return 0;
    for (int i = 0; i < LOOKS && last > 0; i++) {
        last = kill_carriers(begin);
        killed += last;
    }
    return killed;
}
