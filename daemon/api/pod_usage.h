/*
 * What pods and the host use, as metrics.k8s.io/v1beta1 has it: for `kubectl top` and
 * `pidlet top`.  Measured when somebody asks, over the time since somebody asked before.
 */
#ifndef PIDLET_API_POD_USAGE_H
#define PIDLET_API_POD_USAGE_H

struct http_reply;
struct http_request;

void pod_usage_get(struct http_request *rq, struct http_reply *reply);
void pod_usage_list(struct http_request *rq, struct http_reply *reply);

#endif
