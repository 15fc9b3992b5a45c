/*
 * At home as a systemd service: sd_notify(3), the watchdog, the journal.
 *
 * All of it is quiet where systemd has not started pidlet, or where pidlet is built without
 * libsystemd.  The watchdog is fed from the loop: a loop that hangs feeds nothing.
 */
#ifndef PIDLET_RUNTIME_SYSTEMD_H
#define PIDLET_RUNTIME_SYSTEMD_H

#include <ev.h>
#include <stdbool.h>

struct manager;

struct systemd {
    struct ev_loop *loop;               /* borrowed */
    const struct manager *manager;
    ev_timer watchdog, extend, status;
    bool notify;                        /* somebody listens */
    bool wait_for_pods;                 /* READY when every pod is */
    bool loaded, ready, stopping;
    char told[160];                     /* the last STATUS */
};

/* Lines of the log and Events as entries with fields, where stderr and stdout are the journal. */
struct systemd_event {
    const char *type, *reason, *namespace, *pod, *message;
    const char *container;              /* NULL: of the pod itself */
};

void systemd_init(struct systemd *s, struct ev_loop *loop, const struct manager *manager, bool wait_for_pods);
void systemd_deinit(struct systemd *s);

void systemd_loaded(struct systemd *s);         /* the manifests are; READY, unless pods are waited for */
void systemd_changed(struct systemd *s);        /* a pod: STATUS follows soon */
void systemd_reloading(struct systemd *s);
void systemd_reloaded(struct systemd *s);
void systemd_stopping(struct systemd *s);       /* time is asked for until the end, as graces run */

/* False: standard output is not the journal, and the Event is the terminal's. */
bool systemd_journal(const struct systemd_event *ev);

#endif
