/*
 * JSON as YAML, in kubectl's style: keys sorted, lists not indented.
 */
#ifndef PIDLET_CLIENT_YAML_OUT_H
#define PIDLET_CLIENT_YAML_OUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

bool yaml_print(const json_t *value, FILE *out);        /* false: no memory, or it cannot be written */

#endif
