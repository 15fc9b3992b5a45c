/*
 * Durations as Go writes them: 250ms, 90s, 1m30s, 5m0s, 1h0m0s.
 */
#ifndef PIDLET_BASE_DURATION_H
#define PIDLET_BASE_DURATION_H

#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>

#define DURATION_SIZE 32                /* room for any duration_format() */

/*
 * Reads all of `text` (`length` bytes) as Go's time.ParseDuration does: a
 * sequence of decimal numbers, each with an optional fraction and a unit of ns,
 * us, ms, s, m, h; "0" alone needs none.  Negative durations are refused, and
 * those beyond 100 years.  Below a millisecond is rounded up, so that a wait is
 * never shorter than was asked.  Returns false and leaves *out when it is none.
 */
bool duration_parse(const char *text, size_t length, mono_ms *out);

/* Writes as Go's Duration.String: "0s", "250ms", "1.5s", "20s", "1m20s", "5m0s". */
void duration_format(mono_ms duration, char out[DURATION_SIZE]);

/*
 * Writes an age as kubectl does (HumanDuration, kubelet-semantics 7.5): "14s", "2m5s",
 * "3h7m", "2d1h", "100d"; "<invalid>" for what lies more than a second ahead.
 */
void duration_human(mono_ms age, char out[DURATION_SIZE]);

#endif
