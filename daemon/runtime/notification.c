#include "daemon/runtime/notification.h"

#include "base/macros.h"

#include <stdint.h>
#include <string.h>

/* A line as it is meant, whole, or up to "=" when the value is free. */
static const struct line {
    const char *text;
    struct notification meaning;
} lines[] = {
    {"READY=1", {.notice = NOTICE_READY}},
    {"RELOADING=1", {.notice = NOTICE_RELOADING}},
    {"STOPPING=1", {.notice = NOTICE_STOPPING}},
    {"WATCHDOG=1", {.notice = NOTICE_WATCHDOG}},
    {"WATCHDOG=trigger", {.notice = NOTICE_WATCHDOG_TRIGGER}},
    {"FDSTORE=1", {.ignored = true, .text = "FDSTORE=1 is refused: pidlet keeps no descriptors; pidlet.dev/listen "
                                            "keeps sockets open over restarts"}},
    {"FDSTOREREMOVE=1", {.ignored = true, .text = "FDSTOREREMOVE=1 is refused: pidlet keeps no descriptors"}},
    {"MAINPID=", {.ignored = true, .text = "MAINPID is ignored: the main process is the one that pidlet has started"}},
    {"EXTEND_TIMEOUT_USEC=", {.ignored = true, .text = "EXTEND_TIMEOUT_USEC is ignored: startupProbe and "
                                                       "terminationGracePeriodSeconds say how long a start and a stop "
                                                       "may take"}},
    {"NOTIFYACCESS=", {.ignored = true, .text = "NOTIFYACCESS is ignored: all processes of the container may notify"}},
};

_Static_assert(array_count(lines) <= NOTIFICATION_IGNORED, "each has a number");

static bool means(const char *line, size_t length, const struct line *known)
{
    const size_t n = strlen(known->text);

    return known->text[n - 1] == '=' ? length >= n && memcmp(line, known->text, n) == 0
                                     : length == n && memcmp(line, known->text, n) == 0;
}

/* Microseconds, rounded up to a millisecond; false: no number. */
static bool parse_usec(const char *text, size_t length, mono_ms *out)
{
    uint64_t usec = 0;

    if (length == 0)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        if (usec > (UINT64_MAX - 9) / 10)
            return false;
        usec = usec * 10 + (uint64_t)(text[i] - '0');
    }
    *out = (mono_ms)(usec / 1000 + (usec % 1000 != 0));
    return true;
}

static bool read_line(const char *line, size_t length, struct notification *out)
{
    static const char status[] = "STATUS=", timeout[] = "WATCHDOG_USEC=";

    for (size_t i = 0; i < array_count(lines); i++) {
        if (means(line, length, &lines[i])) {
            *out = lines[i].meaning;
            out->which = (unsigned)i;
            return true;
        }
    }
    *out = (struct notification){0};
    if (length >= sizeof status - 1 && memcmp(line, status, sizeof status - 1) == 0) {
        out->notice = NOTICE_STATUS;
        out->text = line + (sizeof status - 1);
        out->length = length - (sizeof status - 1);
        return true;
    }
    out->notice = NOTICE_WATCHDOG_TIMEOUT;
    return length >= sizeof timeout - 1 && memcmp(line, timeout, sizeof timeout - 1) == 0
           && parse_usec(line + (sizeof timeout - 1), length - (sizeof timeout - 1), &out->timeout);
}

bool notification_next(const char **at, size_t *left, struct notification *out)
{
    while (*left > 0) {
        const char *line = *at, *end = memchr(line, '\n', *left);
        const size_t length = end != NULL ? (size_t)(end - line) : *left;

        *at += length + (end != NULL);
        *left -= length + (end != NULL);
        if (read_line(line, length, out))
            return true;
    }
    return false;
}
