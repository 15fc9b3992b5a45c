/*
 * What the text of a manifest must be before it is parsed.
 */
#ifndef PIDLET_CONFIG_TEXT_H
#define PIDLET_CONFIG_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct diags;

enum { TEXT_MAX_DIRECTIVES = 100 };     /* lines that begin with %, such as %YAML 1.1 */

/* UTF-8 without NUL bytes; false: else a finding with the position. */
bool text_check(const char *text, size_t length, struct diags *diags);

/* The same, of a text that is not a manifest's. */
bool text_is_utf8(const char *text, size_t length);

/* Bytes of the byte order mark that some editors put first: 0 or 3. */
size_t text_mark(const char *text, size_t length);

/*
 * JSON writes a character beyond U+FFFF as two, \ud83d\ude00; YAML knows \U0001f600.  In a text
 * that is JSON, which begins with { or [, every such pair is appended to `out` in YAML's way and
 * the rest as it is.  False: it needs none of that, and nothing was appended.
 */
bool text_join_surrogates(const char *text, size_t length, struct buf *out);

#endif
