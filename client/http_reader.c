#include "client/http_reader.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LINE_MAX_BYTES = 64 * 1024 };

/* A line of the head without its end; false: it is no HTTP. */
static bool take_head_line(struct http_reader *r, char *line)
{
    static const char length[] = "content-length:", encoding[] = "transfer-encoding:";

    if (r->code == 0) {
        if (strncmp(line, "HTTP/1.", 7) != 0)
            return false;
        r->code = (unsigned)strtoul(line + strcspn(line, " "), NULL, 10);
        return r->code >= 100;
    }
    if (*line == '\0') {
        if (r->code < 200)
            r->code = 0;                /* 100 Continue: the real one follows */
        else
            r->state = r->chunked ? READER_CHUNK_SIZE : r->sized && r->left == 0 ? READER_DONE : READER_BODY;
        return true;
    }
    if (strncasecmp(line, length, sizeof length - 1) == 0) {
        r->sized = true;
        r->left = strtoul(line + sizeof length - 1, NULL, 10);
    } else if (strncasecmp(line, encoding, sizeof encoding - 1) == 0 && strcasestr(line, "chunked") != NULL) {
        r->chunked = true;
    }
    if (r->on_header != NULL)
        r->on_header(r->arg, line);
    return true;
}

static bool take_line(struct http_reader *r, char *line)
{
    char *end;

    if (r->state == READER_HEAD)
        return take_head_line(r, line);
    if (r->state == READER_CHUNK_END) {
        r->state = READER_CHUNK_SIZE;
        return *line == '\0';
    }
    if (r->state == READER_TRAILER) {
        if (*line == '\0')
            r->state = READER_DONE;
        return true;
    }
    r->left = strtoul(line, &end, 16);
    r->state = r->left == 0 ? READER_TRAILER : READER_CHUNK;
    return end != line;
}

/* Bytes up to a line's end; the whole line is looked at. */
static size_t feed_line(struct http_reader *r, const char *bytes, size_t length)
{
    const char *end = memchr(bytes, '\n', length);
    size_t taken = end == NULL ? length : (size_t)(end - bytes) + 1;

    buf_add(&r->line, bytes, taken);
    if (end != NULL && !buf_failed(&r->line)) {
        char *line = r->line.data;

        line[strcspn(line, "\r\n")] = '\0';
        if (!take_line(r, line))
            r->state = READER_BAD;
        buf_clear(&r->line);
    }
    if (r->line.length > LINE_MAX_BYTES || buf_failed(&r->line))
        r->state = READER_BAD;
    return taken;
}

static size_t feed_body(struct http_reader *r, const char *bytes, size_t length)
{
    const bool bounded = r->chunked || r->sized;
    size_t part = bounded && r->left < length ? r->left : length;

    if (!r->on_body(r->arg, bytes, part))
        r->stopped = true;
    r->left -= bounded ? part : 0;
    if (bounded && r->left == 0)
        r->state = r->chunked ? READER_CHUNK_END : READER_DONE;
    return part;
}

bool http_reader_feed(struct http_reader *r, const char *bytes, size_t length)
{
    while (length > 0 && !r->stopped && r->state != READER_DONE && r->state != READER_BAD) {
        size_t taken = r->state == READER_BODY || r->state == READER_CHUNK ? feed_body(r, bytes, length)
                                                                           : feed_line(r, bytes, length);

        bytes += taken;
        length -= taken;
    }
    return !r->stopped && r->state != READER_DONE && r->state != READER_BAD;
}

bool http_reader_is_whole(const struct http_reader *r)
{
    return r->state == READER_DONE || (r->state == READER_BODY && !r->sized);
}

void http_reader_deinit(struct http_reader *r)
{
    buf_deinit(&r->line);
}
