/*
 * What keeps Events from becoming a flood, as client-go has it (kubelet-semantics 8.3):
 * many messages of one kind are combined, and what is written too often is dropped.
 *
 * Pure: time comes in; nothing is allocated.
 */
#ifndef PIDLET_CORE_EVENT_FILTER_H
#define PIDLET_CORE_EVENT_FILTER_H

#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

/* Of equal reason, type and object: so many messages stay apart, the rest is combined. */
enum { EVENT_MESSAGES_APART = 9 };

struct event_group {
    const char *type, *reason;          /* constants */
    mono_ms last;                       /* of any of its Events */
    uint32_t messages[EVENT_MESSAGES_APART];    /* hashes of those that stay apart */
    uint8_t count;                      /* of them */
};

/* True: an Event with this message stands for itself; false: it is combined with others. */
bool event_group_apart(struct event_group *g, uint32_t message, mono_ms now);

/* A bucket that holds 25 writes and gets one back every 5 minutes. */
struct event_bucket {
    mono_ms filled;                     /* the time that it took to fill it so far */
    mono_ms at;                         /* when that was so */
};

void event_bucket_init(struct event_bucket *b, mono_ms now);    /* full */

/* Takes one write out; false: there is none. */
bool event_bucket_take(struct event_bucket *b, mono_ms now);

#endif
