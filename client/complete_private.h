/*
 * What completion is made of: candidates, and those that only the running daemon knows.
 */
#ifndef PIDLET_CLIENT_COMPLETE_PRIVATE_H
#define PIDLET_CLIENT_COMPLETE_PRIVATE_H

#include "client/usage.h"

#include "base/buf.h"

struct completion {
    const char *prefix;                 /* of candidates: what the word begins with beside them, "--output=" */
    const char *begun;                  /* the word, after `prefix` */
    const char *how;                    /* the last line; see complete.h */
    const char *operands[2];            /* the first arguments that are no options; NULL: none */
    unsigned operand_count;
    bool worded;                        /* one of the verb's words stood before them */
    const char *namespace, *socket;     /* as options have said; NULL: they have not */
};

/* Prints a candidate if the word begins so, and returns that; `doc` may be NULL.  `joined` stands before it, as "pod/". */
bool complete_offer(const struct completion *c, const char *joined, const char *text, const char *doc);

/* Names that the daemon knows; none when there is no daemon, or this build has no API. */
void complete_objects(struct completion *c, enum value_kind kind);

#endif
