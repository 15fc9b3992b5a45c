/*
 * docs/fields.md: every kind and field of the table, and the annotations, as a page to read.
 */
#ifndef PIDLET_CONFIG_REFERENCE_H
#define PIDLET_CONFIG_REFERENCE_H

struct buf;

/* Appends the page, Markdown. */
void reference_page(struct buf *out);

#endif
