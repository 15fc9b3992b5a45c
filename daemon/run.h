/*
 * `pidlet run`: reads the manifests, supervises their pods, and ends with them.
 */
#ifndef PIDLET_DAEMON_RUN_H
#define PIDLET_DAEMON_RUN_H

int run_verb(int argc, char **argv);    /* argv[0] is "run"; returns the exit status */

#endif
