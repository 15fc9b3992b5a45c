/*
 * Writing log files in the CRI's format:
 *
 *     2026-01-02T03:04:05.000000000Z stdout F a line
 *
 * P in place of F stands before a piece of a line that goes on in the next line of
 * the file, or that had no end: pieces are of 16 KiB.  Files are named as logfiles.h
 * says, N the number of the run.  The log of the run before stays, older ones go when
 * a run begins; a file that is full is rotated between two lines.
 */
#ifndef PIDLET_RUNTIME_CRILOG_H
#define PIDLET_RUNTIME_CRILOG_H

#include "base/buf.h"
#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct pod_config;

enum { CRILOG_LINE_MAX = 16 * 1024 };

struct crilog_rules {
    const char *root;                   /* borrowed; NULL: no files at all */
    uint64_t max_size;                  /* bytes of a file; 0: no limit */
    unsigned max_files;                 /* of one run, the one being written included; >= 2 */
    const char *manifests;              /* borrowed: the static pods' folder, absolute; NULL: there is none */
};

/* The log of one container, over its runs. */
struct crilog {
    const struct crilog_rules *rules;   /* borrowed, like config and container */
    const struct pod_config *config;
    const char *container;
    uint64_t size;                      /* of the file being written */
    unsigned first;                     /* number of this pod's first run: after those that lie there */
    unsigned number;                    /* of the file being written */
    int fd;                             /* -1: no file */
    bool looked;                        /* `first` is known */
};

void crilog_init(struct crilog *log, const struct crilog_rules *rules, const struct pod_config *config,
                 const char *container);

/*
 * Opens the file of a run, with the folders above it.  0, or a negative errno with
 * log->fd -1.  Numbers go on after the files of an earlier pidlet.
 */
int crilog_open(struct crilog *log, unsigned restart_count);
void crilog_close(struct crilog *log);

/* Removes files of runs before the last one. */
void crilog_remove_old(const struct crilog *log);

/* What stands before a line: one for all lines of a batch. */
struct crilog_head {
    char text[CLOCK_RFC3339_NANO_SIZE - 1 + sizeof " stdout F " - 1];
};

void crilog_head(struct crilog_head *head, const char *stamp, bool error);

/* Appends a line to a batch; in line, as it is done for every line of every container. */
static inline void crilog_add(struct buf *batch, const struct crilog_head *head, bool full,
                              const char *text, size_t length)
{
    char *p = buf_reserve(batch, sizeof head->text + length + 1);

    if (p == NULL)
        return;
    memcpy(p, head->text, sizeof head->text);
    if (!full)
        p[sizeof head->text - 2] = 'P';
    memcpy(p + sizeof head->text, text, length);
    p[sizeof head->text + length] = '\n';
    buf_grow(batch, sizeof head->text + length + 1);
}

/*
 * Writes whole lines, rotating where a file is full, and returns how many bytes of
 * `text` were taken: fewer than `length` when one could not be written, with
 * *error its errno.  Nothing of a line is in a file then that is not there whole.
 */
size_t crilog_write(struct crilog *log, const char *text, size_t length, int *error);

#endif
