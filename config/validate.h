/*
 * What a row of the field table cannot say: fields that exclude or need each other,
 * names that must be unique or must exist (kubelet-semantics 2.10 and 10).
 */
#ifndef PIDLET_CONFIG_VALIDATE_H
#define PIDLET_CONFIG_VALIDATE_H

#include "config/spec.h"

#include <stdbool.h>

struct diags;
struct path;

/* Every rule, each fault a finding; `at` is the manifest's root. */
void validate_pod(const struct pod_manifest *pod, const struct path *at, struct diags *diags);

/* The number behind a probe's port: itself, or that of the named port; 0: no such name. */
int64_t validate_port_number(const struct container_spec *c, const struct int_or_string *port);

#endif
