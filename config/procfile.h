/*
 * A Procfile as a manifest: one pod, a container for each line "NAME: COMMAND".
 *
 * The pod has the name of the Procfile's folder; each command is run by `sh -c` in that
 * folder, as foreman does.  Lines that are empty or begin with # say nothing.
 */
#ifndef PIDLET_CONFIG_PROCFILE_H
#define PIDLET_CONFIG_PROCFILE_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct diags;

/* Whether a file of that name is one: "Procfile", "Procfile.dev" … */
bool procfile_is(const char *file);

/*
 * Appends the manifest as YAML, each container on its own line's number, so that findings
 * point into the Procfile.  `folder` is its absolute path; NULL: where pidlet runs.  False with
 * findings.
 */
bool procfile_translate(const char *text, size_t length, const char *folder, struct buf *out,
                        struct diags *diags);

#endif
