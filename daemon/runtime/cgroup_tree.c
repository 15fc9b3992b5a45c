#include "daemon/runtime/cgroup.h"

#include "base/buf.h"
#include "base/fd.h"
#include "base/log.h"
#include "daemon/runtime/cgroup_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { FILE_MAX = 1024 * 1024, ID_DIGITS = 16 };

static const char prefix[] = "pidlet-";
static const char daemon_folder[] = "daemon";

__attribute__((format(printf, 2, 3))) static bool because(struct cgroups *g, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(g->why, sizeof g->why, format, args);
    va_end(args);
    return false;
}

/* ---- files ---- */

static int read_path(const char *path, struct buf *out)
{
    cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

    return fd == -1 ? -errno : fd_read_all(fd, FILE_MAX, out);
}

static int write_at(int dir, const char *path, const char *value)
{
    cleanup_fd int fd = openat(dir, path, O_WRONLY | O_CLOEXEC);

    return fd == -1 || write(fd, value, strlen(value)) == -1 ? -errno : 0;
}

static bool join(char out[PATH_MAX], const char *folder, const char *name)
{
    return snprintf(out, PATH_MAX, "%s/%s", folder, name) < PATH_MAX;
}

/* Whether `word` stands in a list with blanks between. */
static bool lists(const char *text, const char *word)
{
    const size_t length = strlen(word);

    for (const char *p = text + strspn(text, " \n"); *p != '\0'; p += strspn(p, " \n")) {
        size_t n = strcspn(p, " \n");

        if (n == length && memcmp(p, word, n) == 0)
            return true;
        p += n;
    }
    return false;
}

/* ---- where we are ---- */

/* The path of our cgroup below the mount: "0::/system.slice/pidlet.service". */
static bool own_path(struct cgroups *g, char out[PATH_MAX])
{
    struct buf text = BUF_INIT;
    const char *line = NULL;
    bool ok = false;

    if (read_path("/proc/self/cgroup", &text) == 0) {
        for (line = buf_text(&text); *line != '\0' && strncmp(line, "0::", 3) != 0;)
            line += strcspn(line, "\n") + (line[strcspn(line, "\n")] == '\n');
        if (*line != '\0')
            ok = snprintf(out, PATH_MAX, "%.*s", (int)strcspn(line + 3, "\n"), line + 3) < PATH_MAX;
    }
    buf_deinit(&text);
    if (!ok)
        return because(g, "this kernel has no cgroup v2");
    if (strncmp(out, "/..", 3) == 0)
        return because(g, "pidlet is outside of its own cgroup namespace");
    return true;
}

/* A field of /proc/self/mountinfo has its blanks as \040. */
static void unescape(char *text)
{
    char *to = text;

    for (const char *from = text; *from != '\0'; to++) {
        if (from[0] == '\\' && strspn(from + 1, "01234567") >= 3) {
            *to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

/* Where cgroup2 is mounted, and which of its folders is the mount's root. */
static bool mount_point(struct cgroups *g, char point[PATH_MAX], char root[PATH_MAX])
{
    FILE *f = fopen("/proc/self/mountinfo", "re");
    char *line = NULL;
    size_t size = 0;
    bool found = false;

    while (f != NULL && !found && getline(&line, &size, f) != -1) {
        const char *type = strstr(line, " - ");

        if (type == NULL || strncmp(type, " - cgroup2 ", 11) != 0)
            continue;
        found = sscanf(line, "%*s %*s %*s %4095s %4095s", root, point) == 2;
    }
    free(line);
    if (f != NULL)
        fclose(f);
    if (!found)
        return because(g, "no cgroup v2 is mounted");
    unescape(point);
    unescape(root);
    return true;
}

static bool find_origin(struct cgroups *g)
{
    char path[PATH_MAX], point[PATH_MAX], root[PATH_MAX];
    const char *below = path;

    if (!own_path(g, path) || !mount_point(g, point, root))
        return false;
    /* A part of the hierarchy can be mounted, as Docker does without a cgroup namespace. */
    if (strcmp(root, "/") != 0) {
        if (strncmp(path, root, strlen(root)) != 0)
            return because(g, "the cgroup v2 that is mounted is not pidlet's own");
        below = path + strlen(root);
    }
    while (*below == '/')
        below++;
    if (*below == '\0' ? snprintf(g->origin, PATH_MAX, "%s", point) >= PATH_MAX : !join(g->origin, point, below))
        return because(g, "the path of pidlet's cgroup is too long");
    return true;
}

/* ---- whose it is ---- */

/* systemd's mark, in the namespace that everybody may read since 251 and in the one of old. */
static bool marked(const char *folder, const char *name, char *value, size_t size)
{
    static const char *const spaces[] = {"user", "trusted"};

    for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++) {
        char full[64];
        ssize_t length;

        snprintf(full, sizeof full, "%s.%s", spaces[i], name);
        length = getxattr(folder, full, value, size - 1);
        if (length > 0) {
            value[length] = '\0';
            return true;
        }
    }
    return false;
}

static bool delegated_by_systemd(const char *folder)
{
    char value[64];

    return marked(folder, "delegate", value, sizeof value) && strcmp(value, "1") == 0;
}

/*
 * Our own, or the one above it: systemd's DelegateSubgroup= puts us into a cgroup that is no unit's,
 * one below what it delegates.  Further up another manager's may be, a user's systemd in user@.service.
 */
static bool find_marked(struct cgroups *g)
{
    char folder[PATH_MAX], value[64], *slash;

    memcpy(folder, g->origin, sizeof folder);
    if (!delegated_by_systemd(folder)) {
        slash = strrchr(folder, '/');
        if (marked(folder, "invocation_id", value, sizeof value) || slash == NULL || slash == folder)
            return false;
        *slash = '\0';
        if (!delegated_by_systemd(folder))
            return false;
    }
    memcpy(g->delegated, folder, sizeof folder);
    return true;
}

/*
 * Nobody else is in it; as the first process of a PID namespace, nobody from outside of that: such
 * processes are listed as 0.
 */
static bool alone(const char *folder)
{
    struct buf text = BUF_INIT;
    char path[PATH_MAX];
    bool yes = join(path, folder, "cgroup.procs") && read_path(path, &text) == 0;

    for (char *p = text.data; yes && p != NULL && *p != '\0'; p += strspn(p, "\n")) {
        long pid = strtol(p, &p, 10);

        yes = pid == getpid() || (getpid() == 1 && pid != 0);
    }
    buf_deinit(&text);
    return yes;
}

/*
 * What systemd manages is ours only where it says so.  Elsewhere a cgroup is ours when nobody
 * else is in it: one that was made for us, or a container's, whose first process we are.
 */
static bool find_delegated(struct cgroups *g)
{
    char value[64];

    if (find_marked(g))
        return true;
    if (marked(g->origin, "invocation_id", value, sizeof value))
        return because(g, "systemd does not delegate pidlet's cgroup: its unit needs Delegate=yes");
    if (!alone(g->origin))
        return because(g, "other processes share pidlet's cgroup, %.100s", g->origin);
    memcpy(g->delegated, g->origin, sizeof g->delegated);
    return true;
}

/* ---- controllers ---- */

static unsigned controllers_in(const char *folder, const char *file)
{
    struct buf text = BUF_INIT;
    char path[PATH_MAX];
    unsigned found = 0;

    if (join(path, folder, file) && read_path(path, &text) == 0) {
        for (int i = 0; i < CGROUP_CONTROLLERS; i++)
            found |= lists(buf_text(&text), cgroup_controller_name(i)) ? 1u << i : 0;
    }
    buf_deinit(&text);
    return found;
}

static void say_missing(struct cgroups *g, unsigned missing)
{
    char list[64];

    cgroup_list_controllers(missing, 0, list, sizeof list);
    because(g, "%.120s has no controller %s", g->delegated, list);
}

/* ---- folders of pidlets that are gone ---- */

static bool empty_daemon(int dir, const char *name)
{
    char path[300];
    struct buf text = BUF_INIT;
    cleanup_fd int fd = -1;
    bool empty = true;

    snprintf(path, sizeof path, "%s/%s/cgroup.procs", name, daemon_folder);
    fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        fd_read_all(fd, FILE_MAX, &text);
        empty = text.length == 0;
    }
    buf_deinit(&text);
    return empty;
}

/* The folders from the leaves up; the kernel's files go with them. */
static bool remove_tree(int parent, const char *name, bool kill)
{
    DIR *dir = fd_opendir(parent, name);
    struct dirent *entry;

    if (dir == NULL)
        return errno == ENOENT;
    if (kill)
        cgroup_kill_listed(dirfd(dir), "cgroup.procs");
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
            remove_tree(dirfd(dir), entry->d_name, kill);
    }
    closedir(dir);
    return unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT;
}

static void remove_all(int parent, const char *beginning)
{
    DIR *dir = fd_opendir(parent, ".");
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (strncmp(entry->d_name, beginning, strlen(beginning)) == 0)
            remove_tree(parent, entry->d_name, false);
    }
    if (dir != NULL)
        closedir(dir);
}

/* SIGKILL needs a moment to be obeyed; a process that cannot be killed holds us up no longer than this. */
static bool empty_and_remove(int parent, const char *name)
{
    enum { TRIES = 200, STEP = 5 };
    char path[300];

    snprintf(path, sizeof path, "%s/cgroup.kill", name);
    for (int i = 0; i < TRIES; i++) {
        if (remove_tree(parent, name, write_at(parent, path, "1") < 0))
            return true;
        poll(NULL, 0, STEP);
    }
    return false;
}

static bool is_one_of_ours(const struct dirent *entry)
{
    const char *id = entry->d_name + sizeof prefix - 1;

    return entry->d_type == DT_DIR && strncmp(entry->d_name, prefix, sizeof prefix - 1) == 0
           && strlen(id) == ID_DIGITS && strspn(id, "0123456789abcdef") == ID_DIGITS;
}

static void remove_stale(const struct cgroups *g, int delegated)
{
    DIR *dir = opendir(g->delegated);
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (!is_one_of_ours(entry) || strcmp(entry->d_name, g->name) == 0
            || !empty_daemon(delegated, entry->d_name))
            continue;
        if (empty_and_remove(delegated, entry->d_name))
            log_info("removed %s/%s, which a pidlet that was killed has left", g->delegated, entry->d_name);
        else
            log_warn("%s/%s, which a pidlet that was killed has left, cannot be removed", g->delegated,
                     entry->d_name);
    }
    if (dir != NULL)
        closedir(dir);
}

/* ---- our own ---- */

static int enter(int dir, const char *folder)
{
    char path[PATH_MAX];

    return join(path, folder, "cgroup.procs") ? write_at(dir, path, "0") : -ENAMETOOLONG;
}

/* The folder hands `which` down to those below it; all that it does hand down then. */
static unsigned hand_down(const char *folder, unsigned which, char sign)
{
    char list[64], path[PATH_MAX];

    if (!join(path, folder, "cgroup.subtree_control"))
        return 0;
    for (int i = 0; i < CGROUP_CONTROLLERS; i++) {
        if ((which & 1u << i) == 0)
            continue;
        cgroup_list_controllers(1u << i, sign, list, sizeof list);
        write_at(AT_FDCWD, path, list);      /* one by one: one that is refused spoils no other */
    }
    return controllers_in(folder, "cgroup.subtree_control");
}

static void make_id(char out[32])
{
    uint64_t id = 0;

    if (getrandom(&id, sizeof id, GRND_NONBLOCK) != sizeof id)
        id = (uint64_t)getpid();
    snprintf(out, 32, "%s%016llx", prefix, (unsigned long long)id);
}

static bool make_own(struct cgroups *g, int delegated, unsigned available)
{
    char own[PATH_MAX], leaf[64], list[64];
    unsigned before = controllers_in(g->delegated, "cgroup.subtree_control");

    make_id(g->name);
    if (mkdirat(delegated, g->name, 0755) == -1)
        return because(g, "%.120s cannot be written: %s", g->delegated, strerror(errno));
    snprintf(leaf, sizeof leaf, "%s/%s", g->name, daemon_folder);
    if (mkdirat(delegated, leaf, 0755) == -1 || !join(own, g->delegated, g->name))
        return because(g, "%.120s cannot be written: %s", g->delegated, strerror(errno));
    if (enter(delegated, leaf) < 0)
        return because(g, "pidlet cannot move within %.120s: %s", g->delegated, strerror(errno));
    g->controllers = hand_down(g->delegated, available & ~before, '+') & available;
    g->handed_down = g->controllers & ~before;
    g->controllers = hand_down(own, g->controllers, '+');
    if (g->controllers == 0) {
        cgroup_list_controllers(available, 0, list, sizeof list);
        return because(g, "%.100s does not hand %s down: other processes are in it", g->delegated, list);
    }
    g->fd = open(own, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return g->fd >= 0 || because(g, "%.120s: %s", own, strerror(errno));
}

static void unmake(struct cgroups *g, int delegated)
{
    cleanup_fd int own = openat(delegated, g->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char path[PATH_MAX];

    if (own >= 0)
        remove_all(own, "pod-");
    /* From below: a folder keeps what one of its own hands down. */
    if (join(path, g->delegated, g->name))
        hand_down(path, g->controllers, '-');
    hand_down(g->delegated, g->handed_down, '-');
    /* Only a folder without a process in it can be removed, and we are in ours. */
    if (enter(AT_FDCWD, g->origin) < 0)
        enter(delegated, ".");
    remove_tree(delegated, g->name, false);
    fd_close(&g->fd);
    g->controllers = 0;
}

static bool set_up(struct cgroups *g)
{
    const unsigned all = (1u << CGROUP_CONTROLLERS) - 1;
    cleanup_fd int delegated = -1;
    unsigned available;

    if (!find_origin(g) || !find_delegated(g))
        return false;
    available = controllers_in(g->delegated, "cgroup.controllers");
    if (available == 0)
        return because(g, "%.120s has no controllers", g->delegated);
    delegated = open(g->delegated, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (delegated == -1)
        return because(g, "%.120s: %s", g->delegated, strerror(errno));
    if (!make_own(g, delegated, available)) {
        char why[sizeof g->why];

        memcpy(why, g->why, sizeof why);
        unmake(g, delegated);
        memcpy(g->why, why, sizeof why);
        return false;
    }
    remove_stale(g, delegated);
    if (g->controllers != all)
        say_missing(g, all & ~g->controllers);
    return true;
}

void cgroups_init(struct cgroups *g)
{
    memset(g, 0, sizeof *g);
    g->fd = -1;
    if (!set_up(g))
        log_debug("no cgroups: %s", g->why);
    else
        log_debug("cgroups: %s/%s", g->delegated, g->name);
}

void cgroups_deinit(struct cgroups *g)
{
    cleanup_fd int delegated = -1;

    if (g->fd < 0)
        return;
    delegated = open(g->delegated, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (delegated >= 0)
        unmake(g, delegated);
    fd_close(&g->fd);
}
