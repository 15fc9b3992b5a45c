/*
 * Whom a container's processes run as, and what they may: the security contexts of pod
 * and container put together, and the annotations that go with them.
 *
 * The container's own settings come before the pod's.  (Kubernetes' API: SecurityContext,
 * PodSecurityContext.)  What a setting means on this host is daemon/runtime/identity.h's.
 */
#ifndef PIDLET_CONFIG_PROCESS_RULES_H
#define PIDLET_CONFIG_PROCESS_RULES_H

#include "config/rlimits.h"
#include "config/spec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

#define UMASK_UNSET (-1)
#define UMASK_ERROR_SIZE 80

struct process_rules {                  /* everything in the pod's arena */
    int64_t user, group;                /* INT_UNSET: not said */
    const int64_t *groups;              /* supplementalGroups and fsGroup */
    size_t group_count;
    bool groups_strict;                 /* none but these; else the user's own as well */
    bool non_root;
    bool no_new_privs;
    bool capabilities;                  /* the two below are said */
    uint64_t add, drop;                 /* masks, see capabilities.h; added ones survive a drop */
    int umask;                          /* UMASK_UNSET: pidlet's own */
    const struct rlimit_setting *rlimits;
    size_t rlimit_count;
};

/*
 * Fills all but umask and rlimits, which are the annotations'.  The specs have been
 * validated.  False: no memory.
 */
bool process_rules_make(struct process_rules *out, const struct pod_spec *pod, const struct container_spec *c,
                        struct arena *arena);

/* "027" -> 027; false: `error` says what would be right. */
bool umask_parse(const char *text, int *out, char error[UMASK_ERROR_SIZE]);

#endif
