/*
 * A pod's resources on this host: which of its limits a cgroup holds, and what is said of
 * those that none does.
 */
#ifndef PIDLET_RUNTIME_CONFINE_H
#define PIDLET_RUNTIME_CONFINE_H

#include "daemon/runtime/cgroup.h"

struct buf;
struct pod_config;

struct confinement {                    /* the daemon's */
    struct cgroups cgroups;
    int64_t pod_pids_limit;             /* podPidsLimit of the settings; <= 0: none */
    bool required;                      /* a container whose limits are not held does not start */
};

void confinement_init(struct confinement *f, int64_t pod_pids_limit, bool required);
void confinement_deinit(struct confinement *f);

/*
 * Before the start of container `index`: makes its cgroup and writes where it lives to
 * *out, whose tree is NULL when it has none.  The first time that limits of a pod are not
 * held is logged.  False: `why` says why the container cannot start.
 */
bool confine(const struct confinement *f, const struct pod_config *config, unsigned index, bool first,
             struct cgroup *out, struct buf *why);

#endif
