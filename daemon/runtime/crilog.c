#include "daemon/runtime/crilog.h"

#include "base/buf.h"
#include "base/fd.h"
#include "base/log.h"
#include "config/load.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Like mkdir -p, for every folder above the last slash of `path`. */
static int make_folders(char *path)
{
    for (char *p = path + 1; (p = strchr(p, '/')) != NULL; p++) {
        *p = '\0';
        if (mkdir(path, 0755) == -1 && errno != EEXIST)
            return -errno;
        *p = '/';
    }
    return 0;
}

int crilog_open(struct crilog *log, const char *folder, const struct pod_config *config,
                const char *container, unsigned restart_count)
{
    char path[PATH_MAX];
    int r, n;

    *log = (struct crilog)CRILOG_NONE;
    n = snprintf(path, sizeof path, "%s/%s_%s_%s/%s/%u.log", folder, config->namespace, config->name,
                 config->uid, container, restart_count);
    if (n < 0 || (size_t)n >= sizeof path)
        return -ENAMETOOLONG;
    r = make_folders(path);
    if (r < 0)
        return r;
    log->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0640);
    return log->fd == -1 ? -errno : 0;
}

void crilog_close(struct crilog *log)
{
    fd_close(&log->fd);
}

void crilog_add(struct buf *batch, const char *stamp, bool error, bool full, const char *text,
                size_t length)
{
    enum { STAMP = CLOCK_RFC3339_NANO_SIZE - 1, HEAD = STAMP + sizeof " stdout F " - 1 };
    char *p = buf_reserve(batch, HEAD + length + 1);

    if (p == NULL)
        return;
    memcpy(p, stamp, STAMP);
    memcpy(p + STAMP, error ? " stderr " : " stdout ", 8);
    p[STAMP + 8] = full ? 'F' : 'P';
    p[STAMP + 9] = ' ';
    memcpy(p + HEAD, text, length);
    p[HEAD + length] = '\n';
    buf_grow(batch, HEAD + length + 1);
}

static uint64_t count_lines(const char *text, size_t length)
{
    uint64_t lines = 0;

    for (const char *p = text, *end = text + length; p < end; lines++)
        p = (const char *)memchr(p, '\n', (size_t)(end - p)) + 1;
    return lines;
}

/* After `written` bytes the disk was full: the line that was cut is taken back. */
static size_t whole_lines(const struct crilog *log, const char *text, size_t written)
{
    const char *last = memrchr(text, '\n', written);
    size_t kept = last == NULL ? 0 : (size_t)(last - text) + 1;
    off_t end = lseek(log->fd, 0, SEEK_END);

    if (kept < written && end >= (off_t)(written - kept)
        && ftruncate(log->fd, end - (off_t)(written - kept)) == -1)
        log_warn("a log has a torn line: %s", strerror(errno));
    return kept;
}

void crilog_write(struct crilog *log, const struct buf *batch, const char *who)
{
    const char *text = batch->data;
    size_t length = batch->length, done = 0;

    if (log->fd < 0 || length == 0 || buf_failed(batch))
        return;
    while (done < length) {
        ssize_t n = write(log->fd, text + done, length - done);

        if (n == -1 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    if (done < length) {
        int error = errno;

        done = whole_lines(log, text, done);
        if (log->dropped == 0)
            log_warn("%s: writing the log: %s; lines are dropped until there is room", who,
                     strerror(error));
        log->dropped += count_lines(text + done, length - done);
    } else if (log->dropped > 0) {
        log_warn("%s: the log takes lines again; %llu were dropped", who,
                 (unsigned long long)log->dropped);
        log->dropped = 0;
    }
}
