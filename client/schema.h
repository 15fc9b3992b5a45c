#ifndef PIDLET_CLIENT_SCHEMA_H
#define PIDLET_CLIENT_SCHEMA_H

/* `pidlet schema`: what manifests may hold, for editors and programs. */
int schema_verb(int argc, char **argv);

#endif
