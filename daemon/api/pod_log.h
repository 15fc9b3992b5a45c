/*
 * GET …/pods/NAME/log (kubectl-api 8).
 */
#ifndef PIDLET_API_POD_LOG_H
#define PIDLET_API_POD_LOG_H

struct backing;
struct http_reply;
struct http_request;
struct snapshot;

void pod_log(struct http_request *rq, const struct snapshot *s, struct http_reply *reply);

/* A step of a pod, or its end: followers whose container is over have something to read. */
void pod_log_wake(struct backing *b);

#endif
