/*
 * A build without the API (-Dapi=disabled): nothing is served, and whoever asks is told.
 */
#include "daemon/serve.h"

#include "base/log.h"

#include <errno.h>
#include <stddef.h>

int serve_start(struct serve **out, const struct serve_options *o, const struct serve_world *world)
{
    (void)world;
    *out = NULL;
    if (!serve_is_wanted(o))
        return 0;
    log_error("this build of pidlet has no API: --socket and --listen need libmicrohttpd and jansson");
    return -ENOTSUP;
}

void serve_restore(struct serve *s)
{
    (void)s;
}

void serve_stop(struct serve *s)
{
    (void)s;
}

void serve_manifests_changed(struct serve *s)
{
    (void)s;
}

bool serve_stays(const struct serve *s)
{
    (void)s;
    return false;
}
