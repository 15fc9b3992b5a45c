#include "daemon/core/change.h"

#include "config/digest.h"
#include "config/load.h"
#include "daemon/core/container.h"

#include <string.h>

static bool same_list(const struct string_list *a, const struct string_list *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (strcmp(a->items[i], b->items[i]) != 0)
            return false;
    }
    return true;
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

static enum spec_change of_container(const struct container_spec *old, const struct container_spec *new)
{
    char before[DIGEST_SIZE], after[DIGEST_SIZE];

    if (!same_list(&old->command, &new->command) || !same_list(&old->args, &new->args)
        || !same_text(old->working_dir, new->working_dir))
        return SPEC_NEW_COMMAND;
    digest_object(&schema_container_spec, old, before);
    digest_object(&schema_container_spec, new, after);
    return strcmp(before, after) == 0 ? SPEC_SAME : SPEC_CHANGED;
}

static bool same_gates(const struct readiness_gate_spec_list *a, const struct readiness_gate_spec_list *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (strcmp(a->items[i].condition_type, b->items[i].condition_type) != 0)
            return false;
    }
    return true;
}

static bool same_pod(const struct pod_config *a, const struct pod_config *b)
{
    return strcmp(a->namespace, b->namespace) == 0 && strcmp(a->name, b->name) == 0
           && strcmp(a->uid, b->uid) == 0 && a->count == b->count && a->init_count == b->init_count
           && same_gates(&a->spec->readiness_gates, &b->spec->readiness_gates);
}

bool change_between(const struct pod_config *old, const struct pod_config *new, enum spec_change *changes)
{
    if (!same_pod(old, new))
        return false;
    for (unsigned i = 0; i < old->count; i++) {
        const struct container_spec *a = old->containers[i], *b = new->containers[i];
        const bool init = i < old->init_count;

        if (strcmp(a->name, b->name) != 0 || container_role(a, init) != container_role(b, init))
            return false;
        changes[i] = of_container(a, b);
    }
    return true;
}
