#include "daemon/runtime/oldlogs.h"

#include "base/fd.h"
#include "base/log.h"
#include "daemon/runtime/logfiles.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- marks ---- */

void oldlogs_mark(const char *pod_folder, const char *manifests)
{
    cleanup_fd int fd = -1;
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/" OLDLOGS_MARK, pod_folder);

    if (n >= (int)sizeof path)
        return;
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd == -1 ? errno != EEXIST : dprintf(fd, "%s\n", manifests) < 0)
        log_debug("%s: %s; these logs stay when the pod goes while pidlet is down", path, strerror(errno));
}

/* Which folder a mark names; false: there is none that we can have made. */
static bool read_mark(int folder, char manifests[PATH_MAX])
{
    cleanup_fd int fd = openat(folder, OLDLOGS_MARK, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat of_folder, of_mark;
    ssize_t n;

    if (fd == -1 || fstat(fd, &of_mark) == -1 || fstat(folder, &of_folder) == -1 || !S_ISREG(of_mark.st_mode)
        || of_mark.st_uid != geteuid() || of_folder.st_uid != geteuid())
        return false;
    n = read(fd, manifests, PATH_MAX);
    if (n < 2 || manifests[0] != '/' || memchr(manifests, '\n', (size_t)n) != manifests + n - 1)
        return false;
    manifests[n - 1] = '\0';
    return true;
}

void oldlogs_unmark(const char *pod_folder)
{
    cleanup_fd int folder = open(pod_folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    char manifests[PATH_MAX];

    if (folder != -1 && read_mark(folder, manifests))
        unlinkat(folder, OLDLOGS_MARK, 0);
}

/* ---- what goes ---- */

static int open_folder(int parent, const char *name)
{
    return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static bool is_file(int folder, const char *name)
{
    struct stat st;

    return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

static void remove_logs(int container)
{
    DIR *folder = fd_opendir(container, ".");
    const struct dirent *e;
    struct logfile file;

    if (folder == NULL)
        return;
    while ((e = readdir(folder)) != NULL) {
        if (logfiles_parse(e->d_name, &file) && is_file(container, e->d_name))
            unlinkat(container, e->d_name, 0);
    }
    closedir(folder);
}

/* What is not ours stays, with the folders that it is in. */
static void remove_containers(int pod)
{
    DIR *folder = fd_opendir(pod, ".");
    const struct dirent *e;

    if (folder == NULL)
        return;
    while ((e = readdir(folder)) != NULL) {
        cleanup_fd int container = is_dots(e->d_name) ? -1 : open_folder(pod, e->d_name);

        if (container == -1)
            continue;
        remove_logs(container);
        unlinkat(pod, e->d_name, AT_REMOVEDIR);
    }
    closedir(folder);
}

unsigned oldlogs_sweep(const char *root, const char *manifests, oldlogs_known_fn *is_known, void *arg)
{
    DIR *folder = opendir(root);
    const struct dirent *e;
    unsigned removed = 0;

    if (folder == NULL)
        return 0;
    while ((e = readdir(folder)) != NULL) {
        cleanup_fd int pod = is_dots(e->d_name) ? -1 : open_folder(dirfd(folder), e->d_name);
        char of[PATH_MAX];

        if (pod == -1 || is_known(arg, e->d_name) || !read_mark(pod, of) || strcmp(of, manifests) != 0)
            continue;
        remove_containers(pod);
        unlinkat(pod, OLDLOGS_MARK, 0);
        if (unlinkat(dirfd(folder), e->d_name, AT_REMOVEDIR) == 0)
            removed++;
        else
            log_warn("removing the logs of a pod that is gone: %s/%s: %s", root, e->d_name, strerror(errno));
    }
    closedir(folder);
    return removed;
}
