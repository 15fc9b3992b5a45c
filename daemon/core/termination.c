#include "daemon/core/termination.h"

#include "base/buf.h"

#include <string.h>

struct text {
    const char *bytes;
    size_t length;
};

static struct text last_bytes(const char *bytes, size_t length, size_t max)
{
    return length <= max ? (struct text){bytes, length} : (struct text){bytes + length - max, max};
}

/* Of at most so many lines; the newline at the end belongs to the last one. */
static struct text last_lines(struct text t, unsigned lines)
{
    for (size_t i = t.length; i > 0; i--) {
        if (t.bytes[i - 1] == '\n' && i < t.length && --lines == 0)
            return (struct text){t.bytes + i, t.length - i};
    }
    return t;
}

static struct text log_tail(const struct termination *t)
{
    return last_lines(last_bytes(t->log, t->log_length, TERMINATION_LOG_MAX), TERMINATION_LOG_LINES);
}

/* C strings end at a NUL; it is shown instead. */
static void add_text(struct buf *out, struct text t)
{
    while (t.length > 0) {
        const size_t n = strnlen(t.bytes, t.length);

        buf_add(out, t.bytes, n);
        if (n == t.length)
            return;
        buf_addc(out, '?');
        t.bytes += n + 1;
        t.length -= n + 1;
    }
}

static void add_own(struct buf *out, const struct termination *t)
{
    struct text file = last_bytes(t->file, t->file_length, TERMINATION_FILE_MAX);

    if (t->file_error != NULL)
        buf_addf(out, "Error on reading termination log %s: %s", t->path, t->file_error);
    else if (file.length == 0 && t->policy == MESSAGE_FALLBACK_TO_LOGS && t->exit_code != 0)
        add_text(out, log_tail(t));
    else
        add_text(out, file);
}

void termination_message(struct buf *out, const struct termination *t)
{
    const size_t begin = out->length, max = TERMINATION_POD_MAX / t->containers;
    size_t own;

    if (t->runtime != NULL && t->runtime[0] != '\0') {
        buf_adds(out, t->runtime);
        buf_adds(out, ": ");
    }
    own = out->length;
    add_own(out, t);
    if (out->length == own && own > begin)      /* nothing follows the ": " */
        buf_cut(out, own - 2);
    if (out->length - begin > max)
        buf_cut(out, begin + max);
}
