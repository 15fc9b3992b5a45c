/*
 * Text of the tables as roff source, for man(7) pages: it is shown as it stands there, whatever is in it.
 */
#ifndef PIDLET_DOCS_MAN_ROFF_H
#define PIDLET_DOCS_MAN_ROFF_H

#include <stddef.h>

struct buf;

/* Prose: `words` between backticks are bold, hyphens of prose stay hyphens. */
void roff_prose(struct buf *out, const char *text, size_t length);

/* What can be typed: every hyphen is a minus, every line is one. */
void roff_literal(struct buf *out, const char *text, size_t length);

#endif
