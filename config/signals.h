/*
 * Signals by name and by number (KEP-4960).
 */
#ifndef PIDLET_CONFIG_SIGNALS_H
#define PIDLET_CONFIG_SIGNALS_H

#include "config/spec.h"

/* The number on this machine; SIGTERM for signal_name_UNSET. */
int signal_number(enum signal_name name);

/* "SIGTERM", "SIGRTMIN+3": the name that comes first where a number has several; NULL: none. */
const char *signal_text(int number);

#endif
