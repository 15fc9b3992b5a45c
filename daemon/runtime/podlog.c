#include "daemon/runtime/podlog.h"

#include "base/fd.h"
#include "daemon/runtime/crilog.h"
#include "daemon/runtime/logfiles.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BLOCK = 64 * 1024,                  /* bytes read at a time; more than a record has */
    WORK = 16 * BLOCK,                  /* bytes of log looked at in one call */
};

struct piece {
    const char *text;
    size_t length;
};

struct podlog {
    struct podlog_options options;
    char since[CLOCK_RFC3339_NANO_SIZE];        /* as the stamps in the file are; "": no limit */
    char *folder;
    int fd;                             /* of the file being read */
    int watch;                          /* inotify; -1: none */
    struct logfile file;                /* its name when it was opened */
    bool seeking;                       /* the place where the tail begins is still looked for */
    bool at_last_record;                /* seeking: no record has been seen yet */
    int64_t lines;                      /* seeking: seen so far */
    off_t unseen;                       /* seeking: end of what has not been looked at */
    off_t offset;                       /* reading: of what comes after the block's end */
    char *block;
    size_t begin, end;                  /* what of the block has not been taken */
    bool skipping;                      /* a line that is too long to be one of ours */
    bool in_line;                       /* what came out last was no line's end */
    struct piece pieces[3];             /* of a record, on their way out */
    size_t piece;                       /* the next one; 3: none */
    int64_t left;                       /* of the limit; < 0: no limit */
};

/* ---- records ---- */

struct record {
    const char *stamp;
    size_t stamp_length;
    const char *text;
    size_t length;
    bool error, full;
};

enum { SHORTEST_STAMP = sizeof "2026-01-02T03:04:05Z" - 1 };

/* "STAMP stdout F text" without the newline; false: none. */
static bool record_parse(const char *line, size_t length, struct record *r)
{
    const char *blank = memchr(line, ' ', length);
    const size_t stamp = blank != NULL ? (size_t)(blank - line) : 0;
    const char *rest = line + stamp + 1;

    if (stamp < SHORTEST_STAMP || line[10] != 'T' || length < stamp + sizeof " stdout F" - 1)
        return false;
    r->error = memcmp(rest, "stderr ", 7) == 0;
    if (!r->error && memcmp(rest, "stdout ", 7) != 0)
        return false;
    rest += 7;
    if (*rest != 'F' && *rest != 'P')
        return false;
    r->full = *rest++ == 'F';
    if (rest < line + length && *rest++ != ' ')
        return false;
    r->stamp = line;
    r->stamp_length = stamp;
    r->text = rest;
    r->length = (size_t)(line + length - rest);
    return true;
}

static bool is_wanted(const struct podlog *p, const struct record *r)
{
    if (r->error ? p->options.no_stderr : p->options.no_stdout)
        return false;
    return p->since[0] == '\0' || r->stamp_length != strlen(p->since)
           || memcmp(r->stamp, p->since, r->stamp_length) >= 0;
}

/* ---- files ---- */

static int open_file(struct podlog *p, const struct logfile *file)
{
    char path[PATH_MAX];
    int fd;

    if (!logfiles_path(path, p->folder, file))
        return -ENAMETOOLONG;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
    if (fd == -1)
        return -errno;
    fd_close(&p->fd);
    p->fd = fd;
    p->file = *file;
    return 0;
}

static bool is_same_file(const struct podlog *p, const struct logfile *file, const struct stat *ours)
{
    char path[PATH_MAX];
    struct stat st;

    return logfiles_path(path, p->folder, file) && stat(path, &st) == 0 && st.st_ino == ours->st_ino
           && st.st_dev == ours->st_dev;
}

/*
 * The place in the list of the file that comes `after` ours, or else before it; the
 * count: there is none.  It may have been renamed or removed since it was opened.
 */
static size_t neighbour(const struct podlog *p, const struct logfile_list *list, bool after)
{
    struct stat ours;
    size_t i;

    if (fstat(p->fd, &ours) == -1)
        return list->count;
    for (i = 0; i < list->count; i++) {
        if (list->items[i].number == p->file.number && is_same_file(p, &list->items[i], &ours))
            return after ? i + 1 : i > 0 ? i - 1 : list->count;
    }
    if (!after)
        return list->count;             /* ours has been removed, and with it those before it */
    for (i = 0; i < list->count; i++) {
        /* Opened before it was rotated, it was older than all that are here now. */
        if (p->file.stamp[0] == '\0' ? list->items[i].number >= p->file.number
                                     : logfiles_compare(&list->items[i], &p->file) > 0)
            break;
    }
    return i;
}

/* Opens it; 1, or 0 when there is none. */
static int open_neighbour(struct podlog *p, bool after)
{
    const bool other_runs = after && p->options.follow && !p->options.previous;
    struct logfile_list list;
    int r = logfiles_list(p->folder, &list);
    size_t i;

    if (r < 0)
        return r == -ENOENT ? 0 : r;
    i = neighbour(p, &list, after);
    if (i == list.count || (list.items[i].number != p->file.number && !other_runs)) {
        logfiles_free(&list);
        return 0;
    }
    r = open_file(p, &list.items[i]);
    logfiles_free(&list);
    if (r == -ENOENT)
        return open_neighbour(p, after);        /* renamed or removed this very moment */
    return r < 0 ? r : 1;
}

/* ---- the place where the tail begins ---- */

static void found(struct podlog *p, off_t offset)
{
    p->seeking = false;
    p->offset = offset;
}

static int seek_file_before(struct podlog *p)
{
    struct stat st;
    int r = open_neighbour(p, false);

    if (r < 0)
        return r;
    if (r == 0) {
        found(p, 0);                    /* there are no more lines than that */
        return 0;
    }
    p->unseen = fstat(p->fd, &st) == 0 ? st.st_size : 0;
    return 0;
}

/* Looks at a block before `unseen`; its first record may have begun before it, and waits. */
static int seek_block(struct podlog *p)
{
    const off_t from = p->unseen > BLOCK ? p->unseen - BLOCK : 0;
    const size_t wanted = (size_t)(p->unseen - from);
    ssize_t n = pread(p->fd, p->block, wanted, from);
    size_t end;

    if (n == -1)
        return errno == EINTR ? 0 : -errno;
    end = (size_t)n;
    while (end > 0 && p->block[end - 1] != '\n')
        end--;                          /* a record that is still being written, or a torn one */
    while (end > 0) {
        const char *before = memrchr(p->block, '\n', end - 1);
        const size_t begin = before != NULL ? (size_t)(before - p->block) + 1 : 0;
        struct record r;

        if (before == NULL && from > 0 && end < (size_t)n)
            break;
        if (record_parse(p->block + begin, end - 1 - begin, &r) && (r.full || p->at_last_record)) {
            if (p->lines == p->options.tail) {
                found(p, from + (off_t)end);
                return 0;
            }
            p->lines++;
        }
        p->at_last_record = false;
        end = begin;
    }
    p->unseen = from + (off_t)end;
    return p->unseen == 0 ? seek_file_before(p) : 0;
}

/* ---- reading on ---- */

/* True when there is something new in the block. */
static bool read_more(struct podlog *p, int *error)
{
    ssize_t n;

    if (p->begin > 0) {
        memmove(p->block, p->block + p->begin, p->end - p->begin);
        p->end -= p->begin;
        p->begin = 0;
    }
    if (p->end == BLOCK) {              /* no record is so long */
        p->end = 0;
        p->skipping = true;
    }
    do
        n = pread(p->fd, p->block + p->end, BLOCK - p->end, p->offset);
    while (n == -1 && errno == EINTR);
    if (n == -1) {
        *error = errno;
        return false;
    }
    p->end += (size_t)n;
    p->offset += n;
    return n > 0;
}

/* The run's file is where it was, and nothing comes after it. */
static bool is_live_end(const struct podlog *p, const struct stat *ours)
{
    const struct logfile follower = {.number = p->file.number + 1};
    char path[PATH_MAX];

    return p->file.stamp[0] == '\0' && is_same_file(p, &p->file, ours)
           && (!p->options.follow || (logfiles_path(path, p->folder, &follower) && access(path, F_OK) == -1));
}

/* At the end of a file: 1 when there is more to read, here or in the next one. */
static int read_on(struct podlog *p)
{
    int error = 0, r;
    struct stat ours;

    if (fstat(p->fd, &ours) == -1)
        return -errno;
    if (ours.st_size < p->offset) {     /* truncated: it begins anew */
        p->offset = 0;
        p->begin = p->end = 0;
        return 1;
    }
    if (ours.st_size > p->offset)
        return 1;
    if (is_live_end(p, &ours))
        return 0;
    if (read_more(p, &error))           /* written after we looked, before it was rotated */
        return 1;
    if (error != 0)
        return -error;
    r = open_neighbour(p, true);
    if (r <= 0)
        return r;
    p->offset = 0;
    p->begin = p->end = 0;              /* a torn record at the end of a file is none */
    p->skipping = false;
    return 1;
}

static void put(struct podlog *p, const struct record *r)
{
    size_t i = 3;

    if (r->full)
        p->pieces[--i] = (struct piece){"\n", 1};
    p->pieces[--i] = (struct piece){r->text, r->length};
    if (p->options.timestamps && !p->in_line)   /* with the blank that follows it in the file */
        p->pieces[--i] = (struct piece){r->stamp, r->stamp_length + 1};
    p->piece = i;
    p->in_line = !r->full;
}

/* Takes the next record out of the block, if it is there whole. */
static bool next_record(struct podlog *p)
{
    const char *line = p->block + p->begin;
    const char *newline = memchr(line, '\n', p->end - p->begin);
    struct record r;

    if (newline == NULL)
        return false;
    p->begin = (size_t)(newline - p->block) + 1;
    if (p->skipping)
        p->skipping = false;
    else if (record_parse(line, (size_t)(newline - line), &r) && is_wanted(p, &r))
        put(p, &r);
    return true;
}

/* Moves what is on its way out; how many bytes. */
static size_t move_out(struct podlog *p, char *out, size_t size)
{
    size_t done = 0;

    while (p->piece < 3 && done < size && p->left != 0) {
        struct piece *piece = &p->pieces[p->piece];
        size_t n = piece->length < size - done ? piece->length : size - done;

        if (p->left >= 0 && n > (size_t)p->left)
            n = (size_t)p->left;
        memcpy(out + done, piece->text, n);
        done += n;
        piece->text += n;
        piece->length -= n;
        if (p->left >= 0)
            p->left -= (int64_t)n;
        if (piece->length == 0)
            p->piece++;
    }
    return done;
}

static void drain(int fd)
{
    char events[4096];

    while (fd >= 0 && read(fd, events, sizeof events) > 0)
        ;
}

ssize_t podlog_read(struct podlog *p, char *out, size_t size)
{
    size_t done = 0, work = 0;
    int r;

    while (p->left != 0 && work < WORK) {
        const size_t begin = p->begin;

        if (p->seeking) {
            if ((r = seek_block(p)) < 0)
                return r;
            work += BLOCK;
            continue;
        }
        done += move_out(p, out + done, size - done);
        if (done == size)
            return (ssize_t)done;
        if (next_record(p)) {
            work += p->begin - begin;
            continue;
        }
        r = 0;
        if (!read_more(p, &r)) {
            if (r != 0)
                return -r;
            drain(p->watch);            /* before the look: what comes after that wakes us again */
            if ((r = read_on(p)) <= 0)
                return r < 0 && done == 0 ? r : (ssize_t)done;
        }
    }
    return p->left == 0 || done > 0 ? (ssize_t)done : -EAGAIN;
}

bool podlog_is_over(const struct podlog *p)
{
    return p->left == 0;
}

int podlog_fd(const struct podlog *p)
{
    return p->watch;
}

/* ---- life ---- */

static int try_open_first(struct podlog *p)
{
    struct logfile_list list;
    int r = logfiles_list(p->folder, &list);
    unsigned run;
    size_t i;

    if (r < 0)
        return r;
    i = list.count;
    if (p->options.previous && i > 0) {
        for (run = list.items[i - 1].number; i > 0 && list.items[i - 1].number == run; i--)
            ;
    }
    if (i == 0) {
        logfiles_free(&list);
        return -ENOENT;
    }
    i--;
    if (p->options.tail < 0) {          /* from the run's first file on */
        while (i > 0 && list.items[i - 1].number == list.items[i].number)
            i--;
    }
    r = open_file(p, &list.items[i]);
    logfiles_free(&list);
    return r == -ENOENT ? -EAGAIN : r;
}

/* A rotation may come between the look and the opening; not so many. */
static int open_first(struct podlog *p)
{
    int r = -EAGAIN;

    for (int i = 0; r == -EAGAIN && i < 10; i++)
        r = try_open_first(p);
    return r;
}

static void watch(struct podlog *p)
{
    p->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (p->watch >= 0
        && inotify_add_watch(p->watch, p->folder, IN_MODIFY | IN_CREATE | IN_MOVED_FROM | IN_DELETE_SELF) == -1)
        fd_close(&p->watch);
}

int podlog_open(struct podlog **out, const char *folder, const struct podlog_options *options)
{
    struct podlog *p = calloc(1, sizeof *p);
    struct stat st;
    int r = -ENOMEM;

    if (p == NULL)
        return -ENOMEM;
    p->options = *options;
    p->left = options->limit;
    p->piece = 3;
    p->fd = p->watch = -1;
    p->folder = strdup(folder);
    p->block = malloc(BLOCK);
    if (options->since.seconds > 0)
        clock_rfc3339_nano(&options->since, p->since);
    if (p->folder == NULL || p->block == NULL)
        goto fail;
    if (options->follow)
        watch(p);
    if ((r = open_first(p)) < 0)
        goto fail;
    if (options->tail >= 0) {
        p->seeking = p->at_last_record = true;
        p->unseen = fstat(p->fd, &st) == 0 ? st.st_size : 0;
    }
    *out = p;
    return 0;
fail:
    podlog_free(p);
    return r;
}

void podlog_free(struct podlog *p)
{
    if (p == NULL)
        return;
    fd_close(&p->fd);
    fd_close(&p->watch);
    free(p->folder);
    free(p->block);
    free(p);
}
