#include "config/text.h"

#include "base/macros.h"
#include "config/diag.h"

#include <stdint.h>
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
