/*
 * The daemon's API, over its unix socket: requests that wait for their answer.
 */
#ifndef PIDLET_CLIENT_REMOTE_H
#define PIDLET_CLIENT_REMOTE_H

#include "base/buf.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct remote {
    const char *verb;                   /* for messages */
    struct buf socket;
    struct buf body;                    /* of the newest answer */
    unsigned code;                      /* HTTP */
};

/* `socket` NULL: $PIDLET_SOCKET, or the one in its place.  False: said why. */
bool remote_init(struct remote *r, const char *verb, const char *socket);
void remote_deinit(struct remote *r);

struct remote_request {
    const char *method;                 /* NULL: GET */
    const char *path;                   /* with its query */
    const char *body;                   /* NULL: none */
    const char *content_type;           /* NULL: application/json */
    bool table;                         /* asks for a Table */
};

/* The answer is in r->body and r->code, whatever the code.  False: there is none; said why. */
bool remote_ask(struct remote *r, const struct remote_request *request);

/* Asks, and parses; NULL: said why, as kubectl does when the server refuses. */
json_t *remote_json(struct remote *r, const struct remote_request *request);

/* A text of an answer; "" where there is none. */
const char *remote_text_at(const json_t *object, const char *key);

/* The server's refusal, as kubectl prints it. */
void remote_print_fault(const struct remote *r);

/* Each part as it comes; false from `part` ends it.  False: could not, or was refused; said why. */
typedef bool remote_part_fn(void *arg, const char *bytes, size_t length);
bool remote_stream(struct remote *r, const struct remote_request *request, remote_part_fn *part, void *arg);

/* Appends `text` with what a URL's path or query cannot hold escaped. */
void remote_escape(struct buf *out, const char *text);

#endif
