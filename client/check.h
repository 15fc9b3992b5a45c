#ifndef PIDLET_CLIENT_CHECK_H
#define PIDLET_CLIENT_CHECK_H

/* `pidlet check`: what is wrong in manifests, and what pidlet does with each field. */
int check_verb(int argc, char **argv);

#endif
