#include "daemon/runtime/file_watch.h"

#include "base/log.h"
#include "base/macros.h"
#include "base/sorted.h"
#include "config/spec.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

/* An editor writes, renames and removes in one go; a tool that goes on and on is not waited for. */
static const ev_tstamp moment = 0.15, at_most = 1.;

enum { FOLDERS_MAX = 20000 };           /* so that looking for them never takes long */

struct watched_path {
    char *path;                         /* absolute; owned, like the next two */
    char *target;                       /* where it leads, by symbolic links; NULL: to itself */
    const char *named;                  /* as the caller has it; borrowed */
    bool exists;
};

struct watched_folder {
    int wd;
    char *path;                         /* absolute; owned */
    unsigned round;                     /* when it was last found */
    unsigned all_round;                 /* and when with all that is in it, not only what was named; 0: never */
};

/* ---- what does not count ---- */

/*
 * Beside sources, and none: of version control, of package managers and interpreters,
 * and what editors keep for themselves.  Named in docs/terminal.md.
 */
static bool is_ignored(const char *name)
{
    static const char *const patterns[] = {
        ".git", ".hg", ".svn", ".jj", "node_modules", "__pycache__", ".venv", ".mypy_cache", ".pytest_cache",
        ".ruff_cache", ".idea", ".vscode", ".DS_Store",
        "*.pyc", "*~", ".#*", "#*#", "*.sw[opx]", "4913", "*___jb_*___", ".*.kate-swp", ".goutputstream-*",
    };

    for (size_t i = 0; i < array_count(patterns); i++) {
        if (fnmatch(patterns[i], name, 0) == 0)
            return true;
    }
    return false;
}

/* ---- paths ---- */

/* Joined, without "." and doubled slashes; ".." stays, as symbolic links may have it. */
static char *absolute(const char *folder, const char *path)
{
    struct buf all = BUF_INIT, out = BUF_INIT;
    char *cwd = NULL, *rest, *word;

    if (path[0] != '/' && (folder == NULL || folder[0] != '/'))
        cwd = getcwd(NULL, 0);
    buf_addf(&all, "%s/%s/%s", cwd != NULL ? cwd : "", path[0] != '/' && folder != NULL ? folder : "", path);
    free(cwd);
    if (buf_failed(&all))
        return NULL;
    for (word = strtok_r(all.data, "/", &rest); word != NULL; word = strtok_r(NULL, "/", &rest)) {
        if (strcmp(word, ".") != 0)
            buf_addf(&out, "/%s", word);
    }
    if (out.length == 0)
        buf_addc(&out, '/');
    buf_deinit(&all);
    return buf_failed(&out) ? NULL : out.data;
}

/* The first that has changed and is there still: what is written on the way to it comes and goes. */
static void note_change(struct file_watch *w, const char *path)
{
    if (w->changed.length > 0 && (w->changed.data[0] != '/' || access(w->changed.data, F_OK) == 0))
        return;
    buf_clear(&w->changed);
    buf_adds(&w->changed, path);
}

/* What is left of `path` below `folder`: "" or "/…"; NULL: it is not in there. */
static const char *below(const char *folder, const char *path)
{
    const size_t length = folder != NULL ? strlen(folder) : 0;

    if (folder != NULL && strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == '\0'))
        return path + length;
    return NULL;
}

/* In the caller's words. */
static void add_shown(struct buf *out, const struct file_watch *w, const char *path)
{
    for (size_t i = 0; i < w->path_count; i++) {
        const struct watched_path *p = &w->paths[i];
        const char *rest = below(p->path, path);

        if (rest == NULL)
            rest = below(p->target, path);
        if (rest == NULL)
            continue;
        if (strcmp(p->named, ".") == 0 && *rest == '/')
            buf_adds(out, rest + 1);
        else
            buf_addf(out, "%s%s", p->named, rest);
        return;
    }
    buf_adds(out, path);
}

static bool is_named(const struct file_watch *w, const char *path)
{
    for (size_t i = 0; i < w->path_count; i++) {
        const struct watched_path *p = &w->paths[i];

        if (strcmp(p->path, path) == 0 || (p->target != NULL && strcmp(p->target, path) == 0))
            return true;
    }
    return false;
}

/* What was named, or its target, would be in it. */
static bool is_on_the_way(const struct file_watch *w, const char *path)
{
    for (size_t i = 0; i < w->path_count; i++) {
        if (below(path, w->paths[i].path) != NULL
            || (w->paths[i].target != NULL && below(path, w->paths[i].target) != NULL))
            return true;
    }
    return false;
}

/* ---- folders ---- */

static int compare_wd(const void *item, const void *wd)
{
    const int a = ((const struct watched_folder *)item)->wd, b = *(const int *)wd;

    return (a > b) - (a < b);
}

/* Where the descriptor is, or would be. */
static size_t place_of(const struct file_watch *w, int wd)
{
    return sorted_place(w->folders, w->count, sizeof *w->folders, compare_wd, &wd);
}

static struct watched_folder *folder_of(const struct file_watch *w, int wd)
{
    const size_t at = place_of(w, wd);

    return at < w->count && w->folders[at].wd == wd ? &w->folders[at] : NULL;
}

static void forget(struct file_watch *w, struct watched_folder *f)
{
    const size_t at = (size_t)(f - w->folders);

    free(f->path);
    memmove(f, f + 1, (--w->count - at) * sizeof *f);
}

/* Once: what is missed below one folder is missed below others. */
static void complain(struct file_watch *w, const char *path, int error)
{
    if (w->complained || error == ENOENT || error == ENOTDIR)
        return;                         /* gone in the meantime */
    w->complained = true;
    log_warn("%s: watching %s: %s; changes in it are not seen", w->name, path,
             error == ENOSPC   ? "the limit of inotify watches is reached (sysctl fs.inotify.max_user_watches)"
             : error == EXFULL ? "it holds more than 20000 folders"
                               : strerror(error));
}

static struct watched_folder *add(struct file_watch *w, int wd, const char *path)
{
    const size_t at = place_of(w, wd);
    char *copy = strdup(path);

    if (copy != NULL && w->count == w->capacity) {
        const size_t capacity = w->capacity > 0 ? 2 * w->capacity : 16;
        struct watched_folder *more = reallocarray(w->folders, capacity, sizeof *more);

        if (more != NULL) {
            w->folders = more;
            w->capacity = capacity;
        }
    }
    if (file_events_hold(w->events, wd) < 0) {
        free(copy);
        return NULL;
    }
    if (copy == NULL || w->count == w->capacity) {
        file_events_release(w->events, wd);
        free(copy);
        return NULL;
    }
    memmove(&w->folders[at + 1], &w->folders[at], (w->count++ - at) * sizeof *w->folders);
    w->folders[at] = (struct watched_folder){.wd = wd, .path = copy};
    return &w->folders[at];
}

/* Watches a folder; whether that is new of it, with all that is in it if `all`. */
static bool find_folder(struct file_watch *w, const char *path, bool all, bool named)
{
    const uint32_t mask = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR
                          | (named ? 0 : IN_DONT_FOLLOW);
    const int wd = file_events_watch(w->events, path, mask);
    struct watched_folder *f;
    bool fresh;

    if (wd < 0) {
        complain(w, path, -wd);
        return false;
    }
    f = folder_of(w, wd);
    if (f == NULL && (f = add(w, wd, path)) == NULL) {
        complain(w, path, ENOMEM);
        return false;
    }
    if (strcmp(f->path, path) != 0) {   /* it was moved */
        char *copy = strdup(path);

        if (copy != NULL) {
            free(f->path);
            f->path = copy;
        }
    }
    fresh = all && (f->all_round == 0 || f->all_round + 1 < w->round);
    f->round = w->round;
    if (all)
        f->all_round = w->round;
    w->found++;
    return fresh;
}

static bool is_folder(const struct dirent *entry, const char *path)
{
    struct stat st;

    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* A folder with all that is in it.  `path` is on return as it was. */
static void find_all(struct file_watch *w, struct buf *path, bool named)
{
    const size_t length = path->length;
    const bool fresh = find_folder(w, buf_text(path), true, named) && w->round > 1;
    DIR *dir = opendir(buf_text(path));
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || is_ignored(entry->d_name))
            continue;
        buf_addf(path, "%s%s", length > 1 ? "/" : "", entry->d_name);
        if (buf_failed(path))
            break;
        if (w->except != NULL && strcmp(w->except, buf_text(path)) == 0) {
            buf_cut(path, length);
            continue;
        }
        if (!is_folder(entry, buf_text(path))) {
            if (fresh)
                note_change(w, buf_text(path));         /* written before its folder was watched */
        } else if (w->found >= FOLDERS_MAX) {
            complain(w, buf_text(path), EXFULL);
        } else {
            find_all(w, path, false);
        }
        buf_cut(path, length);
    }
    if (dir != NULL)
        closedir(dir);
}

/* The folder that `path` is in, or the nearest one that exists: what it lacks may come. */
static void find_parent(struct file_watch *w, const char *path)
{
    struct buf parent = BUF_INIT;
    struct stat st;
    const char *slash;

    buf_adds(&parent, path);
    while (!buf_failed(&parent) && (slash = strrchr(buf_text(&parent), '/')) != NULL && parent.length > 1) {
        buf_cut(&parent, slash == parent.data ? 1 : (size_t)(slash - parent.data));
        if (stat(buf_text(&parent), &st) == 0 && S_ISDIR(st.st_mode)) {
            find_folder(w, buf_text(&parent), false, true);
            break;
        }
    }
    buf_deinit(&parent);
}

static void find_path(struct file_watch *w, struct watched_path *p)
{
    const bool existed = p->exists;
    struct buf path = BUF_INIT;
    struct stat st;

    free(p->target);
    p->target = realpath(p->path, NULL);
    if (p->target != NULL && strcmp(p->target, p->path) == 0) {
        free(p->target);
        p->target = NULL;
    }
    find_parent(w, p->path);
    p->exists = stat(p->path, &st) == 0;
    if (!p->exists && w->round == 1)
        log_warn("%s: %s is not there to be watched; it is when it comes", w->name, p->named);
    if (p->exists && !S_ISDIR(st.st_mode)) {
        if (p->target != NULL)
            find_parent(w, p->target);
        if (!existed && w->round > 1)
            note_change(w, p->path);
    } else if (p->exists) {
        buf_adds(&path, p->path);
        find_all(w, &path, true);
        buf_deinit(&path);
    }
}

/* Everything that is there, and nothing that is there no more. */
static void look(struct file_watch *w)
{
    w->round++;
    w->found = 0;
    for (size_t i = 0; i < w->path_count; i++)
        find_path(w, &w->paths[i]);
    for (size_t i = w->count; i-- > 0;) {
        if (w->folders[i].round == w->round)
            continue;
        file_events_release(w->events, w->folders[i].wd);
        forget(w, &w->folders[i]);
    }
}

/* ---- events ---- */

/* Of a folder its files tell, unless it has come or gone with them. */
static bool is_change(uint32_t mask, const char *path)
{
    struct stat st;

    if ((mask & IN_ISDIR) != 0)
        return (mask & (IN_MOVED_FROM | IN_MOVED_TO)) != 0;
    if ((mask & IN_CREATE) == 0)
        return true;
    return lstat(path, &st) == 0 && (!S_ISREG(st.st_mode) || st.st_nlink > 1);      /* else it is being written */
}

/* Whether something has to be done about it, be it to look for folders alone. */
static bool take_event(struct file_watch *w, const struct inotify_event *ev)
{
    struct watched_folder *f = folder_of(w, ev->wd);
    struct buf path = BUF_INIT;
    const char *name = ev->len > 0 ? ev->name : "";
    bool all, named;

    if ((ev->mask & IN_Q_OVERFLOW) != 0) {
        note_change(w, "more files than the kernel could tell of");
        return true;
    }
    if (f == NULL)
        return false;
    if ((ev->mask & IN_IGNORED) != 0) {
        forget(w, f);
        return true;
    }
    all = f->all_round == w->round && !is_ignored(name);
    buf_addf(&path, "%s/%s", strcmp(f->path, "/") == 0 ? "" : f->path, name);
    all &= below(w->except, buf_text(&path)) == NULL;
    named = is_named(w, buf_text(&path));
    if ((all || named) && is_change(ev->mask, buf_text(&path)))
        note_change(w, buf_text(&path));
    all |= named || is_on_the_way(w, buf_text(&path));
    buf_deinit(&path);
    return all;
}

static void something_happened(struct file_listener *l, const struct inotify_event *ev)
{
    struct file_watch *w = container_of(l, struct file_watch, listener);
    struct ev_loop *loop = w->events->loop;

    if (!take_event(w, ev))
        return;
    if (w->since == 0.)
        w->since = ev_now(loop);
    if (ev_now(loop) - w->since < at_most)
        ev_timer_again(loop, &w->quiet);
}

static void quiet_again(struct ev_loop *loop, ev_timer *timer, int revents)
{
    struct file_watch *w = container_of(timer, struct file_watch, quiet);
    struct buf shown = BUF_INIT;
    bool changed;

    (void)revents;
    ev_timer_stop(loop, timer);
    w->since = 0.;
    look(w);
    changed = w->changed.length > 0 || buf_failed(&w->changed);
    add_shown(&shown, w, buf_text(&w->changed));
    buf_clear(&w->changed);
    if (changed)
        w->on_change(w->arg, buf_text(&shown));         /* last: w may be gone afterwards */
    buf_deinit(&shown);
}

/* ---- life ---- */

static void listen(struct file_watch *w)
{
    const int err = file_events_join(w->events, &w->listener);

    w->listening = err == 0;
    if (w->listening)
        look(w);
    else
        log_warn("%s: its files are not watched: %s", w->name,
                 err == -EMFILE ? "the limit of inotify instances is reached (sysctl fs.inotify.max_user_instances)"
                                : strerror(-err));
}

int file_watch_start(struct file_watch *w, struct file_events *events, const char *name, const struct string_list *paths,
                     const char *folder, const char *except, file_changed_fn *on_change, void *arg)
{
    *w = (struct file_watch){.events = events, .name = name, .on_change = on_change, .arg = arg,
                             .listener.on_event = something_happened, .paths = calloc(paths->count, sizeof *w->paths)};
    ev_timer_init(&w->quiet, quiet_again, moment, moment);
    for (size_t i = 0; w->paths != NULL && i < paths->count; i++, w->path_count++) {
        w->paths[i] = (struct watched_path){.path = absolute(folder, paths->items[i]), .named = paths->items[i]};
        if (w->paths[i].path == NULL)
            break;
    }
    if (except != NULL)
        w->except = absolute(NULL, except);
    if (w->path_count < paths->count || (except != NULL && w->except == NULL)) {
        file_watch_stop(w);
        return -ENOMEM;
    }
    listen(w);
    return 0;
}

void file_watch_stop(struct file_watch *w)
{
    ev_timer_stop(w->events->loop, &w->quiet);
    for (size_t i = 0; i < w->path_count; i++) {
        free(w->paths[i].path);
        free(w->paths[i].target);
    }
    for (size_t i = 0; i < w->count; i++) {
        file_events_release(w->events, w->folders[i].wd);
        free(w->folders[i].path);
    }
    if (w->listening)
        file_events_leave(w->events, &w->listener);
    free(w->paths);
    free(w->folders);
    free(w->except);
    buf_deinit(&w->changed);
    *w = (struct file_watch){.events = w->events};
}
