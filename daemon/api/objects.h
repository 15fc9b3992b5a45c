/*
 * Reading: one object, a list, a watch; as JSON or as a Table.
 */
#ifndef PIDLET_API_OBJECTS_H
#define PIDLET_API_OBJECTS_H

#include "daemon/api/http.h"
#include "daemon/api/selector.h"
#include "daemon/api/table.h"

struct snapshot;

/* What a list or a watch is about, from its request. */
struct view {
    size_t resource;
    const char *namespace;              /* "": all */
    struct selector labels, fields;
    bool table;
    enum table_object object;
};

/* False when it has answered with an error.  Lives as long as the request's arena. */
bool view_of(struct http_request *rq, struct view *v, struct http_reply *reply);

bool view_matches(const struct view *v, const struct snapshot *s);

void objects_get(struct http_request *rq, struct http_reply *reply);
void objects_list(struct http_request *rq, struct http_reply *reply);    /* or a watch */

/* Answers with one object, as the request wants it. */
void objects_answer(struct http_request *rq, struct http_reply *reply, unsigned code, const struct snapshot *s);

#endif
