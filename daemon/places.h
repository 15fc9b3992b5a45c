/*
 * Where things live: root has the system's folders, everybody else those of the XDG
 * base directory specification.
 *
 *               root                        a user
 *   settings    /etc/pidlet/config.yaml     $XDG_CONFIG_HOME/pidlet/config.yaml   (~/.config)
 *   manifests   /etc/pidlet/manifests       $XDG_CONFIG_HOME/pidlet/manifests
 */
#ifndef PIDLET_DAEMON_PLACES_H
#define PIDLET_DAEMON_PLACES_H

#include "base/buf.h"

#include <stdbool.h>

/* Each appends its path; false when there is none: no home, or no memory. */
bool places_settings(struct buf *path);
bool places_manifests(struct buf *path);

#endif
