/*
 * Pidlet's standard output: lines of containers and events, in the order in which
 * they come, never waiting for a slow reader.
 *
 * What the reader does not take is queued; when the queue is full the producers are
 * told to pause, and to go on when there is room.  A reader that has gone away
 * closes the terminal for good: containers go on without it.
 */
#ifndef PIDLET_RUNTIME_TERMINAL_H
#define PIDLET_RUNTIME_TERMINAL_H

#include "base/buf.h"

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TERMINAL_QUEUE_MAX = 1024 * 1024 };      /* bytes; beyond it producers pause */

struct terminal {
    struct ev_loop *loop;               /* borrowed */
    ev_io writable;                     /* active while the queue waits for the reader */
    int fd;                             /* borrowed; stays blocking, as others share it */
    struct buf queue;
    size_t name_width;                  /* of the longest prefix so far */
    uint64_t dropped;                   /* bytes that a full disk did not take */
    bool regular;                       /* a file: takes everything at once */
    bool colour;
    /* ---- the status line, on a real terminal ---- */
    void (*status)(void *arg, struct buf *out);     /* appends what it is to say; NULL: there is none */
    void *status_arg;
    ev_prepare redraw;                  /* active while there is one */
    ev_signal resized;                  /* SIGWINCH, likewise */
    struct buf line;                    /* as it was last drawn */
    bool drawn;                         /* the cursor stands at its begin */
    bool stale;                         /* what it says may have changed */
    bool closed;
    void (*on_room)(void *arg);         /* called when a full queue has emptied */
    void *arg;
};

void terminal_init(struct terminal *t, struct ev_loop *loop, int fd, void (*on_room)(void *arg),
                   void *arg);

/*
 * Keeps a line at the bottom that says what `status` appends, cut to the terminal's width,
 * drawn anew after whatever was printed, and after terminal_status_changed().  False, and
 * nothing is done, unless the descriptor is a terminal that can do so.
 */
bool terminal_keep_status(struct terminal *t, void (*status)(void *arg, struct buf *out), void *arg);
void terminal_status_changed(struct terminal *t);
/* Nothing is written to it, ever. */
static inline void terminal_silence(struct terminal *t)
{
    t->closed = true;
}

/* Waits at most `bound` seconds for the reader to take what is queued; frees. */
void terminal_deinit(struct terminal *t, double bound);

/* Makes room for a prefix of that length, so that lines align. */
void terminal_name(struct terminal *t, const char *name);

/* One line without its newline; `error`: it came from standard error. */
void terminal_line(struct terminal *t, const char *name, bool error, const char *text, size_t length);

/* "Warning  BackOff  api/app  back-off 20s …"; control characters are made visible. */
void terminal_event(struct terminal *t, const char *type, const char *reason, const char *object,
                    const char *message);

/* A text of whole lines, as it is. */
void terminal_text(struct terminal *t, const char *text, size_t length);

/* Writes what the reader takes now. */
void terminal_flush(struct terminal *t);

static inline bool terminal_full(const struct terminal *t)
{
    return t->queue.length > TERMINAL_QUEUE_MAX;
}

#endif
