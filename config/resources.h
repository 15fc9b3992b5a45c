/*
 * What `resources` mean: amounts with their defaults, the class of a pod's quality of
 * service, and the numbers that the kubelet makes of them for the kernel.  Pure.
 *
 * Sources: Kubernetes' pkg/apis/core/v1/helper/qos, pkg/kubelet/qos/policy.go,
 * component-helpers/resource, and pkg/kubelet/cm for the numbers.
 */
#ifndef PIDLET_CONFIG_RESOURCES_H
#define PIDLET_CONFIG_RESOURCES_H

#include "config/quantity.h"
#include "config/spec.h"

#include <stdbool.h>
#include <stdint.h>

enum qos_class { QOS_GUARANTEED, QOS_BURSTABLE, QOS_BEST_EFFORT };

/* The amount of "cpu" or "memory"; requests default to limits.  False: not given. */
bool resources_limit(const struct resources_spec *r, const char *name, quantity *out);
bool resources_request(const struct resources_spec *r, const char *name, quantity *out);

enum qos_class qos_class_of(const struct pod_spec *pod);
const char *qos_class_name(enum qos_class c);           /* "BestEffort" */

/* oom_score_adj of a container of the pod on a host with `memory` bytes; > 0. */
int qos_oom_score_adj(const struct pod_spec *pod, const struct container_spec *c, int64_t memory);

/* Limits as cgroup v2 has them; 0: there is none. */
struct cgroup_limits {
    int64_t memory_max;         /* bytes */
    int64_t cpu_quota;          /* microseconds of CPU in each cpu_period */
    int64_t cpu_weight;         /* 1 to 10000 */
};

enum { CGROUP_CPU_PERIOD = 100000 };    /* microseconds, the kubelet's cpuCFSQuotaPeriod */

void resources_of_container(const struct container_spec *c, struct cgroup_limits *out);

/* What holds for all of the pod's containers together. */
void resources_of_pod(const struct pod_spec *pod, struct cgroup_limits *out);

#endif
