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
    KIND_FILE,                          /* of file_kinds alone */
};

struct kind_info {
    const char *kind;                   /* "Deployment" */
    const char *api_version;            /* "apps/v1"; NULL: the file has none */
    const char *plural;                 /* "deployments"; NULL: nothing that an API serves */
    const char *short_name;             /* kubectl's: "deploy"; NULL: it has none */
    enum kind_role role;
    const struct object_info *schema;
};

extern const struct kind_info kinds[];
extern const size_t kind_count;

/* Other files that are described by the table: no manifest holds them. */
extern const struct kind_info file_kinds[];
extern const size_t file_kind_count;

const struct kind_info *kind_find(const char *kind);    /* of a manifest; NULL: none of ours */

/* As people say it, of both lists: "Deployment", "deployments", "deploy", in any case; or NULL. */
const struct kind_info *kind_called(const char *word);

struct group_version {                  /* of "apps/v1": "apps" (not terminated) and "v1" */
    const char *group;                  /* "" for the core's */
    int group_length;
    const char *version;                /* NULL: the file has none */
};

struct group_version kind_group_version(const struct kind_info *kind);

const char *kind_role_words(enum kind_role role);       /* what pidlet does with it: "run" … */

/* Appends "\"ConfigMap\", \"CronJob\" …", for a finding: what manifests hold; `list` adds List. */
void kind_names(struct buf *out, bool list);

#endif
