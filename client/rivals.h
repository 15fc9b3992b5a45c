/*
 * How other supervisors would restart the same runs: named policies, each as its
 * documentation has it, with everything at its default.  Pure arithmetic on a list of runs.
 */
#ifndef PIDLET_CLIENT_RIVALS_H
#define PIDLET_CLIENT_RIVALS_H

#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>

enum rival {
    RIVAL_KUBELET,
    RIVAL_KUBELET_REDUCED,
    RIVAL_SYSTEMD,
    RIVAL_DOCKER,
    RIVAL_PEBBLE,
    RIVAL_SUPERVISORD,
};
enum { RIVALS = RIVAL_SUPERVISORD + 1 };

/* One run: how long it lasts, and when in it the container serves. */
struct rival_run {
    mono_ms length;
    mono_ms ready_from;         /* since its start; MONO_NEVER: never */
    mono_ms ready;
};

enum { RIVAL_WAITS = 12 };

struct rival_result {
    mono_ms waits[RIVAL_WAITS]; /* of the first restarts, in order */
    size_t wait_count;
    unsigned restarts;
    mono_ms longest_wait;
    mono_ms serving;
    mono_ms gave_up_at;         /* restarts no more; MONO_NEVER: it never did */
};

/* `runs` in turn, the last one repeating (`count` >= 1), from 0 to `length`. */
struct rival_result rival_play(enum rival rival, const struct rival_run *runs, size_t count,
                               mono_ms length);

const char *rival_name(enum rival rival);       /* as a column's title */
const char *rival_rule(enum rival rival);       /* its rule in a line */
const char *rival_source(enum rival rival);     /* where that is documented */

#endif
