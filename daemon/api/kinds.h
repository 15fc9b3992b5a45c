/*
 * The resources one by one, each in a file of its own; and what stands behind writes.
 */
#ifndef PIDLET_API_KINDS_H
#define PIDLET_API_KINDS_H

#include "daemon/api/resource.h"

extern const struct resource resource_config_maps;      /* plain.c */
extern const struct resource resource_secrets;
extern const struct resource resource_events;           /* events.c */
extern const struct resource resource_namespaces;       /* namespaces.c */
extern const struct resource resource_nodes;            /* nodes.c */
extern const struct resource resource_pods;             /* pods.c */
extern const struct resource resource_services;         /* resources.c */

#endif
