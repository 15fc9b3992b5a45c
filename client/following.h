/*
 * One object, watched until something about it holds.
 */
#ifndef PIDLET_CLIENT_FOLLOWING_H
#define PIDLET_CLIENT_FOLLOWING_H

#include "base/clock.h"

#include <jansson.h>
#include <stdbool.h>

struct kind_name;
struct remote;

enum following_end {
    FOLLOWING_SEEN,                     /* `look` said so */
    FOLLOWING_NOT_FOUND,                /* there was none at the beginning */
    FOLLOWING_TIMED_OUT,
    FOLLOWING_FAILED,                   /* said why */
};

/* `type`: ADDED, MODIFIED, DELETED.  True: seen. */
typedef bool following_look_fn(void *arg, const char *type, const json_t *object);

/* `timeout`: 0: only looks whether it holds; MONO_NEVER: as long as it takes. */
enum following_end follow_one(struct remote *r, const struct kind_name *k, const char *namespace, const char *name,
                              mono_ms timeout, following_look_fn *look, void *arg);

#endif
