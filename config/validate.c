#include "config/validate.h"

#include "config/diag.h"
#include "config/value.h"

#include <stdlib.h>
#include <string.h>

int64_t validate_port_number(const struct container_spec *c, const struct int_or_string *port)
{
    int64_t number;

    if (port->text == NULL)
        return port->number;
    for (size_t i = 0; i < c->ports.count; i++) {
        if (c->ports.items[i].name != NULL && strcmp(c->ports.items[i].name, port->text) == 0)
            return c->ports.items[i].container_port;
    }
    if (strspn(port->text, "0123456789") != strlen(port->text) || strlen(port->text) > 5)
        return 0;
    number = atoi(port->text);
    return number <= 65535 ? number : 0;
}

static void tcp_socket_port_must_exist(const struct container_spec *c,
                                       const struct tcp_socket_spec *tcp, const struct path *at,
                                       struct diags *diags)
{
    if (tcp->port.set && validate_port_number(c, &tcp->port) == 0)
        diag_invalid(diags, PATH_KEY(at, "port"), "no port of this container has that name");
}

static void exactly_one_handler(const struct exec_spec *exec, const struct tcp_socket_spec *tcp,
                                const struct path *at, struct diags *diags)
{
    if (exec == NULL && tcp == NULL)
        diag_required(diags, at, "must specify a handler type");
    else if (exec != NULL && tcp != NULL)
        diag_add(diags, DIAG_FORBIDDEN, PATH_KEY(at, "tcpSocket"),
                 "may not specify more than 1 handler type");
}

static void a_probe(const struct container_spec *c, const struct probe_spec *probe,
                    const struct path *at, struct diags *diags)
{
    exactly_one_handler(probe->exec, probe->tcp_socket, at, diags);
    if (probe->tcp_socket != NULL)
        tcp_socket_port_must_exist(c, probe->tcp_socket, PATH_KEY(at, "tcpSocket"), diags);
}

static void success_threshold_must_be_1(const struct probe_spec *probe, const struct path *at,
                                        struct diags *diags)
{
    if (probe->success_threshold != 1)
        diag_invalid(diags, PATH_KEY(at, "successThreshold"), "must be 1");
}

static void probes(const struct container_spec *c, const struct path *at, struct diags *diags)
{
    if (c->liveness_probe != NULL) {
        a_probe(c, c->liveness_probe, PATH_KEY(at, "livenessProbe"), diags);
        success_threshold_must_be_1(c->liveness_probe, PATH_KEY(at, "livenessProbe"), diags);
    }
    if (c->startup_probe != NULL) {
        a_probe(c, c->startup_probe, PATH_KEY(at, "startupProbe"), diags);
        success_threshold_must_be_1(c->startup_probe, PATH_KEY(at, "startupProbe"), diags);
    }
    if (c->readiness_probe != NULL) {
        const struct path here = {.up = at, .key = "readinessProbe"};

        a_probe(c, c->readiness_probe, &here, diags);
        if (c->readiness_probe->termination_grace_period_seconds != INT_UNSET)
            diag_invalid(diags, PATH_KEY(&here, "terminationGracePeriodSeconds"),
                         "must not be set for readinessProbes");
    }
}

static void hooks(const struct container_spec *c, const struct path *at, struct diags *diags)
{
    const struct path here = {.up = at, .key = "lifecycle"};

    if (c->lifecycle == NULL)
        return;
    if (c->lifecycle->post_start != NULL)
        exactly_one_handler(c->lifecycle->post_start->exec, NULL, PATH_KEY(&here, "postStart"),
                            diags);
    if (c->lifecycle->pre_stop != NULL)
        exactly_one_handler(c->lifecycle->pre_stop->exec, NULL, PATH_KEY(&here, "preStop"), diags);
}

static void port_names_must_be_unique(const struct container_spec *c, const struct path *at,
                                      struct diags *diags)
{
    const struct path ports = {.up = at, .key = "ports"};

    for (size_t i = 0; i < c->ports.count; i++) {
        const char *name = c->ports.items[i].name;

        for (size_t j = 0; name != NULL && j < i; j++) {
            if (c->ports.items[j].name != NULL && strcmp(c->ports.items[j].name, name) == 0) {
                diag_add(diags, DIAG_DUPLICATE, PATH_KEY(PATH_INDEX(&ports, i), "name"), "%s", "");
                break;
            }
        }
    }
}

/* Difference 5 of docs/differences.md. */
static void command_is_required(const struct container_spec *c, const struct path *at,
                                struct diags *diags)
{
    if (c->command.count == 0)
        diag_required(diags, PATH_KEY(at, "command"),
                      "there is no image to take an entry point from");
    else if (c->command.items[0][0] == '\0')
        diag_invalid(diags, PATH_INDEX(PATH_KEY(at, "command"), 0), "must name a program");
}

static bool has_name(const struct container_spec_list *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (list->items[i].name != NULL && strcmp(list->items[i].name, name) == 0)
            return true;
    }
    return false;
}

/* Among its own kind, and an init container's among all (kubelet-semantics 10.3). */
static void container_names_must_be_unique(const struct container_spec_list *list,
                                           const struct container_spec_list *others,
                                           const struct path *at, struct diags *diags)
{
    for (size_t i = 0; i < list->count; i++) {
        const char *name = list->items[i].name;

        if (name == NULL)
            continue;
        if (has_name(list, i, name) || (others != NULL && has_name(others, others->count, name)))
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

static void a_name_is_required(const struct object_meta *meta, const struct path *at,
                               struct diags *diags)
{
    if (meta->name == NULL || meta->name[0] == '\0')
        diag_required(diags, PATH_KEY(at, "name"), "name or generateName is required");
}

/* A uid is part of a folder's name. */
static void a_uid_is_one_path_component(const struct object_meta *meta, const struct path *at,
                                        struct diags *diags)
{
    const char *uid = meta->uid;

    if (uid != NULL && (strlen(uid) > 64 || strspn(uid, "0123456789abcdefghijklmnopqrstuvwxyz"
                                                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != strlen(uid)))
        diag_invalid(diags, PATH_KEY(at, "uid"),
                     "must be at most 64 letters, digits and hyphens");
}

static void a_container(const struct container_spec *c, const struct path *at, struct diags *diags)
{
    command_is_required(c, at, diags);
    port_names_must_be_unique(c, at, diags);
    probes(c, at, diags);
    hooks(c, at, diags);
}

void validate_pod(const struct pod_manifest *pod, const struct path *at, struct diags *diags)
{
    const struct path meta = {.up = at, .key = "metadata"}, spec = {.up = at, .key = "spec"};
    const struct path init = {.up = &spec, .key = "initContainers"};
    const struct path regular = {.up = &spec, .key = "containers"};

    if (pod->metadata != NULL) {
        a_name_is_required(pod->metadata, &meta, diags);
        a_uid_is_one_path_component(pod->metadata, &meta, diags);
    }
    if (pod->spec == NULL)
        return;
    container_names_must_be_unique(&pod->spec->init_containers, &pod->spec->containers, &init, diags);
    container_names_must_be_unique(&pod->spec->containers, NULL, &regular, diags);
    for (size_t i = 0; i < pod->spec->init_containers.count; i++) {
        const struct container_spec *c = &pod->spec->init_containers.items[i];

        a_container(c, PATH_INDEX(&init, i), diags);
        only_sidecars_have_probes_and_hooks(c, PATH_INDEX(&init, i), diags);
    }
    for (size_t i = 0; i < pod->spec->containers.count; i++)
        a_container(&pod->spec->containers.items[i], PATH_INDEX(&regular, i), diags);
}
