/*
 * Advice on a pod's back-off: the same simulation under other policies, and what it
 * would gain.
 */
#ifndef PIDLET_CLIENT_SIMULATE_ADVICE_H
#define PIDLET_CLIENT_SIMULATE_ADVICE_H

#include "client/simulation.h"

struct buf;

/* Appends nothing when the container never waited, or nothing would be gained. */
void simulate_advice(const struct simulation *s, const struct tally *t, struct buf *out);

#endif
