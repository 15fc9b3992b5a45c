#include "daemon/api/protobuf.h"

#include "base/buf.h"
#include "base/macros.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* ---- what is known: the numbers are of k8s.io/api's generated.proto files ---- */

enum proto_type {
    PROTO_STRING,
    PROTO_BOOL,
    PROTO_MESSAGE,
    PROTO_STRINGS,                      /* a list of them */
    PROTO_STRING_MAP,                   /* entries: 1 the key, 2 the value */
    PROTO_BYTES_MAP,                    /* in JSON base64 */
};

struct proto_message;

struct proto_field {
    unsigned number;
    const char *name;
    enum proto_type type;
    const struct proto_message *message;
};

struct proto_message {
    const char *kind;
    const struct proto_field *fields;
    size_t count;
};

#define MESSAGE(name, kind) static const struct proto_message name = {kind, name##_fields, array_count(name##_fields)}

static const struct proto_field meta_fields[] = {
    {1, "name", PROTO_STRING, NULL},
    {2, "generateName", PROTO_STRING, NULL},
    {3, "namespace", PROTO_STRING, NULL},
    {5, "uid", PROTO_STRING, NULL},
    {6, "resourceVersion", PROTO_STRING, NULL},
    {11, "labels", PROTO_STRING_MAP, NULL},
    {12, "annotations", PROTO_STRING_MAP, NULL},
    {14, "finalizers", PROTO_STRINGS, NULL},
};
MESSAGE(meta, "ObjectMeta");

static const struct proto_field namespace_spec_fields[] = {
    {1, "finalizers", PROTO_STRINGS, NULL},
};
MESSAGE(namespace_spec, "NamespaceSpec");

static const struct proto_field namespace_status_fields[] = {
    {1, "phase", PROTO_STRING, NULL},
};
MESSAGE(namespace_status, "NamespaceStatus");

static const struct proto_field namespace_fields[] = {
    {1, "metadata", PROTO_MESSAGE, &meta},
    {2, "spec", PROTO_MESSAGE, &namespace_spec},
    {3, "status", PROTO_MESSAGE, &namespace_status},
};
MESSAGE(namespace, "Namespace");

static const struct proto_field config_map_fields[] = {
    {1, "metadata", PROTO_MESSAGE, &meta},
    {2, "data", PROTO_STRING_MAP, NULL},
    {3, "binaryData", PROTO_BYTES_MAP, NULL},
    {4, "immutable", PROTO_BOOL, NULL},
};
MESSAGE(config_map, "ConfigMap");

static const struct proto_field secret_fields[] = {
    {1, "metadata", PROTO_MESSAGE, &meta},
    {2, "data", PROTO_BYTES_MAP, NULL},
    {3, "type", PROTO_STRING, NULL},
    {4, "stringData", PROTO_STRING_MAP, NULL},
    {5, "immutable", PROTO_BOOL, NULL},
};
MESSAGE(secret, "Secret");

static const struct proto_message *const messages[] = {&namespace, &config_map, &secret};

/* ---- the wire: https://protobuf.dev/programming-guides/encoding/ ---- */

struct reader {
    const unsigned char *at, *end;
};

enum wire_type { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

struct piece {                          /* a field as it stands there */
    unsigned number;
    enum wire_type wire;
    uint64_t value;                     /* of a varint */
    struct reader bytes;                /* of WIRE_BYTES */
};

static bool read_varint(struct reader *r, uint64_t *out)
{
    *out = 0;
    for (unsigned shift = 0; shift < 64 && r->at < r->end; shift += 7) {
        const unsigned char byte = *r->at++;

        *out |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0)
            return true;
    }
    return false;
}

static bool skip(struct reader *r, size_t length)
{
    if ((size_t)(r->end - r->at) < length)
        return false;
    r->at += length;
    return true;
}

static bool read_piece(struct reader *r, struct piece *p)
{
    uint64_t tag, length;

    *p = (struct piece){0};
    if (!read_varint(r, &tag) || tag >> 3 == 0 || tag >> 3 > 0x1fffffff)
        return false;
    p->number = (unsigned)(tag >> 3);
    switch (tag & 7) {
    case WIRE_VARINT:
        p->wire = WIRE_VARINT;
        return read_varint(r, &p->value);
    case WIRE_64:
        p->wire = WIRE_64;
        return skip(r, 8);
    case WIRE_32:
        p->wire = WIRE_32;
        return skip(r, 4);
    case WIRE_BYTES:
        p->wire = WIRE_BYTES;
        if (!read_varint(r, &length) || length > (uint64_t)(r->end - r->at))
            return false;
        p->bytes = (struct reader){r->at, r->at + length};
        return skip(r, (size_t)length);
    default:
        return false;                   /* groups, of long ago */
    }
}

/* ---- to JSON ---- */

static const char torn[] = "it is torn", no_text[] = "a text in it is no UTF-8";

static bool wrong(struct buf *why, const char *text)
{
    buf_adds(why, text);
    return false;
}

/* NULL: it is no UTF-8, has a NUL in it, which JSON bodies may not have either, or there is no memory. */
static json_t *text_of(const struct reader *r)
{
    const size_t length = (size_t)(r->end - r->at);

    if (length == 0)
        return json_string("");
    return memchr(r->at, '\0', length) != NULL ? NULL : json_stringn((const char *)r->at, length);
}

static json_t *base64_of(const struct reader *r)
{
    struct buf text = BUF_INIT;
    json_t *value;

    buf_add_base64(&text, r->at, (size_t)(r->end - r->at));
    value = buf_failed(&text) ? NULL : json_string(buf_text(&text));
    if (text.data != NULL)
        explicit_bzero(text.data, text.capacity);       /* it may be a secret */
    buf_deinit(&text);
    return value;
}

/* One entry of a map, added to what is there. */
static bool add_entry(json_t *object, const struct proto_field *f, struct reader r, struct buf *why)
{
    json_t *map = json_object_get(object, f->name), *name, *content;
    struct reader key = {0}, value = {0};
    struct piece p;
    bool ok;

    while (r.at < r.end) {
        if (!read_piece(&r, &p) || p.wire != WIRE_BYTES)
            return wrong(why, torn);
        if (p.number == 1)
            key = p.bytes;
        else if (p.number == 2)
            value = p.bytes;
    }
    if (map == NULL) {
        map = json_object();
        if (json_object_set_new(object, f->name, map) != 0)
            return false;
    }
    name = text_of(&key);
    content = f->type == PROTO_BYTES_MAP ? base64_of(&value) : text_of(&value);
    ok = name != NULL && content != NULL && json_object_set(map, json_string_value(name), content) == 0;
    json_decref(name);
    json_decref(content);
    return ok || wrong(why, no_text);
}

static bool add_text(json_t *object, const struct proto_field *f, const struct reader *r, struct buf *why)
{
    json_t *text = text_of(r), *list = json_object_get(object, f->name);

    if (text == NULL)
        return wrong(why, no_text);
    if (f->type == PROTO_STRING && r->at == r->end) {   /* absent texts are sent as empty ones */
        json_decref(text);
        return true;
    }
    if (f->type == PROTO_STRING)
        return json_object_set_new(object, f->name, text) == 0;
    if (list == NULL) {
        list = json_array();
        if (json_object_set_new(object, f->name, list) != 0) {
            json_decref(text);
            return false;
        }
    }
    return json_array_append_new(list, text) == 0;
}

static bool add_message(json_t *object, const struct proto_message *m, struct reader r, struct buf *why);

static bool add_field(json_t *object, const struct proto_field *f, const struct piece *p, struct buf *why)
{
    json_t *child;

    if (p->wire != (f->type == PROTO_BOOL ? WIRE_VARINT : WIRE_BYTES))
        return wrong(why, torn);
    switch (f->type) {
    case PROTO_STRING:
    case PROTO_STRINGS:
        return add_text(object, f, &p->bytes, why);
    case PROTO_BOOL:
        return json_object_set_new(object, f->name, json_boolean(p->value != 0)) == 0;
    case PROTO_STRING_MAP:
    case PROTO_BYTES_MAP:
        return add_entry(object, f, p->bytes, why);
    case PROTO_MESSAGE:
        child = json_object();
        return json_object_set_new(object, f->name, child) == 0 && add_message(child, f->message, p->bytes, why);
    }
    return false;
}

static const struct proto_field *field_of(const struct proto_message *m, unsigned number)
{
    for (size_t i = 0; i < m->count; i++) {
        if (m->fields[i].number == number)
            return &m->fields[i];
    }
    return NULL;
}

static bool says_something(const struct piece *p)
{
    return p->wire == WIRE_BYTES ? p->bytes.at < p->bytes.end : p->wire != WIRE_VARINT || p->value != 0;
}

static bool add_message(json_t *object, const struct proto_message *m, struct reader r, struct buf *why)
{
    struct piece p;

    while (r.at < r.end) {
        const struct proto_field *f;

        if (!read_piece(&r, &p))
            return wrong(why, torn);
        f = field_of(m, p.number);
        if (f == NULL && says_something(&p)) {
            buf_addf(why, "field %u of %s is not known: send it as JSON", p.number, m->kind);
            return false;
        }
        if (f != NULL && !add_field(object, f, &p, why))
            return false;
    }
    return true;
}

/* ---- the envelope: "k8s", NUL, and runtime.Unknown ---- */

static const struct proto_field type_fields[] = {
    {1, "apiVersion", PROTO_STRING, NULL},
    {2, "kind", PROTO_STRING, NULL},
};
MESSAGE(type, "TypeMeta");

static const struct proto_message *message_of(const json_t *object, struct buf *why)
{
    const char *kind = json_string_value(json_object_get(object, "kind"));

    for (size_t i = 0; kind != NULL && i < array_count(messages); i++) {
        if (strcmp(messages[i]->kind, kind) == 0)
            return messages[i];
    }
    buf_addf(why, "kind %s is taken as JSON alone", kind != NULL ? kind : "");
    return NULL;
}

static bool add_all(json_t *object, struct reader r, struct buf *why)
{
    struct reader raw = {0};
    const struct proto_message *m;
    struct piece p;

    while (r.at < r.end) {
        if (!read_piece(&r, &p))
            return wrong(why, torn);
        if (p.number == 1 && (p.wire != WIRE_BYTES || !add_message(object, &type, p.bytes, why)))
            return why->length > 0 ? false : wrong(why, torn);
        if (p.number == 2 && p.wire == WIRE_BYTES)
            raw = p.bytes;
        if ((p.number == 3 || p.number == 4) && says_something(&p))
            return wrong(why, "its content is of another encoding");
    }
    if (raw.at == NULL)
        return wrong(why, torn);
    m = message_of(object, why);
    return m != NULL && add_message(object, m, raw, why);
}

json_t *protobuf_parse(const char *bytes, size_t length, struct buf *why)
{
    static const char magic[4] = "k8s";
    json_t *object;

    if (length < sizeof magic || memcmp(bytes, magic, sizeof magic) != 0) {
        wrong(why, "it does not begin as one of Kubernetes");
        return NULL;
    }
    object = json_object();
    if (object != NULL
        && add_all(object, (struct reader){(const unsigned char *)bytes + sizeof magic, (const unsigned char *)bytes + length}, why))
        return object;
    json_decref(object);
    return NULL;
}
