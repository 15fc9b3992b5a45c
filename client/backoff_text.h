/*
 * The back-off of a pod's containers, for people.
 */
#ifndef PIDLET_CLIENT_BACKOFF_TEXT_H
#define PIDLET_CLIENT_BACKOFF_TEXT_H

#include <jansson.h>

struct buf;

/* Appends lines with tabs, for elastic_format(), of an answer of pods/backoff. */
void backoff_text(const json_t *answer, const char *indent, struct buf *out);

#endif
