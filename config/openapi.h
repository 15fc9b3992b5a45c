/*
 * The OpenAPI v3 document of the objects that pidlet knows, made from the field table: what a
 * Kubernetes server has at /openapi/v3/….  kubectl explain reads it (kubectl-api 3.3).
 */
#ifndef PIDLET_CONFIG_OPENAPI_H
#define PIDLET_CONFIG_OPENAPI_H

struct buf;

/* Appends the document of one API version, such as "v1" or "apps/v1"; NULL: of all of them. */
void openapi_document(const char *api_version, struct buf *out);

#endif
