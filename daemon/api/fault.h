/*
 * Errors as Kubernetes' Status objects (kubectl-api 7).
 */
#ifndef PIDLET_API_FAULT_H
#define PIDLET_API_FAULT_H

#include "daemon/api/http.h"

struct diags;
struct resource;

/* Any: `code`, `reason` ("BadRequest"), a message.  Returns false, so that a refusal is one line. */
bool fault(struct http_reply *reply, unsigned code, const char *reason, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* About one object, which `details` names. */
bool fault_of(struct http_reply *reply, const struct resource *resource, const char *name, unsigned code,
              const char *reason, const char *format, ...) __attribute__((format(printf, 6, 7)));

bool fault_bad_request(struct http_reply *reply, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* 429: to be tried again in a second. */
bool fault_too_many(struct http_reply *reply, const char *format, ...) __attribute__((format(printf, 2, 3)));

bool fault_no_memory(struct http_reply *reply);

/* `doing` ("keeping", "removing") an object's file went wrong: 422 when its name makes too long a one, else 500. */
bool fault_disk(struct http_reply *reply, const struct resource *resource, const char *name, const char *doing,
                int error);

bool fault_no_path(struct http_reply *reply);
bool fault_not_found(struct http_reply *reply, const struct resource *resource, const char *name);
bool fault_exists(struct http_reply *reply, const struct resource *resource, const char *name);
bool fault_conflict(struct http_reply *reply, const struct resource *resource, const char *name, const char *why);

/* 422 with a cause for each finding. */
bool fault_invalid(struct http_reply *reply, const struct resource *resource, const char *name,
                   const struct diags *diags);

/* 422 with one cause: kubectl prints causes, not the message.  `reason`: "FieldValueForbidden"; the text in its words. */
bool fault_cause(struct http_reply *reply, const struct resource *resource, const char *name, const char *reason,
                 const char *field, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* A Status as one text: for the error of a watch. */
void fault_format(struct buf *out, unsigned code, const char *reason, const char *message);

#endif
