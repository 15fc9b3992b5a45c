/*
 * URLs as the kubelet's (Go's net/url) takes them: RFC 3986, with Go's ideas of what is
 * escaped and what is an error.  User information is dropped.
 *
 * Everything lives in the arena it was made in.  False: `why` says what is wrong, in Go's
 * words, or that memory was short.
 */
#ifndef PIDLET_PROBES_URL_H
#define PIDLET_PROBES_URL_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct buf;

struct url {
    const char *scheme;                 /* in small letters; "": none */
    const char *opaque;                 /* what follows "scheme:" without a slash; NULL: not so */
    const char *host;                   /* "name", "name:80", "[::1]:80"; "": none */
    const char *path;                   /* escaped */
    const char *query;                  /* without the '?'; NULL: none */
    const char *fragment;               /* without the '#'; NULL: none */
};

/* A reference: absolute or relative. */
bool url_parse(struct url *out, struct arena *a, const char *text, struct buf *why);

/*
 * An httpGet's: `path` is a reference of which scheme and host are replaced; one that
 * cannot be parsed is a path and nothing else.  False: no memory.
 */
bool url_of_action(struct url *out, struct arena *a, const char *scheme, const char *host,
                   uint16_t port, const char *path);

/* What `reference` means where `base` is (RFC 3986 5.2).  False: no memory. */
bool url_resolve(struct url *out, struct arena *a, const struct url *base, const struct url *reference);

void url_add(struct buf *out, const struct url *url);           /* the whole of it */
void url_add_target(struct buf *out, const struct url *url);    /* path and query, for the request line */

/* Name or address without port and brackets; NULL: no memory. */
const char *url_hostname(struct arena *a, const struct url *url);

/* Its port, or that of its scheme. */
uint16_t url_port(const struct url *url);

#endif
