#include "probes/gotext.h"

#include "base/buf.h"

#include <ctype.h>
#include <string.h>

void gotext_add_errno(struct buf *out, int error)
{
    const char *text = strerror(error);

    buf_addc(out, (char)tolower((unsigned char)text[0]));
    buf_adds(out, text + 1);
}

/* Bytes of the UTF-8 sequence that begins `text`; 0: there is none. */
static size_t sequence(const unsigned char *text, size_t length)
{
    size_t size = text[0] < 0xc2 ? 0 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : text[0] < 0xf5 ? 4 : 0;

    if (size == 0 || size > length)
        return 0;
    if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f)
        || (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f))
        return 0;
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    }
    if (text[0] == 0xc2 && text[1] < 0xa0)
        return 0;                       /* controls, told by their bytes */
    return size;
}

void gotext_add_quoted(struct buf *out, const char *text, size_t length)
{
    static const char controls[] = "\a\b\f\n\r\t\v", letters[] = "abfnrtv";

    buf_addc(out, '"');
    for (size_t i = 0; i < length;) {
        const unsigned char *p = (const unsigned char *)text + i;
        const char *control = *p != '\0' ? strchr(controls, *p) : NULL;
        size_t size = *p < 0x80 ? 1 : sequence(p, length - i);

        if (control != NULL)
            buf_addf(out, "\\%c", letters[control - controls]);
        else if (*p == '"' || *p == '\\')
            buf_addf(out, "\\%c", *p);
        else if (size == 0 || *p < ' ' || *p == 0x7f)
            buf_addf(out, "\\x%02x", *p);
        else
            buf_add(out, p, size);
        i += size == 0 ? 1 : size;
    }
    buf_addc(out, '"');
}
