#include "docs/man/roff.h"

#include "base/buf.h"

#include <stdbool.h>
#include <string.h>

/* One character of UTF-8; how many bytes it has. */
static size_t add_wide(struct buf *out, const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    const size_t length = c[0] >= 0xf0 ? 4 : c[0] >= 0xe0 ? 3 : 2;
    unsigned code = c[0] & (0xffu >> (length + 1));

    for (size_t i = 1; i < length; i++)
        code = code << 6 | (c[i] & 0x3fu);
    if (code == 0x2026)
        buf_adds(out, "...");
    else
        buf_addf(out, "\\[u%04X]", code);
    return length;
}

static const char *escape_of(char c)
{
    switch (c) {
    case '\\':
        return "\\e";
    case '\'':
        return "\\(aq";
    case '`':
        return "\\(ga";
    case '^':
        return "\\(ha";
    case '~':
        return "\\(ti";
    default:
        return NULL;
    }
}

static size_t add_character(struct buf *out, const char *text, bool minus)
{
    const char *escape = minus && *text == '-' ? "\\-" : escape_of(*text);

    if ((unsigned char)*text >= 0x80)
        return add_wide(out, text);
    if (escape != NULL)
        buf_adds(out, escape);
    else
        buf_addc(out, *text);
    return 1;
}

/* A dot or a quote at the beginning of a line would be a request. */
static void begin_line(struct buf *out, char first)
{
    if (first == '.' || first == '\'')
        buf_adds(out, "\\&");
}

/* An option, a path, a setting: its hyphens are typed. */
static bool is_typed(const char *word, size_t length)
{
    return *word == '-' || memchr(word, '/', length) != NULL || memchr(word, '=', length) != NULL;
}

void roff_prose(struct buf *out, const char *text, size_t length)
{
    bool bold = false, minus = false, at_start = true;

    for (const char *end = text + length; text < end;) {
        if (at_start) {
            if (out->length == 0 || buf_text(out)[out->length - 1] == '\n')
                begin_line(out, *text);
            minus = is_typed(text, strcspn(text, " \n") < (size_t)(end - text) ? strcspn(text, " \n") : (size_t)(end - text));
        }
        at_start = *text == ' ' || *text == '\n';
        if (*text == '`' && (bold || memchr(text + 1, '`', (size_t)(end - text - 1)) != NULL)) {
            bold = !bold;
            buf_adds(out, bold ? "\\fB" : "\\fR");
            text++;
        } else {
            text += add_character(out, text, minus || bold);
        }
    }
}

void roff_literal(struct buf *out, const char *text, size_t length)
{
    bool at_start = out->length == 0 || buf_text(out)[out->length - 1] == '\n';

    for (const char *end = text + length; text < end;) {
        if (at_start)
            begin_line(out, *text);
        at_start = *text == '\n';
        text += add_character(out, text, true);
    }
}
