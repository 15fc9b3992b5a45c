/*
 * Names of log files, for those who write and those who read them:
 *
 *     ROOT/NAMESPACE_NAME_UID/CONTAINER/N.log                          run N, being written
 *     ROOT/NAMESPACE_NAME_UID/CONTAINER/N.log.YYYYMMDD-HHMMSS[.NNN]    rotated away, in UTC
 *
 * The names are the kubelet's; .NNN tells rotations within one second apart.
 */
#ifndef PIDLET_RUNTIME_LOGFILES_H
#define PIDLET_RUNTIME_LOGFILES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct pod_config;

enum { LOGFILE_STAMP_SIZE = sizeof "YYYYMMDD-HHMMSS.NNN" };

struct logfile {
    unsigned number;                    /* of the run */
    char stamp[LOGFILE_STAMP_SIZE];     /* when it was rotated; "": it was not */
};

struct logfile_list {
    struct logfile *items;              /* in the order of writing; owned */
    size_t count, capacity;
};

/* Writes the folder of a container; false: the path is too long. */
bool logfiles_folder(char out[PATH_MAX], const char *root, const struct pod_config *config,
                     const char *container);

/* FOLDER/N.log…; false: the path is too long. */
bool logfiles_path(char out[PATH_MAX], const char *folder, const struct logfile *file);

/* False: not a name of ours; nothing of that name is ever touched. */
bool logfiles_parse(const char *name, struct logfile *out);

/* All of ours in a folder; 0, or a negative errno with *list empty. */
int logfiles_list(const char *folder, struct logfile_list *list);
void logfiles_free(struct logfile_list *list);

/*
 * Of a pod that is deleted: all of ours, and the folders that are empty then (kubelet-semantics
 * 13: the kubelet's next garbage collection).  A `root` of NULL is fine.
 */
void logfiles_remove_pod(const char *root, const struct pod_config *config);

int logfiles_compare(const struct logfile *a, const struct logfile *b);     /* by order of writing */

#endif
