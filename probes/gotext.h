/*
 * Texts as Go writes them: the kubelet shows its errors as they are, and so do we.
 */
#ifndef PIDLET_PROBES_GOTEXT_H
#define PIDLET_PROBES_GOTEXT_H

#include <stddef.h>

struct buf;

/* Text in quotes, as %q has it: \n, \x07, \xff for what is no UTF-8. */
void gotext_add_quoted(struct buf *out, const char *text, size_t length);

/* Of an errno: Linux' text with a small letter in front. */
void gotext_add_errno(struct buf *out, int error);

#endif
