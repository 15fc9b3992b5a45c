#include "daemon/core/shutdown.h"

#include <string.h>

static const struct {
    const char *name;
    int64_t priority;
} classes[] = {
    {"system-cluster-critical", PRIORITY_CRITICAL},
    {"system-node-critical", PRIORITY_CRITICAL + 1000},
};

int64_t shutdown_priority(const struct pod_spec *spec)
{
    if (spec->priority != INT_UNSET)
        return spec->priority;
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (spec->priority_class_name != NULL && strcmp(classes[i].name, spec->priority_class_name) == 0)
            return classes[i].priority;
    }
    return 0;
}

size_t shutdown_stage_of(const struct shutdown_stage *stages, size_t count, const struct pod_spec *spec)
{
    const int64_t priority = shutdown_priority(spec);
    size_t stage = 0;

    while (stage + 1 < count && stages[stage + 1].priority <= priority)
        stage++;
    return stage;
}
