#include "daemon/unix_socket.h"

#include "base/buf.h"
#include "base/fd.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024, IDENTITY_SIZE = 128 };

static int refuse(struct buf *why, int error, const char *what)
{
    buf_addf(why, "%s: %s", what, strerror(error));
    return -error;
}

/* Only the last folder: what is above it belongs to others. */
static void make_folder(const char *path)
{
    char *copy = strdup(path), *slash = copy == NULL ? NULL : strrchr(copy, '/');

    if (slash != NULL && slash != copy) {
        *slash = '\0';
        mkdir(copy, 0755);
    }
    free(copy);
}

static int open_lock(const char *path, struct buf *why)
{
    struct buf name = BUF_INIT;
    int fd;

    buf_addf(&name, "%s.lock", path);
    if (buf_failed(&name))
        return refuse(why, ENOMEM, path);
    fd = open(buf_text(&name), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd == -1) {
        int error = errno;

        refuse(why, error, buf_text(&name));
        buf_deinit(&name);
        return -error;
    }
    buf_deinit(&name);
    if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
        close(fd);
        buf_addf(why, "%s: another pidlet serves it", path);
        return -EADDRINUSE;
    }
    return fd;
}

/* An inode alone would not do: its number is given to another file before long. */
static void identity_of(const struct stat *st, char *text, size_t size)
{
    snprintf(text, size, "%ju %ju %jd.%09ld\n", (uintmax_t)st->st_dev, (uintmax_t)st->st_ino,
             (intmax_t)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
}

/* The socket that the lock's file names is the one at `path`. */
static bool is_left_over(int lock, const struct stat *there)
{
    char text[IDENTITY_SIZE] = {0}, is[IDENTITY_SIZE];

    identity_of(there, is, sizeof is);
    return S_ISSOCK(there->st_mode) && pread(lock, text, sizeof text - 1, 0) > 0 && strcmp(text, is) == 0;
}

static int make_way(const struct unix_socket *s, struct buf *why)
{
    struct stat there;

    if (lstat(s->path, &there) == -1)
        return errno == ENOENT ? 0 : refuse(why, errno, s->path);
    if (!is_left_over(s->lock, &there)) {
        buf_addf(why, "%s: it is there already, and was not made by pidlet", s->path);
        return -EEXIST;
    }
    return unlink(s->path) == -1 ? refuse(why, errno, s->path) : 0;
}

static int bind_there(struct unix_socket *s, gid_t group, struct buf *why)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat made;
    char text[IDENTITY_SIZE];
    mode_t mask;
    int r;

    if (strlen(s->path) >= sizeof address.sun_path)
        return refuse(why, ENAMETOOLONG, s->path);
    strcpy(address.sun_path, s->path);
    s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s->fd == -1)
        return refuse(why, errno, s->path);
    mask = umask(0177);
    r = bind(s->fd, (struct sockaddr *)&address, sizeof address);
    umask(mask);
    if (r == -1)
        return refuse(why, errno, s->path);
    s->made = true;
    if (group != (gid_t)-1 && (chown(s->path, (uid_t)-1, group) == -1 || chmod(s->path, 0660) == -1))
        return refuse(why, errno, s->path);
    if (lstat(s->path, &made) == -1)
        return refuse(why, errno, s->path);
    identity_of(&made, text, sizeof text);
    if (ftruncate(s->lock, 0) == -1 || pwrite(s->lock, text, strlen(text), 0) == -1)
        return refuse(why, errno, "the socket's lock");
    return listen(s->fd, BACKLOG) == -1 ? refuse(why, errno, s->path) : 0;
}

int unix_socket_open(struct unix_socket *s, const char *path, gid_t group, struct buf *why)
{
    int r;

    *s = (struct unix_socket){.fd = -1, .lock = -1};
    make_folder(path);
    s->lock = open_lock(path, why);
    if (s->lock < 0) {
        r = s->lock;
        s->lock = -1;
        return r;
    }
    s->path = strdup(path);
    r = s->path == NULL ? refuse(why, ENOMEM, path) : make_way(s, why);
    if (r == 0)
        r = bind_there(s, group, why);
    if (r < 0)
        unix_socket_close(s);
    return r;
}

void unix_socket_close(struct unix_socket *s)
{
    struct stat there;

    if (s->made && lstat(s->path, &there) == 0 && is_left_over(s->lock, &there))
        unlink(s->path);
    if (s->made && ftruncate(s->lock, 0) == -1)
        log_warn("%s.lock: %s", s->path, strerror(errno));
    fd_close(&s->fd);
    fd_close(&s->lock);
    free(s->path);
    s->path = NULL;
    s->made = false;
}
