#include "daemon/places.h"

#include <stdlib.h>
#include <unistd.h>

/* An XDG folder: absolute paths only, as its specification says; `below_home` NULL: no other will do. */
static bool users_folder(const char *variable, const char *below_home, struct buf *path)
{
    const char *folder = getenv(variable), *home = getenv("HOME");

    if (folder != NULL && folder[0] == '/')
        buf_adds(path, folder);
    else if (below_home != NULL && home != NULL && home[0] == '/')
        buf_addf(path, "%s/%s", home, below_home);
    else
        return false;
    return true;
}

static bool place(const char *of_root, const char *variable, const char *below_home, const char *name,
                  struct buf *path)
{
    if (geteuid() == 0)
        buf_adds(path, of_root);
    else if (!users_folder(variable, below_home, path))
        return false;
    buf_addf(path, "/pidlet%s", name);
    return !buf_failed(path);
}

bool places_settings(struct buf *path)
{
    return place("/etc", "XDG_CONFIG_HOME", ".config", "/config.yaml", path);
}

bool places_manifests(struct buf *path)
{
    return place("/etc", "XDG_CONFIG_HOME", ".config", "/manifests", path);
}

bool places_runtime(struct buf *path)
{
    return place("/run", "XDG_RUNTIME_DIR", NULL, "", path);
}

bool places_socket(struct buf *path)
{
    return place("/run", "XDG_RUNTIME_DIR", NULL, "/pidlet.sock", path);
}

bool places_state(struct buf *path)
{
    return place("/var/lib", "XDG_STATE_HOME", ".local/state", "/state", path);
}
