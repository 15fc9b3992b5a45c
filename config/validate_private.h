/*
 * Between the files of the validation; others include validate.h.
 */
#ifndef PIDLET_CONFIG_VALIDATE_PRIVATE_H
#define PIDLET_CONFIG_VALIDATE_PRIVATE_H

#include "config/names.h"
#include "config/validate.h"

/* What of a pod is referred to by name. */
struct pod_names {
    struct names init_containers, containers, volumes;
};

/* Keys of labels and annotations, their size; `named`: a name is required. */
void validate_meta(const struct object_meta *meta, bool named, const struct path *at, struct diags *diags);
void validate_pod_spec(const struct pod_spec *spec, const struct path *at, struct diags *diags);
void validate_container(const struct pod_spec *pod, const struct pod_names *names,
                        const struct container_spec *c, const struct path *at, struct diags *diags);

/* Names unique within the container; on the host's network, host ports that are its own. */
void validate_ports(const struct pod_spec *pod, const struct container_spec *c, const struct path *at,
                    struct diags *diags);

/* No port of the host twice among the containers of one list (kubelet-semantics 9.7). */
void validate_host_ports(const struct pod_spec *pod, const struct container_spec_list *list, const struct path *at,
                         struct diags *diags);

void validate_env(const struct pod_names *names, const struct container_spec *c, const struct path *at,
                  struct diags *diags);

void validate_security_context(const struct security_context_spec *s, const struct path *at,
                               struct diags *diags);
void validate_pod_security_context(const struct pod_security_context_spec *s, const struct path *at,
                                   struct diags *diags);

/* The keys of labels or of a selector; told at `at`, the map. */
void validate_label_keys(const struct string_map *labels, const struct path *at, struct diags *diags);

#endif
