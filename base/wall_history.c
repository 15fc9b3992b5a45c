#include "base/wall_history.h"

#include <string.h>

void wall_history_init(struct wall_history *h, mono_ms now, int64_t unix_ms)
{
    *h = (struct wall_history){.count = 1, .steps = {{.since = now, .offset = unix_ms - now}}};
}

int64_t wall_history_at(const struct wall_history *h, mono_ms t)
{
    unsigned i = h->count;

    while (i > 1 && h->steps[i - 1].since > t)
        i--;
    return i > 0 ? h->steps[i - 1].offset + t : t;
}

void wall_history_look(struct wall_history *h, mono_ms now, int64_t unix_ms)
{
    const int64_t offset = unix_ms - now, change = offset - (wall_history_at(h, now) - now);

    if (change >= -MONO_SECOND && change <= MONO_SECOND)
        return;
    if (h->count == WALL_STEPS)
        memmove(h->steps, h->steps + 1, --h->count * sizeof *h->steps);
    h->steps[h->count++] = (struct wall_step){.since = now, .offset = offset};
}
