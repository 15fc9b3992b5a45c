/*
 * Sockets that the service manager has opened and passed to pidlet (sd_listen_fds(3)), to
 * be handed on to the containers that name them.
 *
 * Own code in the place of libsystemd's, for builds without it: LISTEN_FDS=N, and the
 * descriptors from 3 on; LISTEN_FDNAMES has their names.  They stay where they are, also
 * because nothing else of pidlet's may take the numbers that a child is given its own at.
 */
#ifndef PIDLET_RUNTIME_LISTEN_SOCKETS_H
#define PIDLET_RUNTIME_LISTEN_SOCKETS_H

#include "config/spec.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct buf;

enum { LISTEN_FIRST = 3, LISTEN_MAX = 1024 };

struct listen_sockets {
    int *fds;                           /* copies, beyond the numbers that any child is given; owned */
    const char **names;                 /* each's; in `text`; owned */
    char *text;
    size_t count;
};

/* Once, before anything else is opened.  None is fine.  0 or a negative errno. */
int listen_sockets_take(struct listen_sockets *l);
void listen_sockets_deinit(struct listen_sockets *l);

/* What a container is given, in the arena. */
struct listen_share {
    const int *fds;                     /* become its 3, 4 … */
    size_t count;
    const char *names;                  /* LISTEN_FDNAMES */
};

/*
 * All sockets of the names in `wanted`, in their order.  False: `why` says what is missing, and what is
 * there; or there is no memory.
 */
bool listen_sockets_share(const struct listen_sockets *l, const struct string_list *wanted, struct arena *arena,
                          struct listen_share *out, struct buf *why);

#endif
