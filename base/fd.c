#include "base/fd.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

void fd_cleanup(int *fd)
{
    fd_close(fd);
}

int steal_fd(int *fd)
{
    int stolen = *fd;

    *fd = -1;
    return stolen;
}

void fd_close(int *fd)
{
    int saved = errno;

    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    errno = saved;
}

int pipe_open(int *r, int *w)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) == -1)
        return -errno;
    *r = ends[0];
    *w = ends[1];
    return 0;
}

int fd_set_nonblocking(int fd, bool on)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags == -1)
        return -errno;
    if (fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK) == -1)
        return -errno;
    return 0;
}

int fd_write_all(int fd, const void *bytes, size_t length)
{
    const char *p = bytes;

    while (length > 0) {
        ssize_t n = write(fd, p, length);

        if (n >= 0) {
            p += n;
            length -= (size_t)n;
        } else if (errno == EAGAIN) {
            poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
        } else if (errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}

int fd_read_all(int fd, size_t limit, struct buf *out)
{
    enum { CHUNK = 16 * 1024 };

    for (size_t total = 0;;) {
        char *room = buf_reserve(out, CHUNK);
        ssize_t n;

        if (room == NULL)
            return -ENOMEM;
        n = read(fd, room, CHUNK);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            return -errno;
        if (n == 0)
            return 0;
        if ((size_t)n > limit - total) {
            buf_grow(out, limit - total);
            return -EFBIG;
        }
        buf_grow(out, (size_t)n);
        total += (size_t)n;
    }
}

DIR *fd_opendir(int parent, const char *name)
{
    cleanup_fd int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd == -1 ? NULL : fdopendir(fd);

    if (dir != NULL)
        steal_fd(&fd);                  /* closedir() closes it */
    return dir;
}

void fd_claim_stdio(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) != -1 || errno != EBADF)
            continue;
        /* The lowest free number is `fd` itself: those below are open by now. */
        if (open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY) == -1)
            return;                     /* no /dev: then reads and writes fail, which is as well */
    }
}
