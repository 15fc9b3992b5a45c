#include "daemon/api/fault.h"

#include "config/diag.h"
#include "daemon/api/persist.h"
#include "daemon/api/resource.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

static const char json_media[] = "application/json";

/* Bytes of the character that begins here; 0: it is no UTF-8. */
static size_t character(const unsigned char *p)
{
    const size_t length = p[0] < 0x80 ? 1 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : (p[0] & 0xf0) == 0xe0 ? 3
                          : p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : 0;

    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90)
        || (p[0] == 0xf4 && p[1] > 0x8f))
        return 0;                       /* too long a form, a surrogate, or beyond Unicode */
    return length;
}

/* What a client sent stands in messages: what is no UTF-8 in it would make the answer no JSON. */
static void add_text(struct buf *out, const char *text)
{
    struct buf clean = BUF_INIT;
    size_t length;

    for (const char *p = text; *p != '\0'; p += length > 0 ? length : 1) {
        length = character((const unsigned char *)p);
        if (length > 0)
            buf_add(&clean, p, length);
        else
            buf_addc(&clean, '?');
    }
    buf_add_quoted(out, buf_text(&clean), clean.length);
    buf_deinit(&clean);
}

/* Up to the details, which may follow. */
static void begin(struct buf *out, unsigned code, const char *reason, const char *message)
{
    buf_adds(out, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":");
    add_text(out, message);
    buf_adds(out, ",\"reason\":");
    add_text(out, reason);
    buf_addf(out, ",\"code\":%u", code);
}

void fault_format(struct buf *out, unsigned code, const char *reason, const char *message)
{
    begin(out, code, reason, message);
    buf_addc(out, '}');
}

bool fault(struct http_reply *reply, unsigned code, const char *reason, const char *format, ...)
{
    struct buf message = BUF_INIT;
    va_list args;

    va_start(args, format);
    buf_vaddf(&message, format, args);
    va_end(args);
    fault_format(http_answer(reply, code, json_media), code, reason, buf_text(&message));
    buf_deinit(&message);
    return false;
}

static void add_details(struct buf *out, const char *kind, const char *name)
{
    buf_adds(out, ",\"details\":{\"name\":");
    add_text(out, name);
    buf_adds(out, ",\"kind\":");
    add_text(out, kind);
}

bool fault_of(struct http_reply *reply, const struct resource *resource, const char *name, unsigned code,
              const char *reason, const char *format, ...)
{
    struct buf message = BUF_INIT, *out = http_answer(reply, code, json_media);
    va_list args;

    va_start(args, format);
    buf_vaddf(&message, format, args);
    va_end(args);
    begin(out, code, reason, buf_text(&message));
    add_details(out, resource->plural, name);
    buf_adds(out, "}}");
    buf_deinit(&message);
    return false;
}

bool fault_bad_request(struct http_reply *reply, const char *format, ...)
{
    struct buf message = BUF_INIT;
    va_list args;

    va_start(args, format);
    buf_vaddf(&message, format, args);
    va_end(args);
    fault(reply, 400, "BadRequest", "%s", buf_text(&message));
    buf_deinit(&message);
    return false;
}

bool fault_too_many(struct http_reply *reply, const char *format, ...)
{
    struct buf message = BUF_INIT, *out = http_answer(reply, 429, json_media);
    va_list args;

    va_start(args, format);
    buf_vaddf(&message, format, args);
    va_end(args);
    reply->retry_after = 1;
    begin(out, 429, "TooManyRequests", buf_text(&message));
    buf_addf(out, ",\"details\":{\"retryAfterSeconds\":%u}}", reply->retry_after);
    buf_deinit(&message);
    return false;
}

bool fault_no_memory(struct http_reply *reply)
{
    return fault(reply, 500, "InternalError", "Internal error occurred: out of memory");
}

bool fault_disk(struct http_reply *reply, const struct resource *resource, const char *name, const char *doing,
                int error)
{
    if (error == -ENAMETOOLONG)
        return fault_cause(reply, resource, name, "FieldValueTooLong", "metadata.name",
                           "Too long: may not be more than %d bytes together with its namespace: it is kept in a file "
                           "of both names", PERSIST_NAMES_MAX);
    return fault(reply, 500, "InternalError", "Internal error occurred: %s the object: %s", doing, strerror(-error));
}

bool fault_no_path(struct http_reply *reply)
{
    return fault(reply, 404, "NotFound", "the server could not find the requested resource");
}

bool fault_not_found(struct http_reply *reply, const struct resource *resource, const char *name)
{
    return fault_of(reply, resource, name, 404, "NotFound", "%s \"%s\" not found", resource->plural, name);
}

bool fault_exists(struct http_reply *reply, const struct resource *resource, const char *name)
{
    return fault_of(reply, resource, name, 409, "AlreadyExists", "%s \"%s\" already exists", resource->plural, name);
}

bool fault_conflict(struct http_reply *reply, const struct resource *resource, const char *name, const char *why)
{
    return fault_of(reply, resource, name, 409, "Conflict", "Operation cannot be fulfilled on %s \"%s\": %s",
                    resource->plural, name, why);
}

/* ---- 422 ---- */

static const char *cause_reason(enum diag_kind kind)
{
    switch (kind) {
    case DIAG_REQUIRED:
        return "FieldValueRequired";
    case DIAG_UNSUPPORTED:
        return "FieldValueNotSupported";
    case DIAG_DUPLICATE:
        return "FieldValueDuplicate";
    case DIAG_NOT_FOUND:
        return "FieldValueNotFound";
    case DIAG_FORBIDDEN:
    case DIAG_REFUSED:
        return "FieldValueForbidden";
    case DIAG_TOO_LONG:
        return "FieldValueTooLong";
    case DIAG_TOO_MANY:
        return "FieldValueTooMany";
    case DIAG_INTERNAL:
        return "InternalError";
    case DIAG_SYNTAX:
    case DIAG_INVALID:
    case DIAG_INVALID_BARE:
    case DIAG_UNKNOWN_FIELD:
    case DIAG_DUPLICATE_FIELD:
        break;
    }
    return "FieldValueInvalid";
}

/* "Invalid value: 2: must be 1": all of a finding but its path. */
static void add_finding(struct buf *out, const struct diag *d)
{
    const enum diag_kind kind = d->kind == DIAG_REFUSED ? DIAG_FORBIDDEN : d->kind;

    buf_adds(out, diag_kind_words(kind));
    if (d->value != NULL && d->kind != DIAG_REFUSED)
        buf_addf(out, ": %s", d->value);
    if (d->detail[0] != '\0')
        buf_addf(out, ": %s", d->detail);
}

static void add_message(struct buf *out, const struct resource *resource, const char *name, const struct diags *diags)
{
    buf_addf(out, "%s \"%s\" is invalid: %s", resource->kind, name, diags->count > 1 ? "[" : "");
    for (size_t i = 0; i < diags->count; i++) {
        const struct diag *d = &diags->items[i];

        buf_addf(out, "%s%s%s", i > 0 ? ", " : "", d->path, d->path[0] != '\0' ? ": " : "");
        add_finding(out, d);
    }
    if (diags->count > 1)
        buf_addc(out, ']');
}

static void add_cause(struct buf *out, const char *reason, const char *message, const char *field)
{
    buf_adds(out, "{\"reason\":");
    add_text(out, reason);
    buf_adds(out, ",\"message\":");
    add_text(out, message);
    buf_adds(out, ",\"field\":");
    add_text(out, field);
    buf_addc(out, '}');
}

bool fault_invalid(struct http_reply *reply, const struct resource *resource, const char *name,
                   const struct diags *diags)
{
    struct buf text = BUF_INIT, *out;

    if (diags->out_of_memory)
        return fault_no_memory(reply);
    out = http_answer(reply, 422, json_media);
    add_message(&text, resource, name, diags);
    begin(out, 422, "Invalid", buf_text(&text));
    add_details(out, resource->kind, name);
    buf_adds(out, ",\"causes\":[");
    for (size_t i = 0; i < diags->count; i++) {
        const struct diag *d = &diags->items[i];

        buf_clear(&text);
        add_finding(&text, d);
        buf_adds(out, i > 0 ? "," : "");
        add_cause(out, cause_reason(d->kind), buf_text(&text), d->path);
    }
    buf_adds(out, "]}}");
    buf_deinit(&text);
    return false;
}

bool fault_cause(struct http_reply *reply, const struct resource *resource, const char *name, const char *reason,
                 const char *field, const char *format, ...)
{
    struct buf cause = BUF_INIT, message = BUF_INIT, *out = http_answer(reply, 422, json_media);
    va_list args;

    va_start(args, format);
    buf_vaddf(&cause, format, args);
    va_end(args);
    buf_addf(&message, "%s \"%s\" is invalid: %s: %s", resource->kind, name, field, buf_text(&cause));
    begin(out, 422, "Invalid", buf_text(&message));
    add_details(out, resource->kind, name);
    buf_adds(out, ",\"causes\":[");
    add_cause(out, reason, buf_text(&cause), field);
    buf_adds(out, "]}}");
    buf_deinit(&cause);
    buf_deinit(&message);
    return false;
}
