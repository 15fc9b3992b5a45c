#include "probes/grpc_message.h"

#include "base/buf.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Protocol buffers: the wire types, and the one field that each message has. */
enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };
enum { FIELD_SERVICE = 1, FIELD_STATUS = 1 };

static void add_varint(struct buf *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        buf_addc(out, (char)(value | 0x80));
    buf_addc(out, (char)value);
}

void grpc_add_request(struct buf *out, const char *service)
{
    struct buf message = BUF_INIT;
    uint32_t length;

    if (service[0] != '\0') {
        add_varint(&message, FIELD_SERVICE << 3 | WIRE_BYTES);
        add_varint(&message, strlen(service));
        buf_adds(&message, service);
    }
    length = (uint32_t)message.length;
    buf_addc(out, 0);                   /* not compressed */
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_addc(out, (char)(length >> shift));
    buf_add(out, buf_text(&message), message.length);
    out->failed |= message.failed;
    buf_deinit(&message);
}

struct reader {
    const uint8_t *at, *end;
};

static bool read_varint(struct reader *r, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; r->at < r->end && shift < 64; shift += 7) {
        uint8_t byte = *r->at++;

        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

static bool skip_bytes(struct reader *r, uint64_t count)
{
    if (count > (uint64_t)(r->end - r->at))
        return false;
    r->at += count;
    return true;
}

/* A field that is newer than we are. */
static bool skip_field(struct reader *r, uint64_t wire_type)
{
    uint64_t value;

    switch (wire_type) {
    case WIRE_VARINT:
        return read_varint(r, &value);
    case WIRE_64:
        return skip_bytes(r, 8);
    case WIRE_BYTES:
        return read_varint(r, &value) && skip_bytes(r, value);
    case WIRE_32:
        return skip_bytes(r, 4);
    default:
        return false;
    }
}

static bool read_message(struct reader *r, int64_t *serving)
{
    *serving = 0;                       /* what is not sent has its default: UNKNOWN */
    while (r->at < r->end) {
        uint64_t tag, value;

        if (!read_varint(r, &tag) || tag >> 3 == 0)
            return false;
        if (tag == (FIELD_STATUS << 3 | WIRE_VARINT)) {
            if (!read_varint(r, &value))
                return false;
            *serving = (int32_t)value;  /* the last one counts; enums are 32 bits wide */
        } else if (!skip_field(r, tag & 7)) {
            return false;
        }
    }
    return true;
}

int grpc_read_reply(const uint8_t *bytes, size_t length, int64_t *serving, struct buf *why)
{
    struct reader r = {.at = bytes + GRPC_PREFIX, .end = bytes + length};
    uint32_t size = 0;

    if (length == 0) {
        buf_adds(why, "cardinality violation: received no response message from non-streaming RPC");
        return GRPC_INTERNAL;
    }
    if (length < GRPC_PREFIX) {
        buf_adds(why, "unexpected EOF");
        return GRPC_INTERNAL;
    }
    for (int i = 1; i < GRPC_PREFIX; i++)
        size = size << 8 | bytes[i];
    if (bytes[0] != 0) {
        buf_adds(why, "grpc: compressed flag set with identity or empty encoding");
        return GRPC_INTERNAL;
    }
    if (size > length - GRPC_PREFIX) {
        buf_adds(why, "unexpected EOF");
        return GRPC_INTERNAL;
    }
    if (size < length - GRPC_PREFIX) {
        buf_adds(why, "cardinality violation: received multiple response messages from non-streaming RPC");
        return GRPC_INTERNAL;
    }
    if (!read_message(&r, serving)) {
        buf_adds(why, "grpc: failed to unmarshal the received message: proto: cannot parse invalid wire-format data");
        return GRPC_INTERNAL;
    }
    return GRPC_OK;
}

void grpc_add_serving(struct buf *out, int64_t serving)
{
    static const char *const names[] = {"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"};

    if (serving >= 0 && serving < (int64_t)(sizeof names / sizeof *names))
        buf_adds(out, names[serving]);
    else
        buf_addf(out, "%" PRId64, serving);
}

void grpc_add_code(struct buf *out, int64_t code)
{
    static const char *const names[] = {
        "OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound",
        "AlreadyExists", "PermissionDenied", "ResourceExhausted", "FailedPrecondition", "Aborted",
        "OutOfRange", "Unimplemented", "Internal", "Unavailable", "DataLoss", "Unauthenticated"};

    if (code >= 0 && code < (int64_t)(sizeof names / sizeof *names))
        buf_adds(out, names[code]);
    else
        buf_addf(out, "Code(%" PRId64 ")", code);
}

void grpc_add_message(struct buf *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '%' && i + 2 < length && isxdigit((unsigned char)text[i + 1])
            && isxdigit((unsigned char)text[i + 2])) {
            const char digits[] = {text[i + 1], text[i + 2], '\0'};

            buf_addc(out, (char)strtoul(digits, NULL, 16));
            i += 2;
        } else {
            buf_addc(out, text[i]);
        }
    }
}

const char *grpc_http_status_text(int status)
{
    static const struct {
        int status;
        const char *text;
    } texts[] = {
        {200, "OK"}, {204, "No Content"}, {301, "Moved Permanently"}, {302, "Found"},
        {400, "Bad Request"}, {401, "Unauthorized"}, {403, "Forbidden"}, {404, "Not Found"},
        {405, "Method Not Allowed"}, {415, "Unsupported Media Type"}, {426, "Upgrade Required"},
        {429, "Too Many Requests"}, {500, "Internal Server Error"}, {501, "Not Implemented"},
        {502, "Bad Gateway"}, {503, "Service Unavailable"}, {504, "Gateway Timeout"}};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (texts[i].status == status)
            return texts[i].text;
    }
    return "";
}

int grpc_code_of_http(int status)
{
    switch (status) {
    case 400:
        return GRPC_INTERNAL;
    case 401:
        return 16;                      /* Unauthenticated */
    case 403:
        return 7;                       /* PermissionDenied */
    case 404:
        return GRPC_UNIMPLEMENTED;
    case 429:
    case 502:
    case 503:
    case 504:
        return GRPC_UNAVAILABLE;
    default:
        return GRPC_UNKNOWN;
    }
}

int grpc_code_of_h2(uint32_t error)
{
    enum { REFUSED_STREAM = 7, CANCEL = 8, ENHANCE_YOUR_CALM = 11, INADEQUATE_SECURITY = 12 };

    switch (error) {
    case REFUSED_STREAM:
        return GRPC_UNAVAILABLE;
    case CANCEL:
        return 1;                       /* Canceled */
    case ENHANCE_YOUR_CALM:
        return GRPC_RESOURCE_EXHAUSTED;
    case INADEQUATE_SECURITY:
        return 7;                       /* PermissionDenied */
    default:
        return GRPC_INTERNAL;
    }
}
