/* In a build without libsystemd: a service of Type=exec, and lines of plain text. */
#include "daemon/runtime/systemd.h"

#include "base/log.h"

#include <stdlib.h>

void systemd_init(struct systemd *s, struct ev_loop *loop, const struct manager *manager, bool wait_for_pods)
{
    *s = (struct systemd){.loop = loop, .manager = manager};
    if (getenv("NOTIFY_SOCKET") != NULL || wait_for_pods)
        log_warn("this build cannot tell systemd that it is ready: it is without libsystemd");
}

void systemd_deinit(struct systemd *s)
{
    (void)s;
}

void systemd_loaded(struct systemd *s)
{
    s->loaded = true;
}

void systemd_changed(struct systemd *s)
{
    (void)s;
}

void systemd_reloading(struct systemd *s)
{
    (void)s;
}

void systemd_reloaded(struct systemd *s)
{
    (void)s;
}

void systemd_stopping(struct systemd *s)
{
    s->stopping = true;
}

bool systemd_journal(const struct systemd_event *ev)
{
    (void)ev;
    return false;
}
