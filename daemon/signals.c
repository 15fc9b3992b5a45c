#include "daemon/signals.h"

#include "base/macros.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

/* A terminal that was closed sends the same signal as an administrator's wish to reload. */
static bool terminal_is_gone(const struct signals *s)
{
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};

    return s->on_terminal && poll(&p, 1, 0) == 1 && (p.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

static void interrupted(struct signals *s)
{
    if (++s->interrupts == 1)
        s->target.stop(s->target.arg, "interrupt (once more kills)");
    else
        s->target.kill(s->target.arg, "second interrupt");
}

static void hung_up(struct signals *s)
{
    if (terminal_is_gone(s))
        s->target.stop(s->target.arg, "the terminal is gone");
    else
        s->target.reload(s->target.arg);
}

static void came(struct ev_loop *loop, ev_signal *w, int revents)
{
    struct signals *s = w->data;

    (void)loop;
    (void)revents;
    if (w->signum == SIGTERM)
        s->target.stop(s->target.arg, "SIGTERM");
    else if (s->init || w->signum == SIGUSR1 || w->signum == SIGUSR2 || w->signum == SIGWINCH)
        s->target.forward(s->target.arg, w->signum);
    else if (w->signum == SIGINT)
        interrupted(s);
    else if (w->signum == SIGQUIT)
        s->target.kill(s->target.arg, "SIGQUIT");
    else
        hung_up(s);
}

void signals_start(struct signals *s, struct ev_loop *loop, const struct signals_target *target, bool init)
{
    static const int numbers[SIGNALS] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH};

    *s = (struct signals){.loop = loop, .target = *target, .init = init, .on_terminal = isatty(STDIN_FILENO)};
    for (int i = 0; i < SIGNALS; i++) {
        ev_signal_init(&s->watchers[i], came, numbers[i]);
        s->watchers[i].data = s;
        ev_signal_start(loop, &s->watchers[i]);
    }
}

/* What comes now is too late to be heard, and must not end the process without its exit status. */
void signals_stop(struct signals *s)
{
    sigset_t set;

    sigemptyset(&set);
    for (int i = 0; i < SIGNALS; i++)
        sigaddset(&set, s->watchers[i].signum);
    sigprocmask(SIG_BLOCK, &set, NULL);
    for (int i = 0; i < SIGNALS; i++)
        ev_signal_stop(s->loop, &s->watchers[i]);
}
