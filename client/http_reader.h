/*
 * The answer to one HTTP/1.1 request, as its bytes come: head, then body, chunked or not.
 * Pure, and only as much of HTTP as a server of our own sends.
 */
#ifndef PIDLET_CLIENT_HTTP_READER_H
#define PIDLET_CLIENT_HTTP_READER_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

enum http_reader_state { READER_HEAD, READER_BODY, READER_CHUNK_SIZE, READER_CHUNK, READER_CHUNK_END, READER_TRAILER, READER_DONE, READER_BAD };

typedef void http_header_fn(void *arg, const char *line);
typedef bool http_body_fn(void *arg, const char *bytes, size_t length);

struct http_reader {
    enum http_reader_state state;
    struct buf line;                    /* the head's lines, or a chunk's */
    unsigned code;
    bool chunked, sized;
    size_t left;                        /* of the chunk, or of a sized body */
    http_header_fn *on_header;          /* may be NULL */
    http_body_fn *on_body;              /* false: enough */
    void *arg;
    bool stopped;                       /* by on_body */
};

/* False: no more is wanted: it is done, it was stopped, or it is no HTTP. */
bool http_reader_feed(struct http_reader *r, const char *bytes, size_t length);

/* The connection has ended: a body without a length ends there. */
bool http_reader_is_whole(const struct http_reader *r);

void http_reader_deinit(struct http_reader *r);

#endif
