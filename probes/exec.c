#include "probes/exec.h"

#include "base/duration.h"
#include "base/fd.h"
#include "base/macros.h"
#include "probes/attempt_private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { READS_A_TURN = 16 };             /* of a command that never stops talking */

static void close_stream(struct attempt *a, struct exec_stream *s)
{
    if (s->fd < 0)
        return;
    ev_io_stop(a->loop, &s->readable);
    fd_close(&s->fd);
}

/* Reads what is there; keeps what fits.  False at the end of file. */
static bool read_some(struct exec_stream *s)
{
    char piece[4096];

    for (int i = 0; i < READS_A_TURN; i++) {
        ssize_t n = read(s->fd, piece, sizeof piece);
        size_t room = ATTEMPT_TEXT_MAX - s->text.length;

        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            return errno == EAGAIN;
        if (n == 0)
            return false;
        buf_add(&s->text, piece, (size_t)n < room ? (size_t)n : room);
    }
    return true;
}

static void stream_readable(struct ev_loop *loop, ev_io *w, int revents)
{
    struct exec_stream *s = container_of(w, struct exec_stream, readable);

    (void)revents;
    if (!read_some(s)) {
        ev_io_stop(loop, w);
        fd_close(&s->fd);
    }
}

static bool open_stream(struct attempt *a, struct exec_stream *s, int *write_end)
{
    if (pipe_open(&s->fd, write_end) < 0)
        return false;
    fd_set_nonblocking(s->fd, true);
    ev_io_init(&s->readable, stream_readable, s->fd, EV_READ);
    ev_io_start(a->loop, &s->readable);
    return true;
}

static void say_timeout(struct attempt *a)
{
    char took[DURATION_SIZE];

    duration_format(a->timeout, took);
    buf_clear(&a->text);
    buf_adds(&a->text, "command timed out: \"");
    for (char *const *word = a->exec.argv; *word != NULL; word++)
        buf_addf(&a->text, "%s%s", word == a->exec.argv ? "" : " ", *word);
    buf_addf(&a->text, "\" timed out after %s", took);
}

/* The command is gone with all it left behind: what it wrote is in the pipes, whole. */
static void exited(void *arg, int exit_code)
{
    struct attempt *a = arg;

    a->exec.child = NULL;
    if (a->exec.timed_out) {
        say_timeout(a);
        attempt_finish(a, ATTEMPT_TIMED_OUT, exit_code);
        return;
    }
    for (int i = 0; i < 2; i++) {
        struct exec_stream *s = &a->exec.streams[i];

        if (s->fd >= 0)
            read_some(s);
        buf_add(&a->text, buf_text(&s->text), buf_failed(&s->text) ? 0 : s->text.length);
        if (i == 0)
            a->stdout_length = a->text.length;
    }
    attempt_finish(a, exit_code == 0 ? ATTEMPT_OK : ATTEMPT_EXIT_CODE, exit_code);
}

static void start(struct attempt *a, const struct attempt_request *request)
{
    struct exec_attempt *x = &a->exec;
    cleanup_fd int out = -1, err = -1;
    bool own_trouble = true;

    x->runner = request->exec.runner;
    x->argv = request->exec.argv;
    x->streams[0].fd = x->streams[1].fd = -1;
    if (!open_stream(a, &x->streams[0], &out) || !open_stream(a, &x->streams[1], &err))
        buf_addf(&a->text, "opening a pipe: %s", strerror(errno));
    else
        x->child = x->runner->start(x->runner, x->argv, out, err, exited, a, &a->text, &own_trouble);
    if (x->child == NULL)
        attempt_finish_later(a, own_trouble ? ATTEMPT_NOT_RUN : ATTEMPT_CANNOT_RUN);
}

static void timed_out(struct attempt *a)
{
    a->exec.timed_out = true;
    a->exec.runner->kill(a->exec.child);        /* and exited() tells the outcome */
}

static void deinit(struct attempt *a)
{
    for (int i = 0; i < 2; i++) {
        close_stream(a, &a->exec.streams[i]);
        buf_deinit(&a->exec.streams[i].text);
    }
    if (a->exec.child != NULL)
        a->exec.runner->release(a->exec.child);
    a->exec.child = NULL;
}

const struct attempt_ops exec_attempt_ops = {.start = start, .timed_out = timed_out, .deinit = deinit};
