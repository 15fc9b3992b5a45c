/*
 * What a row of the field table cannot say: fields that exclude or need each other,
 * names that must be unique or must exist (kubelet-semantics 2.10 and 10).
 *
 * Every rule is a function named for it; each fault is a finding.  `at` is the
 * object's root.
 */
#ifndef PIDLET_CONFIG_VALIDATE_H
#define PIDLET_CONFIG_VALIDATE_H

#include "config/spec.h"

#include <stdbool.h>

struct diags;
struct kind_info;
struct path;

void validate_pod(const struct pod_manifest *pod, const struct path *at, struct diags *diags);
void validate_config_map(const struct config_map_manifest *m, const struct path *at, struct diags *diags);
void validate_secret(const struct secret_manifest *m, const struct path *at, struct diags *diags);

/* A Deployment, Job …: `manifest` is of kind->schema. */
void validate_workload(const struct kind_info *kind, const void *manifest, const struct path *at,
                       struct diags *diags);

/* The number behind a probe's port: itself, or that of the named port; 0: no such name. */
int64_t validate_port_number(const struct container_spec *c, const struct int_or_string *port);

#endif
