/*
 * Pidlet on a developer's terminal: a header, and a status line that says what is ready and
 * what is waited for.  On anything but a terminal it does nothing.
 */
#ifndef PIDLET_DAEMON_CONSOLE_H
#define PIDLET_DAEMON_CONSOLE_H

#include <ev.h>

struct manager;
struct pod_config_set;
struct terminal;

struct console {
    struct terminal *terminal;          /* borrowed, like the next; NULL: no console */
    const struct manager *manager;
    struct ev_loop *loop;
    ev_timer tick;                      /* active while the line counts down */
};

/* Prints the header, for the pods of `set`.  From now on log lines go above the status line. */
void console_start(struct console *c, struct ev_loop *loop, struct terminal *terminal,
                   const struct manager *manager, const struct pod_config_set *set);
void console_stop(struct console *c);

/* Something has happened to a pod. */
void console_changed(struct console *c);

#endif
