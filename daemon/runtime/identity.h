/*
 * Whom a container's processes become on this host: its rules (config/process_rules.h)
 * and pidlet's own rights put together into what a child does before it executes.
 *
 * The user database is /etc/passwd and /etc/group themselves, as a container runtime
 * reads those of an image: no name service is asked, so nothing blocks.
 */
#ifndef PIDLET_RUNTIME_IDENTITY_H
#define PIDLET_RUNTIME_IDENTITY_H

#include "daemon/runtime/child.h"

#include <stdbool.h>

struct arena;
struct buf;
struct pod_config;

struct identity {
    struct child_setup setup;
    bool other_user;            /* than pidlet's own: HOME, USER and LOGNAME are its */
    const char *name;           /* of the other user; NULL: /etc/passwd does not know it */
    const char *home;           /* likewise; then "/" */
    bool beyond_us;             /* when it cannot be made: pidlet itself may not give what is asked for */
};

/* What pidlet itself is and may.  Looks at the process once, and again after identity_forget(). */
void identity_forget(void);

/*
 * Of container `index` of `config`, in the arena.  False: `why` says in the kubelet's
 * words why it must not start: it would run as root, or a capability is not to be had.
 */
bool identity_make(struct identity *out, const struct pod_config *config, unsigned index, struct arena *arena,
                   struct buf *why);

#endif
