/*
 * What chaos did to a pod, beside what the simulator makes of the same faults.
 */
#ifndef PIDLET_CLIENT_CHAOS_REPORT_H
#define PIDLET_CLIENT_CHAOS_REPORT_H

struct buf;
struct chaos;
struct tally;

/*
 * Appends the report of a pod: what happened as `simulate` tells it, the two side by side,
 * and advice.  Nothing for a pod without a container that the plan is for.
 */
void chaos_report(const struct chaos *chaos, const struct tally *happened, struct buf *out);

#endif
