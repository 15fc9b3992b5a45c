/*
 * One exchange over a socket that is connected already: between http_client.c, which
 * drives libcurl, and http.c, which knows what an attempt wants of it.
 */
#ifndef PIDLET_PROBES_HTTP_PRIVATE_H
#define PIDLET_PROBES_HTTP_PRIVATE_H

#include "probes/http_client.h"

#include <curl/curl.h>
#include <ev.h>
#include <stdbool.h>

struct buf;
struct http_request;
struct http_transfer;

/* What came; each returns false to end the exchange (its end is told all the same). */
struct http_transfer_ops {
    bool (*header)(struct http_transfer *t, const char *line, size_t length);
    bool (*body)(struct http_transfer *t, const char *bytes, size_t length);
    void (*done)(struct http_transfer *t, CURLcode code);       /* last; `t` is stopped already */
};

struct http_transfer {
    struct http_client *client;
    const struct http_transfer_ops *ops;
    CURL *easy;                         /* NULL: none under way */
    struct curl_slist *lines, *connect_to;
    ev_io io;
    int fd;                             /* until libcurl takes it over; -1 then */
    bool tls, peeked;
    char first[5];                      /* of what a TLS server said */
    ssize_t first_length;               /* 0: it closed; -1: not looked at */
    int os_error;                       /* errno of the read or write that failed; 0: none */
    char error[CURL_ERROR_SIZE];
};

/*
 * Begins; takes `fd` over, whatever comes of it.  False: no memory, and nothing was begun.
 * The request is borrowed for the call.
 */
bool http_transfer_start(struct http_transfer *t, struct http_client *client,
                         const struct http_transfer_ops *ops, const struct http_request *request, int fd);

/* Of the status line that came last; 0: none.  From header() alone. */
long http_transfer_status(const struct http_transfer *t);

/* What libcurl says of a failure. */
const char *http_transfer_error(const struct http_transfer *t, CURLcode code);

/* A server that was spoken to in TLS and did not answer so. */
bool http_is_plain_answer(const struct http_transfer *t);

struct http_failure {                   /* all borrowed */
    const struct http_transfer *transfer;
    CURLcode code;
    const char *ends;                   /* "127.0.0.1:4711->127.0.0.1:80" */
    const struct buf *garbage;          /* what came in place of a status line */
    bool has_status;
};

/* Appends what went wrong. */
void http_add_failure(const struct http_failure *f, struct buf *out);

/* Ends it without a call; zeroed memory is fine. */
void http_transfer_stop(struct http_transfer *t);

#endif
