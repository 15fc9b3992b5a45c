/*
 * What an httpGet of a probe or a hook asks for, on the wire and in words
 * (kubelet-semantics 2.4 and 3.1): the rules, without a connection.
 */
#ifndef PIDLET_PROBES_HTTP_REQUEST_H
#define PIDLET_PROBES_HTTP_REQUEST_H

#include "probes/url.h"

#include <stddef.h>

struct http_get_spec;

#define HTTP_KUBERNETES_VERSION "1.36"  /* whose kubelet we speak for */

struct http_request {                   /* everything lives in the arena it was made in */
    struct url url;
    const char *text;                   /* the URL in messages */
    const char *target;                 /* of the request line */
    const char *host;                   /* to be dialed: name or address */
    uint16_t port;
    bool tls;
    bool given_host;                    /* Host is of the manifest, not of the URL */
    /*
     * Header lines in the order they are sent: "Name: value", and as libcurl has it
     * "Name;" for an empty value and "Name:" for none of its own.  NULL at the end.
     */
    const char **lines;
};

enum http_agent { HTTP_AGENT_PROBE, HTTP_AGENT_LIFECYCLE };

/* False: it cannot be made; `why` says so in Go's words. */
bool http_request_make(struct http_request *out, struct arena *a, const struct http_get_spec *get,
                       const char *host, uint16_t port, enum http_agent agent, struct buf *why);

/* The same over plain HTTP without the Authorization header (kubelet-semantics 3.1). */
bool http_request_make_plain(struct http_request *out, struct arena *a, const struct http_get_spec *get,
                             const char *host, uint16_t port, enum http_agent agent, struct buf *why);

enum http_redirect {
    HTTP_ANSWER,                        /* not to be followed: the response itself counts */
    HTTP_FOLLOW,
    HTTP_BROKEN,                        /* `why` is the whole text */
};

enum { HTTP_REDIRECTS = 10 };

/*
 * What is to be done after `request`, the `made`-th of the attempt, was answered with
 * `status` and `location` (NULL: none).  Only FOLLOW writes `next`.  `first_host` is of
 * the attempt's first request.
 */
enum http_redirect http_request_redirect(struct http_request *next, struct arena *a,
                                         const struct http_request *request,
                                         const struct http_get_spec *get, enum http_agent agent,
                                         const char *first_host, unsigned made, long status,
                                         const char *location, struct buf *why);

#endif
