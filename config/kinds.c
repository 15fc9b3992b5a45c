#include "config/kinds.h"

#include "base/buf.h"

#include <string.h>
#include <strings.h>

/* In order of their names, as findings list them. */
const struct kind_info kinds[] = {
    {"ConfigMap", "v1", "configmaps", "cm", KIND_CONFIG_MAP, &schema_config_map_manifest},
    {"CronJob", "batch/v1", "cronjobs", "cj", KIND_WORKLOAD, &schema_cron_job_manifest},
    {"DaemonSet", "apps/v1", "daemonsets", "ds", KIND_WORKLOAD, &schema_daemon_set_manifest},
    {"Deployment", "apps/v1", "deployments", "deploy", KIND_WORKLOAD, &schema_deployment_manifest},
    {"Job", "batch/v1", "jobs", NULL, KIND_WORKLOAD, &schema_job_manifest},
    {"KubeletConfiguration", "kubelet.config.k8s.io/v1beta1", NULL, NULL, KIND_SETTINGS,
     &schema_kubelet_configuration},
    {"Pod", "v1", "pods", "po", KIND_POD, &schema_pod_manifest},
    {"ReplicaSet", "apps/v1", "replicasets", "rs", KIND_WORKLOAD, &schema_replica_set_manifest},
    {"Secret", "v1", "secrets", NULL, KIND_SECRET, &schema_secret_manifest},
    {"StatefulSet", "apps/v1", "statefulsets", "sts", KIND_WORKLOAD, &schema_stateful_set_manifest},
};
const size_t kind_count = sizeof kinds / sizeof kinds[0];

const struct kind_info file_kinds[] = {
    {"Scenario", NULL, "scenarios", NULL, KIND_FILE, &schema_scenario},
};
const size_t file_kind_count = sizeof file_kinds / sizeof file_kinds[0];

const struct kind_info *kind_find(const char *kind)
{
    for (size_t i = 0; i < kind_count; i++) {
        if (strcmp(kinds[i].kind, kind) == 0)
            return &kinds[i];
    }
    return NULL;
}

static bool is_called(const struct kind_info *kind, const char *word)
{
    return strcasecmp(kind->kind, word) == 0
           || (kind->plural != NULL && strcasecmp(kind->plural, word) == 0)
           || (kind->short_name != NULL && strcasecmp(kind->short_name, word) == 0);
}

const struct kind_info *kind_called(const char *word)
{
    for (size_t i = 0; i < kind_count; i++) {
        if (is_called(&kinds[i], word))
            return &kinds[i];
    }
    for (size_t i = 0; i < file_kind_count; i++) {
        if (is_called(&file_kinds[i], word))
            return &file_kinds[i];
    }
    return NULL;
}

struct group_version kind_group_version(const struct kind_info *kind)
{
    const char *slash = kind->api_version != NULL ? strchr(kind->api_version, '/') : NULL;

    if (slash == NULL)
        return (struct group_version){.group = "", .version = kind->api_version};
    return (struct group_version){.group = kind->api_version,
                                  .group_length = (int)(slash - kind->api_version),
                                  .version = slash + 1};
}

const char *kind_role_words(enum kind_role role)
{
    static const char *const words[] = {
        [KIND_POD]        = "run",
        [KIND_CONFIG_MAP] = "read: pods take values from it",
        [KIND_SECRET]     = "read: pods take values from it",
        [KIND_WORKLOAD]   = "checked, not run",
        [KIND_SETTINGS]   = "read: pidlet's own settings, run --config FILE",
        [KIND_FILE]       = "read: a file of pidlet's own",
    };

    return words[role];
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
