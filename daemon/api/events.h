/*
 * Events: what the event store (daemon/core/events.h) holds, as objects.
 */
#ifndef PIDLET_API_EVENTS_H
#define PIDLET_API_EVENTS_H

#include "daemon/api/backing.h"

#include <stdbool.h>
#include <stddef.h>

/* Shows what there is, some `most` at a time, and from the first call on each change. */
enum shown events_show_some(struct backing *b, size_t most);

/* What was set aside at `path`, .../PLURAL/NAMESPACE_NAME.json.bad, or could not be read there, as an Event. */
void events_add_bad_file(struct backing *b, const char *path, bool set_aside, const char *why);

#endif
