/*
 * The verbs that ask the daemon, as kubectl's of the same names.
 */
#ifndef PIDLET_CLIENT_API_VERBS_H
#define PIDLET_CLIENT_API_VERBS_H

int get_verb(int argc, char **argv);
int describe_verb(int argc, char **argv);
int logs_verb(int argc, char **argv);
int events_verb(int argc, char **argv);
int apply_verb(int argc, char **argv);
int delete_verb(int argc, char **argv);
int wait_verb(int argc, char **argv);
int top_verb(int argc, char **argv);
int restart_verb(int argc, char **argv);
int backoff_verb(int argc, char **argv);
int kubeconfig_verb(int argc, char **argv);

#endif
