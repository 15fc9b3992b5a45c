/*
 * The subresource status of pods: who decides on a readiness gate sets its condition
 * there (kubelet-semantics 2.9), as with
 *
 *     kubectl patch pod web --subresource=status -p '{"status":{"conditions":[{"type":"open","status":"True"}]}}'
 *
 * All the rest of a status is the daemon's, and stays as it is.
 */
#ifndef PIDLET_API_POD_CONDITIONS_H
#define PIDLET_API_POD_CONDITIONS_H

struct http_reply;
struct http_request;
struct snapshot;

void pod_conditions(struct http_request *rq, const struct snapshot *s, struct http_reply *reply);

#endif
