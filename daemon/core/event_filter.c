#include "daemon/core/event_filter.h"

static const mono_ms forgotten_after = 600 * MONO_SECOND;       /* exactly so much is not too old yet */
static const mono_ms refill = 300 * MONO_SECOND;
static const mono_ms full = 25 * 300 * MONO_SECOND;

/* client-go drops a message of ten at random; here it is the one that came last. */
bool event_group_apart(struct event_group *g, uint32_t message, mono_ms now)
{
    if (now - g->last > forgotten_after)
        g->count = 0;
    g->last = now;
    for (uint8_t i = 0; i < g->count; i++) {
        if (g->messages[i] == message)
            return true;
    }
    if (g->count == EVENT_MESSAGES_APART)
        return false;
    g->messages[g->count++] = message;
    return true;
}

void event_bucket_init(struct event_bucket *b, mono_ms now)
{
    *b = (struct event_bucket){.filled = full, .at = now};
}

bool event_bucket_take(struct event_bucket *b, mono_ms now)
{
    b->filled = mono_min(full, b->filled + (now - b->at));
    b->at = now;
    if (b->filled < refill)
        return false;
    b->filled -= refill;
    return true;
}
