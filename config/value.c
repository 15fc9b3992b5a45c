#include "config/value.h"

#include "base/buf.h"
#include "base/duration.h"
#include "config/quantity.h"

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

static const char *label_fault(const char *text)
{
    if (strlen(text) > 63)
        return "must be no more than 63 characters";
    if (is_label(text, strlen(text)))
        return NULL;
    return strchr(text, '.') != NULL && is_subdomain(text) ? "must not contain dots" : LABEL_WORDS;
}

static const char *subdomain_fault(const char *text)
{
    if (strlen(text) > 253)
        return "must be no more than 253 characters";
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

static bool alnum(char c)
{
    return lower_alnum(c) || (c >= 'A' && c <= 'Z');
}

/* Letters, digits, '-', '_', '.', the first and the last alphanumeric. */
static bool is_name_part(const char *text, size_t length)
{
    if (length == 0 || !alnum(text[0]) || !alnum(text[length - 1]))
        return false;
    for (size_t i = 0; i < length; i++) {
        if (!alnum(text[i]) && strchr("-_.", text[i]) == NULL)
            return false;
    }
    return true;
}

#define NAME_PART_WORDS                                                                            \
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "    \
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "         \
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

static const char *qualified_name_fault(const char *text)
{
    const char *slash = strchr(text, '/'), *name = slash != NULL ? slash + 1 : text;
    char prefix[254];

    if (slash != NULL && strchr(name, '/') != NULL)
        return "a qualified name " NAME_PART_WORDS
               " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
    if (slash != NULL) {
        size_t length = (size_t)(slash - text);

        if (length == 0)
            return "prefix part must be non-empty";
        if (length >= sizeof prefix)
            return "prefix part must be no more than 253 bytes";
        memcpy(prefix, text, length);
        prefix[length] = '\0';
        if (!is_subdomain(prefix))
            return "prefix part " SUBDOMAIN_WORDS;
    }
    if (*name == '\0')
        return "name part must be non-empty";
    if (strlen(name) > 63)
        return "name part must be no more than 63 bytes";
    return is_name_part(name, strlen(name)) ? NULL : "name part " NAME_PART_WORDS;
}

static const char *label_value_fault(const char *text)
{
    if (strlen(text) > 63)
        return "must be no more than 63 bytes";
    if (*text == '\0' || is_name_part(text, strlen(text)))
        return NULL;
    return "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
           "'.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or "
           "'my_value',  or '12345', regex used for validation is "
           "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
}

static bool consists_of(const char *text, const char *others)
{
    for (; *text != '\0'; text++) {
        if (!alnum(*text) && strchr(others, *text) == NULL)
            return false;
    }
    return true;
}

static const char *config_key_fault(const char *text)
{
    if (strlen(text) > 253)
        return "must be no more than 253 characters";
    if (strcmp(text, ".") == 0)
        return "must not be '.'";
    if (strcmp(text, "..") == 0)
        return "must not be '..'";
    if (strncmp(text, "..", 2) == 0)
        return "must not start with '..'";
    return consists_of(text, "-_.") ? NULL
        : "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. "
          "'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is "
          "'[-._a-zA-Z0-9]+')";
}

static const char *header_name_fault(const char *text)
{
    return consists_of(text, "-") ? NULL
        : "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. "
          "'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";
}

static const char *quantity_fault(const char *text)
{
    quantity value;

    if (!quantity_parse(text, &value))
        return "quantities must match the regular expression "
               "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    return value < 0 ? "must be greater than or equal to 0" : NULL;
}

/* "25%" or "3". */
static const char *int_or_percent_fault(const char *text)
{
    const char *end = text + strspn(text, "0123456789");

    if (end > text && (*end == '\0' || strcmp(end, "%") == 0))
        return NULL;
    if (*text == '-' && text[1] != '\0' && text[1 + strspn(text + 1, "0123456789")] == '\0')
        return "must be greater than or equal to 0";
    return "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or "
           "'93%', regex used for validation is '[0-9]+%')";
}

static const char *base64_fault(const char *text)
{
    return value_base64(text, NULL) ? NULL : "must be base64: letters, digits, '+', '/', with '=' at the end";
}

/* It is part of a folder's name. */
static const char *uid_fault(const char *text)
{
    return strlen(text) <= 64 && consists_of(text, "-") ? NULL
        : "must be at most 64 letters, digits and hyphens";
}

static const char *duration_fault(const char *text)
{
    mono_ms duration;

    return duration_parse(text, strlen(text), &duration) ? NULL : "must be a duration such as 90s or 1m30s";
}

const char *value_fault(enum field_format format, const char *text)
{
    switch (format) {
    case FORMAT_ANY:
        return NULL;
    case FORMAT_DNS_LABEL:
        return label_fault(text);
    case FORMAT_DNS_SUBDOMAIN:
        return subdomain_fault(text);
    case FORMAT_QUALIFIED_NAME:
        return qualified_name_fault(text);
    case FORMAT_LABEL_VALUE:
        return label_value_fault(text);
    case FORMAT_PORT_NAME:
        return port_name_fault(text);
    case FORMAT_ENV_NAME:
        return env_name_fault(text);
    case FORMAT_CONFIG_KEY:
        return config_key_fault(text);
    case FORMAT_HEADER_NAME:
        return header_name_fault(text);
    case FORMAT_QUANTITY:
        return quantity_fault(text);
    case FORMAT_INT_OR_PERCENT:
        return int_or_percent_fault(text);
    case FORMAT_BASE64:
        return base64_fault(text);
    case FORMAT_UID:
        return uid_fault(text);
    case FORMAT_DURATION:
        return duration_fault(text);
    }
    return NULL;
}

/* ---- base64 ---- */

static int sextet(char c)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c != '\0' ? strchr(alphabet, c) : NULL;

    return at != NULL ? (int)(at - alphabet) : -1;
}

bool value_base64(const char *text, struct buf *out)
{
    unsigned bits = 0, count = 0, digits = 0, padding = 0;

    for (; *text != '\0'; text++) {
        if (*text == '\n' || *text == '\r')
            continue;                   /* as Go's decoder has it */
        if (*text == '=') {
            padding++;
            continue;
        }
        if (sextet(*text) < 0 || padding > 0)
            return false;
        bits = (bits << 6 | (unsigned)sextet(*text)) & 0xfff;
        count += 6;
        digits++;
        if (count >= 8) {
            count -= 8;
            if (out != NULL)
                buf_addc(out, (char)(bits >> count & 0xff));
        }
    }
    return (digits + padding) % 4 == 0 && padding <= 2 && digits % 4 != 1;
}

/* ---- $(VAR) ---- */

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
