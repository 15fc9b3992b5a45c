/*
 * Events: what the event store (daemon/core/events.h) holds, as objects.
 */
#ifndef PIDLET_API_EVENTS_H
#define PIDLET_API_EVENTS_H

#include <stdbool.h>

struct backing;
struct event_store;

/* Shows all that there is, and from now on each change; false: no memory for all of it. */
bool events_show(struct backing *b);

/* What was set aside at `path`, .../PLURAL/NAMESPACE_NAME.json.bad, as an Event. */
void events_add_bad_file(struct backing *b, const char *path, const char *why);

#endif
