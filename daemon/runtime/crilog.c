#include "daemon/runtime/crilog.h"

#include "base/buf.h"
#include "base/fd.h"
#include "base/log.h"
#include "config/load.h"
#include "daemon/runtime/logfiles.h"
#include "daemon/runtime/oldlogs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void crilog_init(struct crilog *log, const struct crilog_rules *rules, const struct pod_config *config,
                 const char *container)
{
    *log = (struct crilog){.rules = rules, .config = config, .container = container, .fd = -1};
}

/* ---- files ---- */

/* Like mkdir -p ROOT/POD/CONTAINER, with the pod's folder marked if it is made now. */
static int make_folders(const struct crilog *log, char *path)
{
    const char *container = strrchr(path, '/');
    bool made;

    for (char *p = path + 1; (p = strchr(p, '/')) != NULL; p++) {
        *p = '\0';
        made = mkdir(path, 0755) == 0;
        if (!made && errno != EEXIST)
            return -errno;
        if (made && p == container && log->rules->manifests != NULL && !log->config->applied)
            oldlogs_mark(path, log->rules->manifests);
        *p = '/';
    }
    return mkdir(path, 0755) == -1 && errno != EEXIST ? -errno : 0;
}

static int open_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0640);

    return fd == -1 ? -errno : fd;
}

/* What an earlier pidlet has left there is not written to, nor counted as this pod's. */
static void look_for_first(struct crilog *log, const char *folder)
{
    struct logfile_list list;

    log->looked = true;
    if (logfiles_list(folder, &list) == 0 && list.count > 0)
        log->first = list.items[list.count - 1].number + 1;
    logfiles_free(&list);
}

int crilog_open(struct crilog *log, unsigned restart_count)
{
    char folder[PATH_MAX], path[PATH_MAX];
    struct stat st;
    int fd, r;

    if (log->rules->root == NULL)
        return 0;
    if (!logfiles_folder(folder, log->rules->root, log->config, log->container))
        return -ENAMETOOLONG;
    if (!log->looked)
        look_for_first(log, folder);
    log->number = log->first + restart_count;
    if (!logfiles_path(path, folder, &(struct logfile){.number = log->number}))
        return -ENAMETOOLONG;
    fd = open_file(path);
    if (fd == -ENOENT) {
        if ((r = make_folders(log, folder)) < 0)
            return r;
        fd = open_file(path);
    }
    if (fd < 0)
        return fd;
    log->fd = fd;
    log->size = fstat(fd, &st) == 0 ? (uint64_t)st.st_size : 0;
    return 0;
}

void crilog_close(struct crilog *log)
{
    fd_close(&log->fd);
}

static void remove_file(const char *folder, const struct logfile *file)
{
    char path[PATH_MAX];

    if (logfiles_path(path, folder, file) && unlink(path) == -1 && errno != ENOENT)
        log_warn("removing an old log: %s: %s", path, strerror(errno));
}

void crilog_remove_old(const struct crilog *log)
{
    char folder[PATH_MAX];
    struct logfile_list list;

    if (log->fd < 0 || log->number < 2 || !logfiles_folder(folder, log->rules->root, log->config, log->container)
        || logfiles_list(folder, &list) < 0)
        return;
    for (size_t i = 0; i < list.count && list.items[i].number + 1 < log->number; i++)
        remove_file(folder, &list.items[i]);
    logfiles_free(&list);
}

/* ---- rotation ---- */

/* Those of our run that were rotated are in the list from *begin on, up to the end returned. */
static size_t rotated(const struct crilog *log, const struct logfile_list *list, size_t *begin)
{
    size_t i = 0;

    while (i < list->count && list->items[i].number < log->number)
        i++;
    *begin = i;
    while (i < list->count && list->items[i].number == log->number && list->items[i].stamp[0] != '\0')
        i++;
    return i;
}

/* Never over another file. */
static int rename_new(const char *from, const char *to)
{
    if (syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)       /* musl 1.2.3 has no name for it */
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -errno;
    /* A file system without the flag: nobody else makes files of these names. */
    if (access(to, F_OK) == 0)
        return -EEXIST;
    return rename(from, to) == 0 ? 0 : -errno;
}

enum { STAMP_SECOND = sizeof "YYYYMMDD-HHMMSS" - 1 };

static void stamp_of(time_t t, char stamp[LOGFILE_STAMP_SIZE])
{
    struct tm tm;

    gmtime_r(&t, &tm);
    strftime(stamp, LOGFILE_STAMP_SIZE, "%Y%m%d-%H%M%S", &tm);
}

/* The stamp of now, or the next one after `last` when that is of now as well, or of the future. */
static void next_stamp(const char *last, char stamp[LOGFILE_STAMP_SIZE])
{
    struct tm tm = {0};
    unsigned count = 0;

    stamp_of(time(NULL), stamp);
    if (last == NULL || strncmp(stamp, last, STAMP_SECOND) > 0)
        return;
    if (last[STAMP_SECOND] == '.')
        count = (unsigned)strtoul(last + STAMP_SECOND + 1, NULL, 10);
    memcpy(stamp, last, STAMP_SECOND);
    if (count < 999) {
        snprintf(stamp + STAMP_SECOND, sizeof ".NNN", ".%03u", (count + 1) % 1000);
    } else if (strptime(stamp, "%Y%m%d-%H%M%S", &tm) != NULL) {
        stamp_of(timegm(&tm) + 1, stamp);
    }
}

/* Renames the full file, and removes the oldest ones that are too many with it. */
static int move_away(const struct crilog *log, const char *folder, const char *path, char away[PATH_MAX])
{
    struct logfile file = {.number = log->number};
    struct logfile_list list;
    size_t begin, end;
    int r = logfiles_list(folder, &list);

    if (r < 0)
        return r;
    end = rotated(log, &list, &begin);
    next_stamp(end > begin ? list.items[end - 1].stamp : NULL, file.stamp);
    r = logfiles_path(away, folder, &file) ? rename_new(path, away) : -ENAMETOOLONG;
    for (; r == 0 && end - begin + 1 > log->rules->max_files - 1; begin++)
        remove_file(folder, &list.items[begin]);
    logfiles_free(&list);
    return r;
}

/*
 * The full file makes room for a new one.  Where that fails the old one grows on; a
 * full file later it is tried again.
 */
static void rotate(struct crilog *log)
{
    char folder[PATH_MAX], path[PATH_MAX], away[PATH_MAX] = "";
    int r = -ENAMETOOLONG, fd;

    log->size = 0;
    if (logfiles_folder(folder, log->rules->root, log->config, log->container)
        && logfiles_path(path, folder, &(struct logfile){.number = log->number}))
        r = move_away(log, folder, path, away);
    if (r == -ENOENT) {                 /* somebody has taken it away */
        away[0] = '\0';
        r = make_folders(log, folder);
    }
    if (r == 0) {
        fd = open_file(path);
        if (fd >= 0) {
            fd_close(&log->fd);
            log->fd = fd;
            return;
        }
        r = fd;
        if (away[0] != '\0')
            rename_new(away, path);
    }
    log_warn("rotating the log of %s/%s: %s; it grows on", log->config->name, log->container, strerror(-r));
}

/* ---- lines ---- */

void crilog_head(struct crilog_head *head, const char *stamp, bool error)
{
    enum { STAMP = CLOCK_RFC3339_NANO_SIZE - 1 };

    memcpy(head->text, stamp, STAMP);
    memcpy(head->text + STAMP, error ? " stderr F " : " stdout F ", sizeof head->text - STAMP);
}

static bool write_all(int fd, const char *text, size_t length, size_t *done, int *error)
{
    while (*done < length) {
        ssize_t n = write(fd, text + *done, length - *done);

        if (n == -1 && errno == EINTR)
            continue;
        if (n <= 0) {
            *error = n == 0 ? ENOSPC : errno;
            return false;
        }
        *done += (size_t)n;
    }
    return true;
}

/* After `written` bytes the disk was full: the line that was cut is taken back. */
static size_t keep_whole_lines(const struct crilog *log, const char *text, size_t written)
{
    const char *last = memrchr(text, '\n', written);
    size_t kept = last == NULL ? 0 : (size_t)(last - text) + 1;
    off_t end = lseek(log->fd, 0, SEEK_END);

    if (kept < written && end >= (off_t)(written - kept)
        && ftruncate(log->fd, end - (off_t)(written - kept)) == -1)
        log_warn("the log of %s/%s has a torn line: %s", log->config->name, log->container, strerror(errno));
    return kept;
}

/* How much of the text goes into the file as it is: whole lines; 0: not even one. */
static size_t that_fits(const struct crilog *log, const char *text, size_t length)
{
    const uint64_t max = log->rules->max_size;
    const char *last;

    if (max == 0 || log->size + length <= max)
        return length;
    if (log->size >= max)
        return 0;
    last = memrchr(text, '\n', (size_t)(max - log->size));
    return last == NULL ? 0 : (size_t)(last - text) + 1;
}

size_t crilog_write(struct crilog *log, const char *text, size_t length, int *error)
{
    size_t taken = 0;

    while (taken < length) {
        size_t part = that_fits(log, text + taken, length - taken), done = 0;

        if (part == 0 && log->size > 0) {
            rotate(log);
            continue;
        }
        if (part == 0)                  /* a line that is larger than a file may be */
            part = (size_t)((const char *)memchr(text + taken, '\n', length - taken) - (text + taken)) + 1;
        if (!write_all(log->fd, text + taken, part, &done, error))
            return taken + keep_whole_lines(log, text + taken, done);
        log->size += done;
        taken += done;
    }
    return taken;
}
