/*
 * What a container writes: its standard output and error, line by line, to the
 * terminal and to a log file.
 *
 * Pipes are made for every run.  A quiet container costs its two watchers; only an
 * unfinished line is kept, while it is unfinished.
 */
#ifndef PIDLET_RUNTIME_OUTPUT_H
#define PIDLET_RUNTIME_OUTPUT_H

#include "base/buf.h"
#include "daemon/runtime/logwriter.h"

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

struct output;
struct pod_config;
struct terminal;

enum { OUTPUT_READ_MAX = 256 * 1024 };  /* bytes of one stream in one turn of the loop */

/* One for the daemon: where all output goes. */
struct output_hub {
    struct ev_loop *loop;               /* borrowed */
    struct terminal *terminal;          /* borrowed; NULL: none */
    struct logwriter_hub logs;
    char *scratch;                      /* OUTPUT_READ_MAX bytes, for whoever reads */
    struct buf batch;                   /* of log lines, likewise */
    int open_error;                     /* of the last log that was to be opened; negative, or 0 */
    struct stream *paused;              /* streams that wait for room on the terminal */
};

int output_hub_init(struct output_hub *h, struct ev_loop *loop, struct terminal *terminal,
                    const struct crilog_rules *logs);   /* 0 or -ENOMEM */
void output_hub_deinit(struct output_hub *h);
void output_hub_resume(struct output_hub *h);   /* the terminal has room again */

struct stream {
    ev_io readable;                     /* active while fd >= 0, unless paused */
    struct output *output;
    struct stream *next_paused;
    char *partial;                      /* a line's begin; NULL: none */
    size_t partial_length, partial_capacity;
    int fd;
    bool error;                         /* standard error */
    bool paused;
    bool large;                         /* its pipe was made larger */
};

struct output {
    struct output_hub *hub;
    const char *name;                   /* "pod/container"; borrowed */
    struct logwriter log;
    struct buf tail;                    /* see output_tail() */
    bool keeps_tail;
    struct stream streams[2];
};

/* Of the container `index` of `config`; all is borrowed; `name`: "pod/container". */
void output_init(struct output *o, struct output_hub *hub, const struct pod_config *config, unsigned index,
                 const char *name);

/*
 * Opens the pipes and, with a log folder, the file of a run; the write ends are the
 * caller's to close once the child has them.  0 or a negative errno; a log that
 * cannot be opened is said and done without.
 */
int output_open(struct output *o, unsigned restart_count, int *stdout_fd, int *stderr_fd);

/* The run has begun, and there is time for what need not be done before: old logs go. */
void output_started(struct output *o);

/*
 * The newest output of the run, TERMINATION_LOG_MAX bytes at least if there were so many,
 * for a container whose termination message may come from it; borrowed.  NULL: nothing.
 */
const char *output_tail(const struct output *o, size_t *length);
void output_forget_tail(struct output *o);

/* The run has ended: takes what is still in the pipes, ends the last line, closes. */
void output_finish(struct output *o);

#endif
