#include "config/manifest_text.h"

#include "base/buf.h"

#include <stdbool.h>

enum { NAME_MAX_LENGTH = 63 };

static bool alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

void manifest_add_name(struct buf *out, const char *text, size_t length, const char *otherwise)
{
    char name[NAME_MAX_LENGTH + 1];
    size_t n = 0;

    for (size_t i = 0; i < length && n < NAME_MAX_LENGTH; i++) {
        char c = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] - 'A' + 'a') : text[i];

        if (alphanumeric(c))
            name[n++] = c;
        else if (n > 0 && name[n - 1] != '-')
            name[n++] = '-';
    }
    while (n > 0 && name[n - 1] == '-')
        n--;
    if (n > 0)
        buf_add(out, name, n);
    else
        buf_adds(out, otherwise);
}

void manifest_add_word(struct buf *out, const char *text, size_t length)
{
    struct buf doubled = BUF_INIT;

    for (size_t i = 0; i < length; i++) {
        if (text[i] == '$')             /* "$$" stands for one (kubelet-semantics 9.2) */
            buf_addc(&doubled, '$');
        buf_addc(&doubled, text[i]);
    }
    buf_add_quoted(out, buf_text(&doubled), doubled.length);
    out->failed |= buf_failed(&doubled);
    buf_deinit(&doubled);
}
