#include "client/screen.h"

#include "base/utf8.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
enum { ENDINGS = sizeof ending / sizeof *ending };

static volatile sig_atomic_t ended;

static void on_signal(int number)
{
    ended |= number != SIGWINCH;
}

bool screen_is_there(void)
{
    const char *kind = getenv("TERM");

    return isatty(STDOUT_FILENO) && kind != NULL && strcmp(kind, "dumb") != 0 && *kind != '\0';
}

static void measure(struct screen *s)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == -1 || size.ws_row == 0 || size.ws_col == 0)
        size = (struct winsize){.ws_row = 24, .ws_col = 80};
    s->lines = size.ws_row;
    s->columns = size.ws_col;
}

void screen_begin(struct screen *s)
{
    struct sigaction action = {.sa_handler = on_signal};
    struct termios keys;

    *s = (struct screen){.reads = isatty(STDIN_FILENO) == 1};
    ended = 0;
    for (size_t i = 0; i < ENDINGS; i++)
        sigaction(ending[i], &action, NULL);
    sigaction(SIGWINCH, &action, NULL);
    s->reads = s->reads && tcgetattr(STDIN_FILENO, &s->before) == 0;
    if (s->reads) {
        keys = s->before;
        keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
        tcsetattr(STDIN_FILENO, TCSANOW, &keys);
    }
    fputs("\x1b[?1049h\x1b[?25l", stdout);      /* the other screen, no cursor */
    measure(s);
}

void screen_end(struct screen *s)
{
    fputs("\x1b[?25h\x1b[?1049l", stdout);
    fflush(stdout);
    if (s->reads)
        tcsetattr(STDIN_FILENO, TCSANOW, &s->before);
}

void screen_show(struct screen *s, const char *text)
{
    unsigned line = 0;

    fputs("\x1b[H", stdout);
    for (; line < s->lines && *text != '\0'; line++) {
        const size_t length = strcspn(text, "\n");

        fputs(line > 0 ? "\n\x1b[K" : "\x1b[K", stdout);        /* what was there goes first */
        fwrite(text, 1, utf8_fitting(text, length, s->columns), stdout);
        text += length + (text[length] == '\n');
    }
    if (s->shown > line)
        fputs("\n\x1b[J", stdout);     /* and what was below */
    s->shown = line;
    if (fflush(stdout) != 0)
        s->over = true;
}

bool screen_told_to_end(void)
{
    return ended != 0;
}

void screen_wait(struct screen *s, int milliseconds)
{
    struct pollfd keys = {.fd = s->reads ? STDIN_FILENO : -1, .events = POLLIN};
    char key;
    int r = poll(&keys, 1, milliseconds);

    if (r == -1 && errno != EINTR)
        s->over = true;
    if (r == 1 && (read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q'))
        s->over = true;
    measure(s);
}
