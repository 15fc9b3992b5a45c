/*
 * Pieces of manifests that pidlet writes itself, for what is told in other words: a
 * Procfile, a command on the command line.  They are read like anybody's.
 */
#ifndef PIDLET_CONFIG_MANIFEST_TEXT_H
#define PIDLET_CONFIG_MANIFEST_TEXT_H

#include <stddef.h>

struct buf;

/* Appends `text` as a DNS label: in lower case, all else becomes "-"; `otherwise` if nothing is left. */
void manifest_add_name(struct buf *out, const char *text, size_t length, const char *otherwise);

/* Appends a word of a command in quotes, so that it means itself: no $(VAR) in it is expanded. */
void manifest_add_word(struct buf *out, const char *text, size_t length);

#endif
