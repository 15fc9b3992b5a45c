/*
 * The kinds of objects that a manifest may hold.
 */
#ifndef PIDLET_CONFIG_KINDS_H
#define PIDLET_CONFIG_KINDS_H

#include "config/schema.h"

struct buf;

enum kind_role {
    KIND_POD,                           /* is run */
    KIND_CONFIG_MAP,                    /* pods take values from it */
    KIND_SECRET,
    KIND_WORKLOAD,                      /* makes pods of a template: checked, not run */
    KIND_SETTINGS,                      /* the daemon's own: `check` takes it, `run` by --config */
};

struct kind_info {
    const char *kind;                   /* "Deployment" */
    const char *api_version;            /* "apps/v1" */
    const char *plural;                 /* "deployments"; NULL: nothing that an API serves */
    enum kind_role role;
    const struct object_info *schema;
};

extern const struct kind_info kinds[];
extern const size_t kind_count;

const struct kind_info *kind_find(const char *kind);    /* NULL: none of ours */

/* Appends "\"ConfigMap\", \"CronJob\" …", for a finding: what manifests hold; `list` adds List. */
void kind_names(struct buf *out, bool list);

#endif
