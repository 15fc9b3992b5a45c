/*
 * The protocol of sd_notify(3): a datagram of lines NAME=VALUE.
 *
 * Own code: libsystemd has the sender alone.  Pure: text in, what it means out.
 */
#ifndef PIDLET_RUNTIME_NOTIFICATION_H
#define PIDLET_RUNTIME_NOTIFICATION_H

#include "daemon/core/step.h"

#include <stdbool.h>
#include <stddef.h>

enum { NOTIFICATION_IGNORED = 32 };

struct notification {
    enum notice notice;
    mono_ms timeout;            /* NOTICE_WATCHDOG_TIMEOUT */
    const char *text;           /* NOTICE_STATUS: the text, borrowed from the datagram; with `ignored`: why */
    size_t length;              /* of the text */
    bool ignored;               /* it is of no use here: `text` says why, a literal */
    unsigned which;             /* of those that are ignored; below NOTIFICATION_IGNORED */
};

/*
 * The next line of `*at` that means something to pidlet; what has no meaning for anybody but
 * systemd, or is not known, is skipped, as sd_notify(3) has it.  False: there is no more.
 */
bool notification_next(const char **at, size_t *left, struct notification *out);

#endif
