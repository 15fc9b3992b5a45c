#include "config/validate_private.h"

#include "config/diag.h"
#include "config/schema.h"
#include "config/value.h"

#include <ctype.h>
#include <string.h>

enum { ANNOTATIONS_MAX = 256 * 1024 };  /* bytes of all keys and values */

/* ---- metadata ---- */

static void a_name_is_required(const struct object_meta *meta, const struct path *at, struct diags *diags)
{
    if (meta->name == NULL || meta->name[0] == '\0')
        diag_required(diags, PATH_KEY(at, "name"), "name or generateName is required");
}

static void key_must_be_qualified(const char *key, const struct path *at, struct diags *diags)
{
    const char *fault = *key == '\0' ? "name part must be non-empty"
                                     : value_fault(FORMAT_QUALIFIED_NAME, key);

    if (fault != NULL)
        diag_add(diags, DIAG_INVALID_BARE, at, "\"%s\": %s", key, fault);
}

void validate_label_keys(const struct string_map *labels, const struct path *at, struct diags *diags)
{
    for (size_t i = 0; i < labels->count; i++)
        key_must_be_qualified(labels->items[i].key, at, diags);
}

/* Unlike those of labels they may have capitals in their prefix. */
static void annotation_keys(const struct string_map *annotations, const struct path *at, struct diags *diags)
{
    size_t total = 0;

    for (size_t i = 0; i < annotations->count; i++) {
        const char *key = annotations->items[i].key;
        char lower[320];
        size_t n = 0;

        for (; key[n] != '\0' && n < sizeof lower - 1; n++)
            lower[n] = (char)tolower((unsigned char)key[n]);
        lower[n] = '\0';
        key_must_be_qualified(lower, at, diags);
        total += strlen(key) + strlen(annotations->items[i].value);
    }
    if (total > ANNOTATIONS_MAX)
        diag_add(diags, DIAG_TOO_LONG, at, "may not be more than %d bytes", ANNOTATIONS_MAX);
}

void validate_meta(const struct object_meta *meta, bool named, const struct path *at, struct diags *diags)
{
    if (meta == NULL)
        return;
    if (named)
        a_name_is_required(meta, at, diags);
    validate_label_keys(&meta->labels, PATH_KEY(at, "labels"), diags);
    annotation_keys(&meta->annotations, PATH_KEY(at, "annotations"), diags);
}

/* ---- pods ---- */

/* Among its own kind, and an init container's among all (kubelet-semantics 10.3). */
static void container_names_must_be_unique(const struct container_spec_list *list, const struct names *own,
                                           const struct names *others, const struct path *at,
                                           struct diags *diags)
{
    for (size_t i = 0; i < list->count; i++) {
        const char *name = list->items[i].name;

        if (name == NULL)
            continue;
        if (names_first(own, name) < i || (others != NULL && names_first(others, name) != NAMES_NONE))
            diag_add(diags, DIAG_DUPLICATE, PATH_KEY(PATH_INDEX(at, i), "name"), "%s", "");
    }
}

static void forbidden_for_init(bool present, const char *key, const struct path *at, struct diags *diags)
{
    if (present)
        diag_add(diags, DIAG_FORBIDDEN, PATH_KEY(at, key),
                 "may not be set for init containers without restartPolicy=Always");
}

/* An init container runs to its end: there is nothing to probe (kubelet-semantics 2.10). */
static void only_sidecars_have_probes_and_hooks(const struct container_spec *c, const struct path *at,
                                                struct diags *diags)
{
    if (c->restart_policy == RESTART_ALWAYS)
        return;
    forbidden_for_init(c->lifecycle != NULL, "lifecycle", at, diags);
    forbidden_for_init(c->liveness_probe != NULL, "livenessProbe", at, diags);
    forbidden_for_init(c->readiness_probe != NULL, "readinessProbe", at, diags);
    forbidden_for_init(c->startup_probe != NULL, "startupProbe", at, diags);
}

static void volume_names_must_be_unique(const struct pod_spec *spec, const struct names *names,
                                        const struct path *at, struct diags *diags)
{
    const struct path list = {.up = at, .key = "volumes"};

    for (size_t i = 0; i < spec->volumes.count; i++) {
        if (spec->volumes.items[i].name != NULL && names_first(names, spec->volumes.items[i].name) < i)
            diag_add(diags, DIAG_DUPLICATE, PATH_KEY(PATH_INDEX(&list, i), "name"), "%s", "");
    }
}

static void host_paths_do_not_climb(const struct pod_spec *spec, const struct path *at, struct diags *diags)
{
    const struct path list = {.up = at, .key = "volumes"};

    for (size_t i = 0; i < spec->volumes.count; i++) {
        const struct host_path_spec *h = spec->volumes.items[i].host_path;

        for (const char *p = h != NULL ? h->path : NULL; p != NULL && *p != '\0'; p += strspn(p, "/")) {
            size_t length = strcspn(p, "/");

            if (length == 2 && memcmp(p, "..", 2) == 0) {
                diag_invalid(diags, PATH_KEY(PATH_KEY(PATH_INDEX(&list, i), "hostPath"), "path"),
                             "must not contain '..'");
                break;
            }
            p += length;
        }
    }
}

/* Which fields of a volume are sources is the table's knowledge: all but the name. */
static void volumes_need_a_source(const struct pod_spec *spec, const struct path *at, struct diags *diags)
{
    const struct path list = {.up = at, .key = "volumes"};

    for (size_t i = 0; i < spec->volumes.count; i++) {
        const struct volume_spec *v = &spec->volumes.items[i];
        const struct path here = {.up = &list, .index = i};
        size_t given = 0;

        for (size_t j = 0; j < schema_volume_spec.count; j++) {
            const struct field *f = &schema_volume_spec.fields[j];

            if (f->kind != FIELD_CHILD && f->kind != FIELD_ANY)
                continue;
            if (*(void *const *)((const char *)v + f->offset) == NULL)
                continue;
            if (given++ > 0)
                diag_add(diags, DIAG_FORBIDDEN, PATH_KEY(&here, f->json),
                         "may not specify more than 1 volume type");
        }
        if (given == 0)
            diag_add(diags, DIAG_REFUSED, &here,
                     "without a source it is an emptyDir, and nothing is mounted: name a path of the host");
    }
}

static void the_os_is_linux(const struct pod_spec *spec, const struct path *at, struct diags *diags)
{
    if (spec->os != NULL && spec->os->name == OS_WINDOWS)
        diag_add(diags, DIAG_REFUSED, PATH_KEY(PATH_KEY(at, "os"), "name"), "this is Linux");
}

static void validate_containers(const struct pod_spec *spec, const struct pod_names *names,
                                const struct path *at, struct diags *diags)
{
    const struct path init = {.up = at, .key = "initContainers"}, regular = {.up = at, .key = "containers"};

    container_names_must_be_unique(&spec->init_containers, &names->init_containers, &names->containers, &init,
                                   diags);
    container_names_must_be_unique(&spec->containers, &names->containers, NULL, &regular, diags);
    validate_host_ports(spec, &spec->init_containers, &init, diags);
    validate_host_ports(spec, &spec->containers, &regular, diags);
    for (size_t i = 0; i < spec->init_containers.count; i++) {
        const struct container_spec *c = &spec->init_containers.items[i];

        validate_container(spec, names, c, PATH_INDEX(&init, i), diags);
        only_sidecars_have_probes_and_hooks(c, PATH_INDEX(&init, i), diags);
    }
    for (size_t i = 0; i < spec->containers.count; i++)
        validate_container(spec, names, &spec->containers.items[i], PATH_INDEX(&regular, i), diags);
}

void validate_pod_spec(const struct pod_spec *spec, const struct path *at, struct diags *diags)
{
    struct pod_names names;

    if (spec == NULL)
        return;
    names_of(&names.init_containers, &spec->init_containers, name, diags);
    names_of(&names.containers, &spec->containers, name, diags);
    names_of(&names.volumes, &spec->volumes, name, diags);
    volume_names_must_be_unique(spec, &names.volumes, at, diags);
    volumes_need_a_source(spec, at, diags);
    host_paths_do_not_climb(spec, at, diags);
    the_os_is_linux(spec, at, diags);
    validate_pod_security_context(spec->security_context, PATH_KEY(at, "securityContext"), diags);
    validate_containers(spec, &names, at, diags);
    names_deinit(&names.init_containers);
    names_deinit(&names.containers);
    names_deinit(&names.volumes);
}

void validate_pod(const struct pod_manifest *pod, const struct path *at, struct diags *diags)
{
    validate_meta(pod->metadata, true, PATH_KEY(at, "metadata"), diags);
    validate_pod_spec(pod->spec, PATH_KEY(at, "spec"), diags);
}

/* ---- what pods take values from ---- */

static void keys_of_data(const struct string_map *data, const struct path *at, struct diags *diags)
{
    for (size_t i = 0; i < data->count; i++) {
        const char *key = data->items[i].key;
        const char *fault = *key == '\0' ? "must not be empty" : value_fault(FORMAT_CONFIG_KEY, key);

        if (fault != NULL)
            diag_add(diags, DIAG_INVALID_BARE, PATH_MAP_KEY(at, key), "\"%s\": %s", key, fault);
    }
}

static void keys_must_differ(const struct string_map *data, const struct string_map *binary,
                             const struct path *at, struct diags *diags)
{
    struct names names;

    names_of(&names, data, key, diags);
    for (size_t i = 0; i < binary->count; i++) {
        const char *key = binary->items[i].key;

        if (names_first(&names, key) != NAMES_NONE)
            diag_add(diags, DIAG_INVALID_BARE, PATH_MAP_KEY(at, key), "\"%s\": duplicate of key present in data",
                     key);
    }
    names_deinit(&names);
}

void validate_config_map(const struct config_map_manifest *m, const struct path *at, struct diags *diags)
{
    validate_meta(m->metadata, true, PATH_KEY(at, "metadata"), diags);
    keys_of_data(&m->data, PATH_KEY(at, "data"), diags);
    keys_of_data(&m->binary_data, PATH_KEY(at, "binaryData"), diags);
    keys_must_differ(&m->data, &m->binary_data, PATH_KEY(at, "binaryData"), diags);
}

void validate_secret(const struct secret_manifest *m, const struct path *at, struct diags *diags)
{
    validate_meta(m->metadata, true, PATH_KEY(at, "metadata"), diags);
    keys_of_data(&m->data, PATH_KEY(at, "data"), diags);
    keys_of_data(&m->string_data, PATH_KEY(at, "stringData"), diags);
}
