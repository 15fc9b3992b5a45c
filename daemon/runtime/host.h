/*
 * What containers are told of the host (kubelet-semantics 9.4).
 */
#ifndef PIDLET_RUNTIME_HOST_H
#define PIDLET_RUNTIME_HOST_H

#include "config/environment.h"

struct host {
    struct host_facts facts;
    char node_name[256];                /* the host's name, in lower case as nodes have it */
    char address[64];                   /* the first that is not of the loopback; else 127.0.0.1 */
};

/* Looks once; cannot fail.  `h` must not move afterwards. */
void host_look(struct host *h);

#endif
