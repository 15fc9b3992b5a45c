/*
 * Bodies as application/vnd.kubernetes.protobuf: kubectl sends what it makes by itself so since
 * 1.32 (`create namespace`, `create configmap`, `create secret`), and nothing else will do
 * (kubectl-api 10.3).  They become the JSON that they are another form of.  Pure.
 */
#ifndef PIDLET_API_PROTOBUF_H
#define PIDLET_API_PROTOBUF_H

#include <jansson.h>
#include <stddef.h>

struct buf;

#define PROTOBUF_MEDIA "application/vnd.kubernetes.protobuf"

/*
 * A new reference; NULL: `why` says what is wrong, or is empty: no memory.  What fields are
 * known stands in tables in protobuf.c; one that is not known, and says something, is an error.
 */
json_t *protobuf_parse(const char *bytes, size_t length, struct buf *why);

#endif
