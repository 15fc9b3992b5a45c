#include "daemon/api/persist.h"

#include "base/buf.h"
#include "base/fd.h"
#include "config/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char suffix[] = ".json";
static const char unfinished[] = ".json.new";

_Static_assert(PERSIST_NAMES_MAX + sizeof "_.json.new" - 1 == NAME_MAX, "the longest name of a file");

static int make_folders(const char *path)
{
    char *copy = strdup(path);
    int r = 0;

    if (copy == NULL)
        return -ENOMEM;
    for (char *p = copy + 1; r == 0; p++) {
        if (*p != '/' && *p != '\0')
            continue;
        char end = *p;

        *p = '\0';
        if (mkdir(copy, 0700) == -1 && errno != EEXIST)
            r = -errno;
        *p = end;
        if (end == '\0')
            break;
    }
    free(copy);
    return r;
}

int persist_init(struct persist *p, const char *folder)
{
    int r = make_folders(folder);

    *p = (struct persist){.fd = -1};
    if (r < 0)
        return r;
    p->fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (p->fd == -1)
        return -errno;
    if (faccessat(p->fd, ".", W_OK, AT_EACCESS) == -1) {
        r = -errno;
        fd_close(&p->fd);
        return r;
    }
    p->folder = strdup(folder);
    if (p->folder == NULL) {
        fd_close(&p->fd);
        return -ENOMEM;
    }
    return 0;
}

void persist_deinit(struct persist *p)
{
    free(p->folder);
    p->folder = NULL;
    fd_close(&p->fd);
}

static int open_folder(const struct persist *p, const char *plural, bool make)
{
    int fd;

    if (make && mkdirat(p->fd, plural, 0700) == -1 && errno != EEXIST)
        return -errno;
    fd = openat(p->fd, plural, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd == -1 ? -errno : fd;
}

static void add_name(struct buf *out, const char *namespace, const char *name)
{
    buf_addf(out, "%s_%s%s", namespace, name, suffix);
}

/* The content, and then the name, are on the disk. */
static int write_file(int folder, const char *name, const char *text, size_t length)
{
    struct buf temporary = BUF_INIT;
    cleanup_fd int fd = -1;
    int r = -ENOMEM;

    buf_addf(&temporary, "%s.new", name);
    if (buf_failed(&temporary))
        goto out;
    fd = openat(folder, buf_text(&temporary), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    r = fd == -1 ? -errno : fd_write_all(fd, text, length);
    if (r == 0 && fsync(fd) == -1)
        r = -errno;
    if (r == 0 && renameat(folder, buf_text(&temporary), folder, name) == -1)
        r = -errno;
    if (r < 0 && fd != -1)
        unlinkat(folder, buf_text(&temporary), 0);
    if (r == 0 && fsync(folder) == -1)
        r = -errno;
out:
    buf_deinit(&temporary);
    return r;
}

int persist_put(struct persist *p, const char *plural, const char *namespace, const char *name, const char *text,
                size_t length)
{
    cleanup_fd int folder = -1;
    struct buf file = BUF_INIT;
    int r;

    if (!persist_is_on(p))
        return 0;
    if ((folder = open_folder(p, plural, true)) < 0)
        return folder;
    add_name(&file, namespace, name);
    r = buf_failed(&file) ? -ENOMEM : write_file(folder, buf_text(&file), text, length);
    buf_deinit(&file);
    return r;
}

int persist_remove(struct persist *p, const char *plural, const char *namespace, const char *name)
{
    cleanup_fd int folder = -1;
    struct buf file = BUF_INIT;
    int r = 0;

    if (!persist_is_on(p))
        return 0;
    if ((folder = open_folder(p, plural, false)) < 0)
        return folder == -ENOENT ? 0 : folder;
    add_name(&file, namespace, name);
    if (buf_failed(&file))
        r = -ENOMEM;
    else if (unlinkat(folder, buf_text(&file), 0) == -1 && errno != ENOENT)
        r = -errno;
    else if (fsync(folder) == -1)
        r = -errno;
    buf_deinit(&file);
    return r;
}

/* ---- reading back ---- */

struct reading {
    struct persist *persist;
    const char *plural;
    int folder;
    persist_fn *take;
    void *arg;
};

static void report(const struct reading *rd, const char *file, bool aside_now, const char *why)
{
    struct buf path = BUF_INIT;

    buf_addf(&path, "%s/%s/%s%s", rd->persist->folder, rd->plural, file, aside_now ? ".bad" : "");
    if (rd->persist->on_bad != NULL)
        rd->persist->on_bad(rd->persist->on_bad_arg, buf_text(&path), aside_now, why);
    buf_deinit(&path);
}

static void set_aside(const struct reading *rd, const char *file, const char *why)
{
    struct buf to = BUF_INIT;

    buf_addf(&to, "%s.bad", file);
    report(rd, file, !buf_failed(&to) && renameat(rd->folder, file, rd->folder, buf_text(&to)) == 0, why);
    buf_deinit(&to);
}

/* 0, -EFBIG when it cannot be one of ours, or why it cannot be read now. */
static int read_file(const struct reading *rd, const char *file, struct buf *text)
{
    cleanup_fd int fd = openat(rd->folder, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;

    if (fd == -1)
        return errno == ELOOP || errno == ENXIO ? -EFBIG : -errno;
    if (fstat(fd, &st) == -1)
        return -errno;
    return S_ISREG(st.st_mode) ? fd_read_all(fd, 2 * TREE_MAX_BYTES, text) : -EFBIG;
}

static void load_file(struct reading *rd, const char *file)
{
    const size_t length = strlen(file) - (sizeof suffix - 1);
    const char *underscore = memchr(file, '_', length), *why;
    char *namespace, *name;
    struct buf text = BUF_INIT;
    int r;

    if (underscore == NULL) {
        set_aside(rd, file, "its name is none of NAMESPACE_NAME.json");
        return;
    }
    namespace = strndup(file, (size_t)(underscore - file));
    name = strndup(underscore + 1, length - (size_t)(underscore + 1 - file));
    r = namespace == NULL || name == NULL ? -ENOMEM : read_file(rd, file, &text);
    if (r == -EFBIG)
        set_aside(rd, file, "it is no file, or too large");
    else if (r < 0)
        report(rd, file, false, strerror(-r));
    else if (!rd->take(rd->arg, namespace, name, buf_text(&text), text.length, &why))
        set_aside(rd, file, why);
    buf_deinit(&text);
    free(namespace);
    free(name);
}

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name), n = strlen(end);

    return length > n && strcmp(name + length - n, end) == 0;
}

int persist_load(struct persist *p, const char *plural, persist_fn *take, void *arg)
{
    struct reading rd = {.persist = p, .plural = plural, .take = take, .arg = arg};
    struct dirent **entries;
    int count;

    if (!persist_is_on(p))
        return 0;
    rd.folder = open_folder(p, plural, false);
    if (rd.folder < 0)
        return rd.folder == -ENOENT ? 0 : rd.folder;
    count = scandirat(rd.folder, ".", &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        if (ends_with(entries[i]->d_name, unfinished))
            unlinkat(rd.folder, entries[i]->d_name, 0);         /* of a write that was cut short */
        else if (ends_with(entries[i]->d_name, suffix))
            load_file(&rd, entries[i]->d_name);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    fd_close(&rd.folder);
    return count < 0 ? -EIO : 0;
}
