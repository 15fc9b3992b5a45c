/*
 * The API as a whole: what it shows, whom it tells of changes, and the entrance of
 * requests.  It knows of no sockets (server.h) and starts nothing by itself.
 */
#ifndef PIDLET_API_API_H
#define PIDLET_API_API_H

#include "daemon/api/store.h"

#include <stdbool.h>
#include <stdint.h>

struct http_reply;
struct http_request;
struct buf;
struct watch;

struct api {
    struct store store;
    struct watch *watches;              /* all that are open */
    unsigned watch_count;
    bool used;                          /* somebody has asked: the store is kept up to date */
    /*
     * Brings the store nearer to what there is, for a while that holds nothing up; true: it
     * is up to date.  After false the owner goes on by itself, and says when it is
     * (server_go_on()).  May be NULL.
     */
    bool (*refresh)(void *arg);
    /* A kubeconfig for TCP, with a secret in it; false: there is none.  May be NULL. */
    bool (*kubeconfig)(void *arg, struct buf *out);
    /* Text for /metrics; may be NULL. */
    void (*metrics)(void *arg, struct buf *out);
    void *arg;
    struct backing *backing;            /* what writes go to; NULL: the API is read only */
};

enum {
    WATCHES_MAX = 2000,
    WATCHES_OF_A_CLIENT_MAX = 1000,     /* one that runs wild leaves room for the others */
};

void api_init(struct api *api, void *arg);
void api_deinit(struct api *api);

/*
 * Answers; false: not yet, the store is not up to date, call again when it is.  Otherwise
 * `reply` is filled in any case.
 */
bool api_handle(struct http_request *rq, struct http_reply *reply);

#endif
