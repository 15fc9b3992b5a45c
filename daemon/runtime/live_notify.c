/* What a container's process tells of itself: from its socket into the core. */
#include "base/utf8.h"
#include "config/text.h"
#include "daemon/runtime/executor_private.h"

#include <stdlib.h>
#include <string.h>

enum { STATUS_MAX = 1024 };             /* bytes of a STATUS that are shown */

/* What pidlet shows to others is UTF-8; of another text there is none. */
static char *status_of(const struct notification *n)
{
    size_t length = n->length;

    if (length == 0 || !text_is_utf8(n->text, length))
        return NULL;
    if (length > STATUS_MAX) {
        length = STATUS_MAX;
        while (!utf8_begins(n->text[length]))     /* not within a character */
            length--;
    }
    return strndup(n->text, length);
}

void live_notice(void *arg, const struct notification *n)
{
    struct live_container *c = arg;
    struct container_event ev = {.kind = CONTAINER_NOTICE, .notice = n->notice, .timeout = n->timeout};
    char *before = NULL;

    if (n->ignored) {
        live_report(c, REPORT_NOTICE_IGNORED, n->text, 0);
        return;
    }
    if (n->notice == NOTICE_STATUS) {
        before = c->status;
        c->status = status_of(n);
        ev.text = c->status;
    }
    live_post(c, ev, clock_mono());
    free(before);                       /* which the core has shown until now */
}
