#include "daemon/runtime/run_folder.h"

#include "base/log.h"
#include "daemon/runtime/descendants.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void run_folder_init(struct run_folder *f, const char *parent, uint64_t boot)
{
    *f = (struct run_folder){.parent = parent, .boot = boot};
}

/* Named like a run that there never is. */
static bool mark_path(const struct run_folder *f, char out[PATH_MAX])
{
    int n = snprintf(out, PATH_MAX, "%s/%016" PRIx64 "-%" PRIx64, f->folder.path, f->boot, UINT64_MAX);

    return n > 0 && n < PATH_MAX;
}

static void mark(const struct run_folder *f)
{
    char path[PATH_MAX];
    int fd = mark_path(f, path) ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;

    if (fd == -1)
        log_debug("%s cannot be marked: if pidlet is killed, what its containers forked stays", f->folder.path);
    else
        close(fd);
}

void run_folder_deinit(struct run_folder *f)
{
    char path[PATH_MAX];

    if (f->folder.path != NULL && mark_path(f, path))
        unlink(path);
    own_folder_remove(&f->folder);
    *f = (struct run_folder){0};
}

/* A run's id, as live_run.c makes it, BOOT-NUMBER, of a file or of a socket. */
static bool is_ours(const char *name)
{
    static const char hex[] = "0123456789abcdef";
    const char *end;

    if (strspn(name, hex) != 16 || name[16] != '-' || name[17] == '\0')
        return false;
    end = name + 17 + strspn(name + 17, hex);
    return *end == '\0' || strcmp(end, RUN_FOLDER_SOCKET) == 0;
}

/* The processes of a pidlet that was killed: all its runs have ids that begin like that of one. */
static void kill_what_is_left(const char *name)
{
    char begin[sizeof "0123456789abcdef-"];
    size_t killed;

    snprintf(begin, sizeof begin, "%s", name);
    killed = descendants_kill_carriers(begin);
    if (killed > 0)
        log_warn("killed %zu process%s that a pidlet that was killed has left", killed, killed == 1 ? "" : "es");
}

static void make_folder(struct run_folder *f)
{
    const char *tmp = getenv("TMPDIR");
    int r = -ENOENT;

    f->tried = true;
    if (f->parent != NULL && (mkdir(f->parent, 0755) == 0 || errno == EEXIST))
        r = own_folder_make(&f->folder, f->parent, "runs", is_ours, kill_what_is_left);
    if (r < 0)
        r = own_folder_make(&f->folder, tmp != NULL && tmp[0] == '/' ? tmp : "/tmp", "pidlet-runs", is_ours,
                            kill_what_is_left);
    if (r == 0)
        mark(f);
    else
        log_info("there is no place for termination messages: %s; containers are told none", strerror(-r));
}

bool run_folder_path(struct run_folder *f, const char *name, char out[PATH_MAX])
{
    int n;

    if (!f->tried)
        make_folder(f);
    n = f->folder.path != NULL ? snprintf(out, PATH_MAX, "%s/%s", f->folder.path, name) : 0;
    return n > 0 && n < PATH_MAX;
}
