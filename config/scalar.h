/*
 * What a plain scalar means: YAML 1.1 as Kubernetes' own YAML reader has it.
 */
#ifndef PIDLET_CONFIG_SCALAR_H
#define PIDLET_CONFIG_SCALAR_H

#include "config/tree.h"

/* Sets kind and value of `n` from its text; what is nothing else is a string. */
void scalar_resolve(struct node *n);

#endif
