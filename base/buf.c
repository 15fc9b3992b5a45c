#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_deinit(struct buf *b)
{
    free(b->data);
    *b = (struct buf)BUF_INIT;
}

void buf_clear(struct buf *b)
{
    b->length = 0;
    b->failed = false;
    if (b->data != NULL)
        b->data[0] = '\0';
}

char *buf_reserve_more(struct buf *b, size_t length)
{
    size_t wanted, capacity;
    char *data;

    if (b->failed)
        return NULL;
    if (length > SIZE_MAX / 2 || b->length > SIZE_MAX / 2) {
        b->failed = true;
        return NULL;
    }
    wanted = b->length + length + 1;
    if (wanted > b->capacity) {
        capacity = b->capacity < 64 ? 64 : b->capacity + b->capacity / 2;
        if (capacity < wanted)
            capacity = wanted;
        data = realloc(b->data, capacity);
        if (data == NULL) {
            b->failed = true;
            return NULL;
        }
        b->data = data;
        b->capacity = capacity;
        b->data[b->length] = '\0';
    }
    return b->data + b->length;
}

void buf_add(struct buf *b, const void *bytes, size_t length)
{
    char *room = buf_reserve(b, length);

    if (room == NULL)
        return;
    if (length > 0)
        memcpy(room, bytes, length);
    buf_grow(b, length);
}

void buf_adds(struct buf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}

void buf_add_buf(struct buf *b, const struct buf *from)
{
    if (from->failed)
        b->failed = true;
    else
        buf_add(b, buf_text(from), from->length);
}

void buf_addc(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_vaddf(struct buf *b, const char *format, va_list args)
{
    va_list again;
    char *room;
    int length;

    va_copy(again, args);
    length = vsnprintf(NULL, 0, format, args);
    room = length < 0 ? NULL : buf_reserve(b, (size_t)length);
    if (room != NULL) {
        vsnprintf(room, (size_t)length + 1, format, again);
        buf_grow(b, (size_t)length);
    }
    va_end(again);
}

void buf_addf(struct buf *b, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    buf_vaddf(b, format, args);
    va_end(args);
}

/*
 * The code point that begins `text` when it would not survive as it is: C1 controls, the
 * line breaks of Unicode, which YAML takes for its own, byte order marks; else 0.
 */
static unsigned unprintable(const char *text, size_t length)
{
    const unsigned char *p = (const unsigned char *)text;
    unsigned code;

    if (length >= 2 && p[0] == 0xc2 && p[1] < 0xa0)
        return p[1];
    if (length < 3 || (p[0] != 0xe2 && p[0] != 0xef))
        return 0;
    code = (p[0] & 0xfu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
    return code == 0x2028 || code == 0x2029 || code == 0xfeff || code >= 0xfffe ? code : 0;
}

void buf_add_quoted(struct buf *b, const char *text, size_t length)
{
    unsigned code;

    buf_addc(b, '"');
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];

        switch (c) {
        case '"':
        case '\\':
            buf_addc(b, '\\');
            buf_addc(b, (char)c);
            break;
        case '\n':
            buf_adds(b, "\\n");
            break;
        case '\r':
            buf_adds(b, "\\r");
            break;
        case '\t':
            buf_adds(b, "\\t");
            break;
        default:
            code = c < 0x20 || c == 0x7f ? c : unprintable(text + i, length - i);
            if (code != 0 || c == 0)
                buf_addf(b, "\\u%04x", code);
            else
                buf_addc(b, (char)c);
            if (code > 0x7f)
                i += code > 0x7ff ? 2 : 1;
        }
    }
    buf_addc(b, '"');
}

void buf_drop(struct buf *b, size_t length)
{
    if (length == 0)
        return;
    b->length -= length;
    memmove(b->data, b->data + length, b->length + 1);
}

void buf_add_base64(struct buf *b, const void *bytes, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *from = bytes;

    for (size_t i = 0; i < length; i += 3) {
        unsigned word = (unsigned)from[i] << 16;

        if (i + 1 < length)
            word |= (unsigned)from[i + 1] << 8;
        if (i + 2 < length)
            word |= from[i + 2];
        buf_addc(b, digits[word >> 18]);
        buf_addc(b, digits[word >> 12 & 63]);
        buf_addc(b, i + 1 < length ? digits[word >> 6 & 63] : '=');
        buf_addc(b, i + 2 < length ? digits[word & 63] : '=');
    }
}
