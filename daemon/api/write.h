/*
 * Writing: create, replace, patch, delete.  What all resources have in common is done
 * here; what an object means is its resource's own (resource.h: apply, remove).
 *
 * A request that fails changes nothing.
 */
#ifndef PIDLET_API_WRITE_H
#define PIDLET_API_WRITE_H

#include "daemon/api/http.h"
#include "daemon/api/resource.h"

#include <jansson.h>
#include <stdint.h>

struct snapshot;

enum field_validation { VALIDATE_IGNORE, VALIDATE_WARN, VALIDATE_STRICT };

struct write {
    struct http_request *rq;
    struct http_reply *reply;
    struct api *api;
    const struct resource *resource;
    const struct snapshot *old;         /* NULL: a new object */
    json_t *object;                     /* as it is to be, without status; the apply may change it */
    bool dry_run;
    enum field_validation validation;
    int64_t grace;                      /* of a deletion, in seconds; -1: the object's own */
    struct snapshot *result;            /* by the apply or remove: what is answered; a reference.
                                           After a remove NULL: the object is gone, a Status will do */
};

void write_create(struct http_request *rq, struct http_reply *reply);
void write_replace(struct http_request *rq, struct http_reply *reply);
void write_patch(struct http_request *rq, struct http_reply *reply);
void write_delete(struct http_request *rq, struct http_reply *reply);
void write_delete_collection(struct http_request *rq, struct http_reply *reply);

/*
 * For resources whose objects are JSON and nothing else happens: checks by the field table
 * as `kind`, puts into the store and, unless it is a dry run, onto the disk.
 */
bool write_apply_plain(struct write *w);
bool write_remove_plain(struct write *w);

/* Removes fields that the field table does not know from w->object, as w->validation wants. */
struct diags;
bool write_unknown_fields(struct write *w, const struct diags *diags, bool *again);

#endif
