#include "config/validate_private.h"

#include "config/diag.h"
#include "config/quantity.h"
#include "config/value.h"

#include <inttypes.h>
#include <stdio.h>
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

static void port_must_exist(const struct container_spec *c, const struct int_or_string *port,
                            const struct path *at, struct diags *diags)
{
    if (port->set && validate_port_number(c, port) == 0)
        diag_invalid(diags, PATH_KEY(at, "port"), "no port of this container has that name");
}

/* ---- probes and hooks ---- */

struct handler {                        /* one that a probe or hook may have */
    const char *name;
    const void *given;                  /* NULL: it is not there */
};

/* Of several, the later ones are blamed, as Kubernetes does. */
static void exactly_one_handler(const struct handler *handlers, size_t count, const struct path *at,
                                struct diags *diags)
{
    bool found = false;

    for (size_t i = 0; i < count; i++) {
        if (handlers[i].given == NULL)
            continue;
        if (found)
            diag_add(diags, DIAG_FORBIDDEN, PATH_KEY(at, handlers[i].name),
                     "may not specify more than 1 handler type");
        found = true;
    }
    if (!found)
        diag_required(diags, at, "must specify a handler type");
}

static void http_get(const struct container_spec *c, const struct http_get_spec *get,
                     const struct path *at, struct diags *diags)
{
    if (get != NULL)
        port_must_exist(c, &get->port, PATH_KEY(at, "httpGet"), diags);
}

static void tcp_socket(const struct container_spec *c, const struct tcp_socket_spec *tcp,
                       const struct path *at, struct diags *diags)
{
    if (tcp != NULL)
        port_must_exist(c, &tcp->port, PATH_KEY(at, "tcpSocket"), diags);
}

static void a_probe(const struct container_spec *c, const struct probe_spec *probe,
                    const struct path *at, struct diags *diags)
{
    const struct handler handlers[] = {
        {"exec", probe->exec},
        {"httpGet", probe->http_get},
        {"tcpSocket", probe->tcp_socket},
        {"grpc", probe->grpc},
    };

    exactly_one_handler(handlers, sizeof handlers / sizeof handlers[0], at, diags);
    http_get(c, probe->http_get, at, diags);
    tcp_socket(c, probe->tcp_socket, at, diags);
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

/* Equal is allowed, whatever Kubernetes' words say (kubelet-semantics 3.3). */
static void sleep_must_fit_the_grace_period(const struct pod_spec *pod, const struct sleep_spec *sleep,
                                            const struct path *at, struct diags *diags)
{
    /* A negative one is 1, as Kubernetes reads it (kubelet-semantics 4.2). */
    const int64_t given = pod->termination_grace_period_seconds, grace = given < 0 ? 1 : given;
    char seconds[24];

    if (sleep == NULL || sleep->seconds == INT_UNSET || (sleep->seconds >= 0 && sleep->seconds <= grace))
        return;
    snprintf(seconds, sizeof seconds, "%" PRId64, sleep->seconds);
    diag_add_value(diags, DIAG_INVALID, PATH_KEY(at, "sleep"), seconds,
                       "must be non-negative and less than terminationGracePeriodSeconds (%" PRId64 ")", grace);
}

static void a_hook(const struct pod_spec *pod, const struct container_spec *c,
                   const struct handler_spec *hook, const struct path *at, struct diags *diags)
{
    if (hook != NULL) {
        const struct handler handlers[] = {
            {"exec", hook->exec},
            {"httpGet", hook->http_get},
            {"tcpSocket", hook->tcp_socket},
            {"sleep", hook->sleep},
        };

        exactly_one_handler(handlers, sizeof handlers / sizeof handlers[0], at, diags);
        http_get(c, hook->http_get, at, diags);
        tcp_socket(c, hook->tcp_socket, at, diags);
        sleep_must_fit_the_grace_period(pod, hook->sleep, at, diags);
    }
}

/* A signal is a matter of the operating system (kubelet-semantics 4.6). */
static void a_stop_signal_needs_an_os(const struct pod_spec *pod, const struct container_spec *c,
                                      const struct path *at, struct diags *diags)
{
    if (c->lifecycle->stop_signal != signal_name_UNSET && (pod->os == NULL || pod->os->name == os_name_UNSET))
        diag_add(diags, DIAG_FORBIDDEN, PATH_KEY(at, "stopSignal"),
                 "may not be set for containers with empty `spec.os.name`");
}

static void hooks(const struct pod_spec *pod, const struct container_spec *c, const struct path *at,
                  struct diags *diags)
{
    const struct path here = {.up = at, .key = "lifecycle"};

    if (c->lifecycle != NULL) {
        a_hook(pod, c, c->lifecycle->post_start, PATH_KEY(&here, "postStart"), diags);
        a_hook(pod, c, c->lifecycle->pre_stop, PATH_KEY(&here, "preStop"), diags);
        a_stop_signal_needs_an_os(pod, c, &here, diags);
    }
}

/* ---- restart rules (KEP-5307; kubelet-semantics 5.1) ---- */

enum { RULES_MAX = 20, RULE_VALUES_MAX = 255 };

static void restart_rules(const struct container_spec *c, const struct path *at, struct diags *diags)
{
    const struct path list = {.up = at, .key = "restartPolicyRules"};

    if (c->restart_policy_rules.count > 0 && c->restart_policy == restart_policy_UNSET)
        diag_required(diags, PATH_KEY(at, "restartPolicy"),
                      "must specify restartPolicy when restart rules are used");
    if (c->restart_policy_rules.count > RULES_MAX)
        diag_add(diags, DIAG_TOO_MANY, &list, "must have at most %d items", RULES_MAX);
    for (size_t i = 0; i < c->restart_policy_rules.count; i++) {
        const struct exit_codes_spec *codes = c->restart_policy_rules.items[i].exit_codes;
        const struct path here = {.up = PATH_INDEX(&list, i), .key = "exitCodes"};

        if (codes == NULL)
            diag_required(diags, &here, "must be specified");
        else if (codes->values.count > RULE_VALUES_MAX)
            diag_add(diags, DIAG_TOO_MANY, PATH_KEY(&here, "values"), "must have at most %d items",
                     RULE_VALUES_MAX);
    }
}

/* ---- the rest ---- */

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

static void image_has_no_blanks_around_it(const struct container_spec *c, const struct path *at,
                                          struct diags *diags)
{
    static const char blanks[] = " \t\r\n";
    size_t length = c->image != NULL ? strlen(c->image) : 0;

    if (length > 0 && (strchr(blanks, c->image[0]) != NULL || strchr(blanks, c->image[length - 1]) != NULL))
        diag_invalid(diags, PATH_KEY(at, "image"), "must not have leading or trailing whitespace");
}

/* Nothing is mounted: a path can be had where it is, or not at all. */
static void mounts_must_be_where_their_volumes_are(const struct pod_spec *pod, const struct pod_names *names,
                                                   const struct container_spec *c,
                                                   const struct path *at, struct diags *diags)
{
    const struct path list = {.up = at, .key = "volumeMounts"};
    struct names paths;

    names_of(&paths, &c->volume_mounts, mount_path, diags);
    for (size_t i = 0; i < c->volume_mounts.count; i++) {
        const struct volume_mount_spec *mount = &c->volume_mounts.items[i];
        const struct path here = {.up = &list, .index = i};
        const struct volume_spec *volume;
        size_t index;

        if (mount->name == NULL || mount->mount_path == NULL)
            continue;
        if (names_first(&paths, mount->mount_path) < i)
            diag_invalid(diags, PATH_KEY(&here, "mountPath"), "must be unique");
        index = names_first(&names->volumes, mount->name);
        volume = index != NAMES_NONE ? &pod->volumes.items[index] : NULL;
        if (volume == NULL)
            diag_add(diags, DIAG_NOT_FOUND, PATH_KEY(&here, "name"), "%s", "");
        else if (volume->host_path != NULL && volume->host_path->path != NULL
                 && strcmp(volume->host_path->path, mount->mount_path) != 0)
            diag_add(diags, DIAG_REFUSED, PATH_KEY(&here, "mountPath"),
                     "nothing is mounted: must be the path of the volume on the host, \"%s\"",
                     volume->host_path->path);
    }
    names_deinit(&paths);
}

static void requests_must_not_exceed_limits(const struct resources_spec *r, const struct path *at,
                                            struct diags *diags)
{
    const struct path requests = {.up = at, .key = "requests"};
    struct names limits;

    names_of(&limits, &r->limits, key, diags);
    for (size_t i = 0; i < r->requests.count; i++) {
        const struct string_pair *pair = &r->requests.items[i];
        size_t index = names_first(&limits, pair->key);
        const char *limit_text = index != NAMES_NONE ? r->limits.items[index].value : NULL;
        quantity request, limit;

        if (limit_text != NULL && quantity_parse(pair->value, &request) && quantity_parse(limit_text, &limit)
            && request > limit)
            diag_invalid(diags, PATH_MAP_KEY(&requests, pair->key),
                         "must be less than or equal to %s limit of %s", pair->key, limit_text);
    }
    names_deinit(&limits);
}

static void resource_names_must_be_known(const struct string_map *map, const struct path *at,
                                         struct diags *diags)
{
    static const char *const known[] = {"cpu", "memory", "ephemeral-storage"};

    for (size_t i = 0; i < map->count; i++) {
        const char *key = map->items[i].key;
        bool ok = strchr(key, '/') != NULL || strncmp(key, "hugepages-", strlen("hugepages-")) == 0;

        for (size_t j = 0; j < sizeof known / sizeof known[0]; j++)
            ok |= strcmp(known[j], key) == 0;
        if (!ok)
            diag_add(diags, DIAG_INVALID_BARE, PATH_MAP_KEY(at, key),
                     "\"%s\": must be a standard resource type or fully qualified", key);
    }
}

static void resources(const struct container_spec *c, const struct path *at, struct diags *diags)
{
    const struct path here = {.up = at, .key = "resources"};

    if (c->resources == NULL)
        return;
    resource_names_must_be_known(&c->resources->limits, PATH_KEY(&here, "limits"), diags);
    resource_names_must_be_known(&c->resources->requests, PATH_KEY(&here, "requests"), diags);
    requests_must_not_exceed_limits(c->resources, &here, diags);
}

void validate_container(const struct pod_spec *pod, const struct pod_names *names,
                        const struct container_spec *c, const struct path *at, struct diags *diags)
{
    command_is_required(c, at, diags);
    image_has_no_blanks_around_it(c, at, diags);
    validate_ports(pod, c, at, diags);
    validate_env(names, c, at, diags);
    resources(c, at, diags);
    mounts_must_be_where_their_volumes_are(pod, names, c, at, diags);
    validate_security_context(c->security_context, PATH_KEY(at, "securityContext"), diags);
    probes(c, at, diags);
    hooks(pod, c, at, diags);
    restart_rules(c, at, diags);
}
