#include "daemon/runtime/systemd.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/macros.h"
#include "config/load.h"
#include "daemon/core/pod.h"
#include "daemon/core/status.h"
#include "daemon/runtime/executor.h"
#include "daemon/runtime/libsystemd.h"
#include "daemon/runtime/manager.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

static const ev_tstamp status_delay = 0.1;      /* what happens together is told together */
static const ev_tstamp extend_every = 5.;

/* Asked only where systemd is there to talk to. */
static bool can_talk(void)
{
    static bool said;
    const char *why;

    if (libsystemd_load(&why))
        return true;
    if (!said)
        log_warn("neither systemd nor the journal are told of anything: %s", why);
    said = true;
    return false;
}

/* ---- the journal ---- */

/* Whether a descriptor is what systemd has connected to the journal: its "DEVICE:INODE". */
static bool is_journal(int fd)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat st;

    return stream != NULL && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(fd, &st) == 0
           && st.st_dev == (dev_t)device && st.st_ino == (ino_t)inode;
}

static void log_to_journal(enum log_level level, const char *line, void *arg)
{
    static const int priorities[] = {
        [LOG_LEVEL_ERROR] = LOG_ERR, [LOG_LEVEL_WARNING] = LOG_WARNING,
        [LOG_LEVEL_INFO] = LOG_INFO, [LOG_LEVEL_DEBUG] = LOG_DEBUG,
    };
    static const char head[] = "pidlet: ";      /* the identifier says it */

    (void)arg;
    if (strncmp(line, head, sizeof head - 1) == 0)
        line += sizeof head - 1;
    libsystemd.journal_send("MESSAGE=%s", line, "PRIORITY=%d", priorities[level], "SYSLOG_IDENTIFIER=pidlet", NULL);
}

bool systemd_journal(const struct systemd_event *ev)
{
    const int priority = strcmp(ev->type, "Normal") == 0 ? LOG_INFO : LOG_WARNING;

    if (!is_journal(STDOUT_FILENO) || !can_talk())
        return false;
    if (ev->container == NULL)
        return libsystemd.journal_send("MESSAGE=%s: %s: %s", ev->pod, ev->reason, ev->message, "PRIORITY=%d", priority,
                               "SYSLOG_IDENTIFIER=pidlet", "NAMESPACE=%s", ev->namespace, "POD=%s", ev->pod,
                               "REASON=%s", ev->reason, "TYPE=%s", ev->type, NULL) == 0;
    return libsystemd.journal_send("MESSAGE=%s/%s: %s: %s", ev->pod, ev->container, ev->reason, ev->message,
                           "PRIORITY=%d", priority, "SYSLOG_IDENTIFIER=pidlet", "NAMESPACE=%s", ev->namespace,
                           "POD=%s", ev->pod, "CONTAINER=%s", ev->container, "REASON=%s", ev->reason,
                           "TYPE=%s", ev->type, NULL) == 0;
}

/* ---- what it is told ---- */

struct counts {
    size_t pods, ready, in_backoff;
};

static struct counts count(const struct manager *m)
{
    const mono_ms now = clock_mono();
    struct counts n = {.pods = m->count};

    for (size_t i = 0; i < m->count; i++) {
        const struct pod *p = live_pod_core(manager_pod(m, i));

        n.ready += status_ready(p);
        for (unsigned j = 0; j < p->count; j++)
            n.in_backoff += status_in_backoff(&p->containers[j], now);
    }
    return n;
}

/* Pods that have ended cannot become Ready: they are not waited for. */
static bool all_are_ready(const struct manager *m)
{
    for (size_t i = 0; i < m->count; i++) {
        const struct pod *p = live_pod_core(manager_pod(m, i));

        if (!status_ready(p) && p->state != POD_ENDED)
            return false;
    }
    return true;
}

static void tell_status(struct systemd *s)
{
    const struct counts n = count(s->manager);
    char text[sizeof s->told];
    size_t at;

    at = (size_t)snprintf(text, sizeof text, "%zu pod%s, %zu ready", n.pods, n.pods == 1 ? "" : "s", n.ready);
    if (n.in_backoff > 0)
        snprintf(text + at, sizeof text - at, ", %zu CrashLoopBackOff", n.in_backoff);
    if (strcmp(text, s->told) == 0)
        return;
    memcpy(s->told, text, sizeof text);
    libsystemd.notifyf(0, "STATUS=%s", text);
}

static void tell_ready(struct systemd *s)
{
    if (s->ready || !s->loaded || !manager_has_started(s->manager) || (s->wait_for_pods && !all_are_ready(s->manager)))
        return;
    s->ready = true;
    libsystemd.notify(0, "READY=1");
}

/* ---- timers ---- */

static void status_due(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct systemd *s = container_of(w, struct systemd, status);

    (void)loop;
    (void)revents;
    tell_status(s);
    tell_ready(s);
}

static void feed_watchdog(struct ev_loop *loop, ev_timer *w, int revents)
{
    (void)loop;
    (void)w;
    (void)revents;
    libsystemd.notify(0, "WATCHDOG=1");
}

/* The core ends every grace period with SIGKILL: this does, too. */
static void extend(struct ev_loop *loop, ev_timer *w, int revents)
{
    (void)loop;
    (void)w;
    (void)revents;
    libsystemd.notifyf(0, "EXTEND_TIMEOUT_USEC=%.0f", 3 * extend_every * 1e6);
}

static void watch_over(struct systemd *s)
{
    uint64_t usec;

    if (libsystemd.watchdog_enabled(0, &usec) <= 0)
        return;
    ev_timer_set(&s->watchdog, 0., (ev_tstamp)usec / 1e6 / 2);
    ev_timer_start(s->loop, &s->watchdog);
}

/* ---- life ---- */

void systemd_init(struct systemd *s, struct ev_loop *loop, const struct manager *manager, bool wait_for_pods)
{
    *s = (struct systemd){.loop = loop, .manager = manager, .wait_for_pods = wait_for_pods,
                          .notify = getenv("NOTIFY_SOCKET") != NULL && can_talk()};
    ev_timer_init(&s->watchdog, feed_watchdog, 0., 0.);
    ev_timer_init(&s->extend, extend, 0., extend_every);
    ev_timer_init(&s->status, status_due, status_delay, 0.);
    if (is_journal(STDERR_FILENO) && can_talk())
        log_set_sink(log_to_journal, NULL);
    if (s->notify)
        watch_over(s);
}

void systemd_deinit(struct systemd *s)
{
    ev_timer_stop(s->loop, &s->watchdog);
    ev_timer_stop(s->loop, &s->extend);
    ev_timer_stop(s->loop, &s->status);
    log_set_sink(NULL, NULL);
}

void systemd_loaded(struct systemd *s)
{
    s->loaded = true;
    if (!s->notify)
        return;
    tell_status(s);
    tell_ready(s);
}

void systemd_changed(struct systemd *s)
{
    if (!s->notify || ev_is_active(&s->status))
        return;
    ev_timer_set(&s->status, status_delay, 0.);
    ev_timer_start(s->loop, &s->status);
}

void systemd_reloading(struct systemd *s)
{
    struct timespec now;

    if (!s->notify)
        return;
    clock_gettime(CLOCK_MONOTONIC, &now);
    libsystemd.notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
               (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
}

void systemd_reloaded(struct systemd *s)
{
    if (s->notify)
        libsystemd.notify(0, "READY=1");
}

void systemd_stopping(struct systemd *s)
{
    if (!s->notify || s->stopping)
        return;
    s->stopping = true;
    libsystemd.notify(0, "STOPPING=1");
    ev_timer_start(s->loop, &s->extend);
}
