/*
 * A terminal that shows one picture after another in place: the other screen, keys without
 * Return, the size as it changes.  What was there is there again in the end.
 */
#ifndef PIDLET_CLIENT_SCREEN_H
#define PIDLET_CLIENT_SCREEN_H

#include <stdbool.h>
#include <termios.h>

struct screen {
    unsigned lines, columns;
    unsigned shown;                     /* lines of the newest picture */
    bool over;                          /* q, Ctrl-C, SIGTERM, or the terminal has gone */
    bool reads;                         /* standard input is a terminal, too */
    struct termios before;              /* when it reads */
};

/* Standard output is a terminal that can move its cursor. */
bool screen_is_there(void);

void screen_begin(struct screen *s);
void screen_end(struct screen *s);

/* Lines are cut to the terminal's width, and their number to its height. */
void screen_show(struct screen *s, const char *text);

/* A signal to end has come; calls that it interrupts fail. */
bool screen_told_to_end(void);

/* Until the time is over, a key ends it, or the size changes. */
void screen_wait(struct screen *s, int milliseconds);

#endif
