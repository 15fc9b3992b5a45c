/*
 * READY, STATUS and RESTARTS as `kubectl get pods` prints them (kubelet-semantics 7.4).
 *
 * Pure.
 */
#ifndef PIDLET_CORE_COLUMNS_H
#define PIDLET_CORE_COLUMNS_H

#include "daemon/core/status.h"

#define COLUMN_SIZE 96          /* room for every one of them */

struct columns {
    unsigned ready, total;      /* READY is "ready/total" */
    unsigned restarts;
    mono_ms last_restart;       /* the newest finish that RESTARTS counts; MONO_NEVER: none */
    char status[COLUMN_SIZE];   /* "CrashLoopBackOff", "Init:0/2" … */
    char ready_text[COLUMN_SIZE];       /* "1/2" */
    char restarts_text[COLUMN_SIZE];    /* "3 (14s ago)" */
};

void columns_of(const struct pod_status *s, mono_ms now, struct columns *out);

#endif
