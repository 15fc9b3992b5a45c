/*
 * The NOTIFY_SOCKET of a run: what its processes tell of themselves (sd_notify(3)).
 *
 * A datagram socket of the run's own, by a path that only the run's user may write to; where
 * there is no place for one, an abstract one.  Every message carries its sender's
 * credentials (unix(7), SCM_CREDENTIALS): only those of the run's own processes count, of
 * whichever of them, as with systemd's NotifyAccess=all.  Descriptors that come along are
 * closed, when all that came before has been acted upon: that answers BARRIER=1, and
 * keeps none of FDSTORE=1.
 */
#ifndef PIDLET_RUNTIME_NOTIFY_SOCKET_H
#define PIDLET_RUNTIME_NOTIFY_SOCKET_H

#include "daemon/runtime/notification.h"

#include <sys/types.h>

struct child_setup;
struct ev_loop;
struct notify_socket;
struct run_folder;

/* A message of one of the run's processes; one that is `ignored` comes once a run. */
typedef void notify_fn(void *arg, const struct notification *n);

/* For the run `id`, borrowed, that is about to start.  0 or a negative errno. */
int notify_socket_new(struct notify_socket **out, struct run_folder *folder, const char *id);
void notify_socket_free(struct notify_socket *s);       /* NULL is fine; not from its own function */

/* Its path becomes the user's whose process is set up so.  0 or a negative errno. */
int notify_socket_give(const struct notify_socket *s, const struct child_setup *setup);

/* The value of NOTIFY_SOCKET. */
const char *notify_socket_name(const struct notify_socket *s);

/* Nothing is read before; `main` is the run's main process. */
void notify_socket_start(struct notify_socket *s, pid_t main, struct ev_loop *loop, notify_fn *fn, void *arg);

#endif
