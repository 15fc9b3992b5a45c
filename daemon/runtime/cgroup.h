/*
 * cgroup v2: a folder for each run of a container, in a tree that was left to pidlet.
 *
 *     …/pidlet.service/               delegated: by systemd (Delegate=yes), or because pidlet is alone there
 *         pidlet-ID/                  this pidlet's own; ID is random
 *             daemon/                 pidlet itself
 *             pod-UID/CONTAINER/      limits of the pod and of the container
 *
 * Nothing that pidlet has not made is touched, but for moving pidlet itself and for the
 * controllers that the delegated folder hands down.  Folders of a pidlet that was killed are
 * known by their empty daemon/: they are emptied and removed by the next one.  Without a
 * controller no folder is made; descendants.h does without.
 *
 * Sources: Documentation/admin-guide/cgroup-v2.rst of Linux, systemd's CGROUP_DELEGATION.md.
 */
#ifndef PIDLET_RUNTIME_CGROUP_H
#define PIDLET_RUNTIME_CGROUP_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cgroup_limits;
struct pid_list;

enum cgroup_controller { CGROUP_CPU, CGROUP_MEMORY, CGROUP_PIDS };
enum { CGROUP_CONTROLLERS = CGROUP_PIDS + 1 };

struct cgroups {
    int fd;                             /* of pidlet-ID; -1: no folders are made */
    unsigned controllers;               /* 1 << CGROUP_CPU | …: those to be had */
    char why[200];                      /* why one is not to be had; "" when all are */
    char delegated[PATH_MAX];           /* the folder that was left to us */
    char origin[PATH_MAX];              /* the folder that pidlet was started in */
    char name[32];                      /* "pidlet-ID" */
    unsigned handed_down;               /* the controllers that we had `delegated` hand down */
};

/* Where a run lives; the texts are borrowed. */
struct cgroup {
    const struct cgroups *tree;         /* NULL: nowhere of its own */
    const char *pod;                    /* UID */
    const char *container;              /* NULL: the pod itself */
};

/* Cannot fail: what is not to be had is told by `controllers` and `why`. */
void cgroups_init(struct cgroups *g);

/* Removes all that was made and goes back to where pidlet came from. */
void cgroups_deinit(struct cgroups *g);

static inline bool cgroups_has(const struct cgroups *g, enum cgroup_controller c)
{
    return g->fd >= 0 && (g->controllers & 1u << c) != 0;
}

/*
 * Makes the folder, and the pod's above it, with the limits that its controllers can hold;
 * one that is there already gets them anew.  `pids_max` <= 0: none.  0 or a negative errno.
 */
int cgroup_make(const struct cgroup *c, const struct cgroup_limits *of_pod, int64_t pids_max,
                const struct cgroup_limits *of_container);

/* A descriptor of the folder, for CLONE_INTO_CGROUP; or a negative errno. */
int cgroup_open(const struct cgroup *c);

/* SIGKILL to every process in it; false: it cannot be told whether all were reached. */
bool cgroup_kill(const struct cgroup *c);

/* Whether there is a live process in it; false too when it is gone. */
bool cgroup_populated(const struct cgroup *c);

/* How many of its processes the OOM killer took. */
uint64_t cgroup_oom_kills(const struct cgroup *c);

/* The CPU time of all that has run in it, in nanoseconds; 0: it cannot be read. */
uint64_t cgroup_cpu(const struct cgroup *c);

/* Its processes, appended; 0 or a negative errno. */
int cgroup_pids(const struct cgroup *c, struct pid_list *out);

/* Removes it; false: it is still there. */
bool cgroup_remove(const struct cgroup *c);

#endif
