#include "config/resources.h"

#include <string.h>

static const char cpu[] = "cpu", memory[] = "memory";

static bool amount(const struct string_map *map, const char *name, quantity *out)
{
    const char *text = string_map_get(map, name);

    return text != NULL && quantity_parse(text, out);
}

bool resources_limit(const struct resources_spec *r, const char *name, quantity *out)
{
    return r != NULL && amount(&r->limits, name, out);
}

bool resources_request(const struct resources_spec *r, const char *name, quantity *out)
{
    return r != NULL && (amount(&r->requests, name, out) || amount(&r->limits, name, out));
}

/* ---- quality of service ---- */

/* Whether anything is asked for at all, and whether what may be used is just that. */
static void look(const struct resources_spec *r, bool *any, bool *guaranteed)
{
    const char *const names[] = {cpu, memory};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        quantity limit = 0, request = 0;

        resources_limit(r, names[i], &limit);
        resources_request(r, names[i], &request);
        *any |= limit > 0 || request > 0;
        *guaranteed &= limit > 0 && limit == request;
    }
}

enum qos_class qos_class_of(const struct pod_spec *pod)
{
    const struct container_spec_list *lists[] = {&pod->init_containers, &pod->containers};
    bool any = false, guaranteed = true;

    if (pod->resources != NULL) {
        look(pod->resources, &any, &guaranteed);
    } else {
        for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
            for (size_t j = 0; j < lists[i]->count; j++)
                look(lists[i]->items[j].resources, &any, &guaranteed);
        }
    }
    if (!any)
        return QOS_BEST_EFFORT;
    return guaranteed ? QOS_GUARANTEED : QOS_BURSTABLE;
}

const char *qos_class_name(enum qos_class c)
{
    static const char *const names[] = {
        [QOS_GUARANTEED]  = "Guaranteed",
        [QOS_BURSTABLE]   = "Burstable",
        [QOS_BEST_EFFORT] = "BestEffort",
    };

    return names[c];
}

enum { SCORE_GUARANTEED = -997, SCORE_BEST_EFFORT = 1000, SCORE_BURSTABLE_MIN = 3 };

static quantity memory_request(const struct container_spec *c)
{
    quantity request = 0;

    resources_request(c->resources, memory, &request);
    return request;
}

/* What the pod as a whole asks for beyond its containers, shared out among them. */
static quantity share_of_pod(const struct pod_spec *pod)
{
    const struct container_spec_list *lists[] = {&pod->init_containers, &pod->containers};
    quantity rest;
    int64_t count = 0;

    if (!resources_request(pod->resources, memory, &rest))
        return 0;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        for (size_t j = 0; j < lists[i]->count; j++) {
            if (lists[i] == &pod->init_containers && lists[i]->items[j].restart_policy != RESTART_ALWAYS)
                continue;
            rest -= memory_request(&lists[i]->items[j]);
            count++;
        }
    }
    return rest > 0 && count > 0 ? rest / count : 0;
}

static bool is_sidecar(const struct pod_spec *pod, const struct container_spec *c)
{
    return c >= pod->init_containers.items && c < pod->init_containers.items + pod->init_containers.count
           && c->restart_policy == RESTART_ALWAYS;
}

static int64_t score_of(quantity request, int64_t host)
{
    return 1000 - (int64_t)(request / QUANTITY_ONE * 1000 / host);
}

/* The score by the smallest request of a regular container: a sidecar is not taken before that one. */
static int64_t least_protected(const struct pod_spec *pod, int64_t host)
{
    quantity smallest = memory_request(&pod->containers.items[0]);

    for (size_t i = 1; i < pod->containers.count; i++) {
        quantity request = memory_request(&pod->containers.items[i]);

        smallest = request < smallest ? request : smallest;
    }
    return score_of(smallest, host);
}

int qos_oom_score_adj(const struct pod_spec *pod, const struct container_spec *c, int64_t host)
{
    const quantity share = share_of_pod(pod);
    int64_t score;

    switch (qos_class_of(pod)) {
    case QOS_GUARANTEED:
        return SCORE_GUARANTEED;
    case QOS_BEST_EFFORT:
        return SCORE_BEST_EFFORT;
    case QOS_BURSTABLE:
        break;
    }
    score = score_of(memory_request(c) + share, host);
    if (is_sidecar(pod, c) && score > least_protected(pod, host))
        score = least_protected(pod, host);
    if (score < SCORE_BURSTABLE_MIN)
        return SCORE_BURSTABLE_MIN;
    return score >= SCORE_BEST_EFFORT ? SCORE_BEST_EFFORT - 1 : (int)score;
}

/* ---- cgroups ---- */

static int64_t milli(quantity cpus)
{
    return quantity_divide(cpus, QUANTITY_ONE / 1000);
}

/* From cgroup v1's shares, of which a CPU has 1024, as the kubelet converts them. */
static int64_t weight_of(quantity request)
{
    enum { SHARES_MIN = 2, SHARES_MAX = 262144 };
    int64_t shares = milli(request) * 1024 / 1000;

    shares = shares < SHARES_MIN ? SHARES_MIN : shares > SHARES_MAX ? SHARES_MAX : shares;
    return 1 + (shares - SHARES_MIN) * 9999 / (SHARES_MAX - SHARES_MIN);
}

static int64_t quota_of(quantity limit)
{
    enum { QUOTA_MIN = 1000 };          /* the kernel takes no less */
    int64_t quota = milli(limit) * (CGROUP_CPU_PERIOD / 1000);

    return quota < QUOTA_MIN ? QUOTA_MIN : quota;
}

static void from_amounts(struct cgroup_limits *out, const quantity *memory_limit, const quantity *cpu_limit,
                         quantity cpu_request)
{
    *out = (struct cgroup_limits){.cpu_weight = weight_of(cpu_request)};
    if (memory_limit != NULL && *memory_limit > 0)
        out->memory_max = quantity_divide(*memory_limit, QUANTITY_ONE);
    if (cpu_limit != NULL && *cpu_limit > 0)
        out->cpu_quota = quota_of(*cpu_limit);
}

void resources_of_container(const struct container_spec *c, struct cgroup_limits *out)
{
    quantity memory_limit, cpu_limit, request = 0;
    const bool memory_limited = resources_limit(c->resources, memory, &memory_limit);
    const bool cpu_limited = resources_limit(c->resources, cpu, &cpu_limit);

    resources_request(c->resources, cpu, &request);
    from_amounts(out, memory_limited ? &memory_limit : NULL, cpu_limited ? &cpu_limit : NULL, request);
}

/*
 * The most that the pod's containers have at a time: the regular ones beside the sidecars, or an
 * init container beside the sidecars before it.  False: one of them has no such limit.
 */
static bool sum(const struct pod_spec *pod, const char *name, bool limits, quantity *out)
{
    quantity sidecars = 0, most = 0, all = 0, value;
    bool whole = true;

    for (size_t i = 0; i < pod->init_containers.count; i++) {
        const struct container_spec *c = &pod->init_containers.items[i];

        value = 0;
        whole &= limits ? resources_limit(c->resources, name, &value)
                        : resources_request(c->resources, name, &value);
        if (c->restart_policy == RESTART_ALWAYS)
            sidecars += value;
        else if (sidecars + value > most)
            most = sidecars + value;
    }
    for (size_t i = 0; i < pod->containers.count; i++) {
        value = 0;
        whole &= limits ? resources_limit(pod->containers.items[i].resources, name, &value)
                        : resources_request(pod->containers.items[i].resources, name, &value);
        all += value;
    }
    all += sidecars;
    *out = all > most ? all : most;
    return whole;
}

void resources_of_pod(const struct pod_spec *pod, struct cgroup_limits *out)
{
    quantity memory_limit, cpu_limit, request;
    bool memory_limited = sum(pod, memory, true, &memory_limit);
    bool cpu_limited = sum(pod, cpu, true, &cpu_limit);

    sum(pod, cpu, false, &request);
    memory_limited |= resources_limit(pod->resources, memory, &memory_limit);
    cpu_limited |= resources_limit(pod->resources, cpu, &cpu_limit);
    resources_request(pod->resources, cpu, &request);
    from_amounts(out, memory_limited ? &memory_limit : NULL, cpu_limited ? &cpu_limit : NULL, request);
}
