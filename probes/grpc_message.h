/*
 * The words of grpc.health.v1.Health/Check: its two messages, small enough for a hand-made
 * encoding, and what codes and statuses are called.  Texts are grpc-go's, which the kubelet
 * shows (kubelet-semantics 2.4).
 */
#ifndef PIDLET_PROBES_GRPC_MESSAGE_H
#define PIDLET_PROBES_GRPC_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* Codes of gRPC that we know more about than the name. */
enum {
    GRPC_OK = 0,
    GRPC_UNKNOWN = 2,
    GRPC_DEADLINE_EXCEEDED = 4,
    GRPC_RESOURCE_EXHAUSTED = 8,
    GRPC_UNIMPLEMENTED = 12,
    GRPC_INTERNAL = 13,
    GRPC_UNAVAILABLE = 14,
};

enum { GRPC_PREFIX = 5 };               /* bytes in front of a message: compressed?, length */
enum { GRPC_SERVING = 1 };              /* of HealthCheckResponse.ServingStatus */

/* Appends a HealthCheckRequest with its prefix. */
void grpc_add_request(struct buf *out, const char *service);

/*
 * Reads all that a server sent: the prefix and one HealthCheckResponse.  Not GRPC_OK: the
 * code of what is wrong, and `why` has the words.
 */
int grpc_read_reply(const uint8_t *bytes, size_t length, int64_t *serving, struct buf *why);

void grpc_add_serving(struct buf *out, int64_t serving);        /* "NOT_SERVING" */
void grpc_add_code(struct buf *out, int64_t code);              /* "Unavailable" */
void grpc_add_message(struct buf *out, const char *text, size_t length);        /* decodes %XX */

const char *grpc_http_status_text(int status);  /* "Not Found"; "" for what is rare */

/* The code that stands for an HTTP status, or an error of HTTP/2. */
int grpc_code_of_http(int status);
int grpc_code_of_h2(uint32_t error);

#endif
