#include "daemon/runtime/run_folder.h"

#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void run_folder_init(struct run_folder *f, const char *parent)
{
    *f = (struct run_folder){.parent = parent};
}

void run_folder_deinit(struct run_folder *f)
{
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

static void make_folder(struct run_folder *f)
{
    const char *tmp = getenv("TMPDIR");
    int r = -ENOENT;

    f->tried = true;
    if (f->parent != NULL && (mkdir(f->parent, 0755) == 0 || errno == EEXIST))
        r = own_folder_make(&f->folder, f->parent, "runs", is_ours);
    if (r < 0)
        r = own_folder_make(&f->folder, tmp != NULL && tmp[0] == '/' ? tmp : "/tmp", "pidlet-runs", is_ours);
    if (r < 0)
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
