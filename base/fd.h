/*
 * File descriptors: owned by a scope until handed on.
 *
 *     cleanup_fd int r = -1, w = -1;
 *     if ((err = pipe_open(&r, &w)) < 0) return err;   // closed here on failure
 *     owner->fd = steal_fd(&r);
 *
 * Functions return 0 or a negative errno and write outputs on success only.
 */
#ifndef PIDLET_BASE_FD_H
#define PIDLET_BASE_FD_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct buf;

#define cleanup_fd __attribute__((cleanup(fd_cleanup)))

void fd_cleanup(int *fd);               /* closes when >= 0; keeps errno */
int steal_fd(int *fd);                  /* returns *fd and leaves -1 */
void fd_close(int *fd);                 /* closes when >= 0, leaves -1; keeps errno */

int pipe_open(int *r, int *w);          /* both close-on-exec, both blocking */
int fd_set_nonblocking(int fd, bool on);

/* All of it, whatever write(2) takes at a time; waits on a non-blocking descriptor. */
int fd_write_all(int fd, const void *bytes, size_t length);

/*
 * Appends everything up to end of file, at most `limit` bytes: -EFBIG beyond it
 * (what fits is in `out`), -ENOMEM, or what read(2) says.
 */
int fd_read_all(int fd, size_t limit, struct buf *out);

/* opendir(3) of a folder below another, "." for that itself; no symbolic link.  NULL, with errno. */
DIR *fd_opendir(int parent, const char *name);

/*
 * Opens descriptors 0, 1 and 2 on /dev/null where the parent left them closed,
 * so that nothing we open later can take their place.
 */
void fd_claim_stdio(void);

#endif
