#ifndef PIDLET_CLIENT_EXPLAIN_H
#define PIDLET_CLIENT_EXPLAIN_H

/* `pidlet explain`: what a kind or a field is, and what pidlet does with it. */
int explain_verb(int argc, char **argv);

#endif
