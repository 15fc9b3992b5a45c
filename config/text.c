#include "config/text.h"

#include "base/buf.h"
#include "base/macros.h"
#include "config/diag.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static size_t utf8_length(const unsigned char *p, size_t left)
{
    static const struct {
        unsigned char mask, lead;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

    for (size_t n = 0; n < array_count(forms); n++) {
        uint32_t c = p[0] & (unsigned char)~forms[n].mask;

        if ((p[0] & forms[n].mask) != forms[n].lead)
            continue;
        if (n >= left)
            return 0;
        for (size_t i = 1; i <= n; i++) {
            if ((p[i] & 0xc0) != 0x80)
                return 0;
            c = c << 6 | (p[i] & 0x3f);
        }
        return c >= forms[n].least && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff) ? n + 1 : 0;
    }
    return 0;
}

/* libyaml compares each %TAG with all before it; a manifest has none. */
static bool begins_directive(const char *text, size_t i)
{
    /* Line breaks, by their last bytes: also U+0085, U+2028 and U+2029. */
    return text[i] == '%' && (i == 0 || strchr("\n\r\x85\xa8\xa9", text[i - 1]) != NULL);
}

bool text_check(const char *text, size_t length, struct diags *diags)
{
    unsigned line = 1, column = 1, directives = 0;

    for (size_t i = 0; i < length;) {
        size_t n = utf8_length((const unsigned char *)text + i, length - i);

        if (n == 0)
            return diag_syntax(diags, line, column, "invalid UTF-8: byte 0x%02x",
                               (unsigned char)text[i]);
        if (text[i] == '\0')
            return diag_syntax(diags, line, column, "a NUL byte; a manifest is text");
        if (begins_directive(text, i) && ++directives > TEXT_MAX_DIRECTIVES)
            return diag_syntax(diags, line, column, "too many lines with a directive (%%): at most %d",
                               TEXT_MAX_DIRECTIVES);
        column = text[i] == '\n' ? 1 : column + 1;
        line += text[i] == '\n';
        i += n;
    }
    return true;
}

bool text_is_utf8(const char *text, size_t length)
{
    for (size_t i = 0, n; i < length; i += n) {
        n = utf8_length((const unsigned char *)text + i, length - i);
        if (n == 0 || text[i] == '\0')
            return false;
    }
    return true;
}

size_t text_mark(const char *text, size_t length)
{
    return length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* ---- JSON ---- */

enum { ESCAPE = 6 };                    /* bytes of \uXXXX */

/* The code of a \uXXXX from `least` to `most`; 0: it is something else. */
static unsigned surrogate(const char *text, size_t left, unsigned least, unsigned most)
{
    unsigned code = 0;

    if (left < ESCAPE || text[0] != '\\' || text[1] != 'u')
        return 0;
    for (size_t i = 2; i < ESCAPE; i++) {
        static const char digits[] = "0123456789abcdef0123456789ABCDEF";
        const char *at = text[i] != '\0' ? strchr(digits, text[i]) : NULL;

        if (at == NULL)
            return 0;
        code = code * 16 + (unsigned)(at - digits) % 16;
    }
    return code >= least && code <= most ? code : 0;
}

static bool is_json(const char *text, size_t length)
{
    size_t i = 0;

    while (i < length && strchr(" \t\r\n", text[i]) != NULL)
        i++;
    return i < length && (text[i] == '{' || text[i] == '[');
}

bool text_join_surrogates(const char *text, size_t length, struct buf *out)
{
    size_t begin = 0;

    if (!is_json(text, length))
        return false;
    for (const char *p = memchr(text, '\\', length); p != NULL;) {
        size_t i = (size_t)(p - text);
        unsigned high = surrogate(p, length - i, 0xd800, 0xdbff);
        unsigned low = high != 0 ? surrogate(p + ESCAPE, length - i - ESCAPE, 0xdc00, 0xdfff) : 0;

        if (low != 0) {
            buf_add(out, text + begin, i - begin);
            buf_addf(out, "\\U%08x", 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
            i += 2 * ESCAPE;
            begin = i;
        } else {
            i += length - i > 1 ? 2 : 1;        /* the backslash, and what it stands before */
        }
        p = memchr(text + i, '\\', length - i);
    }
    if (begin > 0)
        buf_add(out, text + begin, length - begin);
    return begin > 0;
}
