/*
 * Where the values of environment variables come from: ConfigMaps, Secrets, fields of
 * the pod, resources (kubelet-semantics 9.1 and 9.4).  Pure.
 */
#ifndef PIDLET_CONFIG_ENVIRONMENT_H
#define PIDLET_CONFIG_ENVIRONMENT_H

#include "config/quantity.h"
#include "config/spec.h"

#include <stdbool.h>

struct buf;
struct pod_config;
struct source;
struct source_set;

/* What a pod may be told of its host. */
struct host_facts {
    const char *node_name;
    const char *host_ip;
    const char *pod_ip;
    quantity cpu, memory, ephemeral_storage;    /* stand in for a limit that is not set */
};

struct environment {                    /* borrowed, all of it */
    const struct pod_config *pod;
    const struct source_set *sources;
    const struct host_facts *facts;
};

enum environment_result {
    ENVIRONMENT_VALUE,                  /* appended to `out` */
    ENVIRONMENT_SKIP,                   /* optional, and not there: no variable */
    ENVIRONMENT_FAULT,                  /* `out` says why the container cannot start */
};

/* The value of a variable of `c` that has valueFrom. */
enum environment_result environment_value(const struct environment *env, const struct container_spec *c,
                                          const struct env_source_spec *from, struct buf *out);

/* The source of an envFrom entry, whose every key becomes a variable. */
enum environment_result environment_source(const struct environment *env, const struct env_from_spec *from,
                                           const struct source **source, struct buf *why);

/* For validation. */
enum environment_field {
    ENVIRONMENT_FIELD_KNOWN,
    ENVIRONMENT_FIELD_OF_VOLUMES,       /* a field of pods, but no value for a variable */
    ENVIRONMENT_FIELD_UNKNOWN,
    ENVIRONMENT_FIELD_NO_MAP,           /* with a ['KEY'] behind what has no keys */
};
enum environment_field environment_field(const char *path);
/* The KEY of metadata.labels['KEY'] or metadata.annotations['KEY']; NULL: another path. */
const char *environment_label(const char *path, size_t *length);
bool environment_resource_known(const char *resource);
bool environment_divisor_fits(const char *resource, const char *divisor);   /* NULL or "" fits */

#endif
