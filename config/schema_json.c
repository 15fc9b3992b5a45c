#include "config/schema_json.h"

#include "base/buf.h"
#include "config/describe.h"
#include "config/kinds.h"
#include "config/report.h"

#include <stdio.h>
#include <string.h>

/* A double holds integers up to here exactly; larger bounds would be other numbers in JavaScript. */
#define LARGEST_EXACT (INT64_C(1) << 53)

/* ---- what is referred to ---- */

static size_t index_of(const struct object_info *object)
{
    size_t i = 0;

    while (schema_objects[i] != object)
        i++;
    return i;
}

void schema_mark(const struct object_info *object, bool honoured, bool *wanted)
{
    const size_t i = index_of(object);

    if (wanted[i])
        return;
    wanted[i] = true;
    for (size_t j = 0; j < object->count; j++) {
        const struct field *f = &object->fields[j];

        if (f->child != NULL && (f->mode == FIELD_HONOURED || !honoured))
            schema_mark(f->child, honoured, wanted);
    }
}

bool schema_is_needed(const struct field *f)
{
    if ((f->flags & REQUIRED) != 0)
        return true;
    if ((f->flags & MAKE_EMPTY) == 0)
        return false;
    for (size_t i = 0; i < f->child->count; i++) {
        if (schema_is_needed(&f->child->fields[i]))
            return true;
    }
    return false;
}

/* ---- types ---- */

static bool may_be_null(const struct schema_writer *w, const struct field *f)
{
    return w->dialect == SCHEMA_DRAFT_07 && !schema_is_needed(f);
}

static void type(struct schema_writer *w, const char *name, const char *other, bool null)
{
    if (other == NULL && !null) {
        json_text(&w->json, "type", name);
        return;
    }
    json_open_line(&w->json, "type", '[');
    json_text(&w->json, NULL, name);
    if (other != NULL)
        json_text(&w->json, NULL, other);
    if (null)
        json_text(&w->json, NULL, "null");
    json_close(&w->json);
}

static void reference_to(struct schema_writer *w, const char *name)
{
    struct buf path = BUF_INIT;

    buf_addf(&path, w->dialect == SCHEMA_OPENAPI ? "#/components/schemas/%s" : "#/definitions/%s", name);
    json_text(&w->json, "$ref", buf_text(&path));
    if (buf_failed(&path))
        w->json.out->failed = true;
    buf_deinit(&path);
}

/* Beside a $ref nothing else counts: it goes into an allOf. */
static void all_of(struct schema_writer *w, const char *name)
{
    json_open_line(&w->json, "allOf", '[');
    json_open(&w->json, NULL, '{');
    reference_to(w, name);
    json_close(&w->json);
    json_close(&w->json);
}

void schema_reference(struct schema_writer *w, const char *key, const struct object_info *object)
{
    json_open(&w->json, key, '{');
    if (w->dialect == SCHEMA_OPENAPI) {
        reference_to(w, object->name);
    } else {
        type(w, "object", NULL, false);
        all_of(w, object->name);
    }
    json_close(&w->json);
}

/* As ECMAScript has it; NULL: any text will do. */
static const char *pattern_of(enum field_format format)
{
    switch (format) {
    case FORMAT_ANY:
        return NULL;
    case FORMAT_DNS_LABEL:
        return "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";
    case FORMAT_DNS_SUBDOMAIN:
        return "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
    case FORMAT_QUALIFIED_NAME:
        return "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?"
               "[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$";
    case FORMAT_LABEL_VALUE:
        return "^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$";
    case FORMAT_PORT_NAME:
        return "^(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]*[a-z0-9])?$";
    case FORMAT_ENV_NAME:
        return "^[ -<>-~]*$";
    case FORMAT_CONFIG_KEY:
        return "^(?!\\.\\.|\\.$)[-._a-zA-Z0-9]+$";
    case FORMAT_HEADER_NAME:
        return "^[-A-Za-z0-9]+$";
    case FORMAT_QUANTITY:
        return "^\\+?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][-+]?[0-9]+)?$";
    case FORMAT_INT_OR_PERCENT:
        return "^[0-9]+%$";
    case FORMAT_BASE64:
        return "^[A-Za-z0-9+/\\r\\n]*(=[\\r\\n]*){0,2}$";
    case FORMAT_UID:
        return "^[-A-Za-z0-9]*$";
    case FORMAT_DURATION:
        return "^(0|(([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(ns|us|ms|s|m|h))+)$";
    }
    return NULL;
}

/* In characters; 0: none. */
static int longest(enum field_format format)
{
    switch (format) {
    case FORMAT_DNS_LABEL:
    case FORMAT_LABEL_VALUE:
        return 63;
    case FORMAT_DNS_SUBDOMAIN:
    case FORMAT_CONFIG_KEY:
        return 253;
    case FORMAT_QUALIFIED_NAME:
        return 253 + 1 + 63;
    case FORMAT_PORT_NAME:
        return 15;
    case FORMAT_UID:
        return 64;
    case FORMAT_ANY:
    case FORMAT_ENV_NAME:
    case FORMAT_HEADER_NAME:
    case FORMAT_QUANTITY:
    case FORMAT_INT_OR_PERCENT:
    case FORMAT_BASE64:
    case FORMAT_DURATION:
        return 0;
    }
    return 0;
}

/* A text in a format; `needed`: not an empty one. */
static void text_type(struct schema_writer *w, enum field_format format, bool needed, bool null)
{
    const char *pattern = pattern_of(format);
    const char *number = format == FORMAT_QUANTITY ? "number" : format == FORMAT_INT_OR_PERCENT ? "integer" : NULL;

    type(w, "string", number, null);
    if (number != NULL)
        json_int(&w->json, "minimum", 0);
    if (needed)
        json_int(&w->json, "minLength", 1);
    if (pattern == NULL)
        return;
    if (longest(format) > 0)
        json_int(&w->json, "maxLength", longest(format));
    if (format == FORMAT_BASE64)
        json_text(&w->json, "format", "byte");
    if (w->dialect == SCHEMA_DRAFT_07) {
        char message[160];

        snprintf(message, sizeof message, "Must be %s.", describe_format(format));
        json_text(&w->json, "patternErrorMessage", message);
    }
    if (needed || format == FORMAT_QUANTITY) {
        json_text(&w->json, "pattern", pattern);
    } else {                            /* "" is as if it were not there */
        char optional[256] = "^$|";

        json_text(&w->json, "pattern", strncat(optional, pattern, sizeof optional - sizeof "^$|"));
    }
}

static void string_field(struct schema_writer *w, const struct field *f)
{
    if (w->dialect == SCHEMA_OPENAPI && f->format == FORMAT_QUANTITY)
        all_of(w, "Quantity");
    else if (w->dialect == SCHEMA_OPENAPI && f->format == FORMAT_INT_OR_PERCENT)
        all_of(w, "IntOrString");
    else
        text_type(w, f->format, (f->flags & REQUIRED) != 0, may_be_null(w, f));
    if (field_has_default(f) && f->format == FORMAT_INT_OR_PERCENT && strchr(f->default_text, '%') == NULL)
        json_raw(&w->json, "default", f->default_text);
    else if (field_has_default(f))
        json_text(&w->json, "default", f->default_text);
}

static void bounds(struct schema_writer *w, const struct field *f)
{
    const int64_t min = (f->flags & ZERO_IS_DEFAULT) != 0 && f->min > 0 ? 0 : f->min;

    if (w->dialect == SCHEMA_OPENAPI)
        json_text(&w->json, "format", f->max > INT32_MAX ? "int64" : "int32");
    if (min > -LARGEST_EXACT)
        json_int(&w->json, "minimum", min);
    if (f->max < LARGEST_EXACT)
        json_int(&w->json, "maximum", f->max);
}

static void int_field(struct schema_writer *w, const struct field *f)
{
    type(w, "integer", NULL, may_be_null(w, f));
    bounds(w, f);
    if (field_has_default(f))
        json_int(&w->json, "default", f->default_int);
}

static void choice_field(struct schema_writer *w, const struct field *f)
{
    const bool needed = (f->flags & REQUIRED) != 0;

    type(w, "string", NULL, may_be_null(w, f));
    json_open_line(&w->json, "enum", '[');
    for (size_t i = 0; i < f->choices->count; i++)
        json_text(&w->json, NULL, f->choices->values[i].text);
    if (w->dialect == SCHEMA_DRAFT_07 && !needed) {
        json_text(&w->json, NULL, "");
        json_raw(&w->json, NULL, "null");
    }
    json_close(&w->json);
    if (field_has_default(f))
        json_text(&w->json, "default", enum_text(f->choices, (int)f->default_int));
}

/* One schema of two types rather than two schemas: a validator can then say what is wrong. */
static void port_field(struct schema_writer *w, const struct field *f)
{
    if (w->dialect == SCHEMA_OPENAPI) {
        all_of(w, "IntOrString");
        return;
    }
    type(w, "integer", "string", may_be_null(w, f));
    json_int(&w->json, "minimum", 1);
    json_int(&w->json, "maximum", 65535);
    json_text(&w->json, "patternErrorMessage", "Must be the name of a port.");
    json_text(&w->json, "pattern", "^(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$");
}

static void array(struct schema_writer *w, const struct field *f)
{
    type(w, "array", NULL, may_be_null(w, f));
    if ((f->flags & REQUIRED) != 0)
        json_int(&w->json, "minItems", 1);
}

static void strings_field(struct schema_writer *w, const struct field *f)
{
    array(w, f);
    json_open_line(&w->json, "items", '{');
    type(w, "string", NULL, false);
    json_close(&w->json);
}

static void ints_field(struct schema_writer *w, const struct field *f)
{
    array(w, f);
    json_open_line(&w->json, "items", '{');
    type(w, "integer", NULL, false);
    bounds(w, f);
    json_close(&w->json);
}

static void map_field(struct schema_writer *w, const struct field *f)
{
    type(w, "object", NULL, may_be_null(w, f));
    json_open_line(&w->json, "additionalProperties", '{');
    if (w->dialect == SCHEMA_OPENAPI && f->format == FORMAT_QUANTITY)
        reference_to(w, "Quantity");
    else
        text_type(w, f->format, false, w->dialect == SCHEMA_DRAFT_07);
    json_close(&w->json);
}

static void child_field(struct schema_writer *w, const struct field *f)
{
    if (w->dialect == SCHEMA_DRAFT_07)
        type(w, "object", NULL, may_be_null(w, f));
    all_of(w, f->child->name);
}

static void list_field(struct schema_writer *w, const struct field *f)
{
    array(w, f);
    schema_reference(w, "items", f->child);
}

static void type_of(struct schema_writer *w, const struct field *f)
{
    switch (f->kind) {
    case FIELD_STRING:
        string_field(w, f);
        break;
    case FIELD_INT:
        int_field(w, f);
        break;
    case FIELD_BOOL:
        type(w, "boolean", NULL, may_be_null(w, f));
        if (field_has_default(f))
            json_bool(&w->json, "default", f->default_int == TRI_TRUE);
        break;
    case FIELD_CHOICE:
        choice_field(w, f);
        break;
    case FIELD_PORT:
        port_field(w, f);
        break;
    case FIELD_STRINGS:
        strings_field(w, f);
        break;
    case FIELD_INTS:
        ints_field(w, f);
        break;
    case FIELD_MAP:
        map_field(w, f);
        break;
    case FIELD_CHILD:
        child_field(w, f);
        break;
    case FIELD_LIST:
        list_field(w, f);
        break;
    case FIELD_ANY:
        if (w->dialect == SCHEMA_OPENAPI)
            json_bool(&w->json, "x-kubernetes-preserve-unknown-fields", true);
        break;
    }
}

/* ---- fields ---- */

static void mode_extension(struct schema_writer *w, const struct field *f)
{
    json_open_line(&w->json, "x-pidlet", '{');
    json_text(&w->json, "mode", field_mode_name(f->mode));
    if (f->reason != NULL)
        json_text(&w->json, "reason", f->reason);
    json_close(&w->json);
}

/* An editor shows it when the pointer rests on the field. */
static void description(struct schema_writer *w, const struct field *f)
{
    struct buf text = BUF_INIT;

    buf_adds(&text, f->doc);
    if (w->dialect == SCHEMA_DRAFT_07 && f->mode != FIELD_HONOURED)
        buf_addf(&text, " %s by pidlet: %s.", f->mode == FIELD_IGNORED ? "Ignored" : "Refused", f->reason);
    json_text(&w->json, "description", buf_text(&text));
    if (buf_failed(&text))
        w->json.out->failed = true;
    buf_deinit(&text);
}

/* A value that asks for something; any other is taken even so (config/decode.c). */
static const char *asks(const struct field *f)
{
    if ((f->flags & EMPTY_ASKS) != 0)
        return "{}";
    switch (f->kind) {
    case FIELD_STRING:
    case FIELD_CHOICE:
        return "{\"type\": \"string\", \"minLength\": 1}";
    case FIELD_INT:
        return "{\"type\": \"integer\", \"anyOf\": [{\"minimum\": 1}, {\"maximum\": -1}]}";
    case FIELD_BOOL:
        return "{\"enum\": [true, \"true\"]}";    /* to yaml-language-server a boolean is its text */
    case FIELD_STRINGS:
    case FIELD_INTS:
    case FIELD_LIST:
        return "{\"type\": \"array\", \"minItems\": 1}";
    case FIELD_MAP:
    case FIELD_CHILD:
        return "{\"type\": \"object\", \"minProperties\": 1}";
    case FIELD_PORT:
    case FIELD_ANY:
        return "{\"anyOf\": [{\"type\": \"object\", \"minProperties\": 1}, "
               "{\"type\": \"array\", \"minItems\": 1}, {\"type\": \"string\", \"minLength\": 1}, "
               "{\"type\": \"number\"}]}";
    }
    return "{}";
}

/* An editor shows the message in place of its own. */
static void refuse(struct schema_writer *w, const struct field *f)
{
    struct buf message = BUF_INIT;

    buf_addf(&message, "Refused by pidlet: %s", f->reason);
    json_raw(&w->json, "if", asks(f));
    json_open_line(&w->json, "then", '{');
    json_text(&w->json, "type", "null");
    json_text(&w->json, "errorMessage", buf_text(&message));
    json_close(&w->json);
    if (buf_failed(&message))
        w->json.out->failed = true;
    buf_deinit(&message);
}

static void field_schema(struct schema_writer *w, const struct field *f)
{
    json_open(&w->json, f->json, '{');
    description(w, f);
    type_of(w, f);
    if (w->dialect == SCHEMA_OPENAPI)
        mode_extension(w, f);
    else if (f->mode == FIELD_REFUSED)
        refuse(w, f);
    json_close(&w->json);
}

/* ---- objects ---- */

/* apiVersion and kind of a root: a description and the one value. */
static void fixed_field(struct schema_writer *w, const struct field *f, const char *value)
{
    json_open(&w->json, f->json, '{');
    description(w, f);
    type(w, "string", NULL, false);
    json_open_line(&w->json, "enum", '[');
    json_text(&w->json, NULL, value);
    json_close(&w->json);
    json_close(&w->json);
}

static void properties(struct schema_writer *w, const struct object_info *object, const struct kind_info *kind)
{
    const bool fixed = kind != NULL && kind->api_version != NULL;

    json_open(&w->json, "properties", '{');
    for (size_t i = 0; i < object->count; i++) {
        const struct field *f = &object->fields[i];

        if (fixed && strcmp(f->json, "apiVersion") == 0)
            fixed_field(w, f, kind->api_version);
        else if (fixed && strcmp(f->json, "kind") == 0)
            fixed_field(w, f, kind->kind);
        else
            field_schema(w, f);
    }
    json_close(&w->json);
}

static void required(struct schema_writer *w, const struct object_info *object)
{
    bool any = false;

    for (size_t i = 0; i < object->count; i++) {
        const struct field *f = &object->fields[i];

        if (!(w->dialect == SCHEMA_DRAFT_07 ? schema_is_needed(f) : (f->flags & REQUIRED) != 0))
            continue;
        if (!any)
            json_open_line(&w->json, "required", '[');
        any = true;
        json_text(&w->json, NULL, f->json);
    }
    if (any)
        json_close(&w->json);
}

static void group_version_kind(struct schema_writer *w, const struct kind_info *kind)
{
    const struct group_version gv = kind_group_version(kind);
    struct buf group = BUF_INIT;

    buf_addf(&group, "%.*s", gv.group_length, gv.group);
    json_open_line(&w->json, "x-kubernetes-group-version-kind", '[');
    json_open(&w->json, NULL, '{');
    json_text(&w->json, "group", buf_text(&group));
    json_text(&w->json, "version", gv.version);
    json_text(&w->json, "kind", kind->kind);
    json_close(&w->json);
    json_close(&w->json);
    buf_deinit(&group);
}

void schema_object(struct schema_writer *w, const char *key, const struct object_info *object,
                   const struct kind_info *kind, const char *rules)
{
    json_open(&w->json, key, '{');
    json_text(&w->json, "description", object->doc);
    if (w->dialect == SCHEMA_OPENAPI)
        json_text(&w->json, "type", "object");
    required(w, object);
    properties(w, object, kind);
    if (w->dialect == SCHEMA_DRAFT_07)
        json_bool(&w->json, "additionalProperties", false);
    else if (kind != NULL && kind->api_version != NULL)
        group_version_kind(w, kind);
    if (rules != NULL)
        json_raw(&w->json, "allOf", rules);
    json_close(&w->json);
}
