/*
 * Reading: one object, a list, a watch; as JSON or as a Table.
 */
#ifndef PIDLET_API_OBJECTS_H
#define PIDLET_API_OBJECTS_H

#include "daemon/api/http.h"

struct snapshot;

void objects_get(struct http_request *rq, struct http_reply *reply);
void objects_list(struct http_request *rq, struct http_reply *reply);    /* or a watch */

/* Answers with one object, as the request wants it. */
void objects_answer(struct http_request *rq, struct http_reply *reply, unsigned code, const struct snapshot *s);

#endif
