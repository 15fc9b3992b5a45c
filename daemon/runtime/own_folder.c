#include "daemon/runtime/own_folder.h"

#include "base/fd.h"
#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- those that have lost their owner ---- */

static bool is_named(const char *entry, const char *name)
{
    const size_t length = strlen(name);

    return strncmp(entry, name, length) == 0 && entry[length] == '-' && strlen(entry + length) == sizeof "-XXXXXX" - 1;
}

static void remove_files(int fd, own_folder_file_fn *is_ours, own_folder_left_fn *on_left)
{
    DIR *folder = fd_opendir(fd, ".");
    const struct dirent *e;
    bool told = false;

    if (folder == NULL)
        return;
    while ((e = readdir(folder)) != NULL) {
        if (!is_ours(e->d_name))
            continue;
        if (!told)
            on_left(e->d_name);
        told = true;
        unlinkat(fd, e->d_name, 0);
    }
    closedir(folder);
}

/* True: nobody holds it, and now we do. */
static bool is_abandoned(int parent, const char *entry, int *fd)
{
    struct stat st;

    *fd = openat(parent, entry, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return *fd != -1 && fstat(*fd, &st) == 0 && st.st_uid == geteuid() && flock(*fd, LOCK_EX | LOCK_NB) == 0;
}

static void sweep(const char *parent, const char *name, own_folder_file_fn *is_ours, own_folder_left_fn *on_left)
{
    DIR *folder = opendir(parent);
    const struct dirent *e;

    if (folder == NULL)
        return;
    while ((e = readdir(folder)) != NULL) {
        cleanup_fd int fd = -1;

        if (!is_named(e->d_name, name) || !is_abandoned(dirfd(folder), e->d_name, &fd))
            continue;
        remove_files(fd, is_ours, on_left);
        if (unlinkat(dirfd(folder), e->d_name, AT_REMOVEDIR) == 0)
            log_debug("removed %s/%s, which a pidlet that was killed has left", parent, e->d_name);
    }
    closedir(folder);
}

/* ---- our own ---- */

/* Locked, and still there: between the two a sweep may have taken it for one that was left. */
static int lock(const char *path)
{
    cleanup_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;

    if (fd == -1)
        return errno == ENOENT ? -EAGAIN : -errno;
    if (flock(fd, LOCK_EX) == -1 || fstat(fd, &st) == -1)
        return -errno;
    return st.st_nlink == 0 ? -EAGAIN : steal_fd(&fd);
}

static int make(struct own_folder *f, const char *parent, const char *name)
{
    char *path = NULL;
    int fd;

    if (asprintf(&path, "%s/%s-XXXXXX", parent, name) == -1)
        return -ENOMEM;
    if (mkdtemp(path) == NULL) {
        fd = -errno;
        free(path);
        return fd;
    }
    fd = lock(path);
    /* Processes of other users must find their file in it, and no others. */
    if (fd >= 0 && fchmod(fd, 0711) == -1) {
        const int error = -errno;

        close(fd);
        fd = error;
    }
    if (fd < 0) {
        rmdir(path);
        free(path);
        return fd;
    }
    *f = (struct own_folder){.path = path, .fd = fd};
    return 0;
}

int own_folder_make(struct own_folder *f, const char *parent, const char *name, own_folder_file_fn *is_ours,
                    own_folder_left_fn *on_left)
{
    int r;

    sweep(parent, name, is_ours, on_left);
    do
        r = make(f, parent, name);
    while (r == -EAGAIN);
    return r;
}

void own_folder_remove(struct own_folder *f)
{
    if (f->path == NULL)
        return;
    if (rmdir(f->path) == -1 && errno != ENOENT)
        log_warn("removing %s: %s", f->path, strerror(errno));
    close(f->fd);
    free(f->path);
    *f = (struct own_folder){.fd = -1};
}
