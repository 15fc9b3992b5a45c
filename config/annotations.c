#include "config/annotations.h"

#include "base/arena.h"
#include "config/diag.h"

#include <string.h>

#define PREFIX "pidlet.dev/"
#define BACKOFF PREFIX "backoff"

static void apply(const struct string_pair *annotation, struct backoff_policy *policy,
                  const struct path *at, struct diags *diags)
{
    char error[BACKOFF_POLICY_ERROR_SIZE];

    if (!backoff_policy_parse(annotation->value, policy, error))
        diag_invalid(diags, PATH_MAP_KEY(at, annotation->key), "%s", error);
}

/* "pidlet.dev/backoff.NAME" -> NAME; NULL for anything else. */
static const char *container_of_key(const char *key)
{
    static const char prefix[] = BACKOFF ".";

    return strncmp(key, prefix, sizeof prefix - 1) == 0 ? key + sizeof prefix - 1 : NULL;
}

static struct backoff_policy *policy_of(const struct pod_spec *spec, struct backoff_policy *policies,
                                        const char *name)
{
    const struct container_spec_list *lists[] = {&spec->init_containers, &spec->containers};

    for (size_t i = 0; i < sizeof lists / sizeof *lists; policies += lists[i++]->count) {
        for (size_t j = 0; j < lists[i]->count; j++) {
            if (lists[i]->items[j].name != NULL && strcmp(lists[i]->items[j].name, name) == 0)
                return &policies[j];
        }
    }
    return NULL;
}

static void apply_own(const struct string_pair *annotation, const struct pod_spec *spec,
                      struct backoff_policy *policies, const struct path *at, struct diags *diags)
{
    const char *name = container_of_key(annotation->key);
    struct backoff_policy *policy;

    if (strncmp(annotation->key, PREFIX, sizeof PREFIX - 1) != 0
        || strcmp(annotation->key, BACKOFF) == 0)
        return;
    if (name == NULL) {
        diag_add(diags, DIAG_UNKNOWN_FIELD, PATH_MAP_KEY(at, annotation->key),
                 "pidlet knows " BACKOFF " and " BACKOFF ".CONTAINER");
        return;
    }
    policy = policy_of(spec, policies, name);
    if (policy == NULL)
        diag_add(diags, DIAG_UNKNOWN_FIELD, PATH_MAP_KEY(at, annotation->key),
                 "the pod has no container \"%s\"", name);
    else
        apply(annotation, policy, at, diags);
}

const struct backoff_policy *annotations_backoff(const struct pod_manifest *pod,
                                                 mono_ms max_restart_period, const struct path *at,
                                                 struct arena *arena, struct diags *diags)
{
    const struct path meta = {.up = at, .key = "metadata"};
    const struct path here = {.up = &meta, .key = "annotations"};
    const struct string_map *map = &pod->metadata->annotations;
    const size_t count = pod->spec->init_containers.count + pod->spec->containers.count;
    struct backoff_policy *policies = arena_array(arena, count, sizeof *policies);
    struct backoff_policy of_pod = BACKOFF_POLICY_KUBELET;

    if (policies == NULL)
        return NULL;
    if (max_restart_period > 0)
        of_pod.max = max_restart_period;
    of_pod.initial = mono_min(of_pod.initial, of_pod.max);
    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->items[i].key, BACKOFF) == 0)
            apply(&map->items[i], &of_pod, &here, diags);
    }
    for (size_t i = 0; i < count; i++)
        policies[i] = of_pod;
    for (size_t i = 0; i < map->count; i++)
        apply_own(&map->items[i], pod->spec, policies, &here, diags);
    return policies;
}
