/*
 * What the text of a manifest must be before it is parsed.
 */
#ifndef PIDLET_CONFIG_TEXT_H
#define PIDLET_CONFIG_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct diags;

enum { TEXT_MAX_DIRECTIVES = 100 };     /* lines that begin with %, such as %YAML 1.1 */

/* UTF-8 without NUL bytes; false: else a finding with the position. */
bool text_check(const char *text, size_t length, struct diags *diags);

#endif
