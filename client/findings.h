/*
 * Findings on standard error, as every verb prints them.
 */
#ifndef PIDLET_CLIENT_FINDINGS_H
#define PIDLET_CLIENT_FINDINGS_H

struct diags;

/* One line each, "FILE:LINE:COL: PATH: KIND: VALUE: DETAIL". */
void findings_print(const struct diags *diags);

#endif
