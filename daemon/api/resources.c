#include "daemon/api/resource.h"

#include "base/arena.h"
#include "base/macros.h"
#include "daemon/api/kinds.h"
#include "daemon/api/snapshot.h"

#include <string.h>

const struct resource *const resources[RESOURCES] = {
    [RESOURCE_CONFIG_MAPS] = &resource_config_maps,
    [RESOURCE_EVENTS]      = &resource_events,
    [RESOURCE_NAMESPACES]  = &resource_namespaces,
    [RESOURCE_NODES]       = &resource_nodes,
    [RESOURCE_PODS]        = &resource_pods,
    [RESOURCE_SECRETS]     = &resource_secrets,
    [RESOURCE_SERVICES]    = &resource_services,
};

size_t resource_find(const char *plural)
{
    for (size_t i = 0; i < RESOURCES; i++) {
        if (strcmp(resources[i]->plural, plural) == 0)
            return i;
    }
    return RESOURCES;
}

/* ---- services: there are none, but `kubectl cluster-info` asks for them ---- */

static const struct column service_columns[] = {
    {"Name", "string", "name", 0, "Name of the service."},
    {"Type", "string", "", 0, "How it is reached."},
    {"Cluster-IP", "string", "", 0, "Its address."},
    {"External-IP", "string", "", 0, "Its address from outside."},
    {"Port(s)", "string", "", 0, "Its ports."},
    {"Age", "string", "", 0, "Time since its creation."},
};

static bool no_cells(struct snapshot *s, const json_t *object)
{
    (void)s;
    (void)object;
    return true;
}

const struct resource resource_services = {
    .plural = "services", .singular = "service", .kind = "Service", .short_name = "svc",
    .namespaced = true, .verbs = VERBS_READ,
    .columns = service_columns, .column_count = array_count(service_columns),
    .fill_cells = no_cells,
};
