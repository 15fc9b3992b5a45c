/*
 * The names of Linux' capabilities, as manifests have them (capabilities(7)).
 */
#ifndef PIDLET_CONFIG_CAPABILITIES_H
#define PIDLET_CONFIG_CAPABILITIES_H

#include <stddef.h>
#include <stdint.h>

enum { CAPABILITIES = 41 };             /* CHOWN to CHECKPOINT_RESTORE, all that Linux 5.9 and later have */

#define CAPABILITIES_ALL UINT64_MAX     /* later kernels' as well */

/* "NET_ADMIN" or "CAP_NET_ADMIN", in any case -> its bit; "ALL" -> all of them; 0: no such name. */
uint64_t capability_mask(const char *name);

/* "NET_ADMIN"; `number` < CAPABILITIES. */
const char *capability_name(unsigned number);

#endif
