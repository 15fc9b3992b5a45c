/*
 * Time: monotonic milliseconds for decisions, wall-clock stamps for people.
 *
 * The pure ranks use the types and never call the functions: there, `now` comes
 * in with the event.
 */
#ifndef PIDLET_BASE_CLOCK_H
#define PIDLET_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

typedef int64_t mono_ms;                /* CLOCK_MONOTONIC, in milliseconds */

#define MONO_NEVER INT64_MAX            /* a deadline that does not come */
#define MONO_SECOND ((mono_ms)1000)

struct wall_time {                      /* CLOCK_REALTIME */
    int64_t seconds;                    /* since 1970-01-01 UTC */
    int32_t nanoseconds;
};

/* a + b where either may be MONO_NEVER; saturates there.  Both are >= 0. */
static inline mono_ms mono_add(mono_ms a, mono_ms b)
{
    return a >= MONO_NEVER - b ? MONO_NEVER : a + b;
}

static inline mono_ms mono_min(mono_ms a, mono_ms b)
{
    return a < b ? a : b;
}

mono_ms clock_mono(void);
struct wall_time clock_wall(void);

#define CLOCK_RFC3339_NANO_SIZE sizeof "2026-01-02T03:04:05.000000000Z"

/*
 * Writes RFC 3339 in UTC with nine digits of fraction, the stamp of CRI logs.
 * `out` has room for CLOCK_RFC3339_NANO_SIZE; years beyond 9999 are cut.
 */
void clock_rfc3339_nano(const struct wall_time *t, char out[CLOCK_RFC3339_NANO_SIZE]);

#endif
