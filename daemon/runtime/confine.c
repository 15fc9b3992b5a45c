#include "daemon/runtime/confine.h"

#include "base/buf.h"
#include "base/log.h"
#include "config/load.h"
#include "config/resources.h"

#include <string.h>

static const struct {
    const char *name;
    enum cgroup_controller controller;
} resources[] = {
    {"cpu", CGROUP_CPU},
    {"memory", CGROUP_MEMORY},
};

/* No controller is for it: disks, huge pages, devices of a vendor. */
static bool is_held(const struct confinement *f, const char *resource)
{
    for (size_t i = 0; i < sizeof resources / sizeof resources[0]; i++) {
        if (strcmp(resources[i].name, resource) == 0)
            return cgroups_has(&f->cgroups, resources[i].controller);
    }
    return false;
}

static bool has_controller(const char *resource)
{
    for (size_t i = 0; i < sizeof resources / sizeof resources[0]; i++) {
        if (strcmp(resources[i].name, resource) == 0)
            return true;
    }
    return false;
}

/* Appends "limits.cpu 1, limits.memory 64Mi of container x"; notes whether a cgroup could have held one. */
static void list_not_held(const struct confinement *f, const struct resources_spec *r, const char *whose,
                          struct buf *out, bool *by_cgroup)
{
    bool any = false;

    for (size_t i = 0; r != NULL && i < r->limits.count; i++) {
        const struct string_pair *limit = &r->limits.items[i];

        if (is_held(f, limit->key))
            continue;
        buf_addf(out, "%slimits.%s %s", out->length > 0 ? ", " : "", limit->key, limit->value);
        *by_cgroup |= has_controller(limit->key);
        any = true;
    }
    if (any)
        buf_addf(out, " of %s", whose);
}

static bool limits_are_held(const struct confinement *f, const struct pod_config *config, unsigned index,
                            bool first, struct buf *why)
{
    const struct container_spec *c = config->containers[index];
    struct buf whose = BUF_INIT, list = BUF_INIT;
    bool by_cgroup = false, held;

    list_not_held(f, config->spec->resources, "the pod", &list, &by_cgroup);
    buf_addf(&whose, "container %s", c->name);
    list_not_held(f, c->resources, buf_text(&whose), &list, &by_cgroup);
    held = list.length == 0;
    if (!held && (f->required || first)) {
        buf_addf(why, "%s cannot be held", buf_text(&list));
        if (by_cgroup)
            buf_addf(why, ": %s", f->cgroups.why);
    }
    buf_deinit(&list);
    buf_deinit(&whose);
    return held;
}

bool confine(const struct confinement *f, const struct pod_config *config, unsigned index, bool first,
             struct cgroup *out, struct buf *why)
{
    struct cgroup_limits of_pod, of_container;
    int r;

    *out = (struct cgroup){.tree = NULL};
    if (!limits_are_held(f, config, index, first, why)) {
        if (f->required)
            return false;
        if (first)
            log_warn("%s/%s: %s; it runs without", config->name, config->containers[index]->name, buf_text(why));
        buf_clear(why);
    }
    if (f->cgroups.fd < 0)
        return true;
    *out = (struct cgroup){.tree = &f->cgroups, .pod = config->uid, .container = config->containers[index]->name};
    resources_of_pod(config->spec, &of_pod);
    resources_of_container(config->containers[index], &of_container);
    r = cgroup_make(out, &of_pod, f->pod_pids_limit, &of_container);
    if (r == 0)
        return true;
    buf_addf(why, "making its cgroup: %s", strerror(-r));
    cgroup_remove(out);
    *out = (struct cgroup){.tree = NULL};
    return false;
}

void confinement_init(struct confinement *f, int64_t pod_pids_limit, bool required)
{
    *f = (struct confinement){.pod_pids_limit = pod_pids_limit, .required = required};
    cgroups_init(&f->cgroups);
    if (pod_pids_limit > 0 && !cgroups_has(&f->cgroups, CGROUP_PIDS))
        log_warn("podPidsLimit cannot be held: %s", f->cgroups.why);
}

void confinement_deinit(struct confinement *f)
{
    cgroups_deinit(&f->cgroups);
}
