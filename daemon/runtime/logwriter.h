/*
 * The log of one container, and what happens to its lines while they cannot be written:
 * a full disk stops no container.
 *
 * By the pod's annotation pidlet.dev/logs-when-full lines are dropped and counted
 * (drop, the default), or kept while nothing more is read (pause): then the container
 * waits once its pipe is full.  Either is reported when it begins and when it is over.
 */
#ifndef PIDLET_RUNTIME_LOGWRITER_H
#define PIDLET_RUNTIME_LOGWRITER_H

#include "base/buf.h"
#include "config/annotations.h"
#include "daemon/runtime/crilog.h"

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct logwriter;

enum logwriter_state {
    LOG_WRITES,
    LOG_DROPS,                          /* lines are dropped until there is room */
    LOG_HOLDS,                          /* nothing is read until there is room */
};

/*
 * `w` has come into its new state, for the reason `error`; `lines`: on the way back to
 * LOG_WRITES, how many were dropped.  Never called by logwriter_open().
 */
typedef void logwriter_changed_fn(void *arg, struct logwriter *w, int error, uint64_t lines);

/* One for the daemon. */
struct logwriter_hub {
    struct ev_loop *loop;               /* borrowed */
    struct crilog_rules rules;
    struct logwriter *holding;          /* those that wait for room */
    ev_timer again;                     /* active while there are any */
    logwriter_changed_fn *on_change;    /* may be NULL */
    void *arg;
    void (*on_room)(struct logwriter *w);       /* lines are taken again after LOG_HOLDS */
};

struct logwriter {
    struct logwriter_hub *hub;
    struct logwriter *next_holding;
    struct crilog log;
    struct buf held;                    /* lines that wait, LOG_HOLDS */
    uint64_t dropped;                   /* lines, LOG_DROPS */
    enum logwriter_state state;
    enum logs_when_full when_full;
};

void logwriter_hub_init(struct logwriter_hub *h, struct ev_loop *loop, const struct crilog_rules *rules);
void logwriter_hub_deinit(struct logwriter_hub *h);     /* after all writers */

void logwriter_init(struct logwriter *w, struct logwriter_hub *hub, const struct pod_config *config,
                    const char *container, enum logs_when_full when_full);

/* 0, also without files; or a negative errno: then lines go nowhere, and are not counted. */
int logwriter_open(struct logwriter *w, unsigned restart_count);

/* Whole lines of crilog_add(), `lines` of them. */
void logwriter_write(struct logwriter *w, const char *text, size_t length, uint64_t lines);

/* Lines of which memory was too short to keep the text. */
void logwriter_lost(struct logwriter *w, uint64_t lines);

/* The run has ended: what waits is tried once more, then dropped. */
void logwriter_close(struct logwriter *w);

static inline bool logwriter_is_open(const struct logwriter *w)
{
    return w->log.fd >= 0;
}

#endif
