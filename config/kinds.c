#include "config/kinds.h"

#include "base/buf.h"

#include <string.h>

/* In order of their names, as findings list them. */
const struct kind_info kinds[] = {
    {"ConfigMap", "v1", "configmaps", KIND_CONFIG_MAP, &schema_config_map_manifest},
    {"CronJob", "batch/v1", "cronjobs", KIND_WORKLOAD, &schema_cron_job_manifest},
    {"DaemonSet", "apps/v1", "daemonsets", KIND_WORKLOAD, &schema_daemon_set_manifest},
    {"Deployment", "apps/v1", "deployments", KIND_WORKLOAD, &schema_deployment_manifest},
    {"Job", "batch/v1", "jobs", KIND_WORKLOAD, &schema_job_manifest},
    {"KubeletConfiguration", "kubelet.config.k8s.io/v1beta1", NULL, KIND_SETTINGS,
     &schema_kubelet_configuration},
    {"Pod", "v1", "pods", KIND_POD, &schema_pod_manifest},
    {"ReplicaSet", "apps/v1", "replicasets", KIND_WORKLOAD, &schema_replica_set_manifest},
    {"Secret", "v1", "secrets", KIND_SECRET, &schema_secret_manifest},
    {"StatefulSet", "apps/v1", "statefulsets", KIND_WORKLOAD, &schema_stateful_set_manifest},
};
const size_t kind_count = sizeof kinds / sizeof kinds[0];

const struct kind_info *kind_find(const char *kind)
{
    for (size_t i = 0; i < kind_count; i++) {
        if (strcmp(kinds[i].kind, kind) == 0)
            return &kinds[i];
    }
    return NULL;
}

void kind_names(struct buf *out, bool list)
{
    for (size_t i = 0; i < kind_count; i++) {
        if (kinds[i].role == KIND_SETTINGS)
            continue;
        if (list && strcmp(kinds[i].kind, "Pod") == 0)
            buf_adds(out, ", \"List\"");
        buf_addf(out, "%s\"%s\"", i > 0 ? ", " : "", kinds[i].kind);
    }
}
