#include "daemon/runtime/termination.h"

#include "base/fd.h"
#include "base/log.h"
#include "config/spec.h"
#include "daemon/runtime/child.h"
#include "daemon/runtime/run_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usual_path[] = "/dev/termination-log";        /* in a file system of its own */

static bool has_usual_path(const struct container_spec *c)
{
    return c->termination_message_path == NULL || c->termination_message_path[0] == '\0'
           || strcmp(c->termination_message_path, usual_path) == 0;
}

bool termination_path(struct run_folder *folder, const struct container_spec *c, const char *id,
                      char out[PATH_MAX])
{
    int n;

    if (!has_usual_path(c)) {           /* as a container runtime mounts it: from the root on */
        n = snprintf(out, PATH_MAX, "%s%s", c->termination_message_path[0] == '/' ? "" : "/",
                     c->termination_message_path);
        return n > 0 && n < PATH_MAX;
    }
    return run_folder_path(folder, id, out);
}

void termination_begin(struct termination_run *t, const struct container_spec *c, const char *path,
                       const struct child_setup *setup)
{
    cleanup_fd int fd = -1;
    struct stat st;

    *t = (struct termination_run){.user = setup->set_user ? setup->user : geteuid(), .begun = true};
    if (!has_usual_path(c)) {
        if (stat(path, &st) == 0)
            t->before = st.st_ctim;
        return;
    }
    if (t->user == geteuid())
        return;                         /* it can make the file itself, if it has something to say */
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd == -1 || fchown(fd, t->user, setup->set_group ? setup->group : (gid_t)-1) == -1)
        log_warn("%s: %s; its run has no place for a termination message", path, strerror(errno));
}

/* ---- after the end ---- */

/* Only a file of the run's own: the message is shown to others. */
static int check_file(const struct termination_run *t, const struct container_spec *c, const struct stat *st)
{
    if (!S_ISREG(st->st_mode))
        return -EINVAL;
    return has_usual_path(c) || t->user == 0 || st->st_uid == t->user ? 0 : -EACCES;
}

static bool is_fresh(const struct termination_run *t, const struct container_spec *c, const struct stat *st)
{
    return has_usual_path(c) || st->st_ctim.tv_sec != t->before.tv_sec
           || st->st_ctim.tv_nsec != t->before.tv_nsec;
}

/* 0 or a negative errno. */
static int read_file(const struct termination_run *t, const struct container_spec *c, const char *path,
                     char out[TERMINATION_FILE_MAX], size_t *length)
{
    cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    ssize_t n;
    int r;

    if (fd == -1)
        return -errno;
    if (fstat(fd, &st) == -1)
        return -errno;
    if ((r = check_file(t, c, &st)) < 0 || !is_fresh(t, c, &st))
        return r;
    n = pread(fd, out, TERMINATION_FILE_MAX,
              st.st_size > TERMINATION_FILE_MAX ? st.st_size - TERMINATION_FILE_MAX : 0);
    if (n == -1)
        return -errno;
    *length = (size_t)n;
    return 0;
}

void termination_read(const struct termination_run *run, const struct container_spec *c, const char *path,
                      struct termination *t, char room[TERMINATION_FILE_MAX])
{
    int r;

    t->file = room;
    t->path = path;
    if (!run->begun || (r = read_file(run, c, path, room, &t->file_length)) == -ENOENT)
        return;                         /* nothing was said */
    if (r < 0)
        t->file_error = strerror(-r);
    if (has_usual_path(c) && unlink(path) == -1)
        log_warn("removing %s: %s", path, strerror(errno));
}
