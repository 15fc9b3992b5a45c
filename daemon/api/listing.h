/*
 * Lists: JSON or a Table, whole or a page; a long one is made while it is sent, so that
 * nothing waits for it and no second copy of it stands in memory.
 */
#ifndef PIDLET_API_LISTING_H
#define PIDLET_API_LISTING_H

struct http_reply;
struct http_request;
struct view;

/* What there is now, as the request wants it; or an error. */
void listing_answer(struct http_request *rq, const struct view *v, struct http_reply *reply);

#endif
