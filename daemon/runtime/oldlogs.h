/*
 * Logs of static pods that left their folder, or changed, while no pidlet ran: the next one
 * removes them, as the kubelet's garbage collection removes the logs of pods that it does not
 * know.
 *
 * Folder and file names are the kubelet's, and both may write to /var/log/pods; so a pod's folder
 * that pidlet has made for a static pod holds a file `.pidlet`, which says from which folder of
 * manifests the pod came.  Only folders that name our own, and only in them the files that
 * logfiles.h knows, are ever removed.
 */
#ifndef PIDLET_RUNTIME_OLDLOGS_H
#define PIDLET_RUNTIME_OLDLOGS_H

#include <stdbool.h>

#define OLDLOGS_MARK ".pidlet"

/* Marks a pod's folder that was just made as one for pods of `manifests`, an absolute path. */
void oldlogs_mark(const char *pod_folder, const char *manifests);
void oldlogs_unmark(const char *pod_folder);    /* of a pod that is deleted while pidlet runs */

/* `name`: NAMESPACE_NAME_UID; true: its logs stay. */
typedef bool oldlogs_known_fn(void *arg, const char *name);

/* Removes those of `root` that are marked with `manifests` and not known; how many pods'. */
unsigned oldlogs_sweep(const char *root, const char *manifests, oldlogs_known_fn *is_known, void *arg);

#endif
