#include "base/log.h"

#include "base/fd.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_SIZE = 2048 };

static enum log_level max_level = LOG_LEVEL_INFO;
static log_sink_fn *line_sink;
static void *line_sink_arg;

void log_set_level(enum log_level level)
{
    max_level = level;
}

void log_set_sink(log_sink_fn *sink, void *arg)
{
    line_sink = sink;
    line_sink_arg = arg;
}

static void log_line(enum log_level level, const char *format, va_list args)
{
    static const char head[] = "pidlet: ";
    char line[LINE_SIZE] = "pidlet: ";
    size_t length = sizeof head - 1;
    int saved = errno;

    if (level > max_level)
        return;
    vsnprintf(line + length, sizeof line - length - 1, format, args);
    length = strlen(line);
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
            line[i] = ' ';              /* what a container says may not look like lines of ours */
    }
    if (line_sink != NULL) {
        line_sink(level, line, line_sink_arg);
    } else {
        line[length++] = '\n';
        (void)fd_write_all(STDERR_FILENO, line, length);    /* nobody left to tell */
    }
    errno = saved;
}

#define LOG_FUNCTION(name, level)       \
    void name(const char *format, ...)  \
    {                                   \
        va_list args;                   \
                                        \
        va_start(args, format);         \
        log_line(level, format, args);  \
        va_end(args);                   \
    }

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warn, LOG_LEVEL_WARNING)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)
