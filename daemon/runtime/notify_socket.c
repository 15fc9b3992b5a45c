#include "daemon/runtime/notify_socket.h"

#include "base/fd.h"
#include "base/log.h"
#include "base/macros.h"
#include "daemon/runtime/child.h"
#include "daemon/runtime/descendants.h"
#include "daemon/runtime/run_folder.h"

#include <errno.h>
#include <ev.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    MESSAGE_MAX = 4096,                 /* as systemd takes them */
    DESCRIPTORS_MAX = 253,              /* that one message may carry: the kernel's SCM_MAX_FD */
    MESSAGES_A_TURN = 64,               /* then others have theirs */
};

/* Bits of `said`, after those of the protocol. */
enum { TOO_LONG = NOTIFICATION_IGNORED, NOT_OURS };

struct notify_socket {
    ev_io io;                           /* active once `loop` is set */
    struct ev_loop *loop;               /* borrowed */
    notify_fn *fn;
    void *arg;
    const char *id;                     /* borrowed */
    pid_t main;
    uint64_t said;                      /* a bit for each that was ignored */
    int fd;
    char name[sizeof ((struct sockaddr_un *)NULL)->sun_path + 1];      /* its path; or @ and what is abstract */
};

/* ---- opening ---- */

/* In the folder, for one user alone; false: there is no place for it, or its path is too long. */
static bool bind_path(struct notify_socket *s, struct run_folder *folder)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char file[64], path[PATH_MAX];

    snprintf(file, sizeof file, "%s" RUN_FOLDER_SOCKET, s->id);
    if (!run_folder_path(folder, file, path) || strlen(path) >= sizeof address.sun_path)
        return false;
    memcpy(address.sun_path, path, strlen(path) + 1);
    memcpy(s->name, path, strlen(path) + 1);
    /* The mode that bind(2) makes the file with: it is nobody's but its owner's at any time. */
    return fchmod(s->fd, 0600) == 0 && bind(s->fd, (struct sockaddr *)&address, sizeof address) == 0;
}

/* unix(7): a name that begins with a NUL byte, and ends where the address does. */
static int bind_abstract(struct notify_socket *s)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int n = snprintf(s->name, sizeof s->name, "@pidlet/%s.notify", s->id);
    const size_t length = offsetof(struct sockaddr_un, sun_path) + (size_t)n;

    memcpy(address.sun_path + 1, s->name + 1, (size_t)n - 1);
    return bind(s->fd, (struct sockaddr *)&address, (socklen_t)length) == -1 ? -errno : 0;
}

static int open_socket(void)
{
    static const int on = 1;
    cleanup_fd int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == -1)
        return -errno;
    return steal_fd(&fd);
}

int notify_socket_new(struct notify_socket **out, struct run_folder *folder, const char *id)
{
    struct notify_socket *s = calloc(1, sizeof *s);
    int r;

    if (s == NULL)
        return -ENOMEM;
    s->id = id;
    r = s->fd = open_socket();
    if (r >= 0 && !bind_path(s, folder))
        r = bind_abstract(s);
    if (r < 0) {
        fd_close(&s->fd);
        free(s);
        return r;
    }
    *out = s;
    return 0;
}

int notify_socket_give(const struct notify_socket *s, const struct child_setup *setup)
{
    if (s->name[0] == '@' || !setup->set_user)
        return 0;
    return lchown(s->name, setup->user, (gid_t)-1) == -1 ? -errno : 0;
}

const char *notify_socket_name(const struct notify_socket *s)
{
    return s->name;
}

/* ---- messages ---- */

/* What came with a message: who has sent it, 0: it is not known; its descriptors are closed. */
static pid_t take_control(struct msghdr *header, bool close_all)
{
    pid_t sender = 0;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
        if (c->cmsg_level != SOL_SOCKET)
            continue;
        if (c->cmsg_type == SCM_CREDENTIALS) {
            struct ucred credentials;

            memcpy(&credentials, CMSG_DATA(c), sizeof credentials);
            sender = credentials.pid;
        } else if (c->cmsg_type == SCM_RIGHTS && close_all) {
            const size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

            for (size_t i = 0; i < count; i++) {
                int fd;

                memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
                close(fd);
            }
        }
    }
    return sender;
}

/* Said once a run. */
static void ignore(struct notify_socket *s, const char *why, unsigned bit)
{
    if ((s->said & UINT64_C(1) << bit) != 0)
        return;
    s->said |= UINT64_C(1) << bit;
    s->fn(s->arg, &(struct notification){.ignored = true, .text = why});
}

static void hear(struct notify_socket *s, const char *text, size_t length)
{
    struct notification n;

    while (notification_next(&text, &length, &n)) {
        if (n.ignored)
            ignore(s, n.text, n.which);
        else
            s->fn(s->arg, &n);
    }
}

static bool is_of_the_run(const struct notify_socket *s, pid_t sender)
{
    return sender > 0 && (sender == s->main || descendants_belongs(sender, s->main, s->id));
}

/* False: there is none, or not now. */
static bool take_message(struct notify_socket *s)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
    } control;
    char text[MESSAGE_MAX];
    struct iovec iov = {.iov_base = text, .iov_len = sizeof text};
    struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
                            .msg_controllen = sizeof control};
    const ssize_t n = recvmsg(s->fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

    if (n == -1)
        return errno == EINTR;
    if ((header.msg_flags & MSG_TRUNC) != 0)
        ignore(s, "a message of more than 4096 bytes is ignored", TOO_LONG);
    else if (is_of_the_run(s, take_control(&header, false)))
        hear(s, text, (size_t)n);
    else
        ignore(s, "a message of a process that is not of this container, or has ended already, is ignored", NOT_OURS);
    take_control(&header, true);        /* last: who waits at a BARRIER=1 goes on */
    return true;
}

static void readable(struct ev_loop *loop, ev_io *w, int revents)
{
    struct notify_socket *s = container_of(w, struct notify_socket, io);

    (void)loop;
    (void)revents;
    for (int i = 0; i < MESSAGES_A_TURN && take_message(s); i++)
        ;
}

/* ---- life ---- */

void notify_socket_start(struct notify_socket *s, pid_t main, struct ev_loop *loop, notify_fn *fn, void *arg)
{
    s->main = main;
    s->loop = loop;
    s->fn = fn;
    s->arg = arg;
    ev_io_init(&s->io, readable, s->fd, EV_READ);
    ev_io_start(loop, &s->io);
}

void notify_socket_free(struct notify_socket *s)
{
    if (s == NULL)
        return;
    if (s->loop != NULL)
        ev_io_stop(s->loop, &s->io);
    fd_close(&s->fd);
    if (s->name[0] != '@' && unlink(s->name) == -1)
        log_warn("removing %s: %s", s->name, strerror(errno));
    free(s);
}
