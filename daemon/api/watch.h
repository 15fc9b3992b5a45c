/*
 * A watch: the changes after a version, one JSON document a line, until the client goes
 * or its time is over.
 *
 * A watch holds no queue: it reads the store's history at its client's pace.  One that
 * falls behind what the history holds is cut off.
 */
#ifndef PIDLET_API_WATCH_H
#define PIDLET_API_WATCH_H

#include "base/clock.h"

#include <stdbool.h>

struct api;
struct http_reply;
struct http_request;

/* Answers with a stream, or with an error. */
void watch_open(struct http_request *rq, struct http_reply *reply);

/* The store has changed: watches that rest look at it, at most `most`; false: there are more. */
bool watch_wake_some(struct api *api, unsigned most);

/* Ends those whose time is over, sends bookmarks; returns when to be called again. */
mono_ms watch_tick(struct api *api, mono_ms now);

#endif
