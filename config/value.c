#include "config/value.h"

#include "base/buf.h"

#include <string.h>

#define LABEL_WORDS                                                                              \
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and " \
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex "   \
    "used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
#define SUBDOMAIN_WORDS                                                                            \
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "   \
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "  \
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

static bool lower_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_label(const char *text, size_t length)
{
    if (length == 0 || !lower_alnum(text[0]) || !lower_alnum(text[length - 1]))
        return false;
    for (size_t i = 0; i < length; i++) {
        if (!lower_alnum(text[i]) && text[i] != '-')
            return false;
    }
    return true;
}

static bool is_subdomain(const char *text)
{
    for (;;) {
        size_t length = strcspn(text, ".");

        if (!is_label(text, length))
            return false;
        if (text[length] == '\0')
            return true;
        text += length + 1;
    }
}

static const char *label_fault(const char *text, bool *too_long)
{
    if (strlen(text) > 63) {
        *too_long = true;
        return "must be no more than 63 characters";
    }
    if (is_label(text, strlen(text)))
        return NULL;
    return strchr(text, '.') != NULL && is_subdomain(text) ? "must not contain dots" : LABEL_WORDS;
}

static const char *subdomain_fault(const char *text, bool *too_long)
{
    if (strlen(text) > 253) {
        *too_long = true;
        return "must be no more than 253 characters";
    }
    return is_subdomain(text) ? NULL : SUBDOMAIN_WORDS;
}

static const char *port_name_fault(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    size_t length = strlen(text);

    if (length > 15)
        return "must be no more than 15 characters";
    if (strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") != length)
        return "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)";
    if (strpbrk(text, letters) == NULL)
        return "must contain at least one letter (a-z)";
    if (strstr(text, "--") != NULL)
        return "must not contain consecutive hyphens";
    if (text[0] == '-' || text[length - 1] == '-')
        return "must not begin or end with a hyphen";
    return NULL;
}

static const char *env_name_fault(const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (*p < ' ' || *p > '~' || *p == '=')
            return "a valid environment variable name must consist only of printable ASCII "
                   "characters other than '='";
    }
    return NULL;
}

const char *value_fault(enum field_format format, const char *text, bool *too_long)
{
    *too_long = false;
    switch (format) {
    case FORMAT_ANY:
        return NULL;
    case FORMAT_DNS_LABEL:
        return label_fault(text, too_long);
    case FORMAT_DNS_SUBDOMAIN:
        return subdomain_fault(text, too_long);
    case FORMAT_PORT_NAME:
        return port_name_fault(text);
    case FORMAT_ENV_NAME:
        return env_name_fault(text);
    }
    return NULL;
}

void value_expand(struct buf *out, const char *text, value_lookup_fn *lookup, void *arg)
{
    const char *dollar;

    while ((dollar = strchr(text, '$')) != NULL) {
        const char *next = dollar + 1, *close, *value;

        buf_add(out, text, (size_t)(dollar - text));
        if (*next == '$') {
            buf_addc(out, '$');
            text = next + 1;
        } else if (*next == '(' && (close = strchr(next, ')')) != NULL) {
            value = lookup(arg, next + 1, (size_t)(close - next - 1));
            if (value != NULL)
                buf_adds(out, value);
            else
                buf_add(out, dollar, (size_t)(close - dollar) + 1);
            text = close + 1;
        } else {
            buf_addc(out, '$');         /* and what follows, by the next round */
            text = next;
        }
    }
    buf_adds(out, text);
}
