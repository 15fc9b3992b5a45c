/*
 * Times as the API writes them: RFC 3339 in whole seconds, and kubectl's ages.
 */
#ifndef PIDLET_BASE_STAMP_H
#define PIDLET_BASE_STAMP_H

#include <stdint.h>

enum { STAMP_SIZE = sizeof "2026-01-02T03:04:05Z" + 24, AGE_SIZE = 32 };

/* "2026-01-02T03:04:05Z" */
void stamp_format(int64_t seconds, char out[STAMP_SIZE]);

/* The reverse, in seconds; fractions are cut; 0: NULL, or no such time. */
int64_t stamp_parse(const char *text);

/* apimachinery's HumanDuration (kubelet-semantics 7.5): "90s", "3m38s", "4h5m", "3d4h". */
void stamp_age(int64_t seconds, char out[AGE_SIZE]);

#endif
