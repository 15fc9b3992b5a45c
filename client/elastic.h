/*
 * Elastic tab stops, as Go's text/tabwriter lays text out for kubectl: consecutive lines
 * that have a cell in a column share its width.
 */
#ifndef PIDLET_CLIENT_ELASTIC_H
#define PIDLET_CLIENT_ELASTIC_H

struct buf;

/*
 * Appends `text`, whose cells end with tabs, laid out.  A column is as wide as its widest
 * cell and `padding`, and not less than `least`.
 */
void elastic_format(const char *text, unsigned least, unsigned padding, struct buf *out);

/* Appends a cell: without tabs and line breaks of its own. */
void elastic_cell(struct buf *text, const char *cell);

#endif
