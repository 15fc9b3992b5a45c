/*
 * What a list or a watch is about, and what belongs to it.
 */
#ifndef PIDLET_API_VIEW_H
#define PIDLET_API_VIEW_H

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

/* What a Table's rows are to have of their objects. */
enum table_object view_object(const struct http_request *rq);

#endif
