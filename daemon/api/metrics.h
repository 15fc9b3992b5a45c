/*
 * /metrics in Prometheus' text format, with the kubelet's names where it has them.
 */
#ifndef PIDLET_API_METRICS_H
#define PIDLET_API_METRICS_H

struct backing;
struct buf;

void metrics_add(const struct backing *b, struct buf *out);

#endif
