/*
 * The body of a write as JSON.
 */
#ifndef PIDLET_API_BODY_H
#define PIDLET_API_BODY_H

#include <jansson.h>
#include <stdbool.h>

struct http_reply;
struct http_request;

enum body_type {
    BODY_OBJECT,                        /* application/json, or YAML, or without a type */
    BODY_STRATEGIC,
    BODY_MERGE,
    BODY_JSON_PATCH,
    BODY_APPLY,                         /* server-side apply */
    BODY_PROTOBUF,
    BODY_OTHER,
};

enum body_type body_type_of(const char *content_type);

/*
 * Of BODY_PROTOBUF, too.  A new reference; NULL: answered with an error, or (when `optional`, and it is empty)
 * reply->code is still 0.  *duplicates: a key stood twice somewhere; the last one counts.
 */
json_t *body_parse(struct http_request *rq, bool optional, bool *duplicates, struct http_reply *reply);

#endif
