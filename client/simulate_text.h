/*
 * What became of a pod, for people: a table that is read at once, a summary, and
 * the comparison with other supervisors.  Of simulated and of real pods.
 */
#ifndef PIDLET_CLIENT_SIMULATE_TEXT_H
#define PIDLET_CLIENT_SIMULATE_TEXT_H

#include "base/clock.h"

#include <stdbool.h>

struct backoff_policy;
struct buf;
struct rival_run;
struct tally;
struct tally_run;

/* A line for each end of a run; more of the same becomes one line. */
void simulate_table(const struct tally *t, struct buf *out);

/* Restarts, waits, CrashLoopBackOff, serving, for each container that restarted or is `container`. */
void simulate_summary(const struct tally *t, int container, struct buf *out);

/* The columns of other supervisors for the runs that `container` had; text, or a JSON line for each. */
bool simulate_compare(const struct tally *t, unsigned container, bool json, struct buf *out);

/* "exited 1 after 5s", "killed by SIGKILL after 3m0s" … */
void simulate_end(const struct tally_run *run, struct buf *out);

/* "86.9 %" */
void simulate_percent(mono_ms serving, mono_ms length, struct buf *out);

#endif
