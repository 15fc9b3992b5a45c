/*
 * Log files in the CRI's format:
 *
 *     2026-01-02T03:04:05.000000000Z stdout F a line
 *
 * FOLDER/NAMESPACE_NAME_UID/CONTAINER/N.log, N the restart count; P in place of F
 * for the pieces of a line that is longer than 16 KiB.
 *
 * A full disk stops no container: lines are dropped, counted, and the first line
 * after it stands on a line of its own.
 */
#ifndef PIDLET_RUNTIME_CRILOG_H
#define PIDLET_RUNTIME_CRILOG_H

#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct pod_config;

enum { CRILOG_LINE_MAX = 16 * 1024 };

struct crilog {
    int fd;                             /* -1: no file */
    uint64_t dropped;                   /* lines, since the disk is full; 0: it is not */
};

#define CRILOG_NONE {.fd = -1}

/* Makes the folders. 0, or a negative errno with log->fd -1. */
int crilog_open(struct crilog *log, const char *folder, const struct pod_config *config,
                const char *container, unsigned restart_count);
void crilog_close(struct crilog *log);

/* Appends one line to a batch; `stamp` is of clock_rfc3339_nano(). */
void crilog_add(struct buf *batch, const char *stamp, bool error, bool full, const char *text,
                size_t length);

/* Writes the batch, whole lines or none; `who` stands in what is said of trouble. */
void crilog_write(struct crilog *log, const struct buf *batch, const char *who);

#endif
