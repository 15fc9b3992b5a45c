/*
 * Quantities of resources: "500m", "1.5", "128Mi", "1e3" (kubelet-semantics 9.4).
 */
#ifndef PIDLET_CONFIG_QUANTITY_H
#define PIDLET_CONFIG_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

/* In billionths: every suffix from n to Ei is exact.  Finer parts are rounded up. */
typedef __int128 quantity;

#define QUANTITY_ONE ((quantity)1000000000)

/* False: no quantity, or larger than any host could mean (2^63). */
bool quantity_parse(const char *text, quantity *out);

/* value / divisor, rounded up; divisor > 0. */
int64_t quantity_divide(quantity value, quantity divisor);

#endif
