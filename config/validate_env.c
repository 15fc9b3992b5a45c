#include "config/validate_private.h"

#include "config/diag.h"
#include "config/environment.h"

#include <string.h>

/* ---- where a value comes from ---- */

static size_t sources_of(const struct env_source_spec *from)
{
    return (size_t)(from->field_ref != NULL) + (from->resource_field_ref != NULL)
           + (from->config_map_key_ref != NULL) + (from->secret_key_ref != NULL)
           + (from->file_key_ref != NULL);
}

static void one_source(const struct env_spec *e, const struct path *at, struct diags *diags)
{
    const size_t count = sources_of(e->value_from);

    if (count == 0)
        diag_invalid(diags, at, "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, "
                                "`secretKeyRef` or `fileKeyRef`");
    else if (e->value != NULL && e->value[0] != '\0')
        diag_invalid(diags, at, "may not be specified when `value` is not empty");
    else if (count > 1)
        diag_invalid(diags, at, "may not have more than one field specified at a time");
}

static void field_ref(const struct field_ref_spec *ref, const struct path *at, struct diags *diags)
{
    const struct path here = {.up = at, .key = "fieldPath"};

    if (ref->field_path == NULL)
        return;
    if (strcmp(ref->api_version, "v1") != 0) {
        diag_add(diags, DIAG_UNSUPPORTED, PATH_KEY(at, "apiVersion"), "supported values: \"v1\"");
        return;
    }
    switch (environment_field(ref->field_path)) {
    case ENVIRONMENT_FIELD_KNOWN:
        break;
    case ENVIRONMENT_FIELD_OF_VOLUMES:
        diag_add(diags, DIAG_UNSUPPORTED, &here,
                 "supported values: \"metadata.name\", \"metadata.namespace\", \"metadata.uid\", "
                 "\"spec.nodeName\", \"spec.serviceAccountName\", \"status.hostIP\", \"status.hostIPs\", "
                 "\"status.podIP\", \"status.podIPs\"");
        break;
    case ENVIRONMENT_FIELD_UNKNOWN:
        diag_invalid(diags, &here, "error converting fieldPath: field label not supported: %s",
                     ref->field_path);
        break;
    }
}

static bool has_container(const struct pod_spec *pod, const char *name)
{
    const struct container_spec_list *lists[] = {&pod->init_containers, &pod->containers};

    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        for (size_t j = 0; j < lists[i]->count; j++) {
            if (lists[i]->items[j].name != NULL && strcmp(lists[i]->items[j].name, name) == 0)
                return true;
        }
    }
    return false;
}

static void resource_ref(const struct pod_spec *pod, const struct resource_ref_spec *ref,
                         const struct path *at, struct diags *diags)
{
    const char *name = ref->container_name;

    if (ref->resource == NULL)
        return;
    if (!environment_resource_known(ref->resource))
        diag_add(diags, DIAG_UNSUPPORTED, PATH_KEY(at, "resource"),
                 "supported values: \"limits.cpu\", \"limits.ephemeral-storage\", \"limits.memory\", "
                 "\"requests.cpu\", \"requests.ephemeral-storage\", \"requests.memory\"");
    else if (!environment_divisor_fits(ref->resource, ref->divisor))
        diag_invalid(diags, PATH_KEY(at, "divisor"), "%s",
                     strstr(ref->resource, "cpu") != NULL
                         ? "only divisor's values 1m and 1 are supported with the cpu resource"
                         : "only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are "
                           "supported with this resource");
    if (name != NULL && name[0] != '\0' && !has_container(pod, name))
        diag_add(diags, DIAG_NOT_FOUND, PATH_KEY(at, "containerName"), "%s", "");
}

static void name_is_required(const char *name, const struct path *at, struct diags *diags)
{
    if (name[0] == '\0')
        diag_required(diags, PATH_KEY(at, "name"), "%s", "");
}

static void a_variable(const struct pod_spec *pod, const struct env_spec *e, const struct path *at,
                       struct diags *diags)
{
    const struct path from = {.up = at, .key = "valueFrom"};

    if (e->value_from == NULL)
        return;
    one_source(e, &from, diags);
    if (e->value_from->field_ref != NULL)
        field_ref(e->value_from->field_ref, PATH_KEY(&from, "fieldRef"), diags);
    if (e->value_from->resource_field_ref != NULL)
        resource_ref(pod, e->value_from->resource_field_ref, PATH_KEY(&from, "resourceFieldRef"), diags);
    if (e->value_from->config_map_key_ref != NULL)
        name_is_required(e->value_from->config_map_key_ref->name, PATH_KEY(&from, "configMapKeyRef"), diags);
    if (e->value_from->secret_key_ref != NULL)
        name_is_required(e->value_from->secret_key_ref->name, PATH_KEY(&from, "secretKeyRef"), diags);
}

static void a_source(const struct env_from_spec *from, const struct path *at, struct diags *diags)
{
    if (from->config_map_ref == NULL && from->secret_ref == NULL)
        diag_invalid(diags, at, "must specify one of: `configMapRef` or `secretRef`");
    else if (from->config_map_ref != NULL && from->secret_ref != NULL)
        diag_invalid(diags, at, "may not have more than one field specified at a time");
    if (from->config_map_ref != NULL)
        name_is_required(from->config_map_ref->name, PATH_KEY(at, "configMapRef"), diags);
    if (from->secret_ref != NULL)
        name_is_required(from->secret_ref->name, PATH_KEY(at, "secretRef"), diags);
}

void validate_env(const struct pod_spec *pod, const struct container_spec *c, const struct path *at,
                  struct diags *diags)
{
    const struct path env = {.up = at, .key = "env"}, env_from = {.up = at, .key = "envFrom"};

    for (size_t i = 0; i < c->env.count; i++)
        a_variable(pod, &c->env.items[i], PATH_INDEX(&env, i), diags);
    for (size_t i = 0; i < c->env_from.count; i++)
        a_source(&c->env_from.items[i], PATH_INDEX(&env_from, i), diags);
}
