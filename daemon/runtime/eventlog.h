/*
 * The core's notes, for people and for the API: a line on the terminal, an Event in the
 * store (daemon/core/events.h).
 */
#ifndef PIDLET_RUNTIME_EVENTLOG_H
#define PIDLET_RUNTIME_EVENTLOG_H

#include "base/buf.h"
#include "daemon/core/events.h"

struct action;
struct live_pod;
struct terminal;

struct eventlog {
    struct event_store *store;          /* owned */
    struct terminal *terminal;          /* borrowed */
    struct buf message;                 /* scratch */
    struct buf object;
};

int eventlog_init(struct eventlog *log, const struct event_limits *limits, struct terminal *terminal);
void eventlog_deinit(struct eventlog *log);

/* A note of the pod's core, an executor_note_fn's work. */
void eventlog_note(struct eventlog *log, const struct live_pod *p, const struct action *action);

/*
 * An Event that is none of the core's: of the pod's container `container` (NO_CONTAINER: of
 * the pod itself).  Type and reason are constants.  It stands on the terminal as well.
 */
void eventlog_add(struct eventlog *log, const struct live_pod *p, int container, const char *type,
                  const char *reason, const char *message);

#endif
