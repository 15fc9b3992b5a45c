#include "config/environment.h"

#include "base/buf.h"
#include "config/load.h"
#include "config/resources.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- ConfigMaps and Secrets ---- */

struct key_ref {
    enum source_kind kind;
    const char *name;
    const char *key;
    bool optional;
};

/* The API's resource, as its own "not found" names it. */
static const char *resource_of(enum source_kind kind)
{
    return kind == SOURCE_SECRET ? "secret" : "configmap";
}

static enum environment_result missing(bool optional, struct buf *out)
{
    if (optional) {
        buf_clear(out);
        return ENVIRONMENT_SKIP;
    }
    return ENVIRONMENT_FAULT;
}

static enum environment_result key_value(const struct environment *env, const struct key_ref *ref,
                                         struct buf *out)
{
    const struct source *source = source_find(env->sources, ref->kind, env->pod->namespace, ref->name);
    const char *value;

    if (source == NULL) {
        buf_addf(out, "%s \"%s\" not found", resource_of(ref->kind), ref->name);
        return missing(ref->optional, out);
    }
    value = string_map_get(&source->data, ref->key);
    if (value == NULL) {
        buf_addf(out, "couldn't find key %s in %s %s/%s", ref->key, source_kind_name(ref->kind),
                 env->pod->namespace, ref->name);
        return missing(ref->optional, out);
    }
    buf_adds(out, value);
    return ENVIRONMENT_VALUE;
}

enum environment_result environment_source(const struct environment *env, const struct env_from_spec *from,
                                           const struct source **source, struct buf *why)
{
    const bool secret = from->secret_ref != NULL;
    const enum source_kind kind = secret ? SOURCE_SECRET : SOURCE_CONFIG_MAP;
    const char *name = secret ? from->secret_ref->name : from->config_map_ref->name;
    enum tri optional = secret ? from->secret_ref->optional : from->config_map_ref->optional;

    *source = source_find(env->sources, kind, env->pod->namespace, name);
    if (*source != NULL)
        return ENVIRONMENT_VALUE;
    buf_addf(why, "%s \"%s\" not found", resource_of(kind), name);
    return missing(optional == TRI_TRUE, why);
}

/* ---- fields of the pod ---- */

/* metadata.labels['KEY'] -> KEY and its length; NULL: another path. */
static const char *subscript(const char *path, const char *map, size_t *length)
{
    size_t prefix = strlen(map), end = strlen(path);

    if (strncmp(path, map, prefix) != 0 || strncmp(path + prefix, "['", 2) != 0 || end < prefix + 4
        || strcmp(path + end - 2, "']") != 0)
        return NULL;
    *length = end - prefix - 4;
    return path + prefix + 2;
}

static const char labels_path[] = "metadata.labels", annotations_path[] = "metadata.annotations";

const char *environment_label(const char *path, size_t *length)
{
    const char *key = subscript(path, labels_path, length);

    return key != NULL ? key : subscript(path, annotations_path, length);
}

/* Anything before ['…']. */
static bool has_subscript(const char *path)
{
    const char *begin = strstr(path, "['");
    size_t length = strlen(path);

    return begin != NULL && begin > path && length >= 2 && strcmp(path + length - 2, "']") == 0;
}

enum environment_field environment_field(const char *path)
{
    static const char *const known[] = {
        "metadata.name",   "metadata.namespace", "metadata.uid",  "spec.nodeName", "spec.serviceAccountName",
        "status.hostIP",   "status.hostIPs",     "status.podIP",  "status.podIPs",
    };
    static const char *const others[] = {
        labels_path, annotations_path, "spec.restartPolicy", "spec.schedulerName", "status.phase",
    };
    size_t length;

    if (environment_label(path, &length) != NULL)
        return ENVIRONMENT_FIELD_KNOWN;
    if (has_subscript(path))
        return ENVIRONMENT_FIELD_NO_MAP;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i], path) == 0)
            return ENVIRONMENT_FIELD_KNOWN;
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strcmp(others[i], path) == 0)
            return ENVIRONMENT_FIELD_OF_VOLUMES;
    }
    return ENVIRONMENT_FIELD_UNKNOWN;
}

static const char *entry(const struct string_map *map, const char *key, size_t length)
{
    for (size_t i = 0; i < map->count; i++) {
        if (strlen(map->items[i].key) == length && memcmp(map->items[i].key, key, length) == 0)
            return map->items[i].value;
    }
    return "";
}

static const char *text_or_none(const char *text)
{
    return text != NULL ? text : "";
}

static const char *field_value(const struct environment *env, const char *path)
{
    const struct object_meta *meta = env->pod->manifest->metadata;
    const struct {
        const char *path, *value;
    } fields[] = {
        {"metadata.name", env->pod->name},
        {"metadata.namespace", env->pod->namespace},
        {"metadata.uid", env->pod->uid},
        {"spec.nodeName", env->facts->node_name},
        {"spec.serviceAccountName", text_or_none(env->pod->spec->service_account_name)},
        {"status.hostIP", env->facts->host_ip},
        {"status.hostIPs", env->facts->host_ip},
        {"status.podIP", env->facts->pod_ip},
        {"status.podIPs", env->facts->pod_ip},
    };
    const char *key;
    size_t length;

    if ((key = subscript(path, labels_path, &length)) != NULL)
        return entry(&meta->labels, key, length);
    if ((key = subscript(path, annotations_path, &length)) != NULL)
        return entry(&meta->annotations, key, length);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (strcmp(fields[i].path, path) == 0)
            return fields[i].value;
    }
    return "";
}

/* ---- resources ---- */

static const char *const resources[] = {"cpu", "memory", "ephemeral-storage"};

/* "limits.cpu" -> "cpu", and whether it is of the limits; NULL: neither. */
static const char *resource_name(const char *path, bool *limits)
{
    static const char of_limits[] = "limits.", of_requests[] = "requests.";

    *limits = strncmp(path, of_limits, strlen(of_limits)) == 0;
    if (*limits)
        return path + strlen(of_limits);
    return strncmp(path, of_requests, strlen(of_requests)) == 0 ? path + strlen(of_requests) : NULL;
}

bool environment_resource_known(const char *resource)
{
    bool limits;
    const char *name = resource_name(resource, &limits);

    for (size_t i = 0; name != NULL && i < sizeof resources / sizeof resources[0]; i++) {
        if (strcmp(resources[i], name) == 0)
            return true;
    }
    return false;
}

bool environment_divisor_fits(const char *resource, const char *divisor)
{
    static const char *const of_cpu[] = {"0", "1", "1m", NULL};
    static const char *const of_others[] = {"0",   "1",   "1k",  "1M",  "1G",  "1T",  "1P", "1E",
                                            "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei", NULL};
    const char *const *fits = strstr(resource, "cpu") != NULL ? of_cpu : of_others;

    if (divisor == NULL || divisor[0] == '\0')
        return true;
    for (; *fits != NULL; fits++) {
        if (strcmp(*fits, divisor) == 0)
            return true;
    }
    return false;
}

static const struct container_spec *referred(const struct environment *env, const struct container_spec *c,
                                             const char *name)
{
    for (unsigned i = 0; name != NULL && name[0] != '\0' && i < env->pod->count; i++) {
        if (strcmp(env->pod->containers[i]->name, name) == 0)
            return env->pod->containers[i];
    }
    return c;
}

static quantity amount_of(const struct environment *env, const struct container_spec *c, const char *name,
                          bool limits)
{
    quantity amount;

    if (limits ? resources_limit(c->resources, name, &amount) : resources_request(c->resources, name, &amount))
        return amount;
    if (!limits)
        return 0;
    if (strcmp(name, "cpu") == 0)
        return env->facts->cpu;
    return strcmp(name, "memory") == 0 ? env->facts->memory : env->facts->ephemeral_storage;
}

static void resource_value(const struct environment *env, const struct container_spec *c,
                           const struct resource_ref_spec *ref, struct buf *out)
{
    bool limits;
    const char *name = resource_name(ref->resource, &limits);
    quantity divisor = QUANTITY_ONE, amount;

    amount = amount_of(env, referred(env, c, ref->container_name), name, limits);
    if (ref->divisor != NULL && (!quantity_parse(ref->divisor, &divisor) || divisor == 0))
        divisor = QUANTITY_ONE;
    buf_addf(out, "%" PRId64, quantity_divide(amount, divisor));
}

enum environment_result environment_value(const struct environment *env, const struct container_spec *c,
                                          const struct env_source_spec *from, struct buf *out)
{
    if (from->config_map_key_ref != NULL) {
        const struct config_map_key_spec *ref = from->config_map_key_ref;

        return key_value(env,
                         &(struct key_ref){SOURCE_CONFIG_MAP, ref->name, ref->key, ref->optional == TRI_TRUE}, out);
    }
    if (from->secret_key_ref != NULL) {
        const struct secret_key_spec *ref = from->secret_key_ref;

        return key_value(env, &(struct key_ref){SOURCE_SECRET, ref->name, ref->key, ref->optional == TRI_TRUE},
                         out);
    }
    if (from->field_ref != NULL)
        buf_adds(out, field_value(env, from->field_ref->field_path));
    else if (from->resource_field_ref != NULL)
        resource_value(env, c, from->resource_field_ref, out);
    return ENVIRONMENT_VALUE;
}
