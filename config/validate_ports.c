#include "config/validate_private.h"

#include "base/arena.h"
#include "config/diag.h"
#include "config/schema.h"

#include <inttypes.h>
#include <stdio.h>

static void names_must_be_unique(const struct container_spec *c, const struct path *ports, struct diags *diags)
{
    struct names names;

    names_of(&names, &c->ports, name, diags);
    for (size_t i = 0; i < c->ports.count; i++) {
        if (c->ports.items[i].name != NULL && names_first(&names, c->ports.items[i].name) < i)
            diag_add(diags, DIAG_DUPLICATE, PATH_KEY(PATH_INDEX(ports, i), "name"), "%s", "");
    }
    names_deinit(&names);
}

static void host_ports_are_the_containers_own(const struct container_spec *c, const struct path *ports,
                                              struct diags *diags)
{
    for (size_t i = 0; i < c->ports.count; i++) {
        const struct port_spec *port = &c->ports.items[i];

        if (port->host_port != INT_UNSET && port->host_port != port->container_port)
            diag_invalid(diags, PATH_KEY(PATH_INDEX(ports, i), "hostPort"),
                         "must match `containerPort` when `hostNetwork` is true");
    }
}

void validate_ports(const struct pod_spec *pod, const struct container_spec *c, const struct path *at,
                    struct diags *diags)
{
    const struct path ports = {.up = at, .key = "ports"};

    names_must_be_unique(c, &ports, diags);
    if (pod->host_network == TRI_TRUE)
        host_ports_are_the_containers_own(c, &ports, diags);
}

struct host_port {
    const char *key;                    /* "TCP/127.0.0.1/8080"; NULL: none */
    size_t container, port;
};

static const char *key_of(const struct pod_spec *pod, const struct port_spec *port, struct arena *arena,
                          struct diags *diags)
{
    /* On the host's network a port of the container is one of the host (kubelet-semantics 9.7). */
    const int64_t number = port->host_port == INT_UNSET && pod->host_network == TRI_TRUE ? port->container_port
                                                                                        : port->host_port;
    const char *protocol = enum_text(&schema_enum_port_protocol, port->protocol), *key;

    if (number == INT_UNSET || protocol == NULL)
        return NULL;
    key = arena_printf(arena, "%s/%s/%" PRId64, protocol, port->host_ip != NULL ? port->host_ip : "", number);
    diags->out_of_memory |= key == NULL;
    return key;
}

static void tell_duplicates(const struct host_port *all, size_t count, const struct path *at, struct diags *diags)
{
    struct names keys;

    names_init(&keys, all, count, sizeof *all, offsetof(struct host_port, key), diags);
    for (size_t i = 0; i < count; i++) {
        const struct path here = {.up = at, .index = all[i].container};
        char value[128];

        if (all[i].key == NULL || names_first(&keys, all[i].key) >= i)
            continue;
        snprintf(value, sizeof value, "\"%.120s\"", all[i].key);
        diag_add_value(diags, DIAG_DUPLICATE,
                       PATH_KEY(PATH_INDEX(PATH_KEY(&here, "ports"), all[i].port), "hostPort"), value, "%s", "");
    }
    names_deinit(&keys);
}

void validate_host_ports(const struct pod_spec *pod, const struct container_spec_list *list, const struct path *at,
                         struct diags *diags)
{
    struct host_port *all;
    struct arena *arena;
    size_t count = 0, used = 0;

    for (size_t i = 0; i < list->count; i++)
        count += list->items[i].ports.count;
    if (count < 2)
        return;                         /* as nearly always: nothing to compare */
    arena = arena_new();
    all = arena != NULL ? arena_array(arena, count, sizeof *all) : NULL;
    if (all == NULL) {
        diags->out_of_memory = true;
        arena_free(arena);
        return;
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct port_spec_list *ports = &list->items[i].ports;

        for (size_t j = 0; j < ports->count; j++)
            all[used++] = (struct host_port){
                .key = key_of(pod, &ports->items[j], arena, diags), .container = i, .port = j};
    }
    tell_duplicates(all, used, at, diags);
    arena_free(arena);
}
