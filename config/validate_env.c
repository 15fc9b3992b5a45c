#include "config/validate_private.h"

#include "config/diag.h"
#include "config/environment.h"
#include "config/schema.h"
#include "config/value.h"

#include <ctype.h>
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

/* Those of annotations may have capitals. */
static void key_of_subscript(const char *path, const char *key, size_t length, const struct path *at,
                             struct diags *diags)
{
    const bool lower = strncmp(path, "metadata.annotations", strlen("metadata.annotations")) == 0;
    char text[VALUE_NAME_MAX + 1];
    const char *fault;

    if (length >= sizeof text)
        length = sizeof text - 1;       /* too long for a name either way */
    for (size_t i = 0; i < length; i++)
        text[i] = lower ? (char)tolower((unsigned char)key[i]) : key[i];
    text[length] = '\0';
    fault = length == 0 ? "name part must be non-empty" : value_fault(FORMAT_QUALIFIED_NAME, text);
    if (fault != NULL)
        diag_add(diags, DIAG_INVALID_BARE, at, "\"%s\": %s", text, fault);
}

static void field_ref(const struct field_ref_spec *ref, const struct path *at, struct diags *diags)
{
    const struct path here = {.up = at, .key = "fieldPath"};
    const char *label;
    size_t length;

    if (ref->field_path == NULL)
        return;
    if (strcmp(ref->api_version, "v1") != 0) {
        diag_add(diags, DIAG_UNSUPPORTED, PATH_KEY(at, "apiVersion"), "supported values: \"v1\"");
        return;
    }
    if ((label = environment_label(ref->field_path, &length)) != NULL)
        key_of_subscript(ref->field_path, label, length, at, diags);
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
    case ENVIRONMENT_FIELD_NO_MAP:
        diag_invalid(diags, &here, "error converting fieldPath: field label does not support subscript: %s",
                     ref->field_path);
        break;
    }
}

static void divisor_fits(const struct resource_ref_spec *ref, const struct path *at, struct diags *diags)
{
    static const char most[] = "only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are "
                               "supported with the";
    const struct path here = {.up = at, .key = "divisor"};

    if (environment_divisor_fits(ref->resource, ref->divisor))
        return;
    if (strstr(ref->resource, "cpu") != NULL)
        diag_invalid(diags, &here, "only divisor's values 1m and 1 are supported with the cpu resource");
    else if (strstr(ref->resource, "memory") != NULL)
        diag_invalid(diags, &here, "%s memory resource", most);
    else
        diag_invalid(diags, &here, "%s local ephemeral storage resource", most);
}

static void resource_ref(const struct pod_names *names, const struct resource_ref_spec *ref,
                         const struct path *at, struct diags *diags)
{
    const char *name = ref->container_name;

    if (ref->resource == NULL)
        return;
    if (!environment_resource_known(ref->resource))
        diag_add(diags, DIAG_UNSUPPORTED, PATH_KEY(at, "resource"),
                 "supported values: \"limits.cpu\", \"limits.ephemeral-storage\", \"limits.memory\", "
                 "\"requests.cpu\", \"requests.ephemeral-storage\", \"requests.memory\"");
    else
        divisor_fits(ref, at, diags);
    if (name != NULL && name[0] != '\0' && names_first(&names->containers, name) == NAMES_NONE
        && names_first(&names->init_containers, name) == NAMES_NONE)
        diag_add(diags, DIAG_NOT_FOUND, PATH_KEY(at, "containerName"), "%s", "");
}

static void name_is_required(const char *name, const struct path *at, struct diags *diags)
{
    if (name[0] == '\0')
        diag_required(diags, PATH_KEY(at, "name"), "%s", "");
}

static void a_variable(const struct pod_names *names, const struct env_spec *e, const struct path *at,
                       struct diags *diags)
{
    const struct path from = {.up = at, .key = "valueFrom"};

    if (e->value_from == NULL)
        return;
    one_source(e, &from, diags);
    if (e->value_from->field_ref != NULL)
        field_ref(e->value_from->field_ref, PATH_KEY(&from, "fieldRef"), diags);
    if (e->value_from->resource_field_ref != NULL)
        resource_ref(names, e->value_from->resource_field_ref, PATH_KEY(&from, "resourceFieldRef"), diags);
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

void validate_env(const struct pod_names *names, const struct container_spec *c, const struct path *at,
                  struct diags *diags)
{
    const struct path env = {.up = at, .key = "env"}, env_from = {.up = at, .key = "envFrom"};

    for (size_t i = 0; i < c->env.count; i++)
        a_variable(names, &c->env.items[i], PATH_INDEX(&env, i), diags);
    for (size_t i = 0; i < c->env_from.count; i++)
        a_source(&c->env_from.items[i], PATH_INDEX(&env_from, i), diags);
}
