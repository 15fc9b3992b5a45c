/*
 * The listening unix socket of a daemon.
 *
 * PATH.lock tells whose PATH is: it is locked while its daemon lives, and names the inode
 * of the socket that this daemon made.  Only such a socket is ever unlinked.
 */
#ifndef PIDLET_DAEMON_UNIX_SOCKET_H
#define PIDLET_DAEMON_UNIX_SOCKET_H

#include <stdbool.h>
#include <sys/types.h>

struct buf;

struct unix_socket {
    int fd;                             /* listening; -1 once it was handed on */
    int lock;
    char *path;
    bool made;                          /* it is there, and ours */
};

/*
 * Makes it, mode 0600, or 0660 for `group` ((gid_t)-1: none); folders above as needed.
 * 0, or a negative errno with the reason in `why`: -EADDRINUSE when another daemon has it.
 */
int unix_socket_open(struct unix_socket *s, const char *path, gid_t group, struct buf *why);

void unix_socket_close(struct unix_socket *s);  /* unlinks what it made, if it is still there */

#endif
