/*
 * What can be done to a pod beyond applying it, and what a change of its spec does.
 */
#ifndef PIDLET_API_POD_ACTIONS_H
#define PIDLET_API_POD_ACTIONS_H

#include <stdbool.h>

struct http_reply;
struct http_request;
struct live_pod;
struct pod_config;
struct snapshot;
struct write;

/* Subresources: GET tells, POST does. */
void pod_backoff(struct http_request *rq, const struct snapshot *s, struct http_reply *reply);
void pod_restart(struct http_request *rq, const struct snapshot *s, struct http_reply *reply);

#endif
