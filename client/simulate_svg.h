/*
 * What became of pods as a picture: a time line for each container, with its runs, its
 * waits, its times of readiness and its probes' failures.  Light and dark.
 */
#ifndef PIDLET_CLIENT_SIMULATE_SVG_H
#define PIDLET_CLIENT_SIMULATE_SVG_H

#include "base/buf.h"

struct tally;

struct simulate_svg {
    struct buf body;
    int height;                 /* of it, in pixels */
};

void simulate_svg_init(struct simulate_svg *svg);
void simulate_svg_deinit(struct simulate_svg *svg);

/* Adds a pod below those before. */
void simulate_svg_pod(struct simulate_svg *svg, const struct tally *t, int container);

/* Appends the whole picture to `out`. */
void simulate_svg_write(const struct simulate_svg *svg, struct buf *out);

#endif
