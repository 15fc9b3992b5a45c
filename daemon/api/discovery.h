/*
 * What the API says of itself: versions, groups, resources, OpenAPI (kubectl-api 3).
 */
#ifndef PIDLET_API_DISCOVERY_H
#define PIDLET_API_DISCOVERY_H

struct http_reply;
struct http_request;

void discovery_version(struct http_request *rq, struct http_reply *reply);
void discovery_api(struct http_request *rq, struct http_reply *reply);
void discovery_metrics_group(struct http_request *rq, struct http_reply *reply);
void discovery_metrics(struct http_request *rq, struct http_reply *reply);
void discovery_apis(struct http_request *rq, struct http_reply *reply);
void discovery_resources(struct http_request *rq, struct http_reply *reply);
void discovery_openapi_v3(struct http_request *rq, struct http_reply *reply);          /* the index */
void discovery_openapi_v3_core(struct http_request *rq, struct http_reply *reply);     /* of core/v1 */
void discovery_openapi_v2(struct http_request *rq, struct http_reply *reply);

#endif
