#include "config/describe.h"

#include "base/buf.h"

#include <inttypes.h>

static const char *value_type(enum field_format format)
{
    if (format == FORMAT_INT_OR_PERCENT)
        return "IntOrString";
    return format == FORMAT_QUANTITY ? "Quantity" : "string";
}

void describe_type(const struct field *f, struct buf *out)
{
    switch (f->kind) {
    case FIELD_STRING:
        buf_adds(out, value_type(f->format));
        break;
    case FIELD_INT:
        buf_adds(out, "integer");
        break;
    case FIELD_BOOL:
        buf_adds(out, "boolean");
        break;
    case FIELD_CHOICE:
        buf_adds(out, "string");
        break;
    case FIELD_PORT:
        buf_adds(out, "IntOrString");
        break;
    case FIELD_STRINGS:
        buf_adds(out, "[]string");
        break;
    case FIELD_INTS:
        buf_adds(out, "[]integer");
        break;
    case FIELD_MAP:
        buf_addf(out, "map[string]%s", value_type(f->format));
        break;
    case FIELD_CHILD:
        buf_adds(out, f->child->name);
        break;
    case FIELD_LIST:
        buf_addf(out, "[]%s", f->child->name);
        break;
    case FIELD_ANY:
        buf_adds(out, "Object");
        break;
    }
}

bool field_has_default(const struct field *f)
{
    switch (f->kind) {
    case FIELD_STRING:
        return f->default_text != NULL && f->default_text[0] != '\0';
    case FIELD_INT:
        return f->default_int != INT_UNSET;
    case FIELD_BOOL:
        return f->default_int != TRI_UNSET;
    case FIELD_CHOICE:
        return enum_text(f->choices, (int)f->default_int) != NULL;
    case FIELD_PORT:
    case FIELD_STRINGS:
    case FIELD_INTS:
    case FIELD_MAP:
    case FIELD_CHILD:
    case FIELD_LIST:
    case FIELD_ANY:
        return false;
    }
    return false;
}

bool describe_default(const struct field *f, struct buf *out)
{
    if (!field_has_default(f))
        return false;
    if (f->kind == FIELD_STRING)
        buf_adds(out, f->default_text);
    else if (f->kind == FIELD_CHOICE)
        buf_adds(out, enum_text(f->choices, (int)f->default_int));
    else if (f->kind == FIELD_BOOL)
        buf_adds(out, f->default_int == TRI_TRUE ? "true" : "false");
    else
        buf_addf(out, "%" PRId64, f->default_int);
    return true;
}

const char *describe_format(enum field_format format)
{
    switch (format) {
    case FORMAT_ANY:
        return NULL;
    case FORMAT_DNS_LABEL:
        return "an RFC 1123 label";
    case FORMAT_DNS_SUBDOMAIN:
        return "an RFC 1123 subdomain";
    case FORMAT_QUALIFIED_NAME:
        return "a qualified name, such as example.com/Name";
    case FORMAT_LABEL_VALUE:
        return "at most 63 letters, digits, '-', '_' and '.'";
    case FORMAT_PORT_NAME:
        return "at most 15 lower case letters, digits and hyphens, with a letter in it";
    case FORMAT_ENV_NAME:
        return "printable ASCII other than '='";
    case FORMAT_CONFIG_KEY:
        return "letters, digits, '-', '_' and '.'";
    case FORMAT_HEADER_NAME:
        return "letters, digits and hyphens";
    case FORMAT_QUANTITY:
        return "a quantity, such as 500m or 1Gi";
    case FORMAT_INT_OR_PERCENT:
        return "0 or more, or a share such as 25%";
    case FORMAT_BASE64:
        return "base64";
    case FORMAT_UID:
        return "at most 64 letters, digits and hyphens";
    case FORMAT_DURATION:
        return "a duration, such as 90s or 1m30s";
    }
    return NULL;
}

static bool integer_bounds(const struct field *f, struct buf *out)
{
    /* The bounds of the machine's integers tell an author nothing. */
    const bool least = f->min > INT32_MIN, most = f->max < INT32_MAX;

    if (least && most)
        buf_addf(out, "%" PRId64 " to %" PRId64, f->min, f->max);
    else if (least)
        buf_addf(out, "%" PRId64 " or more", f->min);
    else if (most)
        buf_addf(out, "at most %" PRId64, f->max);
    if ((f->flags & ZERO_IS_DEFAULT) != 0)
        buf_addf(out, "%s0 means %s", least || most ? "; " : "",
                 field_has_default(f) ? "the default" : "none");
    return least || most || (f->flags & ZERO_IS_DEFAULT) != 0;
}

bool describe_bounds(const struct field *f, struct buf *out)
{
    switch (f->kind) {
    case FIELD_INT:
    case FIELD_INTS:
        return integer_bounds(f, out);
    case FIELD_PORT:
        buf_adds(out, "1 to 65535, or the name of a port");
        return true;
    case FIELD_STRING:
    case FIELD_MAP:
        if (describe_format(f->format) == NULL)
            return false;
        buf_adds(out, describe_format(f->format));
        return true;
    case FIELD_BOOL:
    case FIELD_CHOICE:
    case FIELD_STRINGS:
    case FIELD_CHILD:
    case FIELD_LIST:
    case FIELD_ANY:
        return false;
    }
    return false;
}
