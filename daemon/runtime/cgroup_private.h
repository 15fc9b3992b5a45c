/*
 * Between cgroup.c (a folder) and cgroup_tree.c (all of them); others include cgroup.h.
 */
#ifndef PIDLET_RUNTIME_CGROUP_PRIVATE_H
#define PIDLET_RUNTIME_CGROUP_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

const char *cgroup_controller_name(int controller);     /* "memory" */

/* "+cpu +memory", or without a sign when `sign` is 0. */
void cgroup_list_controllers(unsigned which, char sign, char *out, size_t size);

/*
 * SIGKILL to every process that a cgroup.procs lists, but never to us: for kernels before 5.14.  Whoever
 * forks meanwhile is found by the next call.  False: it cannot be read.
 */
bool cgroup_kill_listed(int dir, const char *procs);

#endif
