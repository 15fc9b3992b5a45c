/*
 * The faults that `pidlet run --chaos` injects, as the option tells them:
 *
 *     kill-every=3m[-4m],stop-every=D[-D],stop-for=D,rounds=N,for=D,seed=N,container=[POD/]NAME
 */
#ifndef PIDLET_CONFIG_CHAOS_PLAN_H
#define PIDLET_CONFIG_CHAOS_PLAN_H

#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

struct chaos_span {                     /* drawn anew for each run when the two differ */
    mono_ms least, most;                /* least MONO_NEVER: this fault does not come */
};

enum { CHAOS_CONTAINER_SIZE = 320 };    /* a pod's name, a slash, a container's, NUL */

struct chaos_plan {
    struct chaos_span kill;             /* SIGKILL so long after a start; least > 0 */
    struct chaos_span stop;             /* SIGSTOP, likewise */
    mono_ms stop_for;                   /* then SIGCONT; MONO_NEVER: when its probe should have found it */
    mono_ms length;                     /* of all of it; MONO_NEVER: until the rounds are over */
    uint64_t seed;                      /* of the draws, and of the back-off's jitter */
    unsigned rounds;                    /* faults for each container; 0: no end */
    char container[CHAOS_CONTAINER_SIZE];       /* "NAME", "POD/NAME"; "": every one */
};

#define CHAOS_PLAN_ERROR_SIZE 160

/*
 * Reads the option.  On failure returns false, leaves *plan alone and says in `error`
 * what is wrong and what would be right.
 */
bool chaos_plan_parse(const char *text, struct chaos_plan *plan, char error[CHAOS_PLAN_ERROR_SIZE]);

/* Whether the plan is for that container. */
bool chaos_plan_hits(const struct chaos_plan *plan, const char *pod, const char *container);

#endif
