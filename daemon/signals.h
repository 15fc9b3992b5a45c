/*
 * What signals to pidlet mean.
 *
 *                           manifests        with --essential      as an init (run -- COMMAND)
 *   SIGTERM                 stop             stop                  stop: the command gets it
 *   SIGINT                  stop, then kill  stop, then kill       to the command
 *   SIGQUIT                 kill             kill                  to the command
 *   SIGHUP                  reload           reload                to the command
 *   SIGUSR1 SIGUSR2 WINCH   nothing          to the container      to the command
 */
#ifndef PIDLET_DAEMON_SIGNALS_H
#define PIDLET_DAEMON_SIGNALS_H

#include <ev.h>
#include <stdbool.h>

enum { SIGNALS = 7 };

struct signals_target {
    void (*stop)(void *arg, const char *why);
    void (*kill)(void *arg, const char *why);
    void (*reload)(void *arg);
    void (*forward)(void *arg, int number);     /* to the essential container, if there is one */
    void *arg;
};

struct signals {
    struct ev_loop *loop;               /* borrowed */
    struct signals_target target;
    ev_signal watchers[SIGNALS];
    unsigned interrupts;
    bool init;                          /* as an init: all but SIGTERM go to the command */
    bool on_terminal;                   /* standard input was a terminal */
};

void signals_start(struct signals *s, struct ev_loop *loop, const struct signals_target *target, bool init);
void signals_stop(struct signals *s);

#endif
