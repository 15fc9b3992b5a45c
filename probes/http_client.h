/*
 * libcurl's multi interface in the loop: one for all HTTP attempts of the daemon.
 *
 * What is built without it has no client.  An attempt without one is a probe error.
 */
#ifndef PIDLET_PROBES_HTTP_CLIENT_H
#define PIDLET_PROBES_HTTP_CLIENT_H

struct ev_loop;
struct http_client;

#if PIDLET_HTTP
struct http_client *http_client_new(struct ev_loop *loop);      /* NULL: no memory, no libcurl */
void http_client_free(struct http_client *c);                   /* NULL is fine; no attempt is left */
#else
static inline struct http_client *http_client_new(struct ev_loop *loop)
{
    (void)loop;
    return (struct http_client *)0;
}

static inline void http_client_free(struct http_client *c)
{
    (void)c;
}
#endif

#endif
