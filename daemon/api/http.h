/*
 * A request as handlers see it, and what they answer: nothing here knows of sockets.
 *
 * A request lives in one arena.  A handler fills the reply; long answers (a watch, a
 * followed log) are streams, which the server asks for more whenever their client takes it.
 */
#ifndef PIDLET_API_HTTP_H
#define PIDLET_API_HTTP_H

#include "base/buf.h"
#include "daemon/api/query.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct api;
struct arena;

enum http_method { METHOD_GET, METHOD_POST, METHOD_PUT, METHOD_PATCH, METHOD_DELETE };
enum { METHODS = METHOD_DELETE + 1 };

struct http_request {
    struct api *api;
    struct arena *arena;                /* of everything below, and for the handler's own use */
    bool local;                         /* it came by the unix socket */
    const char *client;                 /* who asks, as access_permits() names them; "" until then */
    bool has_waited;                    /* for the store to be up to date */
    enum http_method method;
    char *path;                         /* as sent, without the query; no slash at its end */
    struct query query;
    const char *accept;                 /* header; "" when absent */
    const char *content_type;           /* header; "" when absent */
    const char *body;                   /* NUL-terminated */
    size_t body_length;
    /* From the path, by the route; "" when it names none. */
    size_t resource;                    /* index in resources[] */
    const char *namespace, *name, *subresource;
};

enum { STREAM_END = -1, STREAM_BROKEN = -2 };

/*
 * A long answer, or one without a known end.  `read` fills at most `max` bytes and returns how many;
 * 0: nothing now, STREAM_END: all is said, STREAM_BROKEN: the client is cut off.
 */
struct http_stream {
    ssize_t (*read)(struct http_stream *s, char *out, size_t max);
    void (*free)(struct http_stream *s);
    uint64_t length;                    /* of all of it; 0: nobody knows */
    size_t block;                       /* the most that is read at once, and held for it; 0: as the server likes */
    /* The server's: there may be more to read now; false: it reads anyway. */
    bool (*wake)(struct http_stream *s);
    void *connection;                           /* the server's */
};

enum { WARNINGS_MAX = 16 };

struct http_reply {
    unsigned code;                      /* 0: not answered yet */
    const char *content_type;           /* a literal, or of the request's arena */
    struct buf body;
    struct http_stream *stream;         /* in place of a body; owned */
    unsigned retry_after;               /* seconds, for the header; 0: none */
    const char *warnings[WARNINGS_MAX]; /* of the request's arena */
    unsigned warning_count;
};

/* The method's name in HTTP. */
const char *http_method_name(enum http_method method);

/* The header `Accept` asks for `type`, a media type with parameters, before application/json. */
bool http_accepts_table(const char *accept);

/* The media type without parameters, lower case, in `out`. */
void http_media_type(const char *content_type, char *out, size_t size);

/* Appends a Warning of code 299; kubectl prints it.  Those beyond WARNINGS_MAX are dropped. */
void http_warn(struct http_reply *reply, struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The answer is `code` with a text of type `content_type`, to which the caller appends. */
struct buf *http_answer(struct http_reply *reply, unsigned code, const char *content_type);

/* 200 with a Status that says "Success", and no more. */
void http_answer_success(struct http_reply *reply);

#endif
