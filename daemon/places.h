/*
 * Where things live: root has the system's folders, everybody else those of the XDG
 * base directory specification.
 *
 *               root                        a user
 *   settings    /etc/pidlet/config.yaml     $XDG_CONFIG_HOME/pidlet/config.yaml   (~/.config)
 *   manifests   /etc/pidlet/manifests       $XDG_CONFIG_HOME/pidlet/manifests
 *   socket      /run/pidlet/pidlet.sock     $XDG_RUNTIME_DIR/pidlet/pidlet.sock
 *   state       /var/lib/pidlet/state       $XDG_STATE_HOME/pidlet/state          (~/.local/state)
 *   runtime     /run/pidlet                 $XDG_RUNTIME_DIR/pidlet
 */
#ifndef PIDLET_DAEMON_PLACES_H
#define PIDLET_DAEMON_PLACES_H

#include "base/buf.h"

#include <stdbool.h>

/* Each appends its path; false when there is none: no home, or no memory. */
bool places_settings(struct buf *path);
bool places_manifests(struct buf *path);
bool places_socket(struct buf *path);
bool places_state(struct buf *path);
bool places_runtime(struct buf *path);

#endif
