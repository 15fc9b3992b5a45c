#ifndef PIDLET_CLIENT_SIMULATE_H
#define PIDLET_CLIENT_SIMULATE_H

/* `pidlet simulate`: the daemon's core in virtual time. */
int simulate_verb(int argc, char **argv);

#endif
