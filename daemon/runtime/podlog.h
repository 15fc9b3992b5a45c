/*
 * Reading a container's log as `kubectl logs` wants it: the lines of a run over all of
 * its rotated files, without the CRI's heads, from the last N or since an instant,
 * and on while they are written.
 *
 * Nothing blocks for long: each call does a bounded piece of work.  A file that is
 * rotated or removed while it is read is read to its end; lines of files that were removed
 * before their turn came are not seen.
 */
#ifndef PIDLET_RUNTIME_PODLOG_H
#define PIDLET_RUNTIME_PODLOG_H

#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct podlog;

struct podlog_options {
    bool previous;                      /* the run before the newest that has a log */
    bool follow;                        /* on over the end, and into the runs that follow */
    bool timestamps;                    /* before each line: RFC 3339, and a blank */
    bool no_stdout, no_stderr;          /* leave that stream out */
    int64_t tail;                       /* the last so many lines; < 0: all */
    int64_t limit;                      /* the first so many bytes of what comes out; < 0: all */
    struct wall_time since;             /* lines from then on; 0: all */
};

#define PODLOG_ALL {.tail = -1, .limit = -1}

/*
 * `folder` is of logfiles_folder().  0; -ENOENT: there is no log, or no previous one;
 * or another negative errno.
 */
int podlog_open(struct podlog **out, const char *folder, const struct podlog_options *options);
void podlog_free(struct podlog *p);     /* NULL is fine */

/*
 * Writes at most `size` bytes.  Returns how many; 0 at the end, which with `follow` is
 * the end for now, unless podlog_is_over(); -EAGAIN when there is more to do before
 * anything can be said: call again when other work has had its turn.  Or another
 * negative errno.
 */
ssize_t podlog_read(struct podlog *p, char *out, size_t size);

/* The limit has been reached: nothing more will come. */
bool podlog_is_over(const struct podlog *p);

/*
 * With `follow`: a descriptor that is readable when there may be more to read; -1: none
 * could be had, look again after a while.
 */
int podlog_fd(const struct podlog *p);

#endif
