/*
 * Columns of UTF-8 on a terminal, each character taken for one.
 */
#ifndef PIDLET_BASE_UTF8_H
#define PIDLET_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

static inline bool utf8_begins(char byte)       /* a character; else it goes on with one */
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

static inline size_t utf8_columns(const char *text, size_t length)
{
    size_t n = 0;

    for (size_t i = 0; i < length; i++)
        n += utf8_begins(text[i]);
    return n;
}

/* How many of its first bytes have room in `columns`; no character is cut in two. */
static inline size_t utf8_fitting(const char *text, size_t length, size_t columns)
{
    size_t i = 0;

    for (size_t used = 0; i < length; i++) {
        if (utf8_begins(text[i]) && ++used > columns)
            break;
    }
    return i;
}

#endif
